// SPDX-License-Identifier: GPL-2.0
/* Steps of a listener's books: exactly these columns move by so much, and they balance. */
#include "books.h"
#include "events.h"
#include "sock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t column(const char *name)
{
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (!strcmp(counts_columns[i], name))
			return i;
	bail("counters have no column %s", name);
}

/* "syn=3 syn_queued=3": so much more; synq_left= is the number itself. */
static void expect(struct counts *want, const char *moves)
{
	char text[256], *save = NULL, *word, *value;

	snprintf(text, sizeof(text), "%s", moves);
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		value = strchr(word, '=');
		if (!value)
			bail("'%s' is no move of a column", word);
		*value++ = 0;
		if (!strcmp(word, "synq_left"))
			want->synq = strtoull(value, NULL, 10);
		else
			want->v[column(word)] += strtoull(value, NULL, 10);
	}
}

/* All columns but sk_drops, which only has to balance; a dash is right where it is expected. */
static bool right(const struct books *b, const struct counts *got, size_t i)
{
	const char *column = counts_columns[i], *hit = b->unknown;
	size_t len = strlen(column);

	for (; hit && (hit = strstr(hit, column)); hit++)
		if ((hit == b->unknown || hit[-1] == ' ') && (!hit[len] || hit[len] == ' '))
			return got->v[i] == UNKNOWN;
	return got->v[i] == b->want.v[i] || !strcmp(column, "sk_drops");
}

static bool same(const struct books *b, const struct counts *got)
{
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (!right(b, got, i))
			return false;
	return true;
}

static void differences(const struct books *b, const struct counts *got)
{
	char wrong[400];

	for (size_t i = 0; i < counts_ncolumns; i++)
		if (!right(b, got, i))
			diag("%s: %s is %lld, not %lld (-1 is a dash)", b->name,
			     counts_columns[i], (long long)got->v[i],
			     (long long)b->want.v[i]);
	if (!events_agree(b->cookie, got, wrong, sizeof(wrong)))
		diag("%s: events:%s", b->name, wrong);
}

static void know_resent(struct books *b)
{
	if (b->tun)
		b->want.v[column("synack_retrans")] = tun_resent(b->tun, b->port) - b->resent;
}

/*
 * The kernel starts its clock at minus 300 s, and takes a listener that never overflowed for one
 * that did at 0 (tcp_synq_no_recent_overflow). For two minutes from there any ACK that it does not
 * know fails as a cookie: then its own counter says what to expect.
 */
static void know_strays(struct books *b)
{
	uint64_t uptime_s = mono_ms() / 1000;

	if (uptime_s >= 297 && uptime_s <= 424)
		b->want.v[column("cookie_bad")] = b->bad + netstat("SyncookiesFailed") - b->failed;
}

/* From here on it is counted what the next step brings. */
static void begin_step(struct books *b)
{
	b->bad = b->want.v[column("cookie_bad")];
	b->failed = netstat("SyncookiesFailed");
}

/* The timers may send one between both looks: then look again. */
static bool arrived(struct books *b, struct counts *got)
{
	char wrong[400];

	if (!counts_read(b->cookie, got))
		return false;
	if (b->tun)
		tun_drain(b->tun);
	know_resent(b);
	know_strays(b);
	return same(b, got) && events_agree(b->cookie, got, wrong, sizeof(wrong));
}

/**
 * books_open() - begin to follow the books of a listener
 * @b: set
 * @cookie: the listener's, of which all that happened before is taken as it is
 * @name: which listener, for the descriptions
 */
void books_open(struct books *b, uint64_t cookie, const char *name)
{
	*b = (struct books){ .cookie = cookie, .wait_ms = BOOKS_MS };
	snprintf(b->name, sizeof(b->name), "%s", name);
	if (!counts_read(b->cookie, &b->want))
		bail("%s: no row in counters", name);
	begin_step(b);
}

/**
 * books_peers() - its peers know how often SYN-ACKs come again
 * @b: from books_open()
 * @tun: their device
 * @port: the listener's port
 */
void books_peers(struct books *b, struct tun *tun, uint16_t port)
{
	size_t seen;

	b->tun = tun;
	b->port = port;
	/* Until none comes in between. */
	do {
		tun_drain(tun);
		seen = tun_resent(tun, port);
		if (!counts_read(b->cookie, &b->want))
			bail("%s: no row in counters", b->name);
		tun_drain(tun);
	} while (tun_resent(tun, port) != seen);
	b->resent = seen - counts_get(&b->want, "synack_retrans");
}

/**
 * books_step() - check that exactly these columns have moved since the last step
 * @b: from books_open()
 * @what: what was done, for the description
 * @moves: printf style, "COLUMN=NUMBER ..."; "" if nothing moves
 *
 * Return: true when they did, and the books balance.
 */
bool books_step(struct books *b, const char *what, const char *moves, ...)
{
	struct counts got = { 0 };
	char text[256];
	va_list ap;
	bool good;

	va_start(ap, moves);
	vsnprintf(text, sizeof(text), moves, ap);
	va_end(ap);
	expect(&b->want, text);
	good = AWAIT(arrived(b, &got), b->wait_ms);
	ok(good, "%s: %s: %s", b->name, what, *text ? text : "nothing moves");
	if (!good)
		differences(b, &got);
	/* What follows is measured from here on. */
	for (size_t i = 0; i < counts_ncolumns; i++)
		if (got.v[i] != UNKNOWN)
			b->want.v[i] = got.v[i];
	return check_balance(&got, "%s: %s", b->name, what) && good;
}

static bool ended(const struct books *b, struct counts *got)
{
	char wrong[400];

	return counts_closed(b->cookie, got) && same(b, got) && got->synq == b->want.synq &&
	       events_agree(b->cookie, got, wrong, sizeof(wrong));
}

/**
 * books_end() - check that the last figures of a listener that closed are in closed
 * @b: from books_open()
 * @what: how it closed, for the description
 * @moves: printf style, what moved at the close; and synq_left=NUMBER
 *
 * Return: true when they are, and the books balance.
 */
bool books_end(struct books *b, const char *what, const char *moves, ...)
{
	struct counts got = { 0 };
	char text[256];
	va_list ap;
	bool good;

	va_start(ap, moves);
	vsnprintf(text, sizeof(text), moves, ap);
	va_end(ap);
	b->want.synq = 0;
	expect(&b->want, text);
	know_resent(b);
	good = AWAIT(ended(b, &got), b->wait_ms);
	ok(good, "%s: %s, in closed: %s", b->name, what, *text ? text : "nothing moves");
	if (!good) {
		differences(b, &got);
		diag("%s: synq_left %llu", b->name, (unsigned long long)got.synq);
	}
	return check_balance(&got, "%s: %s, in closed", b->name, what) && good;
}

/**
 * books_again() - the socket listens again: its books begin anew
 * @b: from books_open(); what is expected next is counted from zero
 */
void books_again(struct books *b)
{
	b->want = (struct counts){ 0 };
	b->unknown = NULL;
	if (b->tun)
		b->resent = tun_resent(b->tun, b->port);
	begin_step(b);
}
