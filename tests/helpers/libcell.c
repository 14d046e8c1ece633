// SPDX-License-Identifier: GPL-2.0
/* Single cells of a table: numbers, dashes, escaped names, and the checks made of them. */
#include "table.h"
#include "tap.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * cell_u64() - the number in a cell
 * @t: the table
 * @row: row number
 * @col: column name
 * @value: set to the number
 *
 * Return: false when the cell is not an unsigned decimal number.
 */
bool cell_u64(const struct table *t, size_t row, const char *col, uint64_t *value)
{
	const char *cell = table_cell(t, row, col);
	char *end;

	if (!isdigit((unsigned char)*cell) || (cell[0] == '0' && cell[1]))
		return false;
	errno = 0;
	*value = strtoull(cell, &end, 10);
	return !*end && !errno;
}

/**
 * is_dash() - is the value unknown
 * @t: the table
 * @row: row number
 * @col: column name
 *
 * Return: true when the cell is a dash.
 */
bool is_dash(const struct table *t, size_t row, const char *col)
{
	return !strcmp(table_cell(t, row, col), "-");
}

/**
 * cell_decode() - undo the escapes of a name
 * @cell: text with \ooo in it
 * @out: room for as many bytes as @cell has, and a 0
 *
 * Return: number of bytes; SIZE_MAX when an escape is malformed.
 */
size_t cell_decode(const char *cell, char *out)
{
	size_t n = 0;

	for (; *cell; cell++) {
		if (*cell != '\\') {
			out[n++] = *cell;
			continue;
		}
		for (int i = 1; i <= 3; i++)
			if (cell[i] < '0' || cell[i] > '7')
				return SIZE_MAX;
		out[n++] = (cell[1] - '0') << 6 | (cell[2] - '0') << 3 | (cell[3] - '0');
		cell += 3;
	}
	out[n] = 0;
	return n;
}

/**
 * listeners_row() - read the listeners and find one of them
 * @cookie: its socket cookie
 * @row: set to its row
 *
 * Return: the table, to be freed; ends the case when the listener is not there exactly once.
 */
struct table *listeners_row(uint64_t cookie, size_t *row)
{
	struct table *t = table_read(LISTENERS);
	long r = table_find_sk(t, cookie);

	if (r < 0)
		bail("no row for sk %llx among %zu", (unsigned long long)cookie, t->nrows);
	if (table_count(t, "sk", table_cell(t, r, "sk")) != 1)
		bail("sk %llx has more than one row", (unsigned long long)cookie);
	*row = r;
	return t;
}

/**
 * listener_u64() - read one number of one listener
 * @cookie: its socket cookie
 * @col: column name
 * @value: set to the number
 *
 * Return: false when the cell is a dash.
 */
bool listener_u64(uint64_t cookie, const char *col, uint64_t *value)
{
	size_t row;
	struct table *t = listeners_row(cookie, &row);
	bool known = !is_dash(t, row, col);

	if (known && !cell_u64(t, row, col, value))
		bail("column %s holds '%s', not a number", col, table_cell(t, row, col));
	table_free(t);
	return known;
}

/**
 * check_u64() - check a number in the table
 * @t: the table
 * @row: row number
 * @col: column name
 * @want: what the oracle says
 * @what: which listener, for the description
 *
 * Return: true when equal.
 */
bool check_u64(const struct table *t, size_t row, const char *col, uint64_t want, const char *what)
{
	uint64_t got;

	if (cell_u64(t, row, col, &got))
		return is_u64(got, want, "%s: %s", what, col);
	ok(false, "%s: %s", what, col);
	diag("got '%s', want %llu", table_cell(t, row, col), (unsigned long long)want);
	return false;
}

/**
 * check_str() - check a text in the table
 * @t: the table
 * @row: row number
 * @col: column name
 * @want: what the oracle says
 * @what: which listener, for the description
 *
 * Return: true when equal.
 */
bool check_str(const struct table *t, size_t row, const char *col, const char *want,
	       const char *what)
{
	return is_str(table_cell(t, row, col), want, "%s: %s", what, col);
}

/**
 * check_dash() - check that a value is not known
 * @t: the table
 * @row: row number
 * @col: column name
 * @what: which listener, for the description
 *
 * Return: true when the cell is a dash.
 */
bool check_dash(const struct table *t, size_t row, const char *col, const char *what)
{
	return is_str(table_cell(t, row, col), "-", "%s: %s is unknown", what, col);
}
