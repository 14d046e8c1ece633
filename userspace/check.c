// SPDX-License-Identifier: GPL-2.0
// check: one line for a monitoring system, with figures behind the bar, and an exit code.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "places.h"
#include "rows.h"
#include "source.h"
#include "text.h"

#define COLUMNS "sk local gauge value limit threshold found"	/* check_sheet */
#define NAMED 3		/* so many findings are named, the rest is counted */

/* Something that is looked at, and what was seen. */
struct gauge {
	const char *name, *words;	/* in the figures, and in the text */
	const char *depth, *limit;	/* its columns; limit is NULL where there is none */
	const char *threshold;		/* as it was given; NULL: not looked at */
	bool percent;
	uint64_t most;			/* at this it is found */
	bool any;			/* the rest is set */
	uint64_t worst;			/* in the unit of the threshold, or the sum if no limit */
	size_t unknown;
};

static void gauge_parse(struct gauge *gauge, const char *option)
{
	size_t length = strlen(gauge->threshold);
	char *number = need(strdup(gauge->threshold));

	gauge->percent = length && number[length - 1] == '%';
	if (gauge->percent)
		number[length - 1] = '\0';
	if (!text_number(number, &gauge->most) || !gauge->most ||
	    (gauge->percent && gauge->most > 100))
		die(EXIT_USAGE, "%s %s: give a depth from 1, or one from 1%% to 100%% of the limit",
		    option, gauge->threshold);
	free(number);
}

static void gauge_need(const struct gauge *gauge, const struct table *table)
{
	source_need(table, gauge->depth);
	if (gauge->limit)
		source_need(table, gauge->limit);
}

/* Returns the level in the unit of the threshold; where nothing fits in, nothing is full. */
static uint64_t level_of(const struct gauge *gauge, uint64_t depth, uint64_t limit)
{
	if (!gauge->percent)
		return depth;
	return limit ? (uint64_t)((__uint128_t)depth * 100 / limit) : 0;
}

/* Appends what was seen of one row to the findings. */
static void add_finding(struct table *findings, const struct gauge *gauge,
			const struct table *table, size_t row, const char *found)
{
	char *line = text_format("%s %s %s %s %s %s %s", table_text(table, row, "sk"),
				 table_text(table, row, "local"), gauge->name,
				 table_text(table, row, gauge->depth),
				 gauge->limit ? table_text(table, row, gauge->limit) : "-",
				 gauge->threshold, found);
	char *place = text_format("%s %s %s", line, table_text(table, row, "netns"),
				  table_text(table, row, "netns_inode"));

	table_add_row(findings, table_column(table, "netns") == NO_COLUMN ? line : place);
	free(place);
	free(line);
}

/* Looks at one row; adds ", WORDS" to the text, and returns whether the threshold is reached. */
static bool gauge_look(struct gauge *gauge, const struct table *table, size_t row, FILE *text,
		       struct table *findings)
{
	uint64_t depth, limit = 0, level;

	if (!table_number(table, row, gauge->depth, &depth) ||
	    (gauge->limit && !table_number(table, row, gauge->limit, &limit))) {
		add_finding(findings, gauge, table, row, "-");
		gauge->unknown++;
		return false;
	}
	level = level_of(gauge, depth, limit);
	if (!gauge->limit)
		gauge->worst += level;
	else if (!gauge->any || level > gauge->worst)
		gauge->worst = level;
	gauge->any = true;
	add_finding(findings, gauge, table, row, level < gauge->most ? "0" : "1");
	if (level < gauge->most)
		return false;
	if (gauge->limit)
		fprintf(text, ", %s %llu of %llu", gauge->words, (unsigned long long)depth,
			(unsigned long long)limit);
	else
		fprintf(text, ", %llu %s", (unsigned long long)depth, gauge->words);
	return true;
}

static void print_name(FILE *out, const struct table *table, size_t row)
{
	char *place = text_for_people(table_text(table, row, "netns"));

	if (table_column(table, "netns") != NO_COLUMN)
		fprintf(out, "%s ", place);
	fputs(table_text(table, row, "local"), out);
	free(place);
}

static size_t look_at_all(struct gauge *gauges, size_t n, const struct table *table, FILE *text,
			  struct table *findings)
{
	size_t found = 0;

	for (size_t row = 0; row < table->nrows; row++) {
		char *words = NULL;
		size_t length;
		FILE *one = need(open_memstream(&words, &length));
		bool reached = false;

		for (size_t i = 0; i < n; i++)
			if (gauges[i].threshold)
				reached |= gauge_look(&gauges[i], table, row, one,
						      findings);
		if (fclose(one))
			need(NULL);
		if (reached && ++found <= NAMED) {
			fputs(found == 1 ? "" : "; ", text);
			print_name(text, table, row);
			fputs(words + 1, text);
		}
		free(words);
	}
	if (found > NAMED)
		fprintf(text, "; and %zu more", found - NAMED);
	return found;
}

