// SPDX-License-Identifier: GPL-2.0
/*
 * Every table: its header, the form of every cell, what belongs together in a row, and that it
 * reads the same whole and byte by byte.
 */
#include "format.h"
#include "proc.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN 12
#define CLOSED 5
#define CLIENTS 3

static int fds[OPEN], clients[OPEN][CLIENTS];
static uint64_t dead[CLOSED];
static char dead_local[CLOSED][ADDR_TEXT];

static void populate(void)
{
	static const char *const addrs[] = { "127.0.0.1", "::1", "::", "0.0.0.0" };
	static const char *const dials[] = { NULL, NULL, "127.0.0.1", "127.0.0.1" };

	for (int i = 0; i < OPEN + CLOSED; i++) {
		struct lopt o = { .addr = addrs[i % 4], .backlog = 5 };
		int fd = listener_open(&o), *c, more[CLIENTS];

		c = i < OPEN ? clients[i] : more;
		fill_acceptq(fd, dials[i % 4], c, CLIENTS);
		if (i < OPEN) {
			fds[i] = fd;
			continue;
		}
		dead[i - OPEN] = sock_cookie(fd);
		sock_text(fd, dead_local[i - OPEN]);
		close(fd);
		for (int n = 0; n < CLIENTS; n++)
			close(more[n]);
	}
}

static struct table *read_pieces(const char *path, size_t piece)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len;
	char *text = fd < 0 ? NULL : fd_read(fd, piece, &len);

	if (!text)
		bail("%s: %s", path, strerror(errno));
	close(fd);
	return table_parse(text, len);
}

/* @b was read after @a: what tells a time may have grown. */
static bool same_tables(const struct table *a, const struct table *b)
{
	bool same = a->nrows == b->nrows && a->ncols == b->ncols;

	for (size_t i = 0; same && i < a->nrows * a->ncols; i++) {
		const char *x = a->cells[i], *y = b->cells[i];

		if (format_is_time(a->cols[i % a->ncols]) && *x != '-' && *y != '-')
			same = strtoull(x, NULL, 10) <= strtoull(y, NULL, 10);
		else
			same = !strcmp(x, y);
		if (!same)
			diag("%s: '%s' and '%s'", a->cols[i % a->ncols], x, y);
	}
	return same;
}

static void check_table(const struct format *f)
{
	static const size_t pieces[] = { 1, 7, 100, 65536 };
	char fault[200] = "";
	struct table *whole, *t;
	struct stat st;

	ok(!stat(f->path, &st) && (st.st_mode & 07777) == 0444, "%s: everybody may read it",
	   f->path);
	whole = read_pieces(f->path, 1 << 20);
	ok(!format_fault(f, whole, fault, sizeof(fault)), "%s: header and cells", f->path);
	if (*fault)
		diag("%s", fault);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		t = read_pieces(f->path, pieces[i]);
		ok(same_tables(whole, t), "%s: the same in pieces of %zu", f->path, pieces[i]);
		table_free(t);
	}
	table_free(whole);
}

/* The rows of all tables of listeners, joined by sk. */
static void check_join(const char *path, size_t rows)
{
	struct table *l = table_read(LISTENERS), *t = table_read(path);
	size_t bad = 0;

	is_u64(t->nrows, rows * l->nrows, "%s: %zu rows for each listener", path, rows);
	for (size_t i = 0; i < t->nrows; i++) {
		long row = table_find_sk(l, strtoull(table_cell(t, i, "sk"), NULL, 16));

		bad += row < 0 || strcmp(table_cell(l, row, "local"), table_cell(t, i, "local"));
	}
	is_u64(bad, 0, "%s: each has the address that it has in listeners", path);
	table_free(l);
	table_free(t);
}

static void check_latency(void)
{
	struct table *t = table_read(TABLE("latency"));
	size_t bad = 0;

	for (size_t i = 0; i < t->nrows; i++) {
		uint64_t count, n, sum = 0;

		bad += strcmp(table_cell(t, i, "queue"), i % 2 ? "acceptq" : "synq") ||
		       (i % 2 && strcmp(table_cell(t, i, "sk"), table_cell(t, i - 1, "sk")));
		for (size_t c = table_col(t, "b0"); c < t->ncols; c++)
			sum += cell_u64(t, i, t->cols[c], &n) ? n : 0;
		bad += cell_u64(t, i, "count", &count) ? count != sum : sum != 0;
	}
	is_u64(bad, 0, "latency: synq and acceptq of each listener, count is the sum of all lengths");
	table_free(t);
}

static void check_requests(void)
{
	struct table *t = table_read(TABLE("requests"));
	size_t bad = 0;

	is_u64(t->nrows, OPEN * CLIENTS, "requests: as many rows as clients");
	for (size_t i = 0; i < t->nrows; i++)
		bad += strcmp(table_cell(t, i, "queue"), "accept") || !is_dash(t, i, "retrans") ||
		       !is_dash(t, i, "acked") || strcmp(table_cell(t, i, "rcvq_bytes"), "0");
	is_u64(bad, 0, "requests: all wait for accept(), without data");
	table_free(t);
}

static void check_closed(void)
{
	struct table *t = table_read(TABLE("closed"));
	uint64_t age = UINT64_MAX, next = 0;
	char comm[17] = "", what[40];

	prctl(PR_GET_NAME, comm);
	is_u64(t->nrows, CLOSED, "closed: a row for each that closed");
	for (size_t i = 0; i < CLOSED && i < t->nrows; i++) {
		snprintf(what, sizeof(what), "closed listener %zu", i);
		is_u64(strtoull(table_cell(t, i, "sk"), NULL, 16), dead[i], "%s: sk", what);
		check_str(t, i, "local", dead_local[i], what);
		check_u64(t, i, "pid", getpid(), what);
		check_str(t, i, "comm", comm, what);
		check_u64(t, i, "synq_left", 0, what);
		if (cell_u64(t, i, "closed_ms", &next))
			in_range(next, 0, age, "%s: closed_ms, the oldest first", what);
		age = next;
	}
	table_free(t);
}

static void read_closed(int up, void *arg)
{
	size_t len;
	char *text;

	become(*(uid_t *)arg);
	text = file_read(TABLE("closed"), &len);
	if (!text)
		bail("closed: %s", strerror(errno));
	put_u64(up, len);
	put_bytes(up, text, len);
}

static void check_strangers(void)
{
	uid_t stranger = 1001;
	struct child c;
	struct table *t;
	size_t len, bad = 0;
	char *text;

	child_start(&c, read_closed, &stranger);
	len = get_u64(c.fd);
	text = calloc(1, len + 1);
	get_bytes(c.fd, text, len);
	child_end(&c);
	t = table_parse(text, len);
	is_u64(t->nrows, CLOSED, "closed: another user sees all rows");
	for (size_t i = 0; i < t->nrows; i++)
		bad += !is_dash(t, i, "pid") || !is_dash(t, i, "comm");
	is_u64(bad, 0, "closed: without pid and comm");
	table_free(t);
}

int main(void)
{
	new_netns();
	populate();
	for (size_t i = 0; i < nformats; i++)
		check_table(&formats[i]);
	check_join(TABLE("counters"), 1);
	check_join(TABLE("latency"), 2);
	check_latency();
	check_requests();
	check_closed();
	check_strangers();
	return done();
}
