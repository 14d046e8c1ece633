// SPDX-License-Identifier: GPL-2.0
// What the tables publish and what is computed of it, column by column, and how to find a column.

#include <stdio.h>
#include <string.h>

#include "columns.h"
#include "derive.h"

static const struct raw_column of_all[] = {
	{ "sk", RAW_HEX, "socket cookie, as ss -e prints it" },
	{ "local", RAW_TEXT, "address and port" },
	{ .name = NULL }
};

static const struct raw_column of_listeners[] = {
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

static const struct raw_column of_counters[] = {
	{ "syn", RAW_NUMBER, "SYNs that had no request yet" },
	{ "syn_queued", RAW_NUMBER, "of those: put into the SYN queue" },
	{ "syn_cookie", RAW_NUMBER, "answered with a SYN cookie" },
	{ "syn_tfo", RAW_NUMBER, "accepted at once by Fast Open" },
	{ "syn_drop_acceptq", RAW_NUMBER, "dropped: accept queue full" },
	{ "syn_drop_synq", RAW_NUMBER, "dropped: SYN queue full, cookies off" },
	{ "syn_drop_unproven", RAW_NUMBER, "dropped: last quarter kept for proven peers" },
	{ "syn_drop_other", RAW_NUMBER, "dropped for another reason" },
	{ "synack_retrans", RAW_NUMBER, "SYN-ACKs sent again" },
	{ "ack_overflow", RAW_NUMBER, "final ACKs ignored: accept queue full" },
	{ "ack_reset", RAW_NUMBER, "final ACKs answered by a reset: accept queue full" },
	{ "ack_deferred", RAW_NUMBER, "final ACKs held back by TCP_DEFER_ACCEPT" },
	{ "cookie_ok", RAW_NUMBER, "cookies that made a connection" },
	{ "cookie_bad", RAW_NUMBER, "ACKs that failed as cookies" },
	{ "from_synq", RAW_NUMBER, "completed handshakes" },
	{ "established", RAW_NUMBER, "connections put into the accept queue" },
	{ "req_timeout", RAW_NUMBER, "requests given up after the last SYN-ACK" },
	{ "req_pruned", RAW_NUMBER, "requests given up to make room for young ones" },
	{ "req_icmp", RAW_NUMBER, "requests ended by an ICMP error" },
	{ "req_reset", RAW_NUMBER, "requests ended by the peer, or by ack_reset" },
	{ "req_other", RAW_NUMBER, "requests that ended in another way" },
	{ "req_migrated_in", RAW_NUMBER, "requests taken over from another listener" },
	{ "req_migrated_out", RAW_NUMBER, "requests taken over by another listener" },
	{ "conn_migrated_in", RAW_NUMBER, "connections taken over from another listener" },
	{ "conn_migrated_out", RAW_NUMBER, "connections taken over by another listener" },
	{ "req_inherited", RAW_NUMBER, "requests there when counting began" },
	{ "conn_inherited", RAW_NUMBER, "connections there when counting began" },
	{ "accepted", RAW_NUMBER, "connections handed out by accept()" },
	{ "closed_pending", RAW_NUMBER, "connections in the queue at the close" },
	{ "sk_drops", RAW_NUMBER, "the socket's own drop counter" },
	{ .name = NULL }
};

static const struct raw_column of_closed[] = {
	{ "closed_ms", RAW_NUMBER, "time since it closed" },
	{ "pid", RAW_NUMBER, "process that called listen()" },
	{ "comm", RAW_TEXT, "its name then" },
	{ "acceptq_peak", RAW_NUMBER, "highest acceptq" },
	{ "synq_peak", RAW_NUMBER, "highest synq" },
	{ "synq_left", RAW_NUMBER, "requests in the SYN queue at the close" },
	{ .name = NULL }
};

static const struct raw_column of_latency[] = {
	{ "queue", RAW_TEXT, "synq or acceptq" },
	{ "count", RAW_NUMBER, "how many waits" },
	{ "sum_us", RAW_NUMBER, "all of them, in microseconds" },
	{ "max_us", RAW_NUMBER, "the longest" },
	{ "b0", RAW_NUMBER, "waits under 1 us" },
	{ "b1", RAW_NUMBER, "from 1 to below 2 us" },
	{ "b2", RAW_NUMBER, "from 2 to below 4 us" },
	{ "b3", RAW_NUMBER, "from 4 to below 8 us" },
	{ "b4", RAW_NUMBER, "from 8 to below 16 us" },
	{ "b5", RAW_NUMBER, "from 16 to below 32 us" },
	{ "b6", RAW_NUMBER, "from 32 to below 64 us" },
	{ "b7", RAW_NUMBER, "from 64 to below 128 us" },
	{ "b8", RAW_NUMBER, "from 128 to below 256 us" },
	{ "b9", RAW_NUMBER, "from 256 to below 512 us" },
	{ "b10", RAW_NUMBER, "from 512 to below 1024 us" },
	{ "b11", RAW_NUMBER, "from 1024 to below 2048 us" },
	{ "b12", RAW_NUMBER, "from 2048 to below 4096 us" },
	{ "b13", RAW_NUMBER, "from 4096 to below 8192 us" },
	{ "b14", RAW_NUMBER, "from 8192 to below 16384 us" },
	{ "b15", RAW_NUMBER, "from 16384 to below 32768 us" },
	{ "b16", RAW_NUMBER, "from 32768 to below 65536 us" },
	{ "b17", RAW_NUMBER, "from 65536 to below 131072 us" },
	{ "b18", RAW_NUMBER, "from 131072 to below 262144 us" },
	{ "b19", RAW_NUMBER, "from 262144 to below 524288 us" },
	{ "b20", RAW_NUMBER, "from 524288 to below 1048576 us" },
	{ "b21", RAW_NUMBER, "from 1048576 to below 2097152 us" },
	{ "b22", RAW_NUMBER, "from 2097152 to below 4194304 us" },
	{ "b23", RAW_NUMBER, "from 4194304 to below 8388608 us" },
	{ "b24", RAW_NUMBER, "from 8388608 to below 16777216 us" },
	{ "b25", RAW_NUMBER, "from 16777216 to below 33554432 us" },
	{ "b26", RAW_NUMBER, "all longer ones" },
	{ .name = NULL }
};

static const struct raw_column of_requests[] = {
	{ "queue", RAW_TEXT, "syn or accept" },
	{ "remote", RAW_TEXT, "address and port of the peer" },
	{ "age_ms", RAW_NUMBER, "since the first SYN-ACK, or since it is established" },
	{ "retrans", RAW_NUMBER, "SYN-ACKs sent again" },
	{ "acked", RAW_NUMBER, "1: the final ACK came and was refused" },
	{ "rcvq_bytes", RAW_NUMBER, "data that waits for the program" },
	{ .name = NULL }
};

static const struct raw_column of_audit[] = {
	{ "equation", RAW_TEXT, "which equation, or which counter of the kernel" },
	{ "left", RAW_NUMBER, "its left side" },
	{ "right", RAW_NUMBER, "its right side" },
	{ "verdict", RAW_TEXT, "balanced, OFF, moving or unknown" },
	{ .name = NULL }
};

static const struct raw_column of_check[] = {
	{ "gauge", RAW_TEXT, "what was looked at: acceptq, synq or drops" },
	{ "value", RAW_NUMBER, "what was seen" },
	{ "limit", RAW_NUMBER, "how many the queue takes" },
	{ "threshold", RAW_TEXT, "as it was given" },
	{ "found", RAW_NUMBER, "1: the threshold is reached" },
	{ .name = NULL }
};

static const struct raw_column of_explain[] = {
	{ "verdict", RAW_TEXT, "one word" },
	{ "next_step", RAW_TEXT, "what to do, for people" },
	{ .name = NULL }
};

static const struct raw_column of_top[] = {
	{ "syn_rate", RAW_NUMBER, "SYNs in 1000 s" },
	{ "accept_rate", RAW_NUMBER, "connections handed out in 1000 s" },
	{ "drop_rate", RAW_NUMBER, "drops in 1000 s" },
	{ "acceptq_past", RAW_TEXT, "its last depths, in eighths of the limit" },
	{ "synq_past", RAW_TEXT, "its last depths, in eighths of the limit" },
	{ .name = NULL }
};

/* Of any table, if it was read in several network namespaces. */
static const struct raw_column of_place[] = {
	{ "netns", RAW_TEXT, "network namespace, as -N takes it" },
	{ "netns_inode", RAW_NUMBER, "its number" },
	{ .name = NULL }
};

static const struct raw_column drops[] = {
	{ "drops", RAW_NUMBER, "syn_drop_*, ack_overflow and ack_reset together" },
	{ .name = NULL }
};

static const struct raw_column percentiles[] = {
	{ "p50_us", RAW_NUMBER, "half of the waits took no longer than this" },
	{ "p90_us", RAW_NUMBER, "90 of 100 took no longer" },
	{ "p99_us", RAW_NUMBER, "99 of 100 took no longer" },
	{ .name = NULL }
};

static const struct raw_column nothing[] = { { .name = NULL } };

/* What counts as a drop: lost for the client, at least until it tries again. */
const char *const drop_columns[] = {
	"syn_drop_acceptq", "syn_drop_synq", "syn_drop_unproven", "syn_drop_other",
	"ack_overflow", "ack_reset", NULL
};

const struct sheet listeners_sheet = {
	"listeners", { "sk", "local" }, "counters",
	{ of_all, of_listeners }, { of_counters }, drops,
	listeners_views, derive_drops
};

const struct sheet counters_sheet = {
	"counters", { "sk", "local", "syn", "accepted" }, "listeners",
	{ of_all, of_counters }, { of_listeners }, drops,
	counters_views, derive_drops
};

const struct sheet closed_sheet = {
	"closed", { "sk", "local", "closed_ms", "syn" }, NULL,
	{ of_all, of_closed, of_counters }, { NULL }, drops,
	closed_views, derive_drops
};

const struct sheet latency_sheet = {
	"latency", { "sk", "local", "queue", "count", "b0" }, "listeners",
	{ of_all, of_latency }, { of_listeners }, percentiles,
	latency_views, derive_percentiles
};

const struct sheet requests_sheet = {
	"requests", { "sk", "local", "queue", "remote" }, "listeners",
	{ of_all, of_requests }, { of_listeners }, nothing,
	requests_views, derive_nothing
};

const struct sheet audit_sheet = {
	"audit", { "sk", "local" }, NULL,
	{ of_all, of_audit }, { NULL }, nothing,
	audit_views, derive_nothing
};

const struct sheet check_sheet = {
	"check", { "sk", "local" }, NULL,
	{ of_all, of_check }, { NULL }, nothing,
	check_views, derive_nothing
};

const struct sheet explain_sheet = {
	"explain", { "sk", "local" }, NULL,
	{ of_all, of_listeners, of_counters, of_explain }, { NULL }, drops,
	check_views, derive_drops
};

const struct sheet top_sheet = {
	"top", { "sk", "local" }, NULL,
	{ of_all, of_listeners, of_counters, of_top }, { NULL }, drops,
	top_views, derive_drops
};

static const struct raw_column *find_in(const struct raw_column *list, const char *name,
					int (*compare)(const char *, const char *))
{
	for (; list->name; list++)
		if (!compare(list->name, name))
			return list;
	return NULL;
}

static const struct raw_column *find_in_lists(const struct raw_column *const *lists,
					      const char *name,
					      int (*compare)(const char *, const char *))
{
	const struct raw_column *found = NULL;

	for (; *lists && !found; lists++)
		found = find_in(*lists, name, compare);
	return found;
}

/**
 * raw_column_find() - what this reader knows about a column
 * @sheet: of which table, and those that go with it
 * @name: as in the header line
 * @compare: strcmp() or strcasecmp()
 *
 * Return: its row, or NULL for a column of a newer module.
 */
const struct raw_column *raw_column_find(const struct sheet *sheet, const char *name,
					 int (*compare)(const char *, const char *))
{
	const struct raw_column *found = find_in_lists(sheet->own, name, compare);

	if (!found)
		found = find_in(sheet->derived, name, compare);
	if (!found)
		found = find_in_lists(sheet->joined, name, compare);
	return found ? found : find_in(of_place, name, compare);
}

/**
 * view_column_find() - a column for people
 * @sheet: of which table
 * @name: how it is called
 * @compare: strcmp() or strcasecmp()
 *
 * Return: its row, or NULL.
 */
const struct view_column *view_column_find(const struct sheet *sheet, const char *name,
					   int (*compare)(const char *, const char *))
{
	for (const struct view_column *view = sheet->views; view->name; view++)
		if (!compare(view->name, name))
			return view;
	return NULL;
}

/**
 * column_is_joined() - is a second table needed for this?
 * @sheet: what is shown
 * @name: of a column, as the header line spells it
 *
 * Return: true when it is in the table that can be joined, or computed of columns there.
 */
bool column_is_joined(const struct sheet *sheet, const char *name)
{
	if (find_in_lists(sheet->own, name, strcmp))
		return false;
	if (find_in_lists(sheet->joined, name, strcmp))
		return true;
	return sheet->derived == drops && find_in(drops, name, strcmp) &&
	       column_is_joined(sheet, drop_columns[0]);
}

static void list_raw(const struct sheet *sheet, const struct raw_column *list)
{
	for (; list->name; list++)
		if (raw_column_find(sheet, list->name, strcmp) == list)
			printf("  %-18s%s\n", list->name, list->help);
}

/**
 * columns_list() - print every column --output knows by itself
 * @sheet: of which table
 */
void columns_list(const struct sheet *sheet)
{
	printf("Columns of the table for people; + is not shown by default:\n");
	for (const struct view_column *view = sheet->views; view->name; view++)
		printf("%c %-18s%s\n", view->flags & VIEW_EXTRA ? '+' : ' ',
		       view->name, view->help);
	printf("Columns of %s, shown as they stand there:\n", sheet->file);
	for (size_t i = 0; sheet->own[i]; i++)
		list_raw(sheet, sheet->own[i]);
	if (sheet->join)
		printf("Columns of %s, found by sk:\n", sheet->join);
	for (size_t i = 0; sheet->joined[i]; i++)
		list_raw(sheet, sheet->joined[i]);
	if (sheet->derived->name)
		printf("Computed from these:\n");
	list_raw(sheet, sheet->derived);
	if (!view_column_find(sheet, "NETNS", strcmp))
		return;
	printf("With -A:\n");
	list_raw(sheet, of_place);
}
