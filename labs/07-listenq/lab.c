// SPDX-License-Identifier: GPL-2.0
/*
 * A server whose backlog comes from the environment, bursts that it is too small or large enough
 * for, and Little's law on real figures. timeout: 300
 */
#include "crowd.h"
#include "lab.h"
#include "books.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "waits.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER 4000
#define BURST 16
#define MORE 4
#define ALL (BURST + MORE)
#define LARGE 64		/* more than ever wait here */
#define UNSET 5			/* what the program wants if LISTENQ is not set */
#define SOMAXCONN_NOW 128
#define WORK_MS 10
#define TIMEOUT_US 1000000	/* TCP_TIMEOUT_INIT of the kernel's include/net/tcp.h */
#define SYN_SENT 2		/* TCP_SYN_SENT of the kernel's include/net/tcp_states.h */

static char refusal[128];

/* atoi() cannot tell the caller of any of these: no number, more than a number, too large. */
static bool is_number(const char *text, int *number)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || n > INT_MAX)
		return false;
	*number = n;
	return true;
}

/* The wrapper of UNIX Network Programming; but what is no number is refused, in words. */
static bool Listen(int fd, int backlog)
{
	const char *text = getenv("LISTENQ");

	if (text && !is_number(text, &backlog)) {
		snprintf(refusal, sizeof(refusal),
			 "LISTENQ is '%s'; make it a number from 0 to %d", text, INT_MAX);
		return false;
	}
	if (listen(fd, backlog))
		bail("listen with %d: %s", backlog, strerror(errno));
	return true;
}

static uint64_t column(uint64_t cookie, const char *name)
{
	uint64_t value;

	if (!listener_u64(cookie, name, &value))
		bail("%s is not known", name);
	return value;
}

/* What the queue takes if atoi() reads the environment. */
static uint64_t holds_by_atoi(const char *text)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = atoi(text) });
	uint64_t limit = column(sock_cookie(fd), "acceptq_limit");

	close(fd);
	return limit;
}

/* One LISTENQ; @want is what Listen() shall pass on, or -1. The listener lives on, to be shown. */
static void try(const char *text, uint16_t port, int want)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = port });
	char by_atoi[40] = "           -           -", holds[16] = "refuses";
	char quoted[32] = "not set";
	uint64_t limit;

	unsetenv("LISTENQ");
	if (text) {
		setenv("LISTENQ", text, 1);
		snprintf(quoted, sizeof(quoted), "'%s'", text);
		snprintf(by_atoi, sizeof(by_atoi), "%12d %11lu", atoi(text), holds_by_atoi(text));
	}
	ok(Listen(fd, UNSET) == (want >= 0), "LISTENQ %s: Listen()", quoted);
	if (want >= 0) {
		limit = column(sock_cookie(fd), "acceptq_limit");
		is_u64(limit, (want < SOMAXCONN_NOW ? want : SOMAXCONN_NOW) + 1,
		       "LISTENQ %s: the queue", quoted);
		snprintf(holds, sizeof(holds), "%lu", limit);
	} else {
		close(fd);
	}
	lab_say("%-22s %s %12s", quoted, by_atoi, holds);
}

static void wrapper(void)
{
	static const char *const bad[] = {
		"", "ten", "10k", "0x40", "-1", "4294967297", "99999999999999999999",
	};

	new_netns();
	sysctl_set(SOMAXCONN_CTL, SOMAXCONN_NOW);
	lab_say("The program wants listen(fd, %d); net.core.somaxconn is %d.\n", UNSET,
		SOMAXCONN_NOW);
	lab_say("                            atoi()                 Listen()");
	lab_say("LISTENQ                returns queue holds  queue holds");
	try(NULL, 4000, UNSET);
	try("0", 4001, 0);
	try("64", 4002, 64);
	try("4096", 4003, 4096);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		try(bad[i], 4004, -1);
	setenv("LISTENQ", "10k", 1);
	Listen(-1, UNSET);
	lab_say("\nWhat Listen() says when it refuses:\n\n%s\n", refusal);
	lab_say("What each of the others asked for, and got:\n");
	lab_run("listenq --sort local --output LOCAL,BACKLOG,ACCEPTQ");
}

/* In a namespace of its own, so that all that is established there are its connections. */
static void serve(struct crowd *c, int listenq)
{
	char text[16];
	int fd;

	new_netns();
	snprintf(text, sizeof(text), "%d", listenq);
	setenv("LISTENQ", text, 1);
	fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = SERVER });
	if (!Listen(fd, UNSET))
		bail("%s", refusal);
	crowd_open(c, fd);
}

/* How many of them wait for an answer to their SYN, and send it again after a second or more. */
static unsigned int connecting(const struct crowd *c)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->came; i++) {
		struct tcp_info ti = sock_info(c->guests[i].fd);

		n += ti.tcpi_state == SYN_SENT && ti.tcpi_rto >= TIMEOUT_US;
	}
	return n;
}

