// SPDX-License-Identifier: GPL-2.0
// From names and rows to listeners: checks the contract, picks rows and columns.

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "model.h"

/* Without these it is some other table. */
const char *const model_required[] = { "sk", "local", NULL };

static bool decimal(const char *cell)
{
	size_t digits = strspn(cell, "0123456789");

	/* No leading zero: the module writes none, and JSON allows none. */
	return digits && !cell[digits] && (digits == 1 || cell[0] != '0');
}

static bool valid(enum raw_type type, const char *cell)
{
	bool minus = type == RAW_INT && cell[0] == '-';

	if (type == RAW_TEXT || !strcmp(cell, "-"))
		return true;
	if (type == RAW_HEX)
		return strlen(cell) <= 16 && cell[strspn(cell, "0123456789abcdef")] == '\0';
	if (!decimal(cell + minus) || (minus && cell[1] == '0'))
		return false;
	if (type == RAW_INT)
		return strtoll(cell, NULL, 10) >= INT32_MIN && strtoll(cell, NULL, 10) <= INT32_MAX;
	errno = 0;
	strtoull(cell, NULL, 10);
	return !errno;
}

static void check_cells(const struct table *table)
{
	static const char *const wanted[] = {
		[RAW_HEX] = "lower-case hexadecimal",
		[RAW_NUMBER] = "an unsigned number",
		[RAW_INT] = "a number of 32 bits",
	};

	for (size_t i = 0; i < table->ncols; i++) {
		const struct raw_column *raw = raw_column_find(table->names[i]);

		for (size_t row = 0; raw && row < table->nrows; row++)
			if (!valid(raw->type, table->rows[row][i]))
				die(EXIT_TABLE,
				    "%s: line %zu: %s is '%.40s', not %s: damaged, save the table again",
				    table->path, row + 2, raw->name, table->rows[row][i],
				    wanted[raw->type]);
	}
}

static struct column *append(struct model *model, const char *name)
{
	struct column *column;

	model->columns = need(reallocarray(model->columns, model->ncolumns + 1,
					   sizeof(*model->columns)));
	column = &model->columns[model->ncolumns++];
	memset(column, 0, sizeof(*column));
	column->name = name;
	return column;
}

static void append_raw(struct model *model, const char *name)
{
	const struct raw_column *raw = raw_column_find(name);
	struct column *column = append(model, name);

	column->type = raw ? raw->type : RAW_TEXT;
	column->source[0] = table_column(model->table, name);
}

/* In JSON each key is there once, and a column for people stands for what it is made of. */
static void append_once(struct model *model, const char *name)
{
	for (size_t i = 0; i < model->ncolumns; i++)
		if (!strcmp(model->columns[i].name, name))
			return;
	append_raw(model, name);
}

static void append_view(struct model *model, const struct view_column *view)
{
	struct column *column = append(model, view->name);

	column->view = view;
	for (size_t i = 0; i < VIEW_SOURCES; i++)
		column->source[i] = view->source[i] ?
			table_column(model->table, view->source[i]) : NO_COLUMN;
}

static const struct view_column *find_view(const char *name,
					   int (*compare)(const char *, const char *))
{
	for (const struct view_column *view = view_columns; view->name; view++)
		if (!compare(view->name, name))
			return view;
	return NULL;
}

/* A column that is not in the table is known by name all the same, and shows '-'. */
static const char *find_raw(const struct table *table, const char *name,
			    int (*compare)(const char *, const char *))
{
	for (size_t i = 0; i < table->ncols; i++)
		if (!compare(table->names[i], name))
			return table->names[i];
	for (const struct raw_column *raw = raw_columns; raw->name; raw++)
		if (!compare(raw->name, name))
			return raw->name;
	return NULL;
}

/*
 * ACCEPTQ is for people and acceptq is raw: the exact spelling decides first,
 * and only then the letters without their case.
 */
static void append_named(struct model *model, const char *name, bool raw_only)
{
	const struct view_column *view = find_view(name, strcmp);
	const char *raw = view ? NULL : find_raw(model->table, name, strcmp);

	if (!view && !raw)
		view = find_view(name, strcasecmp);
	if (!view && !raw)
		raw = find_raw(model->table, name, strcasecmp);
	if (!view && !raw)
		die(EXIT_USAGE, "unknown column '%s': try: listenq --list-columns", name);

	if (view && !raw_only)
		append_view(model, view);
	else if (raw && !raw_only)
		append_raw(model, raw);
	else if (raw)
		append_once(model, raw);
	else
		for (size_t i = 0; i < VIEW_SOURCES && view->source[i]; i++)
			append_once(model, view->source[i]);
}

static void append_default(struct model *model, bool raw_only)
{
	for (size_t i = 0; raw_only && i < model->table->ncols; i++)
		append_raw(model, model->table->names[i]);
	for (const struct view_column *view = view_columns; !raw_only && view->name; view++)
		append_view(model, view);
}

/**
 * model_new() - check a table of listeners and choose the columns to show
 * @table: the table; stays the caller's, and must outlive the model
 * @output: what --output says, NULL for the default columns
 * @raw_only: choose among /proc's columns only, each at most once
 *
 * Ends with a message when a cell breaks the contract or a column is not known.
 *
 * Return: the model, for model_free().
 */
struct model *model_new(struct table *table, const char *output, bool raw_only)
{
	struct model *model = need(calloc(1, sizeof(*model)));
	char *list, *rest, *name;

	model->table = table;
	check_cells(table);
	if (!output || *output == '+')
		append_default(model, raw_only);
	if (!output)
		return model;
	list = need(strdup(output + (*output == '+')));
	rest = list;
	while ((name = strsep(&rest, ",")))
		append_named(model, name, raw_only);
	free(list);
	return model;
}

/**
 * model_keep_family() - drop the sockets of the other family
 * @model: whose table to thin out
 * @ipv6: keep the IPv6 sockets, else the IPv4 ones
 */
void model_keep_family(struct model *model, bool ipv6)
{
	struct table *table = model->table;
	size_t flags = table_column(table, "flags");
	size_t kept = 0;

	if (flags == NO_COLUMN)
		die(EXIT_TABLE,
		    "%s: no column 'flags', which tells IPv6 from IPv4: leave out -4 and -6",
		    table->path);
	for (size_t row = 0; row < table->nrows; row++) {
		if (!strchr(table->rows[row][flags], '6') == !ipv6)
			table->rows[kept++] = table->rows[row];
		else
			free(table->rows[row]);
	}
	table->nrows = kept;
}

/**
 * model_free() - give a model's memory back, not its table's
 * @model: from model_new()
 */
void model_free(struct model *model)
{
	free(model->columns);
	free(model);
}
