// SPDX-License-Identifier: GPL-2.0
// The commands that show a table: rows and columns by the options, then one of the printers.

#include <stdio.h>

#include "commands.h"
#include "model.h"
#include "places.h"
#include "print.h"
#include "rows.h"
#include "source.h"

/* Names the option for which the rows need the second table, NULL when none does. */
static const char *joining_option(const struct options *options, const struct sheet *sheet)
{
	if (options->process && column_is_joined(sheet, "comm"))
		return "--process";
	if (options->cgroup && column_is_joined(sheet, "cgroup"))
		return "--cgroup";
	if (options->dropping && column_is_joined(sheet, "drops"))
		return "--dropping";
	return model_joins(sheet, options->sort) ? "--sort" : NULL;
}

/* With one file alone, columns of the other table are not known, but rows must not look chosen. */
static bool wants_join(const struct options *options, const struct sheet *sheet)
{
	const char *option = joining_option(options, sheet);

	if (options->file && option)
		die(EXIT_USAGE, "%s needs the table %s, too: use --dir in place of --file",
		    option, sheet->join);
	return !options->file && (option || model_joins(sheet, options->output));
}

static const struct sheet *joined_sheet(const struct sheet *sheet)
{
	return sheet == &listeners_sheet ? &counters_sheet : &listeners_sheet;
}

static void join(struct table *table, const struct options *options)
{
	struct table *other = source_table(options, joined_sheet(options->command->sheet));

	table_join(table, other);
	source_free(other);
}

/**
 * show_table() - print a table as the options say
 * @table: the table of their command
 * @options: the command line
 */
void show_table(struct table *table, const struct options *options)
{
	bool raw = options->json || options->raw;
	struct model *model = model_new(table, options->command->sheet, options->output, raw);

	if (options->json)
		print_json(model);
	else if (options->raw)
		print_raw(model, !options->noheadings);
	else
		print_table(model, stdout, !options->noheadings);
	model_free(model);
}

/* Reads the table of one namespace, and puts its rows that are asked for behind the others. */
static void read_one(const struct options *at, void *all)
{
	const struct sheet *sheet = at->command->sheet;
	struct table *table = source_table(at, sheet);
	struct filter filter;

	rows_filter(&filter, at);
	sheet->derive(table);
	places_name(table, at);
	table->own = table->ncols;
	if (wants_join(at, sheet)) {
		join(table, at);
		sheet->derive(table);
	}
	rows_keep(table, &filter);
	places_gather(all, table);
}

/**
 * show_run() - show one of the module's tables
 * @options: the command line
 *
 * Return: EXIT_DONE, or EXIT_TABLE when a namespace had to be left out.
 */
enum exit_code show_run(const struct options *options)
{
	const struct sheet *sheet = options->command->sheet;
	struct table *table = NULL;
	struct filter filter;
	bool all;

	/* What is wrong with the command line is said before anything is read. */
	rows_filter(&filter, options);
	wants_join(options, sheet);
	all = places_each(options, read_one, &table);
	if (options->sort)
		rows_sort(table, sheet, options->sort);
	show_table(table, options);
	source_free(table);
	return all ? EXIT_DONE : EXIT_TABLE;
}
