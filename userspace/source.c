// SPDX-License-Identifier: GPL-2.0
// Finds the files, and hands out only tables that keep to the contract.

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "model.h"
#include "source.h"
#include "text.h"

/* As ss has it: PROC_ROOT=/proc/1234 shows the network namespace of that task. */
static char *proc_path(const char *directory, const char *name)
{
	const char *root = getenv("PROC_ROOT");

	return text_format("%s/net/%s%s", root && *root ? root : "/proc", directory, name);
}

static char *listenq_path(const struct options *options, const char *name)
{
	char *path;

	if (options->dir)
		return text_format("%s/%s", options->dir, name);
	path = proc_path("listenq/", name);
	if (access(path, F_OK) && errno == ENOENT)
		die(EXIT_TABLE,
		    "%s: not there: load the module: modprobe listenq, or insmod its listenq.ko",
		    path);
	return path;
}

static struct table *read_table(char *path, const struct sheet *sheet)
{
	struct table *table = table_read(table_open(path), path, sheet->required);

	model_check(table, sheet);
	return table;
}

/**
 * source_info() - read info, which says that the tables are of the right abi
 * @options: where
 *
 * Return: its lines, for info_free().
 */
struct info *source_info(const struct options *options)
{
	char *path = listenq_path(options, "info");
	struct info *info = info_read(path);

	free(path);
	return info;
}

/**
 * source_table() - read a table and check it, or end with a message
 * @options: where
 * @sheet: which one
 *
 * Return: the table, for source_free().
 */
struct table *source_table(const struct options *options, const struct sheet *sheet)
{
	char *path;

	if (options->file)
		return read_table(need(strdup(options->file)), sheet);
	path = listenq_path(options, sheet->file);
	info_free(source_info(options));
	return read_table(path, sheet);
}

/**
 * source_need() - end with a message when a table lacks a column
 * @table: from source_table()
 * @name: of the column
 */
void source_need(const struct table *table, const char *name)
{
	if (table_column(table, name) == NO_COLUMN)
		die(EXIT_TABLE, "%s: no column '%s', which is needed: from a module too old for it",
		    table->path, name);
}

/**
 * source_netstat() - read the kernel's own counters
 * @options: where; a saved copy is beside the other tables
 *
 * Return: as netstat_read(), for source_free().
 */
struct table *source_netstat(const struct options *options)
{
	return netstat_read(options->dir ? listenq_path(options, "netstat") :
					   proc_path("", "netstat"));
}

/**
 * source_events() - open the stream of events, or end with a message
 * @options: where
 * @lines: fd and path are set, for source_events_end()
 */
void source_events(const struct options *options, struct lines *lines)
{
	if (options->file) {
		lines->path = need(strdup(options->file));
	} else {
		lines->path = listenq_path(options, "events");
		info_free(source_info(options));
	}
	lines->fd = table_open(lines->path);
}

/**
 * source_events_end() - close it
 * @lines: from source_events()
 */
void source_events_end(struct lines *lines)
{
	close(lines->fd);
	free((char *)lines->path);
}

/**
 * source_free() - give a table and its name back
 * @table: from one of the functions above
 */
void source_free(struct table *table)
{
	char *path = (char *)table->path;

	table_free(table);
	free(path);
}
