// SPDX-License-Identifier: GPL-2.0
// From names and rows to what is shown: checks the contract, picks columns.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "model.h"
#include "text.h"

static bool valid(enum raw_type type, const char *cell)
{
	bool minus = type == RAW_INT && cell[0] == '-';
	uint64_t value;

	if (type == RAW_TEXT || !strcmp(cell, "-"))
		return true;
	if (type == RAW_HEX)
		return strlen(cell) <= 16 && cell[strspn(cell, "0123456789abcdef")] == '\0';
	if (!text_number(cell + minus, &value) || (minus && !value))
		return false;
	return type == RAW_NUMBER || value <= (uint64_t)INT32_MAX + minus;
}

/**
 * model_check() - end with a message when a cell breaks the contract
 * @table: what was read
 * @sheet: what it should be
 */
void model_check(const struct table *table, const struct sheet *sheet)
{
	static const char *const wanted[] = {
		[RAW_HEX] = "lower-case hexadecimal",
		[RAW_NUMBER] = "an unsigned number",
		[RAW_INT] = "a number of 32 bits",
	};

	for (size_t i = 0; i < table->ncols; i++) {
		const struct raw_column *raw = raw_column_find(sheet, table->names[i], strcmp);

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
	const struct raw_column *raw = raw_column_find(model->sheet, name, strcmp);
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

/* A column that is not in the table is known by name all the same, and shows '-'. */
static const char *find_raw(const struct sheet *sheet, const struct table *table,
			    const char *name, int (*compare)(const char *, const char *))
{
	const struct raw_column *raw;

	for (size_t i = 0; table && i < table->ncols; i++)
		if (!compare(table->names[i], name))
			return table->names[i];
	raw = raw_column_find(sheet, name, compare);
	return raw ? raw->name : NULL;
}

/**
 * model_choose() - what a name on the command line means
 * @choice: one of its members is set, or both are NULL when nothing has this name
 * @sheet: what is shown
 * @table: may have more columns, those of a newer module; NULL: not read yet
 * @name: as it was typed
 *
 * ACCEPTQ is for people and acceptq is raw: the exact spelling decides first,
 * and only then the letters without their case.
 */
void model_choose(struct choice *choice, const struct sheet *sheet, const struct table *table,
		  const char *name)
{
	choice->view = view_column_find(sheet, name, strcmp);
	choice->raw = choice->view ? NULL : find_raw(sheet, table, name, strcmp);
	if (!choice->view && !choice->raw)
		choice->view = view_column_find(sheet, name, strcasecmp);
	if (!choice->view && !choice->raw)
		choice->raw = find_raw(sheet, table, name, strcasecmp);
	if (table && !choice->view && !choice->raw)
		die(EXIT_USAGE, "unknown column '%s': try: listenq %s --list-columns", name,
		    sheet == &listeners_sheet ? "show" : sheet->file);
}

/**
 * model_joins() - do these columns need the second table?
 * @sheet: what is shown
 * @list: names, by comma; NULL: none
 *
 * Return: true when one of them is found there.
 */
bool model_joins(const struct sheet *sheet, const char *list)
{
	char *copy = need(strdup(list ? list + (*list == '+') : ""));
	char *rest = copy, *name;
	bool joins = false;

	while ((name = strsep(&rest, ","))) {
		struct choice choice;

		model_choose(&choice, sheet, NULL, name);
		for (size_t i = 0; choice.view && i < VIEW_SOURCES && choice.view->source[i]; i++)
			joins |= column_is_joined(sheet, choice.view->source[i]);
		joins |= choice.raw && column_is_joined(sheet, choice.raw);
	}
	free(copy);
	return joins;
}

static void append_named(struct model *model, const char *name, bool raw_only)
{
	struct choice choice;

	model_choose(&choice, model->sheet, model->table, name);
	if (choice.view && !raw_only)
		append_view(model, choice.view);
	else if (choice.raw && !raw_only)
		append_raw(model, choice.raw);
	else if (choice.raw)
		append_once(model, choice.raw);
	else
		for (size_t i = 0; i < VIEW_SOURCES && choice.view->source[i]; i++)
			append_once(model, choice.view->source[i]);
}

static void append_default(struct model *model, bool raw_only)
{
	const struct view_column *view = model->sheet->views;
	bool places = table_column(model->table, "netns") != NO_COLUMN;

	for (size_t i = 0; raw_only && i < model->table->own; i++)
		append_raw(model, model->table->names[i]);
	for (; !raw_only && view->name; view++)
		if (!(view->flags & VIEW_EXTRA) || (view->flags & VIEW_PLACE && places))
			append_view(model, view);
}

/**
 * model_new() - choose the columns to show
 * @table: the table, checked; stays the caller's, and must outlive the model
 * @sheet: what it is
 * @output: what --output says, NULL for the default columns
 * @raw_only: choose among /proc's columns only, each at most once
 *
 * Ends with a message when a column is not known.
 *
 * Return: the model, for model_free().
 */
struct model *model_new(struct table *table, const struct sheet *sheet, const char *output,
			bool raw_only)
{
	struct model *model = need(calloc(1, sizeof(*model)));
	char *list, *rest, *name;

	model->table = table;
	model->sheet = sheet;
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
 * model_free() - give a model's memory back, not its table's
 * @model: from model_new()
 */
void model_free(struct model *model)
{
	free(model->columns);
	free(model);
}
