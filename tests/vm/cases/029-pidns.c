// SPDX-License-Identifier: GPL-2.0
/* pid is the number of the process in the reader's pid namespace, or a dash if it has none. */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static uint64_t outer_cookie;

/* 0 for a dash: no process has that number. */
static uint64_t pid_of(const struct table *t, uint64_t cookie)
{
	long row = table_find_sk(t, cookie);

	if (row < 0)
		bail("no row for sk %llx", (unsigned long long)cookie);
	return strtoull(table_cell(t, row, "pid"), NULL, 10);
}

static void live_inside(int up, void *arg)
{
	struct table *t;
	int fd;

	(void)arg;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		bail("mount: %s", strerror(errno));
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	t = table_read(LISTENERS);
	put_u64(up, sock_cookie(fd));
	put_u64(up, getpid());
	put_u64(up, pid_of(t, sock_cookie(fd)));
	put_u64(up, !strcmp(table_cell(t, table_find_sk(t, outer_cookie), "pid"), "-"));
	table_free(t);
	get_u64(up);
}

/* A process only gets its children into a new pid namespace. */
static void go_between(int up, void *arg)
{
	struct child c;

	(void)arg;
	if (unshare(CLONE_NEWPID | CLONE_NEWNS))
		bail("unshare pid: %s", strerror(errno));
	child_start(&c, live_inside, NULL);
	put_u64(up, c.pid);
	for (int i = 0; i < 4; i++)
		put_u64(up, get_u64(c.fd));
	get_u64(up);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5 };
	uint64_t pid, cookie, inner_pid;
	struct child c;
	struct table *t;

	outer_cookie = sock_cookie(listener_open(&o));
	child_start(&c, go_between, NULL);
	pid = get_u64(c.fd);
	cookie = get_u64(c.fd);
	inner_pid = get_u64(c.fd);
	is_u64(inner_pid, 1, "the process is number 1 in its namespace");
	is_u64(get_u64(c.fd), inner_pid, "and so it reads there");
	ok(get_u64(c.fd), "there, a process outside has no number");
	t = table_read(LISTENERS);
	is_u64(pid_of(t, cookie), pid, "outside it has the number of outside");
	is_u64(pid_of(t, outer_cookie), getpid(), "as the process outside has");
	table_free(t);
	child_end(&c);
	return done();
}