static void print_figures(const struct gauge *gauges, size_t n)
{
	const char *before = " | ";

	for (size_t i = 0; i < n; i++) {
		const struct gauge *gauge = &gauges[i];

		if (!gauge->threshold || !gauge->any)
			continue;
		printf("%s%s=%llu%s;%llu;;0%s", before, gauge->name,
		       (unsigned long long)gauge->worst,
		       gauge->percent ? "%" : gauge->limit ? "" : "c",
		       (unsigned long long)gauge->most - !gauge->limit,
		       gauge->percent ? ";100" : "");
		before = " ";
	}
	putchar('\n');
}

static void print_line(const struct gauge *gauges, size_t n, const struct table *table,
		       enum exit_code code, size_t found, const char *text)
{
	static const char *const states[] = {
		[EXIT_DONE] = "OK", [EXIT_FOUND] = "WARNING", [EXIT_TABLE] = "UNKNOWN",
	};
	size_t unknown = 0;

	for (size_t i = 0; i < n; i++)
		unknown += gauges[i].unknown;
	printf("LISTENQ %s - ", states[code]);
	if (found)
		printf("%zu of %zu listeners: %s", found, table->nrows, text);
	else if (table->nrows)
		printf("%zu listeners", table->nrows);
	else
		fputs(text, stdout);
	if (code == EXIT_TABLE)
		fputs(" (where this could enter)", stdout);
	if (unknown)
		printf(" (not known: %zu)", unknown);
	print_figures(gauges, n);
}

/* Reads the listeners of one namespace, and puts those that are asked for behind the others. */
static void read_one(const struct options *at, void *all)
{
	struct table *table = source_listeners(at, at->drops);
	struct filter filter;

	rows_filter(&filter, at);
	places_name(table, at);
	rows_keep(table, &filter);
	places_gather(all, table);
}

static void check_gauges(struct gauge *gauges, size_t n, const struct options *options)
{
	if (!options->acceptq && !options->synq && !options->drops)
		die(EXIT_USAGE, "nothing to check: give --acceptq, --synq or --drops");
	for (size_t i = 0; i < n; i++)
		if (gauges[i].threshold)
			gauge_parse(&gauges[i], i ? "--synq" : "--acceptq");
}

/* Looks at all rows and says so; all: no namespace is left out. */
static enum exit_code judge(struct gauge *gauges, size_t n, struct table *table,
			    const struct options *options, bool all)
{
	struct table *findings = table_new("check", options->all ? COLUMNS " netns netns_inode" :
								   COLUMNS);
	bool none = !table->nrows && rows_filtered(options);
	char *words = NULL;
	size_t length, found;
	FILE *text = need(open_memstream(&words, &length));
	enum exit_code code = EXIT_DONE;

	for (size_t i = 0; i < n; i++)
		if (gauges[i].threshold)
			gauge_need(&gauges[i], table);
	found = look_at_all(gauges, n, table, text, findings);
	if (!table->nrows)
		fputs(none ? "no such listener" : "no listener", text);
	if (fclose(text))
		need(NULL);
	if (found || (none && all))
		code = EXIT_FOUND;
	else if (!all)
		code = EXIT_TABLE;
	if (options->json)
		show_table(findings, options);
	else
		print_line(gauges, n, table, code, found, words);
	free(words);
	table_free(findings);
	return code;
}

/**
 * check_run() - compare the queues with thresholds
 * @options: the command line
 *
 * Return: EXIT_FOUND when one is reached, or when no listener is there that was asked for; else
 * EXIT_TABLE when a namespace had to be left out.
 */
enum exit_code check_run(const struct options *options)
{
	struct gauge gauges[] = {
		{ .name = "acceptq", .words = "accept queue", .depth = "acceptq",
		  .limit = "acceptq_limit", .threshold = options->acceptq },
		{ .name = "synq", .words = "SYN queue", .depth = "synq",
		  .limit = "synq_limit", .threshold = options->synq },
		{ .name = "drops", .words = "drops", .depth = "drops",
		  .threshold = options->drops ? "1" : NULL },
	};
	const size_t n = sizeof(gauges) / sizeof(gauges[0]);
	struct table *table = NULL;
	struct filter filter;
	enum exit_code code;
	bool all;

	/* What is wrong with the command line is said before anything is read. */
	check_gauges(gauges, n, options);
	rows_filter(&filter, options);
	all = places_each(options, read_one, &table);
	code = judge(gauges, n, table, options, all);
	source_free(table);
	return code;
}
