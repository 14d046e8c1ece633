// SPDX-License-Identifier: GPL-2.0
// top: the listeners again and again, with rates and the last depths; on a terminal, or in batch.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "model.h"
#include "past.h"
#include "print.h"
#include "rows.h"
#include "screen.h"
#include "source.h"
#include "text.h"

#define INTERVAL_MS 1000
#define SHORTEST_MS 100
#define LONGEST_MS (24 * 60 * 60 * 1000)
#define OTHER_LINES 3	/* of the screen: what it is, headings, keys */
#define HELP "sort a ACCEPTQ s SYNQ y SYN/S e ACCEPT/S d DROP/S l LOCAL, f full, space pause"

struct top {
	const struct options *options;
	uint64_t interval_ms, count;	/* count 0: for ever */
	const char *sort;
	char text[32];			/* only rows with this in their address or process */
	bool typing, full, paused, help;
	size_t first;			/* row shown first */
	struct past past;
	struct table *table;		/* the last reading */
	uint64_t loaded_ms;		/* when the module was loaded, at the latest */
	struct filter filter;
};

static uint64_t parse_interval(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (text[strspn(text, "0123456789.")] || end == text || *end ||
	    !(seconds * 1000 >= SHORTEST_MS) || seconds * 1000 > LONGEST_MS)
		die(EXIT_USAGE, "no interval '%s': give seconds from 0.1 to 86400", text);
	return seconds * 1000;
}

static void parse(struct top *top, const struct options *options)
{
	struct choice choice;

	memset(top, 0, sizeof(*top));
	top->options = options;
	top->interval_ms = options->operand ? parse_interval(options->operand) : INTERVAL_MS;
	if (options->operand2 && (!text_number(options->operand2, &top->count) || !top->count))
		die(EXIT_USAGE, "no count '%s': give how often, from 1", options->operand2);
	rows_filter(&top->filter, options);
	top->full = top->filter.full;
	top->sort = options->sort ? options->sort : "ACCEPTQ";
	model_choose(&choice, &top_sheet, NULL, top->sort);
	if (!choice.view && !choice.raw)
		die(EXIT_USAGE, "unknown column '%s': try: listenq top --list-columns", top->sort);
}

static bool has_text(const struct table *table, size_t row, const char *text)
{
	char *comm = text_for_people(table_text(table, row, "comm"));
	bool has = strstr(table_text(table, row, "local"), text) || strstr(comm, text) ||
		   !strcmp(table_text(table, row, "pid"), text);

	free(comm);
	return has;
}

/*
 * Reads anew, with what changed since the last time. The age of the module tells when it was
 * loaded, as exactly as these clocks do. If that was after the last reading, there are no rates:
 * these are other counters, and may by now be higher than those were.
 */
static void look(struct top *top)
{
	uint64_t begun_ms = screen_clock(), age_ms = 0;
	struct info *info = source_info(top->options);
	uint64_t ended_ms = screen_clock();
	struct table *table = source_listeners(top->options, true);

	info_number(info, "load_age_ms", &age_ms);
	info_free(info);
	source_need(table, "acceptq_limit");
	if ((int64_t)(begun_ms - age_ms - top->loaded_ms) > 2)
		top->past.age_ms = age_ms;
	top->loaded_ms = ended_ms - age_ms;
	past_compare(&top->past, table, age_ms);
	if (top->table)
		source_free(top->table);
	top->table = table;
}

/* Fills in a table of those rows that are to be seen, sorted; its rows are for free(). */
static void choose(struct top *top, struct table *seen)
{
	const struct table *table = top->table;

	*seen = *table;
	seen->nrows = 0;
	seen->rows = need(calloc(table->nrows + 1, sizeof(*seen->rows)));
	top->filter.full = top->full;
	for (size_t row = 0; row < table->nrows; row++)
		if (rows_match(&top->filter, table, row) && has_text(table, row, top->text))
			seen->rows[seen->nrows++] = table->rows[row];
	rows_sort(seen, &top_sheet, top->sort);
}

/* Prints so many rows from one on. */
static void print_rows(const struct table *seen, size_t first, size_t rows, FILE *out)
{
	struct table part = *seen;
	struct model *model;

	part.rows += first;
	part.nrows -= first;
	if (part.nrows > rows)
		part.nrows = rows;
	model = model_new(&part, &top_sheet, NULL, false);
	print_table(model, out, true);
	model_free(model);
}

/* Returns the drops of all rows a second, for free(); '-' where none of them is known. */
static char *all_drops(const struct table *seen)
{
	uint64_t drops = 0, value;
	bool known = false;

	for (size_t row = 0; row < seen->nrows; row++) {
		if (!table_number(seen, row, "drop_rate", &value))
			continue;
		drops += value;
		known = true;
	}
	return known ? text_rate(drops) : need(strdup("-"));
}