/* How many SYNs were dropped first, and answered when they were sent again. */
static unsigned int came_later(const struct crowd *c)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->came; i++) {
		const struct guest *g = &c->guests[i];

		n += g->dropped_ns && g->answered_ns > g->dropped_ns &&
		     sock_info(g->fd).tcpi_total_retrans;
	}
	return n;
}

struct outcome {
	uint64_t limit, peak, dropped;
	unsigned int later;
	uint64_t slowest_us;		/* from connect() to accept() */
	struct waits synq, acceptq;
};

static uint64_t slowest_us(const struct crowd *c)
{
	uint64_t slowest = 0;

	for (unsigned int i = 0; i < c->came; i++) {
		uint64_t took = c->guests[i].taken_us - c->guests[i].began_us;

		slowest = took > slowest ? took : slowest;
	}
	return slowest;
}

/* The clients come; after each @every of them but the last, the server accepts one. Then all. */
static struct outcome burst(int listenq, unsigned int every)
{
	struct outcome o;
	struct crowd c;

	serve(&c, listenq);
	for (unsigned int i = 0; i < BURST; i++) {
		if (i && i % every == 0)
			crowd_take(&c);
		crowd_arrive(&c);
	}
	o.limit = column(c.cookie, "acceptq_limit");
	o.peak = column(c.cookie, "acceptq_peak");
	o.later = BURST - c.in;
	is_u64(connecting(&c), o.later, "LISTENQ=%d, %u: who is not let in still connects", listenq,
	       every);
	while (c.out < BURST)
		crowd_take(&c);
	crowd_curve(&c);
	is_u64(came_later(&c), o.later, "LISTENQ=%d, %u: and comes in later", listenq, every);
	o.dropped = crowd_dropped(&c);
	ok(o.later ? o.dropped >= o.later : !o.dropped, "LISTENQ=%d, %u: drops", listenq, every);
	o.slowest_us = slowest_us(&c);
	waits_read(c.cookie, "synq", &o.synq);
	waits_read(c.cookie, "acceptq", &o.acceptq);
	crowd_close(&c);
	return o;
}

static void too_small(void)
{
	static const int sizes[] = { LARGE, BURST - 1, 3 };
	struct outcome o;

	lab_say("\n%d clients in a burst. The server accepts when all have sent their SYN:\n",
		BURST);
	lab_say("LISTENQ  queue holds  acceptq_peak  connected at once  a second later, or more");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned int fit = sizes[i] < BURST ? sizes[i] + 1 : BURST;

		o = burst(sizes[i], BURST);
		is_u64(o.peak, fit, "LISTENQ=%d: acceptq_peak", sizes[i]);
		is_u64(o.later, BURST - fit, "LISTENQ=%d: so many too many", sizes[i]);
		lab_say("%7d %12lu %13lu %18u %24u", sizes[i], o.limit, o.peak, BURST - o.later,
			o.later);
	}
	lab_measured("the last: %lu SYNs were dropped; the slowest client needed %.1f ms from",
		     o.dropped, o.slowest_us / 1e3);
	lab_measured("connect() to accept(); the SYN queue held one %.1f ms, the other %.1f",
		     o.synq.max_us / 1e3, o.acceptq.max_us / 1e3);
}

static void by_rate(void)
{
	static const unsigned int rates[] = { 16, 8, 4, 2, 1 };

	lab_say("\nThe server accepts one after every n clients, until %d have come:\n", BURST);
	lab_say("    accepts                 LISTENQ=%d      LISTENQ=peak-1  LISTENQ=peak-2",
		LARGE);
	lab_say(" n  meanwhile  %d-accepts  acceptq_peak    come later      come later", BURST);
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		unsigned int n = rates[i], accepts = (BURST - 1) / n;
		unsigned int peak = burst(LARGE, n).peak, right = burst(peak - 1, n).later;
		char less[16] = "-";

		is_u64(peak, BURST - accepts, "n = %u: the burst less the accepts", n);
		is_u64(right, 0, "n = %u: LISTENQ=%u is enough", n, peak - 1);
		if (peak > 1) {
			snprintf(less, sizeof(less), "%u", burst(peak - 2, n).later);
			is_str(less, "1", "n = %u: LISTENQ=%u is not", n, peak - 2);
		}
		lab_say("%2u %10u %11u %13u %15u %15s", n, accepts, BURST - accepts, peak, right,
			less);
	}
}

/* How fast the server is while somebody waits: from the first accept() to the last. */
static void accept_rate(const struct crowd *c)
{
	uint64_t us = c->guests[ALL - 1].taken_us - c->guests[0].taken_us;

	if (in_range(us, (ALL - 1) * WORK_MS * 1000, UINT64_MAX, "the server takes its time"))
		lab_say("%d ms for each accept() but the last: no more than %d a second", WORK_MS,
			1000 / WORK_MS);
	lab_measured("accept rate: %.3f a second", (ALL - 1) * 1e6 / us);
}

