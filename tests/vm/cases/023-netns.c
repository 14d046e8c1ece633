// SPDX-License-Identifier: GPL-2.0
/* Each network namespace shows its own listeners, by every way to look, and takes them with it. */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT 4242
#define WORLDS 20

static void live_elsewhere(int up, void *arg)
{
	int fd;

	(void)arg;
	new_netns();
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .port = PORT, .backlog = 5 });
	put_u64(up, sock_cookie(fd));
	get_u64(up);
}

static void check_world(const char *path, uint64_t cookie, const char *what)
{
	struct table *t = table_read(path);

	is_u64(t->nrows, 1, "%s: one row", what);
	ok(table_find_sk(t, cookie) == 0, "%s: of the listener that lives there", what);
	table_free(t);
}

static const char *path_of(const struct child *c)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/net/listenq/listeners", c->pid);
	return path;
}

static void check_setns(const struct child *c, uint64_t own, uint64_t theirs)
{
	int self = open("/proc/self/ns/net", O_RDONLY), there, table;
	char path[64], *text;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", c->pid);
	there = open(path, O_RDONLY);
	table = open(LISTENERS, O_RDONLY);
	if (setns(there, CLONE_NEWNET))
		bail("setns: %s", strerror(errno));
	check_world(LISTENERS, theirs, "after setns()");
	text = fd_read(table, 4096, &len);
	if (setns(self, CLONE_NEWNET))
		bail("setns: %s", strerror(errno));
	if (ok(text, "a file opened before setns() can be read")) {
		struct table *t = table_parse(text, len);

		ok(t->nrows == 1 && table_find_sk(t, own) == 0,
		   "and shows the namespace it was opened in");
		table_free(t);
	}
	close(table);
	close(there);
	close(self);
}

/* An open file does not keep a namespace; once that is gone, it gives nothing any more. */
static bool ended(int fd)
{
	char byte;

	return pread(fd, &byte, 1, 0) <= 0;
}

int main(void)
{
	struct child c[WORLDS];
	uint64_t own, cookies[WORLDS];
	int fd, files[WORLDS];

	new_netns();
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .port = PORT, .backlog = 5 });
	own = sock_cookie(fd);
	for (int i = 0; i < WORLDS; i++) {
		child_start(&c[i], live_elsewhere, NULL);
		cookies[i] = get_u64(c[i].fd);
		files[i] = open(path_of(&c[i]), O_RDONLY);
	}
	check_world(LISTENERS, own, "here");
	for (int i = 0; i < WORLDS; i++)
		check_world(path_of(&c[i]), cookies[i], "by /proc/PID/net");
	check_setns(&c[0], own, cookies[0]);
	for (int i = 0; i < WORLDS; i++)
		ok(files[i] >= 0 && !ended(files[i]), "an open file of world %d can be read", i);
	for (int i = 0; i < WORLDS; i++)
		child_end(&c[i]);
	for (int i = 0; i < WORLDS; i++)
		ok(AWAIT(ended(files[i]), 20000), "world %d is gone with its process", i);
	check_world(LISTENERS, own, "here, at the end");
	return done();
}
