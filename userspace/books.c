// SPDX-License-Identifier: GPL-2.0
// The equations as data, and what one reading of the tables says of them.

#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "error.h"
#include "text.h"

#define TERMS 9
#define CLOSED_KEPT 256	/* so many rows has closed at most: older ones are forgotten */

struct equation {
	const char *name;
	bool at_least;		/* the left side may be more */
	const char *left[TERMS], *right[TERMS];
};

static const struct equation of_listener[] = {
	{ "syn", false, { "syn" },
	  { "syn_queued", "syn_cookie", "syn_tfo", "syn_drop_acceptq", "syn_drop_synq",
	    "syn_drop_unproven", "syn_drop_other" } },
	{ "requests", false, { "syn_queued", "req_migrated_in", "req_inherited" },
	  { "synq", "from_synq", "req_timeout", "req_pruned", "req_reset", "req_icmp",
	    "req_other", "req_migrated_out" } },
	{ "established", false, { "established" },
	  { "from_synq", "cookie_ok", "syn_tfo", "conn_migrated_in" } },
	{ "connections", false, { "established", "conn_inherited" },
	  { "acceptq", "accepted", "closed_pending", "conn_migrated_out" } },
	{ "sk_drops", true, { "sk_drops" },
	  { "syn_drop_acceptq", "syn_drop_synq", "syn_drop_unproven", "syn_drop_other",
	    "ack_overflow", "ack_reset" } },
	{ .name = NULL }
};

/* On the left, what the kernel has counted since the module began. */
static const struct equation of_kernel[] = {
	{ "ListenOverflows", false, { "ListenOverflows" },
	  { "syn_drop_acceptq", "ack_overflow", "ack_reset" } },
	{ "SyncookiesSent", false, { "SyncookiesSent" }, { "syn_cookie" } },
	{ "TCPReqQFullDrop", false, { "TCPReqQFullDrop" }, { "syn_drop_synq" } },
	{ .name = NULL }
};

/* One side of an equation, and whether all of it is known. */
struct side {
	bool known;
	uint64_t sum;
};

static void add(struct side *side, const struct table *table, size_t row, const char *name)
{
	uint64_t value;

	/* A listener that has closed has no accept queue, and left a SYN queue behind. */
	if (table_column(table, "synq_left") != NO_COLUMN) {
		if (!strcmp(name, "acceptq"))
			return;
		if (!strcmp(name, "synq"))
			name = "synq_left";
	}
	side->known &= table_number(table, row, name, &value) &&
		       !__builtin_add_overflow(side->sum, value, &side->sum);
}

static struct side side_of_row(const struct table *table, size_t row, const char *const *terms)
{
	struct side side = { true, 0 };

	for (; *terms; terms++)
		add(&side, table, row, *terms);
	return side;
}

static bool holds(const struct equation *equation, const struct side *left,
		  const struct side *right)
{
	return equation->at_least ? left->sum >= right->sum : left->sum == right->sum;
}

static void add_finding(struct table *findings, const char *sk, const char *local,
			const char *equation, const struct side *left, const struct side *right,
			const char *verdict)
{
	char *l = left->known ? text_format("%llu", (unsigned long long)left->sum) :
				text_format("-");
	char *r = right->known ? text_format("%llu", (unsigned long long)right->sum) :
				 text_format("-");
	char *line = text_format("%s %s %s %s %s %s", sk, local, equation, l, r, verdict);

	table_add_row(findings, line);
	free(line);
	free(r);
	free(l);
}

static bool same_sides(const struct side *a, const struct side *b)
{
	return a->known == b->known && a->sum == b->sum;
}

