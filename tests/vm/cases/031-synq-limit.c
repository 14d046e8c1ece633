// SPDX-License-Identifier: GPL-2.0
/*
 * How many requests a SYN queue takes before the kernel answers with a cookie or not at all,
 * measured by packets of peers that never complete. needs: tun
 */
#include "knob.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"
#include "tun.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int backlogs[] = { 0, 1, 5, 16, 128, 1000, 4096 };
static const int cookies[] = { 0, 1, 2 };
static const int reserves[] = { 0, 1, 8, 16, 64, 256, 4096 };

struct round {
	int fd, family;
	uint64_t cookie;
	size_t first, held;	/* peers before this round; requests that were taken */
	uint64_t sent, cookies, drops;
	char what[96];
};

static struct tun tun;

/* A port of its own for each round: requests outlive their listener for a second. */
static uint16_t next_port = 2000;

static size_t requests(const struct round *r, size_t *young)
{
	return diag_requests(r->family, sock_port(r->fd), young);
}

/* Send until the kernel has refused some. */
static void fill(struct round *r)
{
	uint64_t cookies0 = netstat("SyncookiesSent"), drops0 = netstat("ListenDrops");

	do {
		for (int i = r->sent < 256 ? 16 : 64; i; i--, r->sent++)
			tun_syn(&tun, r->family, sock_port(r->fd));
		r->cookies = netstat("SyncookiesSent") - cookies0;
		r->drops = netstat("ListenDrops") - drops0;
	} while (!r->cookies && !r->drops && r->sent < 8192);
	r->held = requests(r, NULL);
}

/* Timers run meanwhile: young is compared where both looks at the oracle agree. */
static bool gauges_agree(const struct round *r)
{
	size_t before, after, n = requests(r, &before), row;
	uint64_t synq = UINT64_MAX, young = UINT64_MAX;
	struct table *t;

	t = listeners_row(r->cookie, &row);
	cell_u64(t, row, "synq", &synq);
	cell_u64(t, row, "synq_young", &young);
	table_free(t);
	return requests(r, &after) == n && before == after && synq == n && young == after;
}

static void check_round(struct round *r)
{
	bool cookie;
	struct table *t;
	size_t row;

	t = listeners_row(r->cookie, &row);
	cookie = !strcmp(table_cell(t, row, "synq_full"), "cookie");
	fill(r);
	check_u64(t, row, "synq_limit", r->held, r->what);
	is_u64(cookie ? r->cookies : r->drops, r->sent - r->held,
	       "%s: synq_full says what happens to the others (%s)", r->what,
	       table_cell(t, row, "synq_full"));
	is_u64(cookie ? r->drops : r->cookies, 0, "%s: nothing else happens to them", r->what);
	is_u64(tun_synacks(&tun, r->first), cookie ? r->sent : r->held,
	       "%s: the peers see as many SYN-ACKs", r->what);
	table_free(t);
	ok(AWAIT(gauges_agree(r), 10000), "%s: synq and synq_young are what sock_diag counts",
	   r->what);
}

static void measure(int family, int backlog, int cookie, int reserve)
{
	struct lopt o = { .addr = family == AF_INET ? TUN_V4 : TUN_V6, .port = next_port++,
			  .backlog = backlog };
	struct round r = { .fd = listener_open(&o), .family = family, .first = tun.npeers };

	/* After the listen(): the limit is that of the present sysctls. */
	sysctl_set(SYNCOOKIES_CTL, cookie);
	sysctl_set(SYN_BACKLOG_CTL, reserve);
	r.cookie = sock_cookie(r.fd);
	snprintf(r.what, sizeof(r.what), "IPv%c, backlog %d, syncookies %d, max_syn_backlog %d",
		 family == AF_INET ? '4' : '6', backlog, cookie, reserve);
	check_round(&r);
	close(r.fd);
}

static void check_young(int family)
{
	struct lopt o = { .addr = family == AF_INET ? TUN_V4 : TUN_V6, .port = next_port++,
			  .backlog = 100 };
	struct round r = { .fd = listener_open(&o), .family = family, .first = tun.npeers };
	uint64_t synq = 0, young = 0;

	sysctl_set(SYNCOOKIES_CTL, 1);
	r.cookie = sock_cookie(r.fd);
	for (int i = 0; i < 23; i++)
		tun_syn(&tun, family, sock_port(r.fd));
	listener_u64(r.cookie, "synq", &synq);
	listener_u64(r.cookie, "synq_young", &young);
	ok(synq == 23 && young == 23, "23 requests are young");
	ok(AWAIT(listener_u64(r.cookie, "synq_young", &young) && !young, 10000),
	   "none is young once its SYN-ACK was sent again");
	listener_u64(r.cookie, "synq", &synq);
	is_u64(synq, 23, "and all are still there");
	for (int i = 0; i < 5; i++)
		tun_send(&tun, r.first + i, SEG_ACK);
	for (int i = 5; i < 12; i++)
		tun_send(&tun, r.first + i, SEG_RST);
	listener_u64(r.cookie, "synq", &synq);
	is_u64(synq, 11, "5 handshakes end, 7 peers reset: 11 are left");
	is_u64(requests(&r, NULL), synq, "sock_diag counts the same");
	listener_u64(r.cookie, "acceptq", &synq);
	is_u64(synq, 5, "the 5 are in the accept queue");
	close(r.fd);
}

/* They outlive their listeners, and this program: their timers would be seen by the next case. */
static bool no_requests(int family)
{
	return !diag_total(family, DIAG_SYN_RECV);
}

int main(void)
{
	static const int families[] = { AF_INET, AF_INET6 };
	/* The big ones take thousands of SYNs each: too many for a debug kernel. */
	size_t most = debug_part() > 1 ? 5 : 7;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "limits of the SYN queue");
		return done();
	}
	sysctl_set(SOMAXCONN_CTL, 4096);
	for (int f = 0; f < 2; f++) {
		check_young(families[f]);
		for (size_t b = 0; b < most; b++)
			for (size_t c = 0; c < sizeof(cookies) / sizeof(cookies[0]); c++)
				/* With cookies on, the reserve plays no part: two will do. */
				for (size_t r = cookies[c] ? most - 2 : 0; r < most; r++)
					measure(families[f], backlogs[b], cookies[c], reserves[r]);
	}
	for (int f = 0; f < 2; f++)
		ok(AWAIT(no_requests(families[f]), 60000), "the requests end, each by its timer");
	return done();
}
