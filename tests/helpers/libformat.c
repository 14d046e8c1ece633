// SPDX-License-Identifier: GPL-2.0
/* All the tables: their columns, and what a cell of each may look like. */
#include "format.h"
#include "tap.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header lines, in order: with listeners_columns the one place of the tests that says so. */
#define COUNTERS \
	"syn", "syn_queued", "syn_cookie", "syn_tfo", "syn_drop_acceptq", "syn_drop_synq", \
	"syn_drop_unproven", "syn_drop_other", "synack_retrans", "ack_overflow", "ack_reset", \
	"ack_deferred", "cookie_ok", "cookie_bad", "from_synq", "established", "req_timeout", \
	"req_pruned", "req_icmp", "req_reset", "req_other", "req_migrated_in", \
	"req_migrated_out", "conn_migrated_in", "conn_migrated_out", "req_inherited", \
	"conn_inherited", "accepted", "closed_pending", "sk_drops"

static const char *const counters_columns[] = { "sk", "local", COUNTERS };

static const char *const closed_columns[] = {
	"sk", "local", "closed_ms", "pid", "comm", "acceptq_peak", "synq_peak", "synq_left",
	COUNTERS
};

static const char *const latency_columns[] = {
	"sk", "local", "queue", "count", "sum_us", "max_us", "b0", "b1", "b2", "b3", "b4", "b5",
	"b6", "b7", "b8", "b9", "b10", "b11", "b12", "b13", "b14", "b15", "b16", "b17", "b18",
	"b19", "b20", "b21", "b22", "b23", "b24", "b25", "b26",
};

static const char *const requests_columns[] = {
	"sk", "local", "queue", "remote", "age_ms", "retrans", "acked", "rcvq_bytes",
};

#define FORMAT(name) { TABLE(#name), name##_columns, sizeof(name##_columns) / sizeof(char *) }

const struct format formats[] = {
	{ LISTENERS, listeners_columns, 27 },
	FORMAT(counters),
	FORMAT(closed),
	FORMAT(latency),
	FORMAT(requests),
};

const size_t nformats = sizeof(formats) / sizeof(formats[0]);

/**
 * format_of() - what is known of a table
 * @path: its file
 *
 * Return: its format; ends the case when there is no such table.
 */
const struct format *format_of(const char *path)
{
	for (size_t i = 0; i < nformats; i++)
		if (!strcmp(formats[i].path, path))
			return &formats[i];
	bail("no table %s", path);
}

static bool is_in(const char *word, const char *words)
{
	size_t len = strlen(word);
	const char *at = words;

	while ((at = strstr(at, word))) {
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return len;
		at += len;
	}
	return false;
}

static bool is_number(const char *cell)
{
	if (!isdigit((unsigned char)*cell) || (cell[0] == '0' && cell[1]) ||
	    cell[strspn(cell, "0123456789")])
		return false;
	errno = 0;
	strtoull(cell, NULL, 10);
	return !errno;
}

static bool is_cookie(const char *cell)
{
	return *cell && *cell != '0' && strlen(cell) <= 16 &&
	       !cell[strspn(cell, "0123456789abcdef")];
}

static bool is_place(const char *cell)
{
	const char *colon = strrchr(cell, ':');
	char ip[64], back[64];
	uint8_t addr[16];
	bool v6 = *cell == '[';
	size_t len;

	if (!colon || !is_number(colon + 1) || atol(colon + 1) > 65535)
		return false;
	len = colon - cell;
	if (len >= sizeof(ip) || len < 3 || (v6 && cell[len - 1] != ']'))
		return false;
	snprintf(ip, sizeof(ip), "%.*s", (int)(v6 ? len - 2 : len), cell + v6);
	return inet_pton(v6 ? AF_INET6 : AF_INET, ip, addr) == 1 &&
	       inet_ntop(v6 ? AF_INET6 : AF_INET, addr, back, sizeof(back)) && !strcmp(ip, back);
}

static bool is_name(const char *cell)
{
	char *out = malloc(strlen(cell) + 1);
	size_t n = cell_decode(cell, out);

	free(out);
	return n < 16;
}

/* A cell that is not a dash. */
static bool is_value(const char *column, const char *cell)
{
	if (!strcmp(column, "sk"))
		return is_cookie(cell);
	if (is_in(column, "local remote"))
		return is_place(cell);
	if (is_in(column, "dev comm"))
		return is_name(cell);
	if (!strcmp(column, "flags"))
		return !cell[strspn(cell, "6ordfmkl")];
	if (!strcmp(column, "queue"))
		return is_in(cell, "synq acceptq syn accept");
	if (!strcmp(column, "synq_full"))
		return is_in(cell, "cookie drop");
	if (!strcmp(column, "backlog"))
		return is_number(cell + (*cell == '-'));
	if (!strcmp(column, "acked"))
		return is_in(cell, "0 1");
	return is_number(cell);
}

/* Whether a column is always known. */
static bool is_required(const char *column)
{
	return is_in(column, "sk local uid inode queue remote closed_ms synq_left sk_drops") ||
	       is_in(column, "max_ack_backlog acceptq acceptq_limit synq synq_young synq_limit") ||
	       is_in(column, "synq_full tfoq tfoq_max");
}

/**
 * format_is_time() - does a column grow while nothing happens
 * @column: its name
 *
 * Return: true if it tells how long something has been so.
 */
bool format_is_time(const char *column)
{
	return is_in(column, "age_ms closed_ms oldest_ms full_ms");
}

/**
 * format_fault() - find what in a table is not as the format wants it
 * @f: its format
 * @t: the table
 * @fault: set to the first fault
 * @len: room there
 *
 * Return: false when there is none.
 */
bool format_fault(const struct format *f, const struct table *t, char *fault, size_t len)
{
	bool same = t->ncols == f->ncolumns;

	for (size_t c = 0; same && c < t->ncols; c++)
		same = !strcmp(t->cols[c], f->columns[c]);
	if (!same) {
		snprintf(fault, len, "the header of %s has other columns", f->path);
		return true;
	}
	for (size_t i = 0; i < t->nrows * t->ncols; i++) {
		const char *column = t->cols[i % t->ncols], *cell = t->cells[i];
		bool dash = !strcmp(cell, "-");

		if (dash ? !is_required(column) : is_value(column, cell))
			continue;
		snprintf(fault, len, "%s row %zu: %s is '%s'", f->path, i / t->ncols + 1, column,
			 cell);
		return true;
	}
	return false;
}
