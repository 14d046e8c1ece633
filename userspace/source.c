// SPDX-License-Identifier: GPL-2.0
// Finds the files, and hands out only tables that keep to the contract.

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "derive.h"
#include "error.h"
#include "missing.h"
#include "model.h"
#include "source.h"
#include "text.h"

/**
 * source_proc() - where /proc is
 *
 * As ss has it: PROC_ROOT=/proc/1234 shows the network namespace of that task.
 *
 * Return: the name of a directory.
 */
const char *source_proc(void)
{
	const char *root = getenv("PROC_ROOT");

	return root && *root ? root : "/proc";
}

/* Returns the path of a file in the directory net of /proc, or of a process there. */
static char *net_path(const struct options *options, const char *name)
{
	if (options->net)
		return text_format("%s/%s", options->net, name);
	return text_format("%s/net/%s", source_proc(), name);
}

static char *listenq_path(const struct options *options, const char *name)
{
	char *path, *file, *info;

	if (options->dir || options->held)
		return text_format("%s/%s", options->dir ? options->dir : options->held, name);
	file = text_format("listenq/%s", name);
	path = net_path(options, file);
	free(file);
	if (!access(path, F_OK) || errno != ENOENT)
		return path;
	info = net_path(options, "listenq/info");
	if (access(info, F_OK))
		missing_module(path);
	die(EXIT_TABLE, "%s: not there: the module is too old for it: load the one of this reader",
	    path);
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
	struct info *info = info_read(table_open(path), path);

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
 * source_listeners() - read the listeners
 * @options: where
 * @counters: with the columns of counters, and their sum
 *
 * Return: the table, for source_free().
 */
struct table *source_listeners(const struct options *options, bool counters)
{
	struct table *table = source_table(options, &listeners_sheet), *other;

	if (counters) {
		other = source_table(options, &counters_sheet);
		table_join(table, other);
		source_free(other);
		derive_drops(table);
	}
	return table;
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
	char *path;

	if (options->netstat)
		path = need(strdup(options->netstat));
	else if (options->dir)
		path = listenq_path(options, "netstat");
	else
		path = net_path(options, "netstat");
	return netstat_read(table_open(path), path);
}

/**
 * source_events() - open the stream of events, or end with a message
 * @options: where
 * @lines: fd, path and live are set, for source_events_end()
 */
void source_events(const struct options *options, struct lines *lines)
{
	struct statfs where;

	if (options->file) {
		lines->path = need(strdup(options->file));
	} else {
		lines->path = listenq_path(options, "events");
		info_free(source_info(options));
	}
	lines->fd = table_open(lines->path);
	/* A directory named by --dir may be the module's own, seen through some process. */
	lines->live = (!options->file && !options->dir) ||
		      (!fstatfs(lines->fd, &where) && where.f_type == PROC_SUPER_MAGIC);
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
