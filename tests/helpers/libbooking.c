// SPDX-License-Identifier: GPL-2.0
/* The actors of a chaos that make whatever the books have a column for. */
#define _GNU_SOURCE
#include "chaos.h"
#include "proc.h"
#include "sock.h"
#include "stage.h"
#include "sysctl.h"
#include "waits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PEERS 30000	/* then their addresses are used again */
#define MEMBERS 4
#define CLIENTS 16
#define LOOKS_MS 10000

/* What a peer does whose SYN was answered. */
static void answer(struct rng *r, size_t peer)
{
	struct tun *t = &chaos_tun;
	struct seg ack = { .flags = SEG_ACK, .seq = 1 };

	/* What was sent with the SYN was taken for Fast Open, or not. */
	if (rng_below(r, 2))
		ack.seq += t->peers[peer].data;
	switch (rng_below(r, 12)) {
	case 0:
		tun_segment(t, peer, &(struct seg){ .flags = SEG_RST, .seq = 1 });
		break;
	case 1:
		tun_segment(t, peer, &(struct seg){ .flags = SEG_SYN, .seq = 100 });
		break;
	case 2:
	case 3:
		tun_icmp(t, peer, rng_below(r, 2));
		break;
	case 4:
		ack.ack = 1 + rng_below(r, 100000);
		tun_segment(t, peer, &ack);
		break;
	case 5:	/* stays half open */
		break;
	default:
		ack.data = rng_below(r, 3) ? 0 : STAGE_DATA;
		for (int n = 1 + rng_below(r, 3); n; n--)
			tun_segment(t, peer, &ack);
	}
}

/* One of the last peers hears of the end of its connection, and begins another one. */
static void come_back(struct rng *r)
{
	struct tun *t = &chaos_tun;
	size_t most = t->npeers < 500 ? t->npeers : 500, peer;

	if (!most)
		return;
	peer = t->npeers - 1 - rng_below(r, most);
	tun_segment(t, peer, &(struct seg){ .flags = SEG_ACK | SEG_FIN, .seq = 1, .ack = 1 });
	tun_segment(t, peer, &(struct seg){ .flags = SEG_ACK, .seq = 2, .ack = 1 });
	t->peers[peer].seq += 100000;
	t->peers[peer].synacks = 0;
	tun_segment(t, peer, &(struct seg){ .flags = SEG_SYN });
	tun_drain(t);
	if (t->peers[peer].synacks)
		answer(r, peer);
}

/* Where nobody else accepts: more handshakes end at once than there is room for. */
static uint16_t make_room_for_one(struct rng *r, int *family)
{
	const struct chaos_stay *s = &chaos->stay[3 * rng_below(r, CHAOS_STAY / 3)];
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		chaos_reset(fd);
	*family = s->v6 ? AF_INET6 : AF_INET;
	return s->port;
}

static void peer_step(struct rng *r)
{
	struct tun *t = &chaos_tun;
	unsigned int what = rng_below(r, 40), n = what >= 38 ? 12 : 1;
	size_t first = t->npeers;
	bool v6;
	uint16_t port = chaos_port(r, &v6);
	/* Also as IPv4 to [::], where that is heard. */
	int family = v6 && rng_below(r, 3) ? AF_INET6 : AF_INET;

	if (first + n > PEERS) {
		first = 0;
		t->npeers = 0;
	}
	if (n > 1)
		port = make_room_for_one(r, &family);
	if (what < 4) {
		come_back(r);
		return;
	}
	for (size_t peer = first; peer < first + n; peer++) {
		if (what == 4)
			tun_syn_away(t, family, port);
		else
			tun_syn_data(t, family, port, what < 9 ? STAGE_DATA : 0);
		for (int i = rng_below(r, 4); what < 12 && i; i--)
			tun_send(t, peer, SEG_SYN);
	}
	/* All together: some of many find the accept queue full. */
	for (size_t peer = first; peer < first + n; peer++)
		if (t->peers[peer].synacks)
			answer(r, peer);
	tun_drain(t);
}

static void flip_step(struct rng *r)
{
	static const struct { const char *name; long v[3]; } ctl[] = {
		{ SYNCOOKIES_CTL, { 0, 1, 2 } }, { SYNCOOKIES_CTL, { 0, 1, 2 } },
		{ ABORT_CTL, { 0, 1, 1 } }, { FASTOPEN_CTL, { 0x203, 0x203, 1 } },
		{ SYN_BACKLOG_CTL, { 16, 128, 4096 } }, { RETRIES_CTL, { 0, 1, 1 } },
		{ MIGRATE_CTL, { 0, 1, 1 } },
	};
	size_t i = rng_below(r, sizeof(ctl) / sizeof(ctl[0])), v = rng_below(r, 3);

	if (strcmp(ctl[i].name, MIGRATE_CTL) || !access("/proc/sys/" MIGRATE_CTL, F_OK))
		sysctl_set(ctl[i].name, ctl[i].v[v]);
	hold(10);
}

