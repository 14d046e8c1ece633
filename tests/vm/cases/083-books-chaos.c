// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever the books have a column for, at random, from all processors, while the sysctls change;
 * then, when all is quiet, they balance for every listener, add up to what the kernel counted, and
 * nothing was missed. CHAOS_S or chaos= says how many seconds, SEED or seed= which random numbers.
 * timeout: 900 boot: live
 */
#include "books.h"
#include "chaos.h"
#include "events.h"
#include "knob.h"
#include "proc.h"
#include "sock.h"
#include "stage.h"
#include "sysctl.h"
#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_S 20
#define QUIET_MS 60000
#define LACKING 3
#define SHOWN 3

/* Of the actors of other cases, those that do no harm to the sums. */
static const char *const others[] = { "clients", "accept()", "namespaces", "servers elsewhere" };

static void start_others(void)
{
	for (unsigned int i = 0; i < chaos_traffic_count; i++)
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			if (!strcmp(chaos_traffic[i].name, others[k]))
				chaos_start(&chaos_traffic[i]);
}

/* Nothing ever goes down in the row of a listener that stays. */
static void monotonic(const struct table *t, struct counts *last, int i)
{
	long row = table_find_sk(t, chaos->stay[i].cookie);
	struct counts now;

	if (row < 0) {
		chaos_fault("listener %d has no row in counters", i);
		return;
	}
	counts_row(t, row, &now);
	for (size_t k = 0; k < counts_ncolumns; k++)
		if (now.v[k] == UNKNOWN || now.v[k] < last->v[k])
			chaos_fault("%s of listener %d falls from %llu to %llu", counts_columns[k],
				    i, (unsigned long long)last->v[k],
				    (unsigned long long)now.v[k]);
	*last = now;
}

static void read_step(struct rng *r)
{
	static struct counts last[CHAOS_STAY];
	struct table *t = table_read(COUNTERS);
	struct waits w;

	for (int i = 0; i < CHAOS_STAY; i++)
		monotonic(t, &last[i], i);
	table_free(t);
	waits_read(chaos->stay[rng_below(r, CHAOS_STAY)].cookie,
		   rng_below(r, 2) ? "synq" : "acceptq", &w);
	chaos->tables++;
	hold(20);
}

static const struct actor reader = { .name = "reader of the books", .step = read_step, .least = 5 };

static void set_int(int fd, int opt, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, opt, &value, sizeof(value)))
		bail("setsockopt %d: %s", opt, strerror(errno));
}

static uint64_t began_us;

static void run(uint64_t seconds)
{
	uint64_t end;

	for (int i = 0; i < CHAOS_STAY; i++) {
		if (i % 5 == 1)
			set_int(chaos->stay[i].fd, TCP_FASTOPEN, 5);
		if (i % 7 == 2)
			set_int(chaos->stay[i].fd, TCP_DEFER_ACCEPT, 3);
	}
	for (unsigned int i = 0; i < chaos_booking_count; i++)
		chaos_start(&chaos_booking[i]);
	start_others();
	chaos_start(&reader);
	/* Who looks at what closed must keep up with all the others. */
	if (nice(-10) == -1)
		diag("nice: %s", strerror(errno));
	for (end = mono_ms() + seconds * 1000; mono_ms() < end; hold(5)) {
		chaos_look_at_closed();
		events_drain();
	}
	chaos_stop();
}

static bool quiet(void)
{
	tun_drain(&chaos_tun);
	for (int i = 0; i < CHAOS_STAY; i++) {
		uint64_t n = 1;

		listener_u64(chaos->stay[i].cookie, "synq", &n);
		if (n)
			return false;
	}
	return true;
}

static void check_stay(void)
{
	struct waits synq, acceptq;
	uint64_t most = mono_us() - began_us;
	struct counts c;

	for (int i = 0; i < CHAOS_STAY; i++) {
		const struct chaos_stay *s = &chaos->stay[i];

		if (!ok(counts_read(s->cookie, &c), "listener %d has a row", i))
			continue;
		check_balance(&c, "listener %d, backlog %d, %s", i, s->backlog,
			      s->v6 ? "IPv6" : "IPv4");
		is_u64(c.acceptq, sock_info(s->fd).tcpi_unacked, "listener %d: acceptq", i);
		waits_read(s->cookie, "synq", &synq);
		waits_read(s->cookie, "acceptq", &acceptq);
		is_u64(synq.count, counts_get(&c, "from_synq"), "listener %d: waits in synq", i);
		is_u64(acceptq.count, counts_get(&c, "accepted"), "listener %d: waits in acceptq",
		       i);
		ok(synq.max_us <= most && acceptq.max_us <= most,
		   "listener %d: none waited for longer than all of this took", i);
	}
}

