// SPDX-License-Identifier: GPL-2.0
// Tables in memory: built from lines, widened, joined by socket cookie, looked up by name.

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "table.h"
#include "text.h"

static const char *skip_blanks(const char *text)
{
	while (*text == ' ')
		text++;
	return text;
}

static const char *skip_cell(const char *text)
{
	while (*text && *text != ' ')
		text++;
	return text;
}

/**
 * table_count() - how many cells a line has
 * @line: cells with blanks between them
 *
 * Return: their number.
 */
size_t table_count(const char *line)
{
	size_t n = 0;

	for (line = skip_blanks(line); *line; line = skip_blanks(line)) {
		line = skip_cell(line);
		n++;
	}
	return n;
}

/* Returns the cells of a line that has n of them, as one allocation. */
static char **split(const char *line, size_t n)
{
	char **cells = need(malloc(n * sizeof(*cells) + strlen(line) + 1));
	char *text = strcpy((char *)(cells + n), line);

	for (size_t i = 0; i < n; i++) {
		cells[i] = (char *)skip_blanks(text);
		text = (char *)skip_cell(cells[i]);
		if (*text)
			*text++ = '\0';
	}
	return cells;
}

/* Returns n cells and k more, as one allocation, in place of the former. */
static char **widen(char **cells, size_t n, const char *const *more, size_t k)
{
	size_t size = 0;
	char **wide;
	char *text;

	for (size_t i = 0; i < n + k; i++)
		size += strlen(i < n ? cells[i] : more[i - n]) + 1;
	wide = need(malloc((n + k) * sizeof(*wide) + size));
	text = (char *)(wide + n + k);
	for (size_t i = 0; i < n + k; i++) {
		wide[i] = text;
		text = stpcpy(text, i < n ? cells[i] : more[i - n]) + 1;
	}
	free(cells);
	return wide;
}

/**
 * table_new() - a table without rows
 * @path: its name, for messages; must outlive the table
 * @header: the names of its columns
 *
 * Return: the table, for table_free().
 */
struct table *table_new(const char *path, const char *header)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	table->path = path;
	table->own = table_count(header);
	table->ncols = table->own;
	table->names = split(header, table->ncols);
	return table;
}

static void make_room(struct table *table, size_t rows)
{
	while (table->room < rows)
		table->room = table->room ? 2 * table->room : 64;
	table->rows = need(reallocarray(table->rows, table->room, sizeof(*table->rows)));
}

/**
 * table_add_row() - append a row
 * @table: to which
 * @line: its cells, as many as the table has columns
 */
void table_add_row(struct table *table, const char *line)
{
	if (table->nrows == table->room)
		make_room(table, table->nrows + 1);
	table->rows[table->nrows++] = split(line, table->ncols);
}

/**
 * table_add_columns() - append columns; table_extend_row() must follow for each row
 * @table: to which
 * @names: of the columns
 * @n: how many
 */
void table_add_columns(struct table *table, const char *const *names, size_t n)
{
	table->names = widen(table->names, table->ncols, names, n);
	table->ncols += n;
}

/**
 * table_extend_row() - give a row the cells of the columns just appended
 * @table: whose row
 * @row: its index
 * @cells: their text
 * @n: how many
 */
void table_extend_row(struct table *table, size_t row, const char *const *cells, size_t n)
{
	table->rows[row] = widen(table->rows[row], table->ncols - n, cells, n);
}

/**
 * table_move() - put the rows of a table behind those of another one
 * @table: gets them
 * @other: has none afterwards
 *
 * Return: false, and nothing is done, if they do not have the same columns.
 */
bool table_move(struct table *table, struct table *other)
{
	bool same = table->ncols == other->ncols;

	for (size_t i = 0; same && i < table->ncols; i++)
		same = !strcmp(table->names[i], other->names[i]);
	if (!same)
		return false;
	make_room(table, table->nrows + other->nrows);
	for (size_t i = 0; i < other->nrows; i++)
		table->rows[table->nrows++] = other->rows[i];
	other->nrows = 0;
	return true;
}

/* The rows of a table in the order of their cookies. */
struct order {
	char ***rows;
	size_t nrows;
	size_t sk;
};

static int compare_rows(const void *a, const void *b, void *arg)
{
	size_t sk = *(const size_t *)arg;

	return strcmp((*(char **const *)a)[sk], (*(char **const *)b)[sk]);
}

static void order_make(struct order *order, const struct table *table)
{
	order->sk = table_column(table, "sk");
	order->nrows = table->nrows;
	order->rows = need(malloc((table->nrows + 1) * sizeof(*order->rows)));
	for (size_t i = 0; i < table->nrows; i++)
		order->rows[i] = table->rows[i];
	qsort_r(order->rows, order->nrows, sizeof(*order->rows), compare_rows, &order->sk);
}

static char **order_find(const struct order *order, const char *sk)
{
	size_t low = 0, high = order->nrows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int side = strcmp(order->rows[middle][order->sk], sk);

		if (!side)
			return order->rows[middle];
		if (side < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/**
 * table_join() - append to each row the cells that another table has for its socket
 * @table: gets the columns it does not have yet; '-' where the other has no such row
 * @other: with a column 'sk', as @table has one
 */
void table_join(struct table *table, const struct table *other)
{
	const char **cells = need(malloc((other->ncols + 1) * sizeof(*cells)));
	size_t *from = need(malloc((other->ncols + 1) * sizeof(*from)));
	size_t sk = table_column(table, "sk");
	struct order order;
	size_t n = 0;

	for (size_t i = 0; i < other->ncols; i++) {
		if (table_column(table, other->names[i]) != NO_COLUMN)
			continue;
		cells[n] = other->names[i];
		from[n++] = i;
	}
	order_make(&order, other);
	table_add_columns(table, cells, n);
	for (size_t row = 0; row < table->nrows; row++) {
		char **found = order_find(&order, table->rows[row][sk]);

		for (size_t i = 0; i < n; i++)
			cells[i] = found ? found[from[i]] : "-";
		table_extend_row(table, row, cells, n);
	}
	free(order.rows);
	free(from);
	free(cells);
}

/**
 * table_column() - find a column by its name in the header
 * @table: where
 * @name: exactly as the header spells it
 *
 * Return: its index, for table_cell(), or NO_COLUMN.
 */
size_t table_column(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->ncols; i++)
		if (!strcmp(table->names[i], name))
			return i;
	return NO_COLUMN;
}

/**
 * table_cell() - one cell
 * @table: where
 * @row: 0 is the line behind the header
 * @column: an index, or NO_COLUMN
 *
 * Return: its text; "-" (not known) in a column that the table does not have.
 */
const char *table_cell(const struct table *table, size_t row, size_t column)
{
	return column == NO_COLUMN ? "-" : table->rows[row][column];
}

/**
 * table_text() - one cell, by the name of its column
 * @table: where
 * @row: its index
 * @name: of the column
 *
 * Return: as table_cell().
 */
const char *table_text(const struct table *table, size_t row, const char *name)
{
	return table_cell(table, row, table_column(table, name));
}

/**
 * table_number() - one cell as a number
 * @table: where
 * @row: its index
 * @name: of a column of unsigned numbers
 * @value: set if it is known
 *
 * Return: whether it is known.
 */
bool table_number(const struct table *table, size_t row, const char *name, uint64_t *value)
{
	return text_number(table_text(table, row, name), value);
}

/**
 * table_free() - give a table's memory back
 * @table: from table_new()
 */
void table_free(struct table *table)
{
	for (size_t i = 0; i < table->nrows; i++)
		free(table->rows[i]);
	free(table->rows);
	free(table->names);
	free(table);
}
