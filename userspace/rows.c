// SPDX-License-Identifier: GPL-2.0
// Rows: those that the options leave over, the worst first if asked for.

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "model.h"
#include "rows.h"
#include "text.h"

#define CGROUPS "/sys/fs/cgroup"

/* Takes "[::1]:80" or "::1" apart; returns the family, 0 when it is no address. */
static int parse_address(const char *text, size_t length, unsigned char *address)
{
	char copy[INET6_ADDRSTRLEN];

	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	}
	if (length >= sizeof(copy))
		return 0;
	*(char *)mempcpy(copy, text, length) = '\0';
	if (inet_pton(AF_INET, copy, address) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, copy, address) == 1 ? AF_INET6 : 0;
}

static void parse_ports(struct filter *filter, const char *list)
{
	char *copy = need(strdup(list));
	char *rest = copy, *word;
	uint64_t port;

	filter->ports = true;
	while ((word = strsep(&rest, ","))) {
		if (!text_number(word, &port) || port > UINT16_MAX)
			die(EXIT_USAGE, "no port '%s': give numbers from 0 to 65535, by comma",
			    word);
		filter->port[port] = true;
	}
	free(copy);
}

/* A path as /proc/PID/cgroup has it; the id of a cgroup is its inode. */
static uint64_t cgroup_id(const char *root, const char *name)
{
	char *path = text_format("%s/%s", root, name);
	struct stat what;
	uint64_t id = stat(path, &what) ? 0 : what.st_ino;

	free(path);
	return id;
}

static uint64_t parse_cgroup(const char *text)
{
	uint64_t id;

	/* Where version 1 is in use, too, version 2 is below it. */
	if (!text_number(text, &id))
		id = cgroup_id(CGROUPS "/unified", text);
	if (!id)
		id = cgroup_id(CGROUPS, text);
	if (!id)
		die(EXIT_USAGE, "no cgroup '%s': give a path below " CGROUPS ", or an id", text);
	return id;
}

/**
 * rows_filter() - what the options say of rows, or end with a message
 * @filter: filled in
 * @options: the command line; must outlive the filter
 */
void rows_filter(struct filter *filter, const struct options *options)
{
	const char *address = options->address;

	memset(filter, 0, sizeof(*filter));
	filter->ipv4 = options->ipv4;
	filter->ipv6 = options->ipv6;
	filter->full = options->full;
	filter->dropping = options->dropping;
	filter->process = options->process;
	if (options->ports)
		parse_ports(filter, options->ports);
	if (options->cgroup)
		filter->cgroup = parse_cgroup(options->cgroup);
	if (!address)
		return;
	filter->family = parse_address(address, strlen(address), filter->address);
	if (!filter->family)
		die(EXIT_USAGE, "no address '%s': give one like 127.0.0.1 or ::1", address);
}

/**
 * rows_filtered() - do the options leave rows out?
 * @options: the command line
 *
 * Return: true when they name some.
 */
bool rows_filtered(const struct options *options)
{
	return options->ipv4 || options->ipv6 || options->ports || options->address ||
	       options->process || options->cgroup || options->full || options->dropping;
}

/**
 * rows_local() - is a listener asked for, as far as its address tells?
 * @filter: from rows_filter()
 * @local: its address, as the tables have it
 *
 * Return: true if so.
 */
bool rows_local(const struct filter *filter, const char *local)
{
	const char *colon = text_port(local);
	unsigned char address[sizeof(filter->address)];
	uint64_t port;
	int family;

	if (filter->ipv4 != filter->ipv6 && (*local == '[') != filter->ipv6)
		return false;
	if (filter->ports && (!colon || !text_number(colon + 1, &port) ||
			      port > UINT16_MAX || !filter->port[port]))
		return false;
	if (!filter->family)
		return true;
	family = parse_address(local, colon ? (size_t)(colon - local) : 0, address);
	return family == filter->family &&
	       !memcmp(address, filter->address, family == AF_INET ? 4 : 16);
}

/* A process is told by its number, or by its whole name. */
static bool process_matches(const char *process, const char *pid, const char *comm)
{
	unsigned char *name;
	size_t length;
	bool same;

	if (!strcmp(process, pid))
		return true;
	if (!strcmp(comm, "-"))
		return false;
	name = need(malloc(strlen(comm) + 1));
	length = text_decode(comm, name);
	same = length == strlen(process) && !memcmp(name, process, length);
	free(name);
	return same;
}

static bool at_limit(const struct table *table, size_t row, const char *depth, const char *limit)
{
	return text_full(table_text(table, row, depth), table_text(table, row, limit));
}

