// SPDX-License-Identifier: GPL-2.0
/* The last figures of listeners that closed: exact, also of a server that was killed. */
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 256

static long row_in(const struct table *t, uint64_t cookie)
{
	return table_find_sk(t, cookie);
}

/* What only closed has, in front of the counters. */
static void check_extra(struct stage *s, uint64_t pid, const char *comm, uint64_t began,
			uint64_t acceptq_peak, uint64_t synq_peak)
{
	struct table *t = table_read(CLOSED);
	long row = row_in(t, s->books.cookie);
	const char *what = s->books.name;
	uint64_t ms = UINT64_MAX;

	if (ok(row >= 0, "%s: it has a row", what)) {
		cell_u64(t, row, "closed_ms", &ms);
		in_range(ms, 0, mono_ms() - began + 1, "%s: closed_ms", what);
		check_u64(t, row, "pid", pid, what);
		check_str(t, row, "comm", comm, what);
		check_u64(t, row, "acceptq_peak", acceptq_peak, what);
		check_u64(t, row, "synq_peak", synq_peak, what);
	}
	table_free(t);
}

static bool gone(uint64_t cookie)
{
	struct table *t = table_read(LISTENERS);
	bool away = row_in(t, cookie) < 0;

	table_free(t);
	if (!away)
		return false;
	t = table_read(COUNTERS);
	away = row_in(t, cookie) < 0;
	table_free(t);
	return away;
}

static void full_queues(struct stage *s)
{
	uint64_t n, began;

	s->opt.backlog = 5;
	stage_open(s, "close with full queues");
	stage_syn(s, 4);
	n = stage_fill(s);
	stage_syn(s, 3);
	books_step(&s->books, "4 requests, accept queue full, 3 more",
		   "syn=%d syn_queued=%d from_synq=%d established=%d syn_drop_acceptq=3",
		   (int)n + 7, (int)n + 4, (int)n, (int)n);
	began = mono_ms();
	stage_close(s);
	ok(gone(s->books.cookie), "%s: no row among the living", s->books.name);
	books_end(&s->books, "closed", "closed_pending=%d synq_left=4", (int)n);
	check_extra(s, getpid(), "114-closed", began, n, 5);
	ok(AWAIT(mono_ms() > began + 50, 5000), "%s: some time passes", s->books.name);
	books_end(&s->books, "a while later", "synq_left=4");
}

/* The requests of the dead die by their timers; nobody counts them. */
static void left_to_die(struct stage *s)
{
	size_t first;

	s->opt.backlog = 50;
	sysctl_set(RETRIES_CTL, 0);
	stage_open(s, "requests left at the close");
	first = stage_syn(s, 6);
	books_step(&s->books, "6 SYNs", "syn=6 syn_queued=6");
	stage_close(s);
	books_end(&s->books, "closed", "synq_left=6");
	stage_ack(s, first, 2);
	stage_send(s, first + 2, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_end(&s->books, "3 of them hear of their peers", "synq_left=6");
}

static void serve(int up, void *arg)
{
	struct stage *s = arg;

	prctl(PR_SET_NAME, "a server");
	stage_listen(s);
	put_u64(up, s->port);
	put_u64(up, sock_cookie(s->fd));
	get_u64(up);
}

static void killed(struct stage *s)
{
	uint64_t cookie, began, pid;
	struct counts c;
	struct child child;
	int status;

	s->opt.backlog = 5;
	child_start(&child, serve, s);
	pid = child.pid;
	s->port = get_u64(child.fd);
	cookie = get_u64(child.fd);
	stage_syn(s, 2);
	stage_connect(s, 4);
	began = mono_ms();
	kill(child.pid, SIGKILL);
	status = child_end(&child);
	ok(WIFSIGNALED(status), "%s: a server is killed", s->way->name);
	ok(AWAIT(gone(cookie) && counts_closed(cookie, &c), BOOKS_MS),
	   "%s: its listener is in closed", s->way->name);
	s->books = (struct books){ .cookie = cookie, .tun = s->tun, .port = s->port,
				   .resent = tun_resent(s->tun, s->port), .wait_ms = BOOKS_MS };
	snprintf(s->books.name, sizeof(s->books.name), "%s, killed", s->way->name);
	books_end(&s->books, "killed",
		  "syn=6 syn_queued=6 from_synq=4 established=4 closed_pending=4 synq_left=2");
	check_extra(s, pid, "a\\040server", began, 4, 3);
}

/* Two lives of one socket leave two rows; the later one is behind the earlier one. */
static void two_lives(struct stage *s)
{
	struct table *t;
	char sk[20];

	s->opt.backlog = 5;
	stage_own_port(s);
	stage_open(s, "two lives");
	stage_connect(s, 2);
	if (shutdown(s->fd, SHUT_RD) || listen(s->fd, 5))
		bail("shutdown and listen: %s", strerror(errno));
	stage_connect(s, 3);
	stage_close(s);
	books_again(&s->books);
	books_end(&s->books, "the second life",
		  "syn=3 syn_queued=3 from_synq=3 established=3 closed_pending=3");
	t = table_read(CLOSED);
	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)s->books.cookie);
	is_u64(table_count(t, "sk", sk), 2, "%s: two rows", s->books.name);
	check_u64(t, table_find(t, "sk", sk), "closed_pending", 2, s->books.name);
	table_free(t);
}

static void elsewhere(int up, void *arg)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5 };
	struct table *t;

	(void)arg;
	new_netns();
	t = table_read(CLOSED);
	put_u64(up, t->nrows);
	table_free(t);
	close(listener_open(&o));
	t = table_read(CLOSED);
	put_u64(up, t->nrows);
	table_free(t);
}

static void check_namespaces(void)
{
	struct table *t = table_read(CLOSED);
	size_t rows = t->nrows;
	struct child child;

	table_free(t);
	child_start(&child, elsewhere, NULL);
	is_u64(get_u64(child.fd), 0, "a new namespace has no row");
	is_u64(get_u64(child.fd), 1, "and one when a listener closed there");
	child_end(&child);
	t = table_read(CLOSED);
	is_u64(t->nrows, rows, "none of it is seen here");
	table_free(t);
}

/* The table keeps the newest ones, in the order in which they closed. */
static void check_newest(void)
{
	static uint64_t cookies[MOST + 44];
	size_t n = sizeof(cookies) / sizeof(cookies[0]), wrong = 0, disorder = 0;
	uint64_t age, before = UINT64_MAX;
	struct table *t;

	for (size_t i = 0; i < n; i++) {
		int fd = listener_open(&(struct lopt){ .addr = i % 2 ? "::1" : "127.0.0.1" });

		cookies[i] = sock_cookie(fd);
		close(fd);
	}
	t = table_read(CLOSED);
	is_u64(t->nrows, MOST, "%zu listeners closed: so many rows", n);
	for (size_t i = 0; i < t->nrows && t->nrows <= n; i++) {
		wrong += strtoull(table_cell(t, i, "sk"), NULL, 16) != cookies[n - t->nrows + i];
		if (!cell_u64(t, i, "closed_ms", &age) || age > before)
			disorder++;
		before = age;
	}
	is_u64(wrong, 0, "they are the newest ones, oldest first");
	is_u64(disorder, 0, "and closed_ms falls from row to row");
	table_free(t);
}

static const act_fn acts[] = { full_queues, left_to_die, killed, two_lives };

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	check_namespaces();
	check_newest();
	return done();
}
