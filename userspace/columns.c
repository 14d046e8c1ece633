// SPDX-License-Identifier: GPL-2.0
// The columns that listeners publishes, the columns people see, and how these are rendered.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "error.h"
#include "text.h"

#define MARK(marked) ((marked) ? "!" : "")

static bool unknown(const char *cell)
{
	return !strcmp(cell, "-");
}

static char *render_as_is(const char *const *cell, bool *marked)
{
	*marked = false;
	return need(strdup(cell[0]));
}

/* As ss: the interface stands in front of the port, 0.0.0.0%eth0:80. */
static char *render_local(const char *const *cell, bool *marked)
{
	const char *port = strrchr(cell[0], ':');
	char *dev, *text;

	if (unknown(cell[1]) || !port)
		return render_as_is(cell, marked);
	*marked = false;
	dev = text_for_people(cell[1]);
	text = text_format("%.*s%%%s%s", (int)(port - cell[0]), cell[0], dev, port);
	free(dev);
	return text;
}

static char *render_process(const char *const *cell, bool *marked)
{
	char *comm, *text;

	*marked = false;
	if (unknown(cell[0]) && unknown(cell[1]))
		return need(strdup("-"));
	comm = text_for_people(cell[1]);
	text = text_format("%s/%s", cell[0], comm);
	free(comm);
	return text;
}

static char *render_backlog(const char *const *cell, bool *marked)
{
	const char *arrow = text_utf8_locale() ? "→" : "->";

	*marked = false;
	if (!strcmp(cell[0], cell[1]))
		return need(strdup(cell[0]));
	/* The kernel compares unsigned: -1 asks for more than anybody gets. */
	if (!unknown(cell[0]) && !unknown(cell[1]))
		*marked = (uint32_t)strtol(cell[0], NULL, 10) > strtoull(cell[1], NULL, 10);
	return text_format("%s %s %s%s", cell[0], arrow, cell[1], MARK(*marked));
}

static char *render_queue(const char *const *cell, bool *marked)
{
	*marked = !unknown(cell[0]) && !unknown(cell[1]) &&
		  strtoull(cell[0], NULL, 10) >= strtoull(cell[1], NULL, 10);
	return text_format("%s/%s%s", cell[0], cell[1], MARK(*marked));
}

static char *render_age(const char *const *cell, bool *marked)
{
	unsigned long long seconds = strtoull(cell[0], NULL, 10) / 1000;

	if (unknown(cell[0]))
		return render_as_is(cell, marked);
	*marked = false;
	if (seconds < 60)
		return text_format("%llus", seconds);
	if (seconds < 60 * 60)
		return text_format("%llum", seconds / 60);
	if (seconds < 24 * 60 * 60)
		return text_format("%lluh", seconds / (60 * 60));
	return text_format("%llud", seconds / (24 * 60 * 60));
}

const struct view_column view_columns[] = {
	{ "LOCAL", false, { "local", "dev" }, render_local,
	  "address and port, %interface if bound to one" },
	{ "FLAGS", false, { "flags" }, render_as_is, "flags, see below" },
	{ "PROCESS", false, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
	{ "BACKLOG", true, { "backlog", "max_ack_backlog" }, render_backlog,
	  "requested and effective, ! if clamped" },
	{ "ACCEPTQ", true, { "acceptq", "acceptq_limit" }, render_queue,
	  "accept queue: depth/limit, ! if full" },
	{ "SYNQ", true, { "synq", "synq_limit" }, render_queue,
	  "SYN queue: depth/limit, ! if full" },
	{ "FULL-SYNQ", false, { "synq_full" }, render_as_is,
	  "what a full SYN queue does: cookie or drop" },
	{ "AGE", true, { "age_ms" }, render_age, "time since listen(): s, m, h, d" },
	{ .name = NULL }
};

const struct raw_column raw_columns[] = {
	{ "sk", RAW_HEX, "socket cookie, as ss -e prints it" },
	{ "local", RAW_TEXT, "address and port" },
	{ "dev", RAW_TEXT, "interface it is bound to" },
	{ "flags", RAW_TEXT, "6:v6 o:v6only r:reuse d:defer f:tfo m:MPTCP k:kernel l:old" },
	{ "uid", RAW_NUMBER, "owner" },
	{ "inode", RAW_NUMBER, "socket inode" },
	{ "pid", RAW_NUMBER, "process that called listen()" },
	{ "comm", RAW_TEXT, "its name then" },
	{ "backlog", RAW_INT, "requested with the last listen(), before any clamp" },
	{ "somaxconn", RAW_NUMBER, "net.core.somaxconn at that listen()" },
	{ "max_ack_backlog", RAW_NUMBER, "effective backlog" },
	{ "acceptq", RAW_NUMBER, "established, waiting for accept()" },
	{ "acceptq_peak", RAW_NUMBER, "highest acceptq" },
	{ "acceptq_limit", RAW_NUMBER, "how many the accept queue takes" },
	{ "synq", RAW_NUMBER, "requests in SYN_RECV" },
	{ "synq_young", RAW_NUMBER, "of those, SYN-ACK never retransmitted" },
	{ "synq_peak", RAW_NUMBER, "highest synq" },
	{ "synq_limit", RAW_NUMBER, "how many the SYN queue takes" },
	{ "synq_full", RAW_TEXT, "past that: cookie or drop" },
	{ "age_ms", RAW_NUMBER, "time since the first listen()" },
	{ "listens", RAW_NUMBER, "how many listen() calls" },
	{ "cgroup", RAW_NUMBER, "cgroup v2 id" },
	{ "oldest_ms", RAW_NUMBER, "wait of the head of the accept queue" },
	{ "full_ms", RAW_NUMBER, "time the accept queue was full" },
	{ "full_count", RAW_NUMBER, "how often it became full" },
	{ "tfoq", RAW_NUMBER, "Fast Open requests pending" },
	{ "tfoq_max", RAW_NUMBER, "their limit" },
	{ .name = NULL }
};

/**
 * raw_column_find() - what this reader knows about a column
 * @name: as in the header line
 *
 * Return: its row, or NULL for a column of a newer module.
 */
const struct raw_column *raw_column_find(const char *name)
{
	for (const struct raw_column *raw = raw_columns; raw->name; raw++)
		if (!strcmp(raw->name, name))
			return raw;
	return NULL;
}

/**
 * columns_list() - print every column --output knows by itself
 */
void columns_list(void)
{
	printf("Columns of the table for people, all of them by default:\n");
	for (const struct view_column *view = view_columns; view->name; view++)
		printf("  %-16s %s\n", view->name, view->help);
	printf("Columns of /proc/net/listenq/listeners, shown as they stand there:\n");
	for (const struct raw_column *raw = raw_columns; raw->name; raw++)
		printf("  %-16s %s\n", raw->name, raw->help);
}