/**
 * rows_match() - is a row asked for?
 * @filter: from rows_filter()
 * @table: which table
 * @row: its index
 *
 * Return: true if it is.
 */
bool rows_match(const struct filter *filter, const struct table *table, size_t row)
{
	uint64_t drops, cgroup;

	if (!rows_local(filter, table_text(table, row, "local")))
		return false;
	if (filter->process && !process_matches(filter->process, table_text(table, row, "pid"),
						table_text(table, row, "comm")))
		return false;
	if (filter->cgroup && (!table_number(table, row, "cgroup", &cgroup) ||
			       cgroup != filter->cgroup))
		return false;
	if (filter->full && !at_limit(table, row, "acceptq", "acceptq_limit") &&
	    !at_limit(table, row, "synq", "synq_limit"))
		return false;
	return !filter->dropping || (table_number(table, row, "drops", &drops) && drops);
}

/**
 * rows_keep() - drop the rows that are not asked for
 * @table: which table
 * @filter: from rows_filter()
 */
void rows_keep(struct table *table, const struct filter *filter)
{
	size_t kept = 0;

	for (size_t row = 0; row < table->nrows; row++) {
		if (rows_match(filter, table, row))
			table->rows[kept++] = table->rows[row];
		else
			free(table->rows[row]);
	}
	table->nrows = kept;
}

/* How to sort: by one column, or by what it is of a second one. */
struct order {
	size_t column, whole;
	bool text;
};

/* A row, what it is sorted by, and where it was: equal rows keep their order. */
struct place {
	char **cells;
	bool known;
	__int128 part, whole;
	size_t was;
};

static int compare_places(const void *a, const void *b, void *arg)
{
	const struct place *left = a, *right = b;
	const struct order *order = arg;
	__int128 l = left->part * right->whole, r = right->part * left->whole;
	int side = 0;

	if (left->known != right->known)
		return left->known ? -1 : 1;
	if (left->known && order->text)
		side = strcmp(left->cells[order->column], right->cells[order->column]);
	else if (left->known)
		side = (l < r) - (l > r);
	return side ? side : (left->was > right->was) - (left->was < right->was);
}

static void place_set(struct place *place, const struct order *order, char **cells, size_t was)
{
	const char *cell = cells[order->column];
	uint64_t value = 1;

	memset(place, 0, sizeof(*place));
	place->cells = cells;
	place->was = was;
	place->known = strcmp(cell, "-");
	place->whole = 1;
	if (order->text || !place->known)
		return;
	place->part = *cell == '-' ? -(__int128)strtoull(cell + 1, NULL, 10) :
				     (__int128)strtoull(cell, NULL, 10);
	if (order->whole == NO_COLUMN)
		return;
	/* Depths and limits have 32 bits. */
	place->known = text_number(cells[order->whole], &value);
	place->part = place->part > UINT32_MAX ? UINT32_MAX : place->part;
	place->whole = value > UINT32_MAX ? UINT32_MAX : value ? value : 1;
}

static void order_by(struct order *order, const struct table *table, const struct sheet *sheet,
		     const char *name)
{
	const struct raw_column *raw;
	struct choice choice;

	model_choose(&choice, sheet, table, name);
	if (choice.view)
		choice.raw = choice.view->source[0];
	raw = raw_column_find(sheet, choice.raw, strcmp);
	order->text = !raw || raw->type == RAW_TEXT || raw->type == RAW_HEX;
	order->column = table_column(table, choice.raw);
	order->whole = NO_COLUMN;
	if (choice.view && choice.view->flags & VIEW_RATIO)
		order->whole = table_column(table, choice.view->source[1]);
}

/**
 * rows_sort() - sort the rows, largest number first, texts in the order of their bytes
 * @table: which table
 * @sheet: what it is
 * @column: as --sort has it; what is not known comes last
 */
void rows_sort(struct table *table, const struct sheet *sheet, const char *column)
{
	struct place *places = need(calloc(table->nrows + 1, sizeof(*places)));
	struct order order;

	order_by(&order, table, sheet, column);
	for (size_t row = 0; order.column != NO_COLUMN && row < table->nrows; row++)
		place_set(&places[row], &order, table->rows[row], row);
	if (order.column != NO_COLUMN) {
		qsort_r(places, table->nrows, sizeof(*places), compare_places, &order);
		for (size_t row = 0; row < table->nrows; row++)
			table->rows[row] = places[row].cells;
	}
	free(places);
}
