// SPDX-License-Identifier: GPL-2.0
// The printers. libsmartcols lays out the table; JSON is written here, row by row,
// because null, exact 64-bit numbers and valid UTF-8 are part of its contract.

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "print.h"
#include "text.h"

static bool colour_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !text_dumb_terminal();
}

static bool flush_right(const struct column *column)
{
	if (column->view)
		return column->view->flags & VIEW_RIGHT;
	return column->type == RAW_NUMBER || column->type == RAW_INT;
}

static void print_row(struct libscols_table *out, const struct model *model, size_t row)
{
	struct libscols_line *line = need(scols_table_new_line(out, NULL));

	for (size_t i = 0; i < model->ncolumns; i++) {
		const struct column *column = &model->columns[i];
		const char *cell[VIEW_SOURCES];
		bool marked = false;
		char *text;

		for (size_t k = 0; k < VIEW_SOURCES; k++)
			cell[k] = table_cell(model->table, row, column->source[k]);
		text = column->view ? column->view->render(cell, &marked) : need(strdup(cell[0]));
		if (scols_line_set_data(line, i, text) ||
		    (marked && scols_cell_set_color(scols_line_get_cell(line, i), "red")))
			need(NULL);
		free(text);
	}
}

/* libsmartcols prints nothing at all for no rows; people expect to see the header. */
static void print_header_alone(const struct model *model, FILE *out)
{
	for (size_t i = 0; i < model->ncolumns; i++)
		fprintf(out, "%s%s", i ? " " : "", model->columns[i].name);
	putc('\n', out);
}

/**
 * print_table() - the table for people
 * @model: what to show
 * @stream: where to; coloured if standard output is a terminal
 * @headings: with a header line
 */
void print_table(const struct model *model, FILE *stream, bool headings)
{
	struct libscols_table *out;

	if (!model->table->nrows) {
		if (headings)
			print_header_alone(model, stream);
		return;
	}
	out = need(scols_new_table());
	scols_table_set_stream(out, stream);
	scols_table_enable_noheadings(out, !headings);
	scols_table_enable_noencoding(out, 1);	/* text.c has made it safe */
	scols_table_enable_colors(out, colour_wanted());
	for (size_t i = 0; i < model->ncolumns; i++)
		need(scols_table_new_column(out, model->columns[i].name, 0,
					    flush_right(&model->columns[i]) ?
					    SCOLS_FL_RIGHT : 0));
	for (size_t row = 0; row < model->table->nrows; row++)
		print_row(out, model, row);
	if (scols_print_table(out))
		need(NULL);
	scols_unref_table(out);
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

/**
 * print_json_text() - a string of JSON
 * @text: what it says
 */
void print_json_text(const char *text)
{
	json_string((const unsigned char *)text, strlen(text));
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
			print_json_text(column->name);
			fputs(": ", stdout);
			json_value(column, table_cell(model->table, row, column->source[0]));
		}
		putchar('}');
	}
	fputs("\n]}\n", stdout);
}

static void end_unwritten(void)
{
	die(EXIT_TABLE, "cannot write the output: %s: it is not whole", strerror(errno));
}

/**
 * print_text() - print what is too long for the buffer, or say that it did not reach its place
 * @text: what
 * @length: its bytes
 */
void print_text(const char *text, size_t length)
{
	if (fwrite(text, 1, length, stdout) != length)
		end_unwritten();
}

/**
 * print_flush() - let what has been printed be seen, or say that it did not reach its place
 */
void print_flush(void)
{
	if (fflush(stdout))
		end_unwritten();
}

/**
 * print_done() - end the output, or say that it did not reach its place
 */
void print_done(void)
{
	bool failed = ferror(stdout);

	errno = EIO;	/* unless the last write tells more */
	if (fclose(stdout) || failed)
		end_unwritten();
}
