// SPDX-License-Identifier: GPL-2.0
// The printers: a table for people, tabs, JSON with null, exact 64-bit numbers and valid UTF-8.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "layout.h"
#include "print.h"
#include "text.h"

static bool colour_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

static bool flush_right(const struct column *column)
{
	if (column->view)
		return column->view->flags & VIEW_RIGHT;
	return column->type == RAW_NUMBER || column->type == RAW_INT;
}

static void add_cell(struct layout *out, const struct model *model, size_t row,
		     const struct column *column)
{
	const char *cell[VIEW_SOURCES];
	bool marked = false;
	char *text;

	for (size_t i = 0; i < VIEW_SOURCES; i++)
		cell[i] = table_cell(model->table, row, column->source[i]);
	text = column->view ? column->view->render(cell, &marked) : need(strdup(cell[0]));
	layout_cell(out, text, marked);
}

/**
 * print_table() - the table for people
 * @model: what to show
 * @out: where to; coloured if standard output is a terminal
 * @headings: with a header line
 */
void print_table(const struct model *model, FILE *out, bool headings)
{
	struct layout *layout = layout_new(model->ncolumns);

	for (size_t i = 0; i < model->ncolumns; i++)
		layout_column(layout, i, model->columns[i].name, flush_right(&model->columns[i]));
	for (size_t row = 0; row < model->table->nrows; row++)
		for (size_t i = 0; i < model->ncolumns; i++)
			add_cell(layout, model, row, &model->columns[i]);
	layout_print(layout, out, headings, colour_wanted());
	layout_free(layout);
}

/**
 * print_raw() - the cells as they stand in the table, with tabs between them
 * @model: what to show, raw columns only
 * @headings: with a header line
 */
void print_raw(const struct model *model, bool headings)
{
	for (size_t i = 0; headings && i < model->ncolumns; i++)
		printf("%s%s", i ? "\t" : "", model->columns[i].name);
	if (headings)
		putchar('\n');
	for (size_t row = 0; row < model->table->nrows; row++) {
		for (size_t i = 0; i < model->ncolumns; i++)
			printf("%s%s", i ? "\t" : "",
			       table_cell(model->table, row, model->columns[i].source[0]));
		putchar('\n');
	}
}

/* Controls that JSON lets stand (DEL, C1) are escaped too: a terminal acts on them. */
static void json_string(const unsigned char *bytes, size_t length)
{
	uint32_t code;

	putchar('"');
	for (size_t i = 0, n; i < length; i += n) {
		n = text_utf8_next(bytes + i, length - i, &code);
		if (!n) {
			fputs("\xef\xbf\xbd", stdout);	/* U+FFFD, one for each byte */
			n = 1;
		} else if (code == '"' || code == '\\') {
			printf("\\%c", (int)code);
		} else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
			printf("\\u%04x", (unsigned int)code);
		} else {
			for (size_t k = 0; k < n; k++)
				putchar_unlocked(bytes[i + k]);
		}
	}
	putchar('"');
}

static void json_value(const struct column *column, const char *cell)
{
	unsigned char *bytes;

	if (!strcmp(cell, "-")) {
		fputs("null", stdout);
	} else if (column->type == RAW_NUMBER || column->type == RAW_INT) {
		fputs(cell, stdout);
	} else {
		bytes = need(malloc(strlen(cell)));
		json_string(bytes, text_decode(cell, bytes));
		free(bytes);
	}
}

/**
 * print_json() - the rows as an array of objects, one object a line
 * @model: what to show, raw columns only
 */
void print_json(const struct model *model)
{
	fputs("{\"listenq\": [", stdout);
	for (size_t row = 0; row < model->table->nrows; row++) {
		fputs(row ? ",\n{" : "\n{", stdout);
		for (size_t i = 0; i < model->ncolumns; i++) {
			const struct column *column = &model->columns[i];

			if (i)
				fputs(", ", stdout);
			json_string((const unsigned char *)column->name, strlen(column->name));
			fputs(": ", stdout);
			json_value(column, table_cell(model->table, row, column->source[0]));
		}
		putchar('}');
	}
	fputs("\n]}\n", stdout);
}

/**
 * print_done() - end the output, or say that it did not reach its place
 */
void print_done(void)
{
	bool failed = ferror(stdout);

	errno = EIO;	/* unless the last write tells more */
	if (fclose(stdout) || failed)
		die(EXIT_TABLE, "cannot write the output: %s: it is not whole", strerror(errno));
}
