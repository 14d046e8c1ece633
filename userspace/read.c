// SPDX-License-Identifier: GPL-2.0
// The only file that reads: tables, info and netstat, strictly, whole before anything is printed.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "read.h"
#include "text.h"

#define ABI "1"

/* Returns 0 at the end, and where no more is wanted. */
static size_t fill(struct lines *in)
{
	ssize_t got;

	memmove(in->buf, in->buf + in->start, in->end - in->start);
	in->end -= in->start;
	in->start = 0;
	if (in->await && !in->await(in->fd))
		return 0;
	got = read(in->fd, in->buf + in->end, CHUNK - in->end);
	in->ended = !got || (in->live && got < 0 && errno == EIO);
	if (in->ended)
		return 0;
	if (got < 0)
		die(EXIT_TABLE, "%s: cannot read: %s: %s", in->path, strerror(errno),
		    errno == EIO ? "try again: the module may have gone meanwhile" :
				   "check that it is a listenq table");
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

/**
 * lines_next() - read a line, or end with a message that names it
 * @in: the file, at first with buf empty
 *
 * Return: the line without its newline, valid until the next call; NULL at the end.
 */
char *lines_next(struct lines *in)
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
			if (!have || !in->ended)
				return NULL;
			die(EXIT_TABLE,
			    "%s: line %zu: ends without a newline: truncated, save the table again",
			    in->path, in->number + 1);
		}
	}
}

static struct table *read_header(struct lines *in, const char *const *required)
{
	const char *line = lines_next(in);
	struct table *table;

	if (!line)
		die(EXIT_TABLE, "%s: empty: not a listenq table", in->path);
	table = table_new(in->path, line);
	for (; *required; required++)
		if (table_column(table, *required) == NO_COLUMN)
			die(EXIT_TABLE,
			    "%s: no column '%s' in line 1: not the listenq table asked for",
			    in->path, *required);
	for (size_t i = 0; i < table->ncols; i++)
		if (table_column(table, table->names[i]) != i)
			die(EXIT_TABLE, "%s: column '%.40s' is there twice: not a listenq table",
			    in->path, table->names[i]);
	return table;
}

static void read_row(struct table *table, const struct lines *in, const char *line)
{
	size_t n = table_count(line);

	if (n != table->ncols)
		die(EXIT_TABLE,
		    "%s: line %zu: %zu cells where the header has %zu: damaged, save the table again",
		    in->path, in->number, n, table->ncols);
	table_add_row(table, line);
}

static const char *advice(int error)
{
	switch (error) {
	case EPERM:
		return "it takes CAP_NET_ADMIN: run this as root";
	case EUSERS:
		return "as many read it already as may: end one of them";
	default:
		return "check its name and who may read it";
	}
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
		die(EXIT_TABLE, "%s: cannot open: %s: %s", path, strerror(errno), advice(errno));
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
	struct lines in = { .fd = fd, .path = path };
	struct table *table = read_header(&in, required);
	const char *line;

	while ((line = lines_next(&in)))
		read_row(table, &in, line);
	close(fd);
	return table;
}

/**
 * info_read() - read the module's info file, or end unless it is of the abi this reader knows
 * @fd: from table_open(); closed here
 * @path: its name, for messages; must outlive it
 *
 * Return: its lines, for info_free().
 */
struct info *info_read(int fd, const char *path)
{
	struct lines in = { .fd = fd, .path = path };
	struct info *info = need(calloc(1, sizeof(*info)));
	const char *line, *abi;

	while ((line = lines_next(&in))) {
		info->lines = need(reallocarray(info->lines, info->nlines + 1,
						sizeof(*info->lines)));
		info->lines[info->nlines++] = need(strdup(line));
	}
	close(in.fd);
	abi = info_text(info, "abi");
	if (!abi)
		die(EXIT_TABLE, "%s: no line 'abi': not from listenq", path);
	if (strcmp(abi, ABI))
		die(EXIT_TABLE, "%s: abi %.40s, but this reader knows abi " ABI
		    ": install the one that came with the module",
		    path, abi);
	return info;
}

/**
 * info_text() - what info says of something
 * @info: from info_read()
 * @key: one word, or "mib NAME"
 *
 * Return: the rest of that line, NULL when there is none.
 */
const char *info_text(const struct info *info, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = 0; i < info->nlines; i++)
		if (!strncmp(info->lines[i], key, length) && info->lines[i][length] == ' ')
			return info->lines[i] + length + 1;
	return NULL;
}

/**
 * info_number() - a number that info has
 * @info: from info_read()
 * @key: as info_text() takes it
 * @value: set if it is there, and known
 *
 * Return: whether it is.
 */
bool info_number(const struct info *info, const char *key, uint64_t *value)
{
	return text_number(info_text(info, key), value);
}

/**
 * info_free() - give its memory back
 * @info: from info_read()
 */
void info_free(struct info *info)
{
	for (size_t i = 0; i < info->nlines; i++)
		free(info->lines[i]);
	free(info->lines);
	free(info);
}

/**
 * netstat_read() - the kernel's counters of TCP
 * @fd: from table_open(), of a file like /proc/net/netstat; closed here
 * @path: its name, for messages; must outlive the table
 *
 * A line of names is followed by one of values.
 *
 * Return: the group TcpExt as a table of one row, for table_free(); its names are the columns.
 */
struct table *netstat_read(int fd, const char *path)
{
	struct lines in = { .fd = fd, .path = path };
	struct table *table = NULL;
	const char *line;

	while ((line = lines_next(&in)) && !(table && table->nrows)) {
		if (strncmp(line, "TcpExt: ", 8))
			continue;
		if (table)
			read_row(table, &in, line);
		else
			table = table_new(path, line);
	}
	close(in.fd);
	if (!table || !table->nrows)
		die(EXIT_TABLE, "%s: no two lines 'TcpExt:': not the kernel's netstat", path);
	return table;
}
