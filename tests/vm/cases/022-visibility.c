// SPDX-License-Identifier: GPL-2.0
/* pid and comm are for the owner and for CAP_NET_ADMIN over the namespace; the rest is public. */
#define _GNU_SOURCE
#include "books.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALICE 1001
#define BOB 1002

enum { ROOTS, ALICES, BOBS, OWNERS };

static uint64_t cookies[OWNERS];
static pid_t pids[OWNERS];

static void serve(int up, void *arg)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5 };
	uid_t uid = *(uid_t *)arg;

	if (uid)
		become(uid);
	put_u64(up, sock_cookie(listener_open(&o)));
	get_u64(up);
}

struct reader {
	const char *who;
	void (*turn_into)(void);
	bool sees[OWNERS];
	uint64_t uids[OWNERS];
	const char *path;
};

static void read_for(int up, void *arg)
{
	const struct reader *r = arg;
	size_t len = 0;
	char *text;

	if (r->turn_into)
		r->turn_into();
	text = file_read(r->path ? r->path : LISTENERS, &len);
	if (!text)
		bail("%s: %s", r->path ? r->path : LISTENERS, strerror(errno));
	put_u64(up, len);
	if (text)
		put_bytes(up, text, len);
}

static struct table *table_of(struct reader *r)
{
	struct child c;
	size_t len;
	char *text;

	child_start(&c, read_for, r);
	len = get_u64(c.fd);
	if (!len)
		bail("%s cannot read the table", r->who);
	text = calloc(1, len + 1);
	get_bytes(c.fd, text, len);
	child_end(&c);
	return table_parse(text, len);
}

static bool private_column(const char *col)
{
	return !strcmp(col, "pid") || !strcmp(col, "comm") || !strcmp(col, "uid") ||
	       !strcmp(col, "age_ms");
}

static void check_public(const struct table *all, size_t a, const struct table *t, size_t row,
			 const char *who)
{
	for (size_t c = 0; c < t->ncols; c++)
		if (!private_column(t->cols[c]) &&
		    strcmp(t->cells[row * t->ncols + c], all->cells[a * all->ncols + c])) {
			ok(false, "%s sees %s as root does", who, t->cols[c]);
			return;
		}
	ok(true, "%s sees everything else as root does", who);
}

static const char *const whose[] = { "root's", "alice's", "bob's" };

static void check_process(const struct table *t, long row, const struct reader *r, int owner,
			  const char *what)
{
	if (r->sees[owner]) {
		check_u64(t, row, "pid", pids[owner], what);
		check_str(t, row, "comm", "022-visibility", what);
	} else {
		check_dash(t, row, "pid", what);
		check_dash(t, row, "comm", what);
	}
}

static void check_reader(const struct table *all, struct reader *r)
{
	struct table *t = table_of(r);

	is_u64(t->nrows, all->nrows, "%s sees as many rows as root", r->who);
	for (int i = 0; i < OWNERS; i++) {
		long row = table_find_sk(t, cookies[i]), a = table_find_sk(all, cookies[i]);
		char what[80];

		if (!ok(row >= 0 && a >= 0, "%s sees the row of %s listener", r->who, whose[i]))
			continue;
		snprintf(what, sizeof(what), "%s, %s listener", r->who, whose[i]);
		check_process(t, row, r, i, what);
		check_u64(t, row, "uid", r->uids[i], what);
		check_public(all, a, t, row, what);
	}
	table_free(t);
}

/* Who has seen them alive sees them when they have closed. */
static void check_closed(struct reader r)
{
	struct table *t;

	r.path = CLOSED;
	t = table_of(&r);
	for (int i = 0; i < OWNERS; i++) {
		long row = table_find_sk(t, cookies[i]);
		char what[80];

		snprintf(what, sizeof(what), "%s, %s listener, closed", r.who, whose[i]);
		if (ok(row >= 0, "%s: it has a row", what))
			check_process(t, row, &r, i, what);
	}
	table_free(t);
}

static void be_alice(void)
{
	become(ALICE);
}

