// SPDX-License-Identifier: GPL-2.0
/* pid and comm are those of the process that called listen(), whoever holds the socket now. */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int channel[2];

static void pass(int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(channel[0], &m, 0) != 1)
		bail("sendmsg: %s", strerror(errno));
}

static int take(void)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	int fd;

	if (recvmsg(channel[1], &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		bail("recvmsg: %s", strerror(errno));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

static void make_and_pass(int up, void *arg)
{
	int fd;

	(void)arg;
	prctl(PR_SET_NAME, "the-maker");
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	pass(fd);
	close(fd);
	prctl(PR_SET_NAME, "new-name");
	put_u64(up, 0);
	get_u64(up);
}

static void hold(int up, void *arg)
{
	(void)arg;
	prctl(PR_SET_NAME, "the-holder");
	put_u64(up, 0);
	get_u64(up);
}

static void check(int fd, uint64_t pid, const char *comm, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	if (pid)
		check_u64(t, row, "pid", pid, what);
	check_str(t, row, "comm", comm, what);
	check_str(t, row, "backlog", "5", what);
	check_u64(t, row, "listens", 1, what);
	table_free(t);
}

static void check_passing(void)
{
	struct child c;
	int fd;

	child_start(&c, make_and_pass, NULL);
	fd = take();
	get_u64(c.fd);
	check(fd, c.pid, "the-maker", "passed by its maker");
	child_end(&c);
	/* A dead process has no pid that could be shown; its number may belong to another soon. */
	check(fd, 0, "the-maker", "its maker is dead");
	close(fd);
}

static void check_fork(void)
{
	struct table *t;
	uint64_t cookie;
	struct child c;
	int fd;

	prctl(PR_SET_NAME, "the-parent");
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	cookie = sock_cookie(fd);
	child_start(&c, hold, NULL);
	get_u64(c.fd);
	check(fd, getpid(), "the-parent", "inherited by a child");
	prctl(PR_SET_NAME, "other-name");
	check(fd, getpid(), "the-parent", "after its process took another name");
	close(fd);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) >= 0, "only the child holds it: the row is there");
	table_free(t);
	child_end(&c);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) < 0, "nobody holds it: the row is gone");
	table_free(t);
}

int main(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		bail("socketpair: %s", strerror(errno));
	check_passing();
	check_fork();
	return done();
}
