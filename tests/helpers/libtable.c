// SPDX-License-Identifier: GPL-2.0
/* Reads and parses the module's tables; whatever breaks the rules of the format ends the case. */
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The header line of listeners, in order: the one place of the tests that says so. */
const char *const listeners_columns[] = {
	"sk", "local", "dev", "flags", "uid", "inode", "pid", "comm", "backlog", "somaxconn",
	"max_ack_backlog", "acceptq", "acceptq_peak", "acceptq_limit", "synq", "synq_young",
	"synq_peak", "synq_limit", "synq_full", "age_ms", "listens", "cgroup", "oldest_ms",
	"full_ms", "full_count", "tfoq", "tfoq_max",
};

const size_t listeners_ncolumns = sizeof(listeners_columns) / sizeof(listeners_columns[0]);

/**
 * fd_read() - read a file from its present position to its end
 * @fd: the open file
 * @piece: bytes asked for in each read()
 * @len: set to the number of bytes read
 *
 * Return: the bytes with a 0 behind them, to be freed; NULL with errno set when a read failed.
 */
char *fd_read(int fd, size_t piece, size_t *len)
{
	size_t room = 65536, have = 0;
	char *buf = malloc(room + 1);
	ssize_t n;

	while (buf) {
		if (have + piece > room) {
			room = 2 * room + piece;
			buf = realloc(buf, room + 1);
			if (!buf)
				break;
		}
		n = read(fd, buf + have, piece);
		if (n < 0) {
			free(buf);
			return NULL;
		}
		if (n == 0) {
			buf[have] = 0;
			*len = have;
			return buf;
		}
		have += n;
	}
	bail("out of memory for a file of %zu bytes", have);
}

/**
 * file_read() - read a whole file
 * @path: its name
 * @len: set to its length; may be NULL
 *
 * Return: the bytes with a 0 behind them, to be freed; NULL with errno set.
 */
char *file_read(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	size_t n = 0;
	char *text;

	if (fd < 0)
		return NULL;
	text = fd_read(fd, 65536, &n);
	err = errno;
	close(fd);
	errno = err;
	if (len)
		*len = n;
	return text;
}

/* Cut one line into cells in place; returns how many, or 0 when the line breaks a rule. */
static size_t cut(char *line, char **cells, size_t max)
{
	size_t n = 0;
	char *p = line;

	if (*p == ' ' || !*p)
		return 0;
	while (*p) {
		if (n == max)
			return 0;
		cells[n++] = p;
		for (; *p && *p != ' '; p++)
			if (*p < '!' || *p > '~')
				return 0;
		if (!*p)
			break;
		for (*p++ = 0; *p == ' '; p++)
			;
		if (!*p)	/* a blank at the end of the line */
			return 0;
	}
	return n;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/**
 * table_parse() - cut a table into cells
 * @text: the file, malloc()ed; owned by the table afterwards
 * @len: its length
 *
 * Ends the case when the text breaks a rule of the format: a line that does not end, a byte that
 * is not printable ASCII, a row with more or fewer cells than the header.
 *
 * Return: the table.
 */
struct table *table_parse(char *text, size_t len)
{
	struct table *t = calloc(1, sizeof(*t));
	size_t lines = count_lines(text, len), n;
	char *line = text, *end;

	if (!lines || text[len - 1] != '\n' || strlen(text) != len)
		bail("table of %zu bytes has no header or an unfinished last line", len);
	t->text = text;
	t->cols = calloc(256, sizeof(char *));
	for (size_t i = 0; i < lines; i++, line = end + 1) {
		end = strchr(line, '\n');
		*end = 0;
		if (!i) {
			t->ncols = cut(line, t->cols, 256);
			t->cells = calloc((lines - 1) * t->ncols + 1, sizeof(char *));
			if (!t->ncols || !t->cells)
				bail("table has a bad header line '%.60s'", line);
			continue;
		}
		n = cut(line, t->cells + t->nrows * t->ncols, t->ncols);
		if (n != t->ncols)
			bail("row %zu is not made of %zu cells: it begins '%.60s'", i, t->ncols,
			     line);
		t->nrows++;
	}
	return t;
}

/**
 * table_read() - read and parse a table
 * @path: the file
 *
 * Return: the table; ends the case when it cannot be read.
 */
struct table *table_read(const char *path)
{
	size_t len;
	char *text = file_read(path, &len);

	if (!text)
		bail("cannot read %s: %s", path, strerror(errno));
	return table_parse(text, len);
}

/**
 * table_free() - give a table back
 * @t: the table, or NULL
 */
void table_free(struct table *t)
{
	if (!t)
		return;
	free(t->cells);
	free(t->cols);
	free(t->text);
	free(t);
}

/**
 * table_col() - find a column by its name in the header
 * @t: the table
 * @name: the column
 *
 * Return: its number; ends the case when there is none.
 */
long table_col(const struct table *t, const char *name)
{
	for (size_t i = 0; i < t->ncols; i++)
		if (!strcmp(t->cols[i], name))
			return i;
	bail("table has no column %s", name);
}

/**
 * table_cell() - one cell
 * @t: the table
 * @row: row number, from 0
 * @col: column name
 *
 * Return: the text of the cell.
 */
const char *table_cell(const struct table *t, size_t row, const char *col)
{
	return t->cells[row * t->ncols + table_col(t, col)];
}

/**
 * table_find() - find the first row by the text of a cell
 * @t: the table
 * @col: column name
 * @value: text looked for
 *
 * Return: row number or -1.
 */
long table_find(const struct table *t, const char *col, const char *value)
{
	long c = table_col(t, col);

	for (size_t i = 0; i < t->nrows; i++)
		if (!strcmp(t->cells[i * t->ncols + c], value))
			return i;
	return -1;
}

/**
 * table_find_sk() - find a row by its socket cookie
 * @t: the table
 * @cookie: as getsockopt(SO_COOKIE) gives it
 *
 * Return: row number or -1.
 */
long table_find_sk(const struct table *t, uint64_t cookie)
{
	char sk[20];

	snprintf(sk, sizeof(sk), "%" PRIx64, cookie);
	return table_find(t, "sk", sk);
}

/**
 * table_count() - count the rows with a text in a column
 * @t: the table
 * @col: column name
 * @value: text looked for
 *
 * Return: how many rows.
 */
size_t table_count(const struct table *t, const char *col, const char *value)
{
	long c = table_col(t, col);
	size_t n = 0;

	for (size_t i = 0; i < t->nrows; i++)
		n += !strcmp(t->cells[i * t->ncols + c], value);
	return n;
}