/* What was left in a queue was there when it was at its fullest. */
static bool possible(const struct table *t, size_t row, const struct counts *c, char *why)
{
	uint64_t pending = counts_get(c, "closed_pending"), acceptq = 0, synq = 0;

	cell_u64(t, row, "acceptq_peak", &acceptq);
	cell_u64(t, row, "synq_peak", &synq);
	if (c->synq <= synq && (pending <= acceptq || pending == UNKNOWN))
		return true;
	sprintf(why, " peaks %llu and %llu;", (unsigned long long)synq,
		(unsigned long long)acceptq);
	return false;
}

static void check_closed(const char *what)
{
	struct table *t = table_read(CLOSED);
	unsigned int wrong = 0;
	struct counts c;
	char why[400];

	for (size_t i = 0; i < t->nrows; i++) {
		counts_row(t, i, &c);
		if (!cell_u64(t, i, "synq_left", &c.synq))
			bail("synq_left is no number");
		if (counts_balance(&c, why, sizeof(why)) && possible(t, i, &c, why))
			continue;
		if (wrong++ >= SHOWN)
			continue;
		diag("%s:%s", table_cell(t, i, "local"), why);
		counts_show(&c);
	}
	is_u64(wrong, 0, "%s: of %zu listeners that closed, those whose books do not balance", what,
	       t->nrows);
	table_free(t);
}

static bool all_told(char *wrong, size_t room)
{
	struct counts total;

	counts_open(&total);
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (chaos->books.unknown[i])
			total.v[i] = UNKNOWN;
		else
			total.v[i] += chaos->books.total.v[i];
	return events_agree_all(&total, wrong, room);
}

static void check_told(void)
{
	char wrong[600] = "";

	if (!ok(AWAIT(all_told(wrong, sizeof(wrong)), BOOKS_MS), "as much was told as was counted"))
		diag("events:%s", wrong);
}

/* Nearly each thing that can happen has happened, or the case is not worth much. */
static void check_happened(void)
{
	static const char *const rare[] = { "req_pruned", "req_inherited", "conn_inherited",
					    "req_migrated_in", "req_migrated_out",
					    "conn_migrated_in", "conn_migrated_out", "req_other" };
	unsigned int lacking = 0;
	struct counts open;

	counts_open(&open);
	for (size_t i = 0; i < counts_ncolumns; i++) {
		uint64_t n = open.v[i] + chaos->books.total.v[i];
		bool may_lack = false;

		for (size_t k = 0; k < sizeof(rare) / sizeof(rare[0]); k++)
			may_lack |= !strcmp(rare[k], counts_columns[i]);
		lacking += !may_lack && !n;
		diag("%s: %llu", counts_columns[i], (unsigned long long)n);
	}
	in_range(lacking, 0, LACKING, "what has not happened");
}

int main(void)
{
	began_us = mono_us();
	new_netns();
	events_follow();
	chaos_begin(knob("SEED", "seed", mono_ms()), false);
	if (!chaos->has_tun) {
		skip("this kernel has no tun", "the books in a chaos");
		return done();
	}
	stage_sysctls();
	run(knob("CHAOS_S", "chaos", DEFAULT_S));
	stage_sysctls();
	sysctl_set(RETRIES_CTL, 0);
	ok(AWAIT(quiet(), QUIET_MS), "quiet: no request is left");
	chaos_look_at_closed();
	check_happened();
	check_stay();
	check_closed("quiet");
	is_u64(chaos->books.gaps, 0, "no row of closed came and went unseen");
	diag("%lu listeners closed, seen in %lu looks", (unsigned long)chaos->books.rows,
	     (unsigned long)chaos->books.looks);
	check_sums_with(&chaos->books.total, "quiet");
	check_exact("quiet");
	check_told();
	chaos_close();
	check_closed("all closed");
	return done();
}
