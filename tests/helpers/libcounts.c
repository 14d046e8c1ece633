// SPDX-License-Identifier: GPL-2.0
/* Rows of counters and closed: read, balanced, and added up. */
#include "books.h"
#include "mod.h"
#include "sock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

const char *const counts_columns[] = {
	"syn", "syn_queued", "syn_cookie", "syn_tfo", "syn_drop_acceptq", "syn_drop_synq",
	"syn_drop_unproven", "syn_drop_other", "synack_retrans", "ack_overflow", "ack_reset",
	"ack_deferred", "cookie_ok", "cookie_bad", "from_synq", "established", "req_timeout",
	"req_pruned", "req_icmp", "req_reset", "req_other", "req_migrated_in", "req_migrated_out",
	"conn_migrated_in", "conn_migrated_out", "req_inherited", "conn_inherited", "accepted",
	"closed_pending", "sk_drops",
};

const size_t counts_ncolumns = sizeof(counts_columns) / sizeof(counts_columns[0]);

/* What must be the same on both sides; and what must be at least as much. */
static const char *const dropped[] = {
	"syn_drop_acceptq", "syn_drop_synq", "syn_drop_unproven", "syn_drop_other", NULL,
};

static const struct balance {
	const char *name, *left[4], *right[10];
	const char *const *more;	/* on the right */
	bool at_least;
} balances[] = {
	{ "SYNs", { "syn" }, { "syn_queued", "syn_cookie", "syn_tfo" }, dropped, false },
	{ "requests", { "syn_queued", "req_migrated_in", "req_inherited" },
	  { "synq", "from_synq", "req_timeout", "req_pruned", "req_reset", "req_icmp",
	    "req_other", "req_migrated_out" }, NULL, false },
	{ "connections in", { "established" },
	  { "from_synq", "cookie_ok", "syn_tfo", "conn_migrated_in" }, NULL, false },
	{ "connections out", { "established", "conn_inherited" },
	  { "acceptq", "accepted", "closed_pending", "conn_migrated_out" }, NULL, false },
	{ "drops", { "sk_drops" }, { "ack_overflow", "ack_reset" }, dropped, true },
};

/* What the kernel counts in a namespace, and which columns say the same. */
static const struct balance mibs[] = {
	{ .name = "ListenOverflows", .right = { "syn_drop_acceptq", "ack_overflow", "ack_reset" } },
	{ .name = "SyncookiesSent", .right = { "syn_cookie" } },
	{ .name = "TCPReqQFullDrop", .right = { "syn_drop_synq" } },
};

/**
 * accept_by_return() - is nothing seen of an accept() that slept when the module was loaded?
 *
 * Return: true before 6.0: there, it is seen when it returns, if it was seen to begin.
 */
bool accept_by_return(void)
{
	struct utsname u;

	uname(&u);
	return atoi(u.release) < 6;
}

/**
 * counts_get() - one number of a row
 * @c: the row
 * @column: its name, or synq or acceptq
 *
 * Return: the number; ends the case when there is no such column.
 */
uint64_t counts_get(const struct counts *c, const char *column)
{
	if (!strcmp(column, "synq"))
		return c->synq;
	if (!strcmp(column, "acceptq"))
		return c->acceptq;
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (!strcmp(counts_columns[i], column))
			return c->v[i];
	bail("counters have no column %s", column);
}

/* All up to the first NULL; what is not known makes the sum unknown. */
static uint64_t add_up(const struct counts *c, const char *const *columns)
{
	uint64_t n = 0, one;

	while (columns && *columns) {
		one = counts_get(c, *columns++);
		if (one == UNKNOWN)
			return UNKNOWN;
		n += one;
	}
	return n;
}

/**
 * counts_row() - the counters of a row
 * @t: counters or closed
 * @row: its number
 * @c: set, without what is in the queues; ends the case when a cell holds neither number nor dash
 */
void counts_row(const struct table *t, size_t row, struct counts *c)
{
	*c = (struct counts){ 0 };
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (is_dash(t, row, counts_columns[i]))
			c->v[i] = UNKNOWN;
		else if (!cell_u64(t, row, counts_columns[i], &c->v[i]))
			bail("%s: column %s holds '%s', not a number",
			     table_cell(t, row, "local"), counts_columns[i],
			     table_cell(t, row, counts_columns[i]));
}

static bool row_of(uint64_t cookie, struct counts *c)
{
	struct table *t = table_read(COUNTERS);
	long row = table_find_sk(t, cookie);

	if (row >= 0)
		counts_row(t, row, c);
	table_free(t);
	return row >= 0;
}

/**
 * counts_read() - the counters of a listener and what is in its queues, of one moment
 * @cookie: its socket cookie
 * @c: set
 *
 * Return: false when it has no row, or never stood still.
 */
bool counts_read(uint64_t cookie, struct counts *c)
{
	struct counts before;
	struct table *t;
	long row;

	for (int tries = 100; tries; tries--) {
		if (!row_of(cookie, &before))
			return false;
		t = table_read(LISTENERS);
		row = table_find_sk(t, cookie);
		if (row >= 0) {
			cell_u64(t, row, "synq", &before.synq);
			cell_u64(t, row, "acceptq", &before.acceptq);
		}
		table_free(t);
		if (row < 0 || !row_of(cookie, c))
			return false;
		if (!memcmp(before.v, c->v, sizeof(c->v))) {
			*c = before;
			return true;
		}
	}
	return false;
}

