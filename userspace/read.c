// SPDX-License-Identifier: GPL-2.0
// The only file that reads: tables and info, strictly, whole before anything is printed.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "read.h"

#define ABI "1"

/*
 * A row has about 250 bytes. A limit far above that keeps a wrong file
 * (a disk image, /dev/zero) from being loaded in search of its first newline.
 */
#define LINE_LIMIT 16384
#define CHUNK 65536

/* A file in the course of being read line by line; lives on one stack frame. */
struct lines {
	int fd;
	const char *path;
	size_t number;		/* of the line handed out last, from 1 */
	size_t start, end;	/* the bytes of buf not handed out yet */
	char buf[CHUNK];
};

static size_t fill(struct lines *in)
{
	ssize_t got;

	memmove(in->buf, in->buf + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
	got = read(in->fd, in->buf + in->end, CHUNK - in->end);
	if (got < 0)
		die(EXIT_TABLE, "%s: cannot read: %s: check that it is a listenq table",
		    in->path, strerror(errno));
	in->end += got;
	return got;
}

static void check_line(const struct lines *in, const char *line, size_t length)
{
	if (length > LINE_LIMIT)
		die(EXIT_TABLE, "%s: line %zu: longer than %d bytes: not a listenq table",
		    in->path, in->number, LINE_LIMIT);
	for (size_t i = 0; i < length; i++)
		if (line[i] < 0x20 || line[i] > 0x7e)
			die(EXIT_TABLE,
			    "%s: line %zu: byte 0x%02x is not text: damaged, or not a listenq table",
			    in->path, in->number, (unsigned char)line[i]);
}

/* Returns the next line without its newline, valid until the next call; NULL at the end. */
static char *next_line(struct lines *in)
{
	for (;;) {
		char *line = in->buf + in->start;
		size_t have = in->end - in->start;
		char *newline = memchr(line, '\n', have);

		if (newline || have > LINE_LIMIT) {
			size_t length = newline ? (size_t)(newline - line) : have;

			in->number++;
			check_line(in, line, length);
			line[length] = '\0';
			in->start += length + 1;
			return line;
		}
		if (!fill(in)) {
			if (!have)
				return NULL;
			die(EXIT_TABLE,
			    "%s: line %zu: ends without a newline: truncated, save the table again",
			    in->path, in->number + 1);
		}
	}
}

static size_t count_cells(const char *line)
{
	size_t n = 0;

	for (line += strspn(line, " "); *line; line += strspn(line, " ")) {
		line += strcspn(line, " ");
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
		text += strspn(text, " ");
		cells[i] = text;
		text += strcspn(text, " ");
		if (*text)
			*text++ = '\0';
	}
	return cells;
}

static void read_header(struct table *table, struct lines *in, const char *const *required)
{
	const char *line = next_line(in);

	if (!line)
		die(EXIT_TABLE, "%s: empty: not a listenq table", in->path);
	table->ncols = count_cells(line);
	table->names = split(line, table->ncols);
	for (; *required; required++)
		if (table_column(table, *required) == NO_COLUMN)
			die(EXIT_TABLE,
			    "%s: no column '%s' in line 1: not the listenq table asked for",
			    in->path, *required);
	for (size_t i = 0; i < table->ncols; i++)
		if (table_column(table, table->names[i]) != i)
			die(EXIT_TABLE, "%s: column '%.40s' is there twice: not a listenq table",
			    in->path, table->names[i]);
}

static void read_row(struct table *table, const struct lines *in, const char *line)
{
	size_t n = count_cells(line);

	if (n != table->ncols)
		die(EXIT_TABLE,
		    "%s: line %zu: %zu cells where the header has %zu: damaged, save the table again",
		    in->path, in->number, n, table->ncols);
	if (table->nrows == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->rows = need(reallocarray(table->rows, table->room, sizeof(*table->rows)));
	}
	table->rows[table->nrows++] = split(line, n);
}

/**
 * table_open() - open a table, or end with a message that says why not
 * @path: its file name; "-" is standard input
 *
 * Return: a file descriptor, for table_read().
 */
int table_open(const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	if (fd < 0)
		die(EXIT_TABLE, "%s: cannot open: %s: check its name and who may read it",
		    path, strerror(errno));
	return fd;
}

/**
 * table_read() - read a whole table, or end with a message that names the line
 * @fd: from table_open(); closed here
 * @path: its name, for messages; must outlive the table
 * @required: names of the columns without which it is not the right table, NULL last
 *
 * Return: the table, for table_free().
 */
struct table *table_read(int fd, const char *path, const char *const *required)
{
	struct table *table = need(calloc(1, sizeof(*table)));
	struct lines in = { .fd = fd, .path = path };
	const char *line;

	table->path = path;
	read_header(table, &in, required);
	while ((line = next_line(&in)))
		read_row(table, &in, line);
	close(fd);
	return table;
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
 * table_free() - give a table's memory back
 * @table: from table_read()
 */
void table_free(struct table *table)
{
	for (size_t i = 0; i < table->nrows; i++)
		free(table->rows[i]);
	free(table->rows);
	free(table->names);
	free(table);
}

/**
 * info_require_abi() - end unless the module publishes the abi this reader knows
 * @path: the module's info file, "key value" lines
 */
void info_require_abi(const char *path)
{
	struct lines in = { .fd = table_open(path), .path = path };
	const char *line;

	while ((line = next_line(&in)))
		if (!strncmp(line, "abi ", 4))
			break;
	if (!line)
		die(EXIT_TABLE, "%s: no line 'abi': not from listenq", path);
	if (strcmp(line + 4, ABI))
		die(EXIT_TABLE, "%s: abi %.40s, but this reader knows abi " ABI
		    ": install the one that came with the module",
		    path, line + 4);
	close(in.fd);
}
