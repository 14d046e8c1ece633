// SPDX-License-Identifier: GPL-2.0
/* A second listen() on a listener: a new backlog, one more listen, the same birth and queue. */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static uint64_t check(int fd, const char *backlog, uint64_t listens, const char *what)
{
	uint64_t age = UINT64_MAX;
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "backlog", backlog, what);
	check_u64(t, row, "max_ack_backlog", sock_info(fd).tcpi_sacked, what);
	check_u64(t, row, "listens", listens, what);
	check_u64(t, row, "acceptq", 2, what);
	cell_u64(t, row, "age_ms", &age);
	table_free(t);
	return age;
}

static void relisten_elsewhere(int up, void *arg)
{
	prctl(PR_SET_NAME, "the-child");
	put_u64(up, listen(*(int *)arg, 9));
	get_u64(up);
}

/* pid and comm belong together, whichever of the two calls they tell of. */
static void check_caller(int fd, pid_t child)
{
	uint64_t pid = 0;
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	cell_u64(t, row, "pid", &pid);
	if (ok(pid == (uint64_t)getpid() || pid == (uint64_t)child, "pid is one of the callers"))
		check_str(t, row, "comm", pid == (uint64_t)child ? "the-child" : "the-parent",
			  "the caller's name");
	table_free(t);
}

int main(void)
{
	uint64_t born, seen, age, again;
	struct child c;
	int fd, clients[2];

	prctl(PR_SET_NAME, "the-parent");
	born = mono_ms();
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	fill_acceptq(fd, NULL, clients, 2);
	age = check(fd, "5", 1, "first listen");
	seen = mono_ms();

	ok(AWAIT(mono_ms() > seen + 20, 1000), "some time passes");
	ok(!listen(fd, 0), "listen again");
	again = check(fd, "0", 2, "second listen");
	in_range(again, age + 20, mono_ms() - born + 1, "second listen: age_ms goes on");
	ok(!listen(fd, -1), "listen a third time");
	check(fd, "-1", 3, "third listen");

	child_start(&c, relisten_elsewhere, &fd);
	is_u64(get_u64(c.fd), 0, "a child listens");
	again = check(fd, "9", 4, "listen by a child");
	in_range(again, age + 20, mono_ms() - born + 1, "listen by a child: age_ms goes on");
	check_caller(fd, c.pid);
	child_end(&c);
	check(fd, "9", 4, "after the child's end");

	ok(listen(fd, 9) == 0, "listen with the backlog it has already");
	check(fd, "9", 5, "fifth listen");
	return done();
}
