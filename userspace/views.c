// SPDX-License-Identifier: GPL-2.0
// The columns that people see, and how these are rendered.

#include <stdint.h>
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
	*marked = false;
	if (!strcmp(cell[0], cell[1]))
		return need(strdup(cell[0]));
	/* The kernel compares unsigned: -1 asks for more than anybody gets. */
	if (!unknown(cell[0]) && !unknown(cell[1]))
		*marked = (uint32_t)strtol(cell[0], NULL, 10) > strtoull(cell[1], NULL, 10);
	return text_format("%s %s %s%s", cell[0], text_arrow(), cell[1], MARK(*marked));
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

const struct view_column listeners_views[] = {
	{ "LOCAL", 0, { "local", "dev" }, render_local,
	  "address and port, %interface if bound to one" },
	{ "FLAGS", 0, { "flags" }, render_as_is, "flags, see below" },
	{ "PROCESS", 0, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
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
	{ "DROPS", VIEW_RIGHT | VIEW_EXTRA, { "drops" }, render_loss,
	  "SYNs and final ACKs dropped, ! if any" },
	{ .name = NULL }
};

const struct view_column counters_views[] = {
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port" },
	{ "SYN", VIEW_RIGHT, { "syn" }, render_as_is, "SYNs that had no request yet" },
	{ "QUEUED", VIEW_RIGHT, { "syn_queued" }, render_as_is, "of those: into the SYN queue" },
	{ "COOKIE", VIEW_RIGHT, { "syn_cookie" }, render_as_is, "answered with a SYN cookie" },
	{ "NO-ACCEPTQ", VIEW_RIGHT, { "syn_drop_acceptq" }, render_loss,
	  "dropped: accept queue full" },
	{ "NO-SYNQ", VIEW_RIGHT, { "syn_drop_synq" }, render_loss,
	  "dropped: SYN queue full, cookies off" },
	{ "UNPROVEN", VIEW_RIGHT, { "syn_drop_unproven" }, render_loss,
	  "dropped: the rest is kept for proven peers" },
	{ "OTHER", VIEW_RIGHT, { "syn_drop_other" }, render_loss, "dropped: anything else" },
	{ "ACK-LOST", VIEW_RIGHT, { "ack_overflow" }, render_loss,
	  "final ACKs ignored: accept queue full" },
	{ "ACK-RESET", VIEW_RIGHT, { "ack_reset" }, render_loss,
	  "final ACKs answered by a reset: accept queue full" },
	{ "ESTABLISHED", VIEW_RIGHT, { "established" }, render_as_is,
	  "put into the accept queue" },
	{ "ACCEPTED", VIEW_RIGHT, { "accepted" }, render_as_is, "handed out by accept()" },
	{ "TIMEOUT", VIEW_RIGHT | VIEW_EXTRA, { "req_timeout" }, render_as_is,
	  "given up after the last SYN-ACK" },
	{ "DROPS", VIEW_RIGHT | VIEW_EXTRA, { "drops" }, render_loss,
	  "SYNs and final ACKs dropped, ! if any" },
	{ "PROCESS", VIEW_EXTRA, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
	{ .name = NULL }
};

const struct view_column closed_views[] = {
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port" },
	{ "PROCESS", 0, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
	{ "CLOSED", VIEW_RIGHT, { "closed_ms" }, render_ms, "how long ago" },
	{ "ACCEPTQ-PEAK", VIEW_RIGHT, { "acceptq_peak" }, render_as_is, "highest depth" },
	{ "SYNQ-PEAK", VIEW_RIGHT, { "synq_peak" }, render_as_is, "highest depth" },
	{ "SYNQ-LEFT", VIEW_RIGHT, { "synq_left" }, render_as_is,
	  "in the SYN queue at the close" },
	{ "PENDING", VIEW_RIGHT, { "closed_pending" }, render_loss,
	  "not accepted at the close: reset, ! if any" },
	{ "ACCEPTED", VIEW_RIGHT, { "accepted" }, render_as_is, "handed out by accept()" },
	{ "DROPS", VIEW_RIGHT, { "drops" }, render_loss,
	  "SYNs and final ACKs dropped, ! if any" },
	{ .name = NULL }
};

const struct view_column latency_views[] = {
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port" },
	{ "QUEUE", 0, { "queue" }, render_as_is, "synq or acceptq" },
	{ "COUNT", VIEW_RIGHT, { "count" }, render_as_is, "how many waits" },
	{ "P50", VIEW_RIGHT, { "p50_us" }, render_us, "half of them took no longer" },
	{ "P90", VIEW_RIGHT, { "p90_us" }, render_us, "90 of 100 took no longer" },
	{ "P99", VIEW_RIGHT, { "p99_us" }, render_us, "99 of 100 took no longer" },
	{ "MAX", VIEW_RIGHT, { "max_us", "count" }, render_max, "the longest" },
	{ "PROCESS", VIEW_EXTRA, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
	{ .name = NULL }
};

const struct view_column requests_views[] = {
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port" },
	{ "QUEUE", 0, { "queue" }, render_as_is, "syn or accept" },
	{ "REMOTE", 0, { "remote" }, render_as_is, "the peer" },
	{ "AGE", VIEW_RIGHT, { "age_ms" }, render_ms, "how long it has been there" },
	{ "RETRANS", VIEW_RIGHT, { "retrans" }, render_as_is, "SYN-ACKs sent again" },
	{ "ACKED", VIEW_RIGHT, { "acked" }, render_loss,
	  "1!: its final ACK came and was refused" },
	{ "RCVQ", VIEW_RIGHT, { "rcvq_bytes" }, render_as_is, "bytes that wait for the program" },
	{ "PROCESS", VIEW_EXTRA, { "pid", "comm" }, render_process, "pid/name, - if hidden" },
	{ .name = NULL }
};

const struct view_column audit_views[] = {
	{ "LOCAL", 0, { "local" }, render_as_is, "address and port, - for the sums" },
	{ "SK", 0, { "sk" }, render_as_is, "socket cookie, - for the sums" },
	{ "EQUATION", 0, { "equation" }, render_as_is, "which equation, see the manual" },
	{ "LEFT", VIEW_RIGHT, { "left" }, render_as_is, "its left side; the kernel's counter" },
	{ "RIGHT", VIEW_RIGHT, { "right" }, render_as_is, "its right side; the sum of ours" },
	{ "VERDICT", 0, { "verdict" }, render_verdict, "balanced, OFF!, moving or unknown" },
	{ .name = NULL }
};