static void print_head(const struct top *top, const struct table *seen, FILE *out)
{
	char *drops = all_drops(seen);

	fprintf(out, "listenq: %zu of %zu listeners, %s drops/s, every %gs, by %s%s%s\n",
		seen->nrows, top->table->nrows, drops, top->interval_ms / 1000.0, top->sort,
		top->full ? ", full ones" : "", top->paused ? ", paused" : "");
	free(drops);
}

/* The last line: what is typed, or which keys there are. */
static void print_foot(const struct top *top, FILE *out)
{
	if (top->typing)
		fprintf(out, "/%s_", top->text);
	else if (*top->text)
		fprintf(out, "/%s (Esc: all)", top->text);
	else
		fputs(top->help ? HELP : "q quit  h help  / filter", out);
}

static void draw(struct top *top)
{
	size_t lines, places, length, room;
	struct table seen;
	char *text = NULL;
	FILE *out = need(open_memstream(&text, &length));

	screen_size(&lines, &places);
	room = lines > OTHER_LINES ? lines - OTHER_LINES : 1;
	choose(top, &seen);
	if (top->first + room > seen.nrows)
		top->first = seen.nrows > room ? seen.nrows - room : 0;
	print_head(top, &seen, out);
	print_rows(&seen, top->first, room, out);
	print_foot(top, out);
	if (fclose(out))
		need(NULL);
	screen_draw(text, lines, places);
	free(text);
	free(seen.rows);
}

static void scroll(struct top *top, int key)
{
	size_t lines, places, page;

	screen_size(&lines, &places);
	page = lines > OTHER_LINES + 1 ? lines - OTHER_LINES - 1 : 1;
	if (key == KEY_DOWN || key == KEY_PAGE_DOWN)
		top->first += key == KEY_DOWN ? 1 : page;
	else if (key == KEY_HOME)
		top->first = 0;
	else if (key == KEY_UP || key == KEY_PAGE_UP)
		top->first -= key == KEY_UP ? !!top->first : top->first < page ? top->first : page;
}

/* Returns whether the key was part of a text. */
static bool type(struct top *top, int key)
{
	size_t length = strlen(top->text);

	if (key == '/' && !top->typing) {
		top->typing = true;
		return true;
	}
	if (key == KEY_ESCAPE)
		*top->text = '\0';
	if (key == KEY_ESCAPE || key == '\n' || key == '\r') {
		top->typing = false;
		return true;
	}
	if (!top->typing || key < 0 || key > 0xff)
		return false;
	if ((key == '\b' || key == 0x7f) && length)
		top->text[length - 1] = '\0';
	else if (key > ' ' && key < 0x7f && length < sizeof(top->text) - 1)
		top->text[length] = key;
	return true;
}

/* Does what a key says; returns false for the one that ends it. */
static bool press(struct top *top, int key)
{
	static const struct {
		char key;
		const char *sort;
	} orders[] = {
		{ 'a', "ACCEPTQ" }, { 's', "SYNQ" }, { 'y', "SYN/S" }, { 'e', "ACCEPT/S" },
		{ 'd', "DROP/S" }, { 'l', "LOCAL" },
	};

	if (key == KEY_NONE || type(top, key))
		return true;
	if (key == 'q' || key == KEY_END)
		return false;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (orders[i].key == key)
			top->sort = orders[i].sort;
	top->full ^= key == 'f';
	top->paused ^= key == ' ';
	top->help = (key == 'h' || key == '?') && !top->help;
	scroll(top, key);
	return true;
}

static void watch(struct top *top)
{
	uint64_t next = screen_clock(), readings = 0;

	screen_enter();
	do {
		if (!top->paused && screen_clock() >= next) {
			if (top->count && readings++ == top->count)
				break;
			next = screen_clock() + top->interval_ms;
			look(top);
		}
		draw(top);
	} while (press(top, screen_wait(top->paused ? next + LONGEST_MS : next)));
	screen_leave();
}

/* Whoever reads a pipe sees it at once, whole. */
static void print_reading(struct top *top)
{
	struct table seen;

	look(top);
	choose(top, &seen);
	seen.own = seen.ncols;
	if (top->options->json)
		show_table(&seen, top->options);
	else
		print_rows(&seen, 0, SIZE_MAX, stdout);
	free(seen.rows);
	print_flush();
}

static void print_batch(struct top *top)
{
	const struct timespec pause = {
		top->interval_ms / 1000, top->interval_ms % 1000 * 1000 * 1000,
	};

	for (uint64_t i = 0; !top->count || i < top->count; i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (i && !top->options->json)
			putchar('\n');
		print_reading(top);
	}
}

/**
 * top_run() - show the listeners again and again
 * @options: the command line
 *
 * Return: EXIT_DONE.
 */
enum exit_code top_run(const struct options *options)
{
	struct top top;

	parse(&top, options);
	if (options->batch || options->json)
		print_batch(&top);
	else
		watch(&top);
	if (top.table)
		source_free(top.table);
	past_free(&top.past);
	return EXIT_DONE;
}
