// SPDX-License-Identifier: GPL-2.0
// Rates and the last depths, as columns: what changed since the last reading of the same socket.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "past.h"
#include "text.h"

#define SK 17		/* room for a cookie */
#define DIGITS 24	/* room for a number of 64 bits */

static const char *const counted[] = { "syn", "accepted", "drops" };
static const char *const queues[][2] = {
	{ "acceptq", "acceptq_limit" }, { "synq", "synq_limit" },
};

static const char *const columns[] = {
	"syn_rate", "accept_rate", "drop_rate", "acceptq_past", "synq_past",
};

#define COUNTED 3
#define QUEUES 2
#define COLUMNS (COUNTED + QUEUES)

struct past_listener {
	char sk[SK];
	bool known[COUNTED];
	uint64_t count[COUNTED];
	char depths[QUEUES][PAST_DEPTHS + 1];	/* in eighths of the limit, '.': not known */
};

static int compare_listeners(const void *a, const void *b)
{
	const struct past_listener *left = a, *right = b;

	return strcmp(left->sk, right->sk);
}

static const struct past_listener *find(const struct past *past, const char *sk)
{
	struct past_listener key;

	snprintf(key.sk, sizeof(key.sk), "%s", sk);
	return past->n ? bsearch(&key, past->listeners, past->n, sizeof(key),
				 compare_listeners) : NULL;
}

/* What is in the queue at all is at least one eighth. */
static char eighths(const struct table *table, size_t row, const char *const *queue)
{
	uint64_t depth, limit;

	if (!table_number(table, row, queue[0], &depth) ||
	    !table_number(table, row, queue[1], &limit))
		return '.';
	if (!depth || !limit)
		return '0';
	if (depth >= limit)
		return '8';
	return '0' + (int)(((__uint128_t)depth * 8 + limit - 1) / limit);
}

static void remember(struct past_listener *now, const struct past_listener *before,
		     const struct table *table, size_t row)
{
	snprintf(now->sk, sizeof(now->sk), "%s", table_text(table, row, "sk"));
	for (size_t i = 0; i < COUNTED; i++)
		now->known[i] = table_number(table, row, counted[i], &now->count[i]);
	for (size_t i = 0; i < QUEUES; i++) {
		if (before)
			memcpy(now->depths[i], before->depths[i] + 1, PAST_DEPTHS - 1);
		else
			memset(now->depths[i], '.', PAST_DEPTHS - 1);
		now->depths[i][PAST_DEPTHS - 1] = eighths(table, row, queues[i]);
		now->depths[i][PAST_DEPTHS] = '\0';
	}
}

/* A counter that fell is another listener's, or begins anew after a second listen(). */
static void write_rate(char *text, const struct past_listener *now,
		       const struct past_listener *before, size_t i, uint64_t ms)
{
	strcpy(text, "-");
	if (ms && before && before->known[i] && now->known[i] && now->count[i] >= before->count[i])
		snprintf(text, DIGITS, "%llu",
			 (unsigned long long)((__uint128_t)(now->count[i] - before->count[i]) *
					      1000 * 1000 / ms));
}

/**
 * past_compare() - append the rates since the last call, and the last depths
 * @past: what was remembered; gets what is remembered now
 * @table: listeners, with counters and drops
 * @age_ms: how long the module has been loaded, in milliseconds: the clock of the rates
 *
 * The rates are in thousandths a second, '-' for those of a listener seen for the first time.
 */
void past_compare(struct past *past, struct table *table, uint64_t age_ms)
{
	uint64_t ms = age_ms > past->age_ms ? age_ms - past->age_ms : 0;
	struct past next = { .age_ms = age_ms, .n = table->nrows };

	next.listeners = need(calloc(next.n + 1, sizeof(*next.listeners)));
	for (size_t row = 0; row < next.n; row++)
		remember(&next.listeners[row], find(past, table_text(table, row, "sk")), table,
			 row);
	table_add_columns(table, columns, COLUMNS);
	for (size_t row = 0; row < next.n; row++) {
		const struct past_listener *now = &next.listeners[row];
		char rates[COUNTED][DIGITS];
		const char *cells[COLUMNS];

		for (size_t i = 0; i < COUNTED; i++) {
			write_rate(rates[i], now, find(past, now->sk), i, ms);
			cells[i] = rates[i];
		}
		for (size_t i = 0; i < QUEUES; i++)
			cells[COUNTED + i] = now->depths[i];
		table_extend_row(table, row, cells, COLUMNS);
	}
	qsort(next.listeners, next.n, sizeof(*next.listeners), compare_listeners);
	past_free(past);
	*past = next;
}

/**
 * past_free() - forget
 * @past: as past_compare() left it
 */
void past_free(struct past *past)
{
	free(past->listeners);
}