static void client(struct rng *r)
{
	static int fds[CLIENTS];
	int *fd = &fds[rng_below(r, CLIENTS)];
	bool v6, mptcp = rng_below(r, 2);
	uint16_t port = chaos_port(r, &v6);
	union addr a;

	if (*fd > 0) {
		chaos_reset(*fd);
		*fd = 0;
		return;
	}
	addr_make(&a, v6 ? "::1" : "127.0.0.1", port);
	*fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		     mptcp ? IPPROTO_MPTCP : 0);
	/* All of it may fail here: no MPTCP, nobody listens, no port. */
	if (*fd < 0)
		return;
	if (mptcp)
		connect(*fd, &a.sa, addr_len(&a));
	else
		sendto(*fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &a.sa, addr_len(&a));
}

static void accept_all(int listener)
{
	int fd, n = 5;

	while (n-- && (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		chaos_reset(fd);
}

/* Accepts as the others do, but this side closes first: TIME_WAIT. */
static void close_step(struct rng *r)
{
	const struct chaos_stay *s = &chaos->stay[rng_below(r, CHAOS_STAY)];
	int fd = s->accepts ? accept4(s->fd, NULL, NULL, SOCK_CLOEXEC) : -1;

	if (fd >= 0)
		close(fd);
	else
		hold(2);
}

/* Who reads closed keeps up with those that close. */
static void be_seen(void)
{
	unsigned long looks = chaos->books.looks;

	if (!AWAIT(chaos->books.looks >= looks + 2 || chaos->stop, LOOKS_MS))
		chaos_fault("nobody reads closed");
}

static int open_member(struct rng *r, uint16_t port, bool v6, bool mptcp)
{
	struct lopt o = { .addr = v6 ? "::" : "0.0.0.0", .port = port, .reuseport = !mptcp,
			  .mptcp = mptcp, .backlog = 1 + rng_below(r, 20) };
	int fd = listener_open(&o);

	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* A group whose members close, are shut down, listen again and come back; at times MPTCP's. */
static void member(struct rng *r, bool mptcp, int *fds, uint16_t *port, int place)
{
	unsigned int which = rng_below(r, MEMBERS), what = rng_below(r, 8);
	int *fd = &fds[which];

	if (*fd <= 0) {
		*fd = open_member(r, mptcp ? 0 : *port, place % 2, mptcp);
		if (*fd < 0)
			return;
		*port = sock_port(*fd);
		chaos->going[(place + which) % CHAOS_GOING] = *port;
	} else if (what == 0 || (what == 1 && mptcp)) {
		close(*fd);
		*fd = 0;
	} else if (what == 1) {
		shutdown(*fd, SHUT_RD);
		if (rng_below(r, 2) || listen(*fd, 5)) {
			close(*fd);
			*fd = 0;
		}
	} else if (what < 5) {
		accept_all(*fd);
	}
}

static void member_step(struct rng *r, bool mptcp, int place)
{
	static int fds[MEMBERS];
	static uint16_t port;

	/* A few acts, some time for the traffic, and a look at what closed. */
	for (int i = 0; i < 8; i++) {
		member(r, mptcp, fds, &port, place);
		hold(3);
	}
	be_seen();
}

static void group4_step(struct rng *r)
{
	member_step(r, false, 0);
}

static void group6_step(struct rng *r)
{
	member_step(r, false, 11);
}

static void mptcp_step(struct rng *r)
{
	member_step(r, true, 22);
}

static void server_step(struct rng *r)
{
	chaos_server(r);
	be_seen();
}

const struct actor chaos_booking[] = {
	{ .name = "packet peers of all kinds", .step = peer_step, .least = 100 },
	{ .name = "sysctls", .step = flip_step, .least = 20 },
	{ .name = "MPTCP and Fast Open clients", .step = client, .least = 50 },
	{ .name = "accept() and close", .step = close_step, .least = 50 },
	{ .name = "a group", .step = group4_step, .least = 5 },
	{ .name = "a group of [::]", .step = group6_step, .least = 5 },
	{ .name = "MPTCP listeners", .step = mptcp_step, .least = 5 },
	{ .name = "servers that are seen", .step = server_step, .least = 5 },
};

const unsigned int chaos_booking_count = sizeof(chaos_booking) / sizeof(chaos_booking[0]);