static void be_alice_admin(void)
{
	become_with_cap(ALICE, CAP_NET_ADMIN);
}

static void be_root_no_admin(void)
{
	drop_cap(CAP_NET_ADMIN);
}

/* All capabilities, but over nothing that matters here. */
static void be_alice_userns(void)
{
	become(ALICE);
	if (!new_userns(0, ALICE))
		bail("new user namespace: %s", strerror(errno));
}

static void be_carol(void)
{
	become(1003);
}

static struct reader readers[] = {
	{ "root", NULL, { true, true, true }, { 0, ALICE, BOB }, NULL },
	{ "alice", be_alice, { false, true, false }, { 0, ALICE, BOB }, NULL },
	{ "carol, who owns none", be_carol, { false, false, false }, { 0, ALICE, BOB }, NULL },
	{ "alice with CAP_NET_ADMIN", be_alice_admin, { true, true, true }, { 0, ALICE, BOB },
	  NULL },
	{ "root without CAP_NET_ADMIN", be_root_no_admin, { true, false, false },
	  { 0, ALICE, BOB }, NULL },
	{ "alice, root of her own user namespace", be_alice_userns, { false, true, false },
	  { 65534, 0, 65534 }, NULL },
};

/* A user namespace with a network namespace: who is root there sees what root here may see. */
static void own_world(int up, void *arg)
{
	struct table *t;
	size_t row;
	bool sees;
	int fd;

	(void)arg;
	become(ALICE);
	if (!new_userns(0, ALICE)) {
		put_u64(up, errno);
		return;
	}
	new_netns();
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	t = listeners_row(sock_cookie(fd), &row);
	put_u64(up, 0);
	put_u64(up, sock_cookie(fd));
	sees = t->nrows == 1 && !strcmp(table_cell(t, row, "uid"), "0") &&
	       strtol(table_cell(t, row, "pid"), NULL, 10) == getpid() &&
	       !strcmp(table_cell(t, row, "comm"), "022-visibility");
	put_u64(up, sees);
	table_free(t);
	get_u64(up);
}

static void check_own_world(void)
{
	struct reader root = { .who = "root" }, carol = { .who = "carol", .turn_into = be_carol };
	char path[64];
	struct child c;
	uint64_t cookie;
	struct table *t;
	long row;

	child_start(&c, own_world, NULL);
	if (get_u64(c.fd)) {
		skip("users cannot make user namespaces", "a world of her own");
		child_end(&c);
		return;
	}
	cookie = get_u64(c.fd);
	ok(get_u64(c.fd), "alice sees her listener in a world of her own, as root there");
	snprintf(path, sizeof(path), "/proc/%d/net/listenq/listeners", c.pid);
	root.path = path;
	carol.path = path;
	t = table_of(&root);
	row = table_find_sk(t, cookie);
	if (ok(row >= 0, "root sees that listener")) {
		check_u64(t, row, "pid", c.pid, "root, in alice's world");
		check_u64(t, row, "uid", ALICE, "root, in alice's world");
	}
	table_free(t);
	t = table_of(&carol);
	row = table_find_sk(t, cookie);
	if (ok(row >= 0, "carol sees that listener")) {
		check_dash(t, row, "pid", "carol, in alice's world");
		check_dash(t, row, "comm", "carol, in alice's world");
	}
	table_free(t);
	child_end(&c);
}

int main(void)
{
	uid_t uids[OWNERS] = { 0, ALICE, BOB };
	struct child c[OWNERS];
	struct table *all;

	new_netns();
	for (int i = 0; i < OWNERS; i++) {
		child_start(&c[i], serve, &uids[i]);
		pids[i] = c[i].pid;
		cookies[i] = get_u64(c[i].fd);
	}
	all = table_of(&readers[0]);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		check_reader(all, &readers[i]);
	table_free(all);
	for (int i = 0; i < OWNERS; i++)
		child_end(&c[i]);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		check_closed(readers[i]);
	check_own_world();
	return done();
}