/* after: the row as it was a moment later, NO_COLUMN if it was gone then. */
static void judge_row(struct table *findings, const struct table *table, size_t row,
		      const struct table *later, size_t after)
{
	for (const struct equation *equation = of_listener; equation->name; equation++) {
		struct side left = side_of_row(table, row, equation->left);
		struct side right = side_of_row(table, row, equation->right);
		const char *verdict = VERDICT_OFF;

		if (!left.known || !right.known) {
			verdict = VERDICT_UNKNOWN;
		} else if (holds(equation, &left, &right)) {
			verdict = VERDICT_BALANCED;
		} else if (after == NO_COLUMN) {
			verdict = VERDICT_MOVING;
		} else {
			struct side later_left = side_of_row(later, after, equation->left);
			struct side later_right = side_of_row(later, after, equation->right);

			if (!same_sides(&left, &later_left) || !same_sides(&right, &later_right))
				verdict = VERDICT_MOVING;
		}
		add_finding(findings, table_text(table, row, "sk"),
			    table_text(table, row, "local"), equation->name, &left, &right,
			    verdict);
	}
}

/* The next row of that socket: both tables are nearly always in the same order. */
static size_t find_from(const struct table *table, size_t from, const char *sk)
{
	for (; from < table->nrows; from++)
		if (!strcmp(table_text(table, from, "sk"), sk))
			return from;
	return NO_COLUMN;
}

static struct side side_of_all(const struct table *counters, const struct table *closed,
			       const char *const *terms)
{
	struct side side = { closed->nrows < CLOSED_KEPT, 0 };

	for (; *terms; terms++) {
		for (size_t row = 0; row < counters->nrows; row++)
			add(&side, counters, row, *terms);
		for (size_t row = 0; row < closed->nrows; row++)
			add(&side, closed, row, *terms);
	}
	return side;
}

static struct side side_of_kernel(const struct info *info, const struct table *netstat,
				  const char *name)
{
	char *key = text_format("mib %s", name);
	struct side side = { false, 0 };
	uint64_t begin, now;

	if (info_number(info, key, &begin) && table_number(netstat, 0, name, &now) &&
	    now >= begin) {
		side.known = true;
		side.sum = now - begin;
	}
	free(key);
	return side;
}

static void judge_sums(struct table *findings, const struct reading *reading)
{
	for (const struct equation *equation = of_kernel; equation->name; equation++) {
		const char *name = equation->left[0];
		struct side left = side_of_kernel(reading->info, reading->netstat, name);
		struct side left_after = side_of_kernel(reading->info, reading->netstat_after,
							name);
		struct side right = side_of_all(reading->counters, reading->closed,
						equation->right);
		struct side right_after = side_of_all(reading->counters_after, reading->closed,
						      equation->right);
		const char *verdict = VERDICT_OFF;

		if (!left.known || !right.known)
			verdict = VERDICT_UNKNOWN;
		else if (!same_sides(&left, &left_after) || !same_sides(&right, &right_after))
			verdict = VERDICT_MOVING;
		else if (holds(equation, &left, &right))
			verdict = VERDICT_BALANCED;
		add_finding(findings, "-", "-", equation->name, &left, &right, verdict);
	}
}

/**
 * books_findings() - an empty table of findings
 *
 * Return: the table, for source_free().
 */
struct table *books_findings(void)
{
	return table_new(need(strdup("audit")), "sk local equation left right verdict");
}

/**
 * books_judge() - what one reading says of every equation
 * @reading: all tables; depths are joined to its counters
 *
 * Return: a row for each equation of each listener, open and closed, and of the kernel's
 * counters; for source_free().
 */
struct table *books_judge(struct reading *reading)
{
	struct table *findings = books_findings();
	const struct table *later = reading->counters_after;
	size_t next = 0;

	judge_sums(findings, reading);
	table_join(reading->counters, reading->listeners);
	table_join(reading->counters_after, reading->listeners);
	for (size_t row = 0; row < reading->counters->nrows; row++) {
		const char *sk = table_text(reading->counters, row, "sk");
		size_t after = find_from(later, next, sk);

		if (after != NO_COLUMN)
			next = after + 1;
		judge_row(findings, reading->counters, row, later, after);
	}
	for (size_t row = 0; row < reading->closed->nrows; row++)
		judge_row(findings, reading->closed, row, reading->closed, row);
	return findings;
}

/**
 * books_exact() - may anything be promised?
 * @info: the module's
 *
 * Return: true unless a probe missed a hit or could not be armed.
 */
bool books_exact(const struct info *info)
{
	const char *books = info_text(info, "books");

	return books && !strcmp(books, "exact");
}
