// SPDX-License-Identifier: GPL-2.0
// The columns that people see, and how these are rendered.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "error.h"
#include "text.h"

#define SHORT 24	/* places for an address in top */
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

/* What comes behind it must fit on the screen: the middle of a long IPv6 address does not. */
static char *render_short(const char *const *cell, bool *marked)
{
	size_t length = strlen(cell[0]), rest = SHORT / 2 - 1;

	if (length <= SHORT)
		return render_as_is(cell, marked);
	*marked = false;
	return text_format("%.*s..%s", (int)(SHORT - rest - 2), cell[0], cell[0] + length - rest);
}

static char *render_name(const char *const *cell, bool *marked)
{
	*marked = false;
	return text_for_people(cell[0]);
}

/* As ss: the interface stands in front of the port, 0.0.0.0%eth0:80. */
static char *render_local(const char *const *cell, bool *marked)
{
	const char *port = text_port(cell[0]);
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
	uint64_t limit;

	*marked = false;
	if (!strcmp(cell[0], cell[1]))
		return need(strdup(cell[0]));
	/* The kernel compares unsigned: -1 asks for more than anybody gets. */
	if (!unknown(cell[0]) && text_number(cell[1], &limit))
		*marked = (uint32_t)strtol(cell[0], NULL, 10) > limit;
	return text_format("%s %s %s%s", cell[0], text_arrow(), cell[1], MARK(*marked));
}

static char *render_queue(const char *const *cell, bool *marked)
{
	*marked = text_full(cell[0], cell[1]);
	return text_format("%s/%s%s", cell[0], cell[1], MARK(*marked));
}

/* A count that should be 0. */
static char *render_loss(const char *const *cell, bool *marked)
{
	*marked = !unknown(cell[0]) && strcmp(cell[0], "0");
	return text_format("%s%s", cell[0], MARK(*marked));
}

static char *render_scaled(const char *cell, uint64_t unit)
{
	uint64_t value;

	if (!text_number(cell, &value))
		return need(strdup(cell));
	return text_duration(value > UINT64_MAX / unit ? UINT64_MAX : value * unit);
}

/* The depth, and behind it the last ones as a line. */
static char *render_past(const char *const *cell, bool *marked)
{
	char *queue = render_queue(cell, marked);
	char *spark = text_spark(cell[2]);
	char *text = text_format("%s %s", queue, spark);

	free(spark);
	free(queue);
	return text;
}

static char *render_rate(const char *const *cell, bool *marked)
{
	uint64_t milli;

	*marked = false;
	return text_number(cell[0], &milli) ? text_rate(milli) : need(strdup(cell[0]));
}

static char *render_loss_rate(const char *const *cell, bool *marked)
{
	char *rate = render_rate(cell, marked), *text;

	*marked = !unknown(cell[0]) && strcmp(cell[0], "0");
	text = text_format("%s%s", rate, MARK(*marked));
	free(rate);
	return text;
}

static char *render_age(const char *const *cell, bool *marked)
{
	uint64_t ms;

	*marked = false;
	if (text_number(cell[0], &ms) && ms < 60 * 1000)
		return text_format("%us", (unsigned int)ms / 1000);
	return render_scaled(cell[0], 1000);
}

static char *render_us(const char *const *cell, bool *marked)
{
	*marked = false;
	return render_scaled(cell[0], 1);
}

static char *render_max(const char *const *cell, bool *marked)
{
	*marked = false;
	return strcmp(cell[1], "0") ? render_scaled(cell[0], 1) : need(strdup("-"));
}

static char *render_ms(const char *const *cell, bool *marked)
{
	*marked = false;
	return render_scaled(cell[0], 1000);
}

static char *render_verdict(const char *const *cell, bool *marked)
{
	*marked = !strcmp(cell[0], "OFF");
	return text_format("%s%s", cell[0], MARK(*marked));
}

/* What several tables have in the same way. */
#define NETNS \
	{ "NETNS", VIEW_EXTRA | VIEW_PLACE, { "netns" }, render_name, \
	  "network namespace, as -N takes it" }
#define LOCAL { "LOCAL", 0, { "local" }, render_as_is, "address and port" }
#define PROCESS(flags) \
	{ "PROCESS", flags, { "pid", "comm" }, render_process, "pid/name, - if hidden" }
#define FIGURE(name, column, help) { name, VIEW_RIGHT, { column }, render_as_is, help }
#define LOSS(name, column, help) { name, VIEW_RIGHT, { column }, render_loss, help }
#define DROPS(flags) \
	{ "DROPS", VIEW_RIGHT | (flags), { "drops" }, render_loss, \
	  "SYNs and final ACKs dropped, ! if any" }

const struct view_column listeners_views[] = {
	NETNS,
	{ "LOCAL", 0, { "local", "dev" }, render_local,
	  "address and port, %interface if bound to one" },
	{ "FLAGS", 0, { "flags" }, render_as_is, "flags, see below" },
	PROCESS(0),
	{ "BACKLOG", VIEW_RIGHT, { "backlog", "max_ack_backlog" }, render_backlog,
	  "requested and effective, ! if clamped" },
	{ "ACCEPTQ", VIEW_RIGHT | VIEW_RATIO, { "acceptq", "acceptq_limit" }, render_queue,
	  "accept queue: depth/limit, ! if full" },
	{ "SYNQ", VIEW_RIGHT | VIEW_RATIO, { "synq", "synq_limit" }, render_queue,
	  "SYN queue: depth/limit, ! if full" },
	{ "FULL-SYNQ", 0, { "synq_full" }, render_as_is,
	  "what a full SYN queue does: cookie or drop" },
	{ "AGE", VIEW_RIGHT, { "age_ms" }, render_age, "time since listen(): s, m, h, d" },
	{ "ACCEPTQ-PEAK", VIEW_RIGHT | VIEW_RATIO | VIEW_EXTRA,
	  { "acceptq_peak", "acceptq_limit" }, render_queue, "the most so far: peak/limit" },
	{ "SYNQ-PEAK", VIEW_RIGHT | VIEW_RATIO | VIEW_EXTRA,
	  { "synq_peak", "synq_limit" }, render_queue, "the most so far: peak/limit" },
	DROPS(VIEW_EXTRA),
	{ .name = NULL }
};