/* Asserts what holds of any two clocks, and shows the figures of this run. */
static void law(const struct crowd *c, const struct curve *v, const struct waits *w)
{
	double ms = (v->ended_ns - v->began_ns) / 1e6, sum_ms = w->sum_us / 1e3;
	struct counts counted;
	uint64_t accepted;

	if (!counts_read(c->cookie, &counted))
		bail("no row in counters");
	accepted = counts_get(&counted, "accepted");
	is_u64(accepted, ALL, "all are accepted");
	is_u64(w->count, ALL, "a wait for each");
	if (is_u64(v->area_ns, v->stays_ns, "the area under the curve is the sum of the stays"))
		lab_say("the area under this curve = the sum of the %d stays, to the nanosecond",
			ALL);
	if (is_u64(v->waited_us, w->sum_us, "waited_us of the events add up to sum_us"))
		lab_say("waited_us of the %d accept events = sum_us of listenq/latency", ALL);
	if (in_range(w->sum_us, crowd_seen_us(c) - 2 * ALL, v->area_ns / 1000 + ALL,
		     "sum_us is between what the program saw and what the events tell"))
		lab_say("what the program saw of the waits <= sum_us <= the area");
	lab_measured("area %.3f ms, sum_us %.3f ms, seen by the program %.3f ms",
		     v->area_ns / 1e6, sum_ms, crowd_seen_us(c) / 1e3);
	lab_measured("in %.3f ms: L = area / time = %.3f waited on average", ms,
		     v->area_ns / 1e6 / ms);
	lab_measured("lambda = %lu / time = %.3f a second, W = sum_us / count = %.3f ms", accepted,
		     accepted / ms * 1e3, sum_ms / w->count);
	lab_measured("lambda * W = %.3f", accepted / ms * (sum_ms / w->count));
}

/* BURST clients at once, and MORE when as many are served; nobody else comes meanwhile. */
static void steady(struct crowd *c)
{
	lab_timeline_note("a burst that fits");
	for (unsigned int i = 0; i < BURST; i++)
		crowd_arrive(c);
	lab_timeline_note("accept() again and again");
	for (unsigned int i = 0; i < ALL; i++) {
		for (unsigned int n = 0; i == MORE && n < MORE; n++)
			crowd_arrive(c);
		crowd_take(c);
		hold(WORK_MS);
	}
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ,ACCEPTQ-PEAK,DROPS");
	is_u64(crowd_dropped(c), 0, "it is sized well");
}

static void little(struct crowd *c)
{
	/* Each of the first waits for those before it; so do the others, but MORE were out. */
	unsigned int least = WORK_MS * (BURST * (BURST - 1) / 2 +
					MORE * (BURST - MORE) + MORE * (MORE - 1) / 2);
	struct curve v;
	struct waits w;

	lab_say("\n%d clients in a burst, and %d more after the accept() of the %dth; LISTENQ=%d.",
		BURST, MORE, MORE, BURST - 1);
	lab_say("The server works %d ms for each, or a little more, before it accepts the next:\n",
		WORK_MS);
	steady(c);
	v = crowd_curve(c);
	waits_read(c->cookie, "acceptq", &w);
	lab_say("\nacceptq, whenever one came or was accepted:\n\n%s\n", v.text);
	accept_rate(c);
	if (in_range(w.sum_us, least * 1000 - ALL, UINT64_MAX, "the server makes them wait"))
		lab_say("%d ms for each client that is before it, %u ms in all, <= sum_us", WORK_MS,
			least);
	law(c, &v, &w);
}

/* The same server, and MORE than there is room for. */
static void too_many(struct crowd *c)
{
	lab_say("\nThen %d come in a burst, %d more than fit:\n", ALL, MORE);
	lab_timeline_note("a burst that does not");
	for (unsigned int i = 0; i < ALL; i++)
		crowd_arrive(c);
	is_u64(connecting(c), MORE, "they still connect");
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ,ACCEPTQ-PEAK");
	lab_timeline_note("accept() of all");
	for (unsigned int i = 0; i < ALL; i++)
		crowd_take(c);
	crowd_curve(c);
	is_u64(came_later(c), MORE, "and come again");
	lab_say("connected at once: %u, a second later or more: %u", c->in - ALL, came_later(c));
}

int main(void)
{
	struct crowd c;

	if (!lab_begins("07-listenq"))
		return done();
	wrapper();
	too_small();
	by_rate();
	serve(&c, BURST - 1);
	lab_timeline_begins(c.cookie);
	little(&c);
	too_many(&c);
	lab_timeline_ends();
	crowd_close(&c);
	return lab_ends();
}
