// SPDX-License-Identifier: GPL-2.0
/* The events of each listener added up, to be compared with its counters. */
#include "events.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const events_names[] = {
	"listen", "relisten", "close", "syn_queued", "syn_cookie", "syn_tfo", "syn_drop",
	"synack_retrans", "established", "ack_overflow", "ack_reset", "ack_deferred",
	"cookie_bad", "req_timeout", "req_pruned", "req_icmp", "req_reset", "req_other",
	"accept", "migrate", "lost",
};

const size_t events_nnames = sizeof(events_names) / sizeof(events_names[0]);

/* What is told of each: the event, a word of its details, and the columns that count the same. */
static const struct {
	const char *name, *word, *plus[2], *minus;
} same[] = {
	{ "syn_queued", "", { "syn_queued" }, NULL },
	{ "syn_cookie", "", { "syn_cookie" }, NULL },
	{ "syn_tfo", "", { "syn_tfo" }, NULL },
	{ "syn_drop", "cause=acceptq", { "syn_drop_acceptq" }, NULL },
	{ "syn_drop", "cause=synq", { "syn_drop_synq" }, NULL },
	{ "syn_drop", "cause=unproven", { "syn_drop_unproven" }, NULL },
	{ "syn_drop", "cause=other", { "syn_drop_other" }, NULL },
	{ "synack_retrans", "", { "synack_retrans" }, NULL },
	{ "established", "", { "established" }, "conn_migrated_in" },
	{ "established", "via=handshake", { "from_synq" }, NULL },
	{ "established", "via=cookie", { "cookie_ok" }, NULL },
	{ "established", "via=tfo", { "syn_tfo" }, NULL },
	{ "ack_overflow", "", { "ack_overflow" }, NULL },
	{ "ack_reset", "", { "ack_reset" }, NULL },
	{ "ack_deferred", "", { "ack_deferred" }, NULL },
	{ "cookie_bad", "", { "cookie_bad" }, NULL },
	{ "req_timeout", "", { "req_timeout" }, NULL },
	{ "req_pruned", "", { "req_pruned" }, NULL },
	{ "req_icmp", "", { "req_icmp" }, NULL },
	{ "req_reset", "", { "req_reset" }, NULL },
	{ "req_other", "", { "req_other" }, NULL },
	{ "accept", "", { "accepted" }, NULL },
	{ "migrate", "", { "req_migrated_in", "conn_migrated_in" }, NULL },
};

#define NSAME (sizeof(same) / sizeof(same[0]))

_Static_assert(NSAME <= EVENTS_MAX, "a tally has room for all");

static struct stream *stream;
static struct tally *tallies, whole;
static size_t ntallies;

static struct tally *tally_of(uint64_t cookie)
{
	for (size_t i = ntallies; i--;)
		if (tallies[i].cookie == cookie)
			return &tallies[i];
	return NULL;
}

/**
 * events_follow() - from here on, add up the events of this network namespace
 */
void events_follow(void)
{
	if (stream)
		stream_close(stream);
	stream = stream_open();
	ntallies = 0;
	whole = (struct tally){ 0 };
}

/**
 * tally_add() - add an event to a tally
 * @t: the tally
 * @e: the event
 */
void tally_add(struct tally *t, const struct event *e)
{
	for (size_t i = 0; i < NSAME; i++)
		t->n[i] += !strcmp(same[i].name, e->name) && strstr(e->detail, same[i].word);
}

/* A socket that listens again has new books. */
static struct tally *born(uint64_t cookie)
{
	struct tally *t = tally_of(cookie);

	if (!t) {
		tallies = realloc(tallies, (ntallies + 1) * sizeof(*tallies));
		t = &tallies[ntallies++];
	}
	*t = (struct tally){ .cookie = cookie };
	return t;
}

/**
 * events_drain() - take all that has been told by now
 */
void events_drain(void)
{
	struct event e;

	while (stream && stream_next(stream, &e)) {
		uint64_t cookie = strtoull(e.sk, NULL, 16);
		struct tally *t = strcmp(e.name, "listen") ? tally_of(cookie) : born(cookie);

		tally_add(&whole, &e);
		if (t)
			tally_add(t, &e);
	}
}

/* What the columns of a row of same[] say together. */
static uint64_t counted_as(const struct counts *c, size_t i)
{
	uint64_t n = counts_get(c, same[i].plus[0]), plus = 0, minus = 0;

	if (same[i].plus[1])
		plus = counts_get(c, same[i].plus[1]);
	if (same[i].minus)
		minus = counts_get(c, same[i].minus);
	return n == UNKNOWN || plus == UNKNOWN || minus == UNKNOWN ? UNKNOWN : n + plus - minus;
}

/**
 * tally_agree() - has as much been told as was counted
 * @t: what was told, all of it
 * @c: what was counted meanwhile
 * @wrong: set to what has not
 * @room: its size
 *
 * Return: true when it has.
 */
bool tally_agree(const struct tally *t, const struct counts *c, char *wrong, size_t room)
{
	size_t len = 0;

	*wrong = 0;
	for (size_t i = 0; i < NSAME; i++) {
		uint64_t n = counted_as(c, i);

		if (n == UNKNOWN || n == t->n[i] || len >= room)
			continue;
		len += snprintf(wrong + len, room - len,
				" %s %s: %" PRIu64 " told, %" PRIu64 " counted;", same[i].name,
				same[i].word, t->n[i], n);
	}
	return !len;
}

/**
 * events_agree() - has as much been told of a listener as was counted
 * @cookie: its socket cookie
 * @c: its counters
 * @wrong: set to what has not
 * @room: its size
 *
 * Return: true when it has; or when its birth was not told, or something was lost.
 */
bool events_agree(uint64_t cookie, const struct counts *c, char *wrong, size_t room)
{
	struct tally *t;

	events_drain();
	t = tally_of(cookie);
	*wrong = 0;
	return !t || stream->lost || tally_agree(t, c, wrong, room);
}

/**
 * events_agree_all() - has as much been told as was counted, of all listeners
 * @total: the sum of their counters, all counted since events_follow()
 * @wrong: set to what has not
 * @room: its size
 *
 * Where the reader was too slow, how much was lost is added.
 *
 * Return: true when it has.
 */
bool events_agree_all(const struct counts *total, char *wrong, size_t room)
{
	uint64_t told = 0, counted = 0;
	bool known = true;

	events_drain();
	if (!stream->lost)
		return tally_agree(&whole, total, wrong, room);
	for (size_t i = 0; i < NSAME; i++) {
		uint64_t n = counted_as(total, i);

		/* Those that say again what another row says. */
		if (!strncmp(same[i].word, "via=", 4))
			continue;
		known &= n != UNKNOWN;
		told += n == UNKNOWN ? 0 : whole.n[i];
		counted += n == UNKNOWN ? 0 : n;
	}
	snprintf(wrong, room, " %" PRIu64 " told and %" PRIu64 " lost, %" PRIu64 " counted", told,
		 stream->lost, counted);
	return known ? told + stream->lost == counted : told + stream->lost >= counted;
}