const struct view_column counters_views[] = {
	NETNS,
	LOCAL,
	FIGURE("SYN", "syn", "SYNs that had no request yet"),
	FIGURE("QUEUED", "syn_queued", "of those: into the SYN queue"),
	FIGURE("COOKIE", "syn_cookie", "answered with a SYN cookie"),
	LOSS("NO-ACCEPTQ", "syn_drop_acceptq", "dropped: accept queue full"),
	LOSS("NO-SYNQ", "syn_drop_synq", "dropped: SYN queue full, cookies off"),
	LOSS("UNPROVEN", "syn_drop_unproven", "dropped: the rest is kept for proven peers"),
	LOSS("OTHER", "syn_drop_other", "dropped: anything else"),
	LOSS("ACK-LOST", "ack_overflow", "final ACKs ignored: accept queue full"),
	LOSS("ACK-RESET", "ack_reset", "final ACKs answered by a reset: accept queue full"),
	FIGURE("ESTABLISHED", "established", "put into the accept queue"),
	FIGURE("ACCEPTED", "accepted", "handed out by accept()"),
	{ "TIMEOUT", VIEW_RIGHT | VIEW_EXTRA, { "req_timeout" }, render_as_is,
	  "given up after the last SYN-ACK" },
	DROPS(VIEW_EXTRA),
	PROCESS(VIEW_EXTRA),
	{ .name = NULL }
};

const struct view_column closed_views[] = {
	NETNS,
	LOCAL,
	PROCESS(0),
	{ "CLOSED", VIEW_RIGHT, { "closed_ms" }, render_ms, "how long ago" },
	FIGURE("ACCEPTQ-PEAK", "acceptq_peak", "highest depth"),
	FIGURE("SYNQ-PEAK", "synq_peak", "highest depth"),
	FIGURE("SYNQ-LEFT", "synq_left", "in the SYN queue at the close"),
	LOSS("PENDING", "closed_pending", "not accepted at the close: reset, ! if any"),
	FIGURE("ACCEPTED", "accepted", "handed out by accept()"),
	DROPS(0),
	{ .name = NULL }
};

const struct view_column latency_views[] = {
	NETNS,
	LOCAL,
	{ "QUEUE", 0, { "queue" }, render_as_is, "synq or acceptq" },
	FIGURE("COUNT", "count", "how many waits"),
	{ "P50", VIEW_RIGHT, { "p50_us" }, render_us, "half of them took no longer" },
	{ "P90", VIEW_RIGHT, { "p90_us" }, render_us, "90 of 100 took no longer" },
	{ "P99", VIEW_RIGHT, { "p99_us" }, render_us, "99 of 100 took no longer" },
	{ "MAX", VIEW_RIGHT, { "max_us", "count" }, render_max, "the longest" },
	PROCESS(VIEW_EXTRA),
	{ .name = NULL }
};

const struct view_column requests_views[] = {
	NETNS,
	LOCAL,
	{ "QUEUE", 0, { "queue" }, render_as_is, "syn or accept" },
	{ "REMOTE", 0, { "remote" }, render_as_is, "the peer" },
	{ "AGE", VIEW_RIGHT, { "age_ms" }, render_ms, "how long it has been there" },
	FIGURE("RETRANS", "retrans", "SYN-ACKs sent again"),
	LOSS("ACKED", "acked", "1!: its final ACK came and was refused"),
	FIGURE("RCVQ", "rcvq_bytes", "bytes that wait for the program"),
	PROCESS(VIEW_EXTRA),
	{ .name = NULL }
};

const struct view_column audit_views[] = {
	NETNS,
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port, - for the sums" },
	{ "SK", 0, { "sk" }, render_as_is, "socket cookie, - for the sums" },
	{ "EQUATION", 0, { "equation" }, render_as_is, "which equation, see the manual" },
	FIGURE("LEFT", "left", "its left side; the kernel's counter"),
	FIGURE("RIGHT", "right", "its right side; the sum of ours"),
	{ "VERDICT", 0, { "verdict" }, render_verdict, "balanced, OFF!, moving or unknown" },
	{ .name = NULL }
};

const struct view_column top_views[] = {
	{ "LOCAL", 0, { "local" }, render_short, "address and port" },
	{ "ACCEPTQ", VIEW_RIGHT | VIEW_RATIO, { "acceptq", "acceptq_limit", "acceptq_past" },
	  render_past, "accept queue: depth/limit, the last depths" },
	{ "SYNQ", VIEW_RIGHT | VIEW_RATIO, { "synq", "synq_limit", "synq_past" },
	  render_past, "SYN queue: depth/limit, the last depths" },
	{ "SYN/S", VIEW_RIGHT, { "syn_rate" }, render_rate, "SYNs a second" },
	{ "ACCEPT/S", VIEW_RIGHT, { "accept_rate" }, render_rate, "handed out by accept()" },
	{ "DROP/S", VIEW_RIGHT, { "drop_rate" }, render_loss_rate, "dropped, ! if any" },
	PROCESS(0),
	{ .name = NULL }
};

/* Nothing is shown of it but JSON. */
const struct view_column check_views[] = { { .name = NULL } };
