// SPDX-License-Identifier: GPL-2.0
// Sums and percentiles, as columns: what is not known in a part is not known in the whole.

#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "derive.h"
#include "text.h"

#define DIGITS 24	/* room for a number of 64 bits */

static void write_sum(const struct table *table, size_t row, const size_t *columns, char *text)
{
	uint64_t sum = 0, value;

	strcpy(text, "-");
	for (size_t i = 0; drop_columns[i]; i++) {
		if (!text_number(table_cell(table, row, columns[i]), &value) ||
		    __builtin_add_overflow(sum, value, &sum))
			return;
	}
	snprintf(text, DIGITS, "%llu", (unsigned long long)sum);
}

/**
 * derive_drops() - append the column drops, the sum of drop_columns
 * @table: with the columns of counters, else nothing is done
 */
void derive_drops(struct table *table)
{
	const char *const name = "drops";
	size_t columns[8];

	if (table_column(table, drop_columns[0]) == NO_COLUMN ||
	    table_column(table, name) != NO_COLUMN)
		return;
	for (size_t i = 0; drop_columns[i]; i++)
		columns[i] = table_column(table, drop_columns[i]);
	table_add_columns(table, &name, 1);
	for (size_t row = 0; row < table->nrows; row++) {
		char text[DIGITS];
		const char *cell = text;

		write_sum(table, row, columns, text);
		table_extend_row(table, row, &cell, 1);
	}
}

/**
 * latency_buckets() - how many waits of each length
 * @table: latency
 * @row: which row
 * @buckets: room for BUCKETS numbers
 *
 * Return: whether they are known.
 */
bool latency_buckets(const struct table *table, size_t row, uint64_t *buckets)
{
	for (int i = 0; i < BUCKETS; i++) {
		char name[4];

		snprintf(name, sizeof(name), "b%d", i);
		if (!table_number(table, row, name, &buckets[i]))
			return false;
	}
	return true;
}

/*
 * The bucket that the wait lies in is known, not where in it: the end of the
 * bucket is what it took at most, and so is the longest wait of all.
 */
static void write_percentile(const uint64_t *buckets, uint64_t max, unsigned int percent,
			     char *text)
{
	__uint128_t total = 0, seen = 0;
	int i = 0;

	for (int k = 0; k < BUCKETS; k++)
		total += buckets[k];
	strcpy(text, "-");
	if (!total)
		return;
	for (; i < BUCKETS - 1; i++) {
		seen += buckets[i];
		if (seen * 100 >= total * percent)
			break;
	}
	if (i < BUCKETS - 1 && (1ull << i) < max)
		max = 1ull << i;
	snprintf(text, DIGITS, "%llu", (unsigned long long)max);
}

/**
 * derive_percentiles() - append p50_us, p90_us and p99_us
 * @table: latency, else nothing is done
 */
void derive_percentiles(struct table *table)
{
	static const char *const names[] = { "p50_us", "p90_us", "p99_us" };
	static const unsigned int percents[] = { 50, 90, 99 };
	char text[3][DIGITS];
	const char *const cells[] = { text[0], text[1], text[2] };

	if (table_column(table, "b0") == NO_COLUMN || table_column(table, names[0]) != NO_COLUMN)
		return;
	table_add_columns(table, names, 3);
	for (size_t row = 0; row < table->nrows; row++) {
		uint64_t buckets[BUCKETS], max;
		bool known = latency_buckets(table, row, buckets) &&
			     table_number(table, row, "max_us", &max);

		for (int i = 0; i < 3; i++) {
			strcpy(text[i], "-");
			if (known)
				write_percentile(buckets, max, percents[i], text[i]);
		}
		table_extend_row(table, row, cells, 3);
	}
}

/**
 * derive_nothing() - for tables to which nothing is added
 * @table: stays as it is
 */
void derive_nothing(struct table *table)
{
	(void)table;
}
