// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of one SYN that comes in through a tun device: what its write() takes, in which the
 * kernel does all its work. That it ended as it should is checked against the kernel's counters.
 * Usage: syn PHASE      prints lines "figure PHASE NAME COST", NAME being
 *   acceptq  dropped, since the accept queue is full
 *   synq     dropped, since the SYN queue is full and cookies are off
 *   cookie   answered by a cookie
 *   queued   put into the SYN queue and answered
 *   resent   the timer sends the SYN-ACK again
 *   expired  the timer gives the request up
 */
#include "cost.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "tap.h"
#include "tun.h"

#include <inttypes.h>
#include <unistd.h>

#define SYNS 2000
#define HALF_OPEN 1000
#define MS 1000000ull
#define SECOND (1000 * MS)
#define EARLY (10 * MS)
#define FLOOD (60 * MS)
#define SPAN (FLOOD + 90 * MS)	/* timers of this length come up to 36 ms late, twice */

static const char *phase;

static int open_listener(int backlog)
{
	struct lopt o = { .addr = TUN_V4, .backlog = backlog };

	return listener_open(&o);
}

/* The median write() of n SYNs, each of a new peer. */
static uint64_t flood(struct tun *t, uint16_t port, size_t n)
{
	static uint64_t cost[SYNS];

	for (size_t i = 0; i < n; i++) {
		tun_syn(t, AF_INET, port);
		cost[i] = t->write_ns;
	}
	return cost_median(cost, n);
}

/* The same, of SYNS that the kernel counts as @counter. */
static void say_flood(struct tun *t, int listener, const char *name, const char *counter)
{
	uint64_t before = netstat(counter), cost = flood(t, sock_port(listener), SYNS);
	uint64_t counted = netstat(counter) - before;

	if (counted != SYNS)
		bail("%s: %s counted %" PRIu64 " of %d SYNs", name, counter, counted, SYNS);
	cost_say(phase, name, cost);
	close(listener);
}

static void full_acceptq(struct tun *t)
{
	int listener = open_listener(1);

	while (sock_info(listener).tcpi_unacked < 2) {
		size_t peer = tun_syn(t, AF_INET, sock_port(listener));

		if (!t->peers[peer].synacks)
			bail("the accept queue cannot be filled");
		tun_send(t, peer, SEG_ACK);
	}
	say_flood(t, listener, "acceptq", "ListenOverflows");
}

static void full_synq(struct tun *t)
{
	int listener = open_listener(8);

	sysctl_set(SYNCOOKIES_CTL, 0);
	for (int i = 0; i < 20; i++)
		tun_syn(t, AF_INET, sock_port(listener));
	say_flood(t, listener, "synq", "TCPReqQFullDrop");
}

static void cookies(struct tun *t)
{
	sysctl_set(SYNCOOKIES_CTL, 2);
	say_flood(t, open_listener(100), "cookie", "SyncookiesSent");
}

/* What the timers of one request cost: @stolen of all, in a span that without them costs @idle. */
static uint64_t timers(uint64_t stolen, uint64_t idle)
{
	return stolen > idle ? (stolen - idle) / HALF_OPEN : 0;
}

static void check_peers(struct tun *t, size_t first, uint16_t port, unsigned int synacks,
			size_t left)
{
	size_t have = diag_requests(AF_INET, port, NULL);

	tun_drain(t);
	for (size_t i = first; i < t->npeers; i++)
		if (t->peers[i].synacks != synacks)
			bail("a peer saw %u SYN-ACKs, not %u", t->peers[i].synacks, synacks);
	if (have != left)
		bail("%zu requests in the SYN queue, not %zu", have, left);
}

/*
 * With tcp_synack_retries=1 the timer comes after 1 s and 2 s later again. All of them fall into
 * the span that begins shortly before the first is due; in the span between, there are none.
 */
static void life(struct tun *t, bool warm)
{
	int listener = open_listener(60000);
	uint16_t port = sock_port(listener);
	uint64_t begin = cost_now() - EARLY, queued, resent, idle, expired;
	size_t first = t->npeers;

	queued = flood(t, port, HALF_OPEN);
	if (cost_now() - begin > FLOOD)
		bail("%d SYNs take too long: their timers would not be told apart", HALF_OPEN);
	check_peers(t, first, port, 1, HALF_OPEN);
	begin += SECOND;
	resent = cost_stolen(begin, begin + SPAN);
	check_peers(t, first, port, 2, HALF_OPEN);
	begin += SECOND;
	idle = cost_stolen(begin, begin + SPAN);
	begin += SECOND;
	expired = cost_stolen(begin, begin + SPAN);
	check_peers(t, first, port, 2, 0);
	close(listener);
	if (warm)
		return;
	cost_say(phase, "queued", queued);
	cost_say(phase, "resent", timers(resent, idle));
	cost_say(phase, "expired", timers(expired, idle));
}

int main(int argc, char **argv)
{
	struct tun t;

	if (argc != 2)
		bail("Usage: syn PHASE");
	phase = argv[1];
	if (!tun_open(&t))
		bail("no tun device");
	sysctl_set(SOMAXCONN_CTL, 65535);
	sysctl_set(SYN_BACKLOG_CTL, 1000000);
	full_acceptq(&t);
	cookies(&t);
	full_synq(&t);
	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set("net/ipv4/tcp_synack_retries", 1);
	life(&t, true);
	life(&t, false);
	tun_close(&t);
	return 0;
}