/**
 * counts_closed() - the last figures of a listener that closed
 * @cookie: its socket cookie
 * @c: set; synq is what it left there
 *
 * Return: false when it has no row; of several, its newest counts.
 */
bool counts_closed(uint64_t cookie, struct counts *c)
{
	struct table *t = table_read(CLOSED);
	char sk[20];
	long found = -1;

	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)cookie);
	for (size_t i = 0; i < t->nrows; i++)
		if (!strcmp(table_cell(t, i, "sk"), sk))
			found = i;
	if (found >= 0) {
		counts_row(t, found, c);
		if (!cell_u64(t, found, "synq_left", &c->synq))
			bail("synq_left is '%s'", table_cell(t, found, "synq_left"));
	}
	table_free(t);
	return found >= 0;
}

static void add_table(const char *path, struct counts *total, size_t *rows)
{
	struct table *t = table_read(path);
	struct counts c;

	for (size_t i = 0; i < t->nrows; i++) {
		counts_row(t, i, &c);
		for (size_t k = 0; k < counts_ncolumns; k++)
			total->v[k] += c.v[k] == UNKNOWN ? 0 : c.v[k];
	}
	*rows = t->nrows;
	table_free(t);
}

/**
 * counts_open() - add up all listeners of this namespace that are open
 * @total: set
 */
void counts_open(struct counts *total)
{
	size_t rows;

	*total = (struct counts){ 0 };
	add_table(COUNTERS, total, &rows);
}

/**
 * counts_sum() - add up all listeners of this namespace, open and closed
 * @total: set
 * @closed: set to the number of rows in closed
 */
void counts_sum(struct counts *total, size_t *closed)
{
	size_t open;

	*total = (struct counts){ 0 };
	add_table(CLOSED, total, closed);
	add_table(COUNTERS, total, &open);
}

/**
 * counts_balance() - do the books of a listener balance
 * @c: its row and its queues, when no packet was on its way to it
 * @wrong: set to what does not
 * @room: its size
 *
 * Return: true when they do.
 */
bool counts_balance(const struct counts *c, char *wrong, size_t room)
{
	size_t len = 0;

	*wrong = 0;
	for (size_t i = 0; i < sizeof(balances) / sizeof(balances[0]); i++) {
		const struct balance *b = &balances[i];
		uint64_t left = add_up(c, b->left);
		uint64_t right = add_up(c, b->right), more = add_up(c, b->more);

		if (left == UNKNOWN || right == UNKNOWN || more == UNKNOWN)
			continue;
		right += more;
		if (left == right || (b->at_least && left > right) || len >= room)
			continue;
		len += snprintf(wrong + len, room - len, " %s: %llu, not %llu;", b->name,
				(unsigned long long)left, (unsigned long long)right);
	}
	return !len;
}

/**
 * counts_show() - say all that is not 0 of a row
 * @c: the row
 */
void counts_show(const struct counts *c)
{
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (c->v[i])
			diag("  %s %lld", counts_columns[i], (long long)c->v[i]);
	diag("  synq %llu, acceptq %llu", (unsigned long long)c->synq,
	     (unsigned long long)c->acceptq);
}

/**
 * check_balance() - check that the books of a listener balance
 * @c: its row and its queues, when no packet was on its way to it
 * @fmt: which listener and when, printf style
 *
 * Return: true when they do.
 */
bool check_balance(const struct counts *c, const char *fmt, ...)
{
	char what[160], wrong[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (ok(counts_balance(c, wrong, sizeof(wrong)), "%s: the books balance", what))
		return true;
	diag("%s:%s", what, wrong);
	counts_show(c);
	return false;
}

/* The kernel's own count since the module began to count here, and ours. */
static bool agrees(const struct balance *m, const struct counts *dead, uint64_t *kernel,
		   uint64_t *ours)
{
	struct info *in = info_read();
	struct counts total = { 0 };
	char key[64];
	size_t rows;

	snprintf(key, sizeof(key), "mib %s", m->name);
	*kernel = netstat(m->name) - info_u64(in, key);
	info_free(in);
	if (dead)
		total = *dead;
	else
		add_table(CLOSED, &total, &rows);
	add_table(COUNTERS, &total, &rows);
	*ours = add_up(&total, m->right);
	return *kernel == *ours;
}

/**
 * check_sums_with() - check that all listeners add up to what the kernel counted in this namespace
 * @dead: all that have closed; NULL for those in closed, if it has not lost any
 * @what: when, for the description
 */
void check_sums_with(const struct counts *dead, const char *what)
{
	uint64_t kernel, ours;

	for (size_t i = 0; i < sizeof(mibs) / sizeof(mibs[0]); i++) {
		AWAIT(agrees(&mibs[i], dead, &kernel, &ours), BOOKS_MS);
		is_u64(ours, kernel, "%s: all listeners add up to %s", what, mibs[i].name);
	}
}

/**
 * check_sums() - the same, with the listeners in closed
 * @what: when, for the description
 */
void check_sums(const char *what)
{
	check_sums_with(NULL, what);
}

/**
 * check_exact() - check that info says that no probe has missed a hit
 * @what: when, for the description
 */
void check_exact(const char *what)
{
	struct info *in = info_read();

	for (size_t i = 0; i < in->nprobes; i++)
		if (in->probes[i].missed)
			diag("%s: probe %s missed %llu", what, in->probes[i].name,
			     (unsigned long long)in->probes[i].missed);
	is_str(info_get(in, "books"), "exact", "%s: books", what);
	info_free(in);
}
