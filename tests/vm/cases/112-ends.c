// SPDX-License-Identifier: GPL-2.0
/* How a request can end, each alone and a known number of times: in its column alone. */
#include "stage.h"
#include "sockdiag.h"
#include "sysctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TIMER_MS 60000	/* of a machine that has much else to do */

static void resets(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "ended by the peer");
	first = stage_syn(s, 7);
	stage_send(s, first, 2, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "7 SYNs, 2 RSTs", "syn=7 syn_queued=7 req_reset=2");
	stage_send(s, first + 2, 3, &(struct seg){ .flags = SEG_SYN, .seq = 100 });
	books_step(&s->books, "3 SYNs in the window", "req_reset=3");
	stage_send(s, first + 5, 2, &(struct seg){ .flags = SEG_RST, .seq = -5000 });
	stage_send(s, first + 5, 2, &(struct seg){ .flags = SEG_SYN, .seq = -5000 });
	books_step(&s->books, "RSTs and SYNs out of the window", "%s", "");
	is_u64(stage_gauge(s, "synq"), 2, "%s: 2 requests are left", s->books.name);
	stage_close(s);
}

static void icmp(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "ICMP errors");
	first = stage_syn(s, 6);
	for (size_t i = first; i < first + 6; i++)
		tun_icmp(s->tun, i, false);
	books_step(&s->books, "6 SYNs; 6 errors that may pass", "syn=6 syn_queued=6");
	for (size_t i = first; i < first + 4; i++)
		tun_icmp(s->tun, i, true);
	books_step(&s->books, "4 that do not", "req_icmp=4");
	for (size_t i = first; i < first + 4; i++)
		tun_icmp(s->tun, i, true);
	books_step(&s->books, "the same again", "%s", "");
	is_u64(stage_gauge(s, "synq"), 2, "%s: 2 requests are left", s->books.name);
	stage_close(s);
}

static void timeout(struct stage *s)
{
	s->opt.backlog = 100;
	sysctl_set(RETRIES_CTL, 0);
	stage_open(s, "tcp_synack_retries 0");
	stage_syn(s, 5);
	s->books.wait_ms = TIMER_MS;
	books_step(&s->books, "5 SYNs and a while", "syn=5 syn_queued=5 req_timeout=5");
	stage_close(s);
	sysctl_set(RETRIES_CTL, 1);
	stage_open(s, "tcp_synack_retries 1");
	stage_syn(s, 4);
	s->books.wait_ms = TIMER_MS;
	books_step(&s->books, "4 SYNs and a while", "syn=4 syn_queued=4 req_timeout=4");
	is_u64(counts_get(&s->books.want, "synack_retrans"), 4, "%s: synack_retrans",
	       s->books.name);
	stage_close(s);
}

/* TCP_SYNCNT of the listener goes before the sysctl. */
static void syncnt(struct stage *s)
{
	int one = 1;

	s->opt.backlog = 100;
	stage_open(s, "TCP_SYNCNT 1");
	if (setsockopt(s->fd, IPPROTO_TCP, TCP_SYNCNT, &one, sizeof(one)))
		bail("TCP_SYNCNT: %s", strerror(errno));
	stage_syn(s, 4);
	s->books.wait_ms = TIMER_MS;
	books_step(&s->books, "4 SYNs and a while", "syn=4 syn_queued=4 req_timeout=4");
	stage_close(s);
}

/*
 * 12 requests of one age: when their SYN-ACK has been sent three times, and none is young, those
 * that find more than half of 16 places in use go, the others stay.
 */
static void pruned(struct stage *s)
{
	s->opt.backlog = 16;
	stage_open(s, "queue more than half full");
	stage_syn(s, 12);
	books_step(&s->books, "12 SYNs", "syn=12 syn_queued=12");
	s->books.wait_ms = TIMER_MS;
	books_step(&s->books, "a while later", "req_pruned=4");
	is_u64(stage_gauge(s, "synq"), 8, "%s: as many as half of it are left", s->books.name);
	stage_close(s);
}

/* A child without a route is not made: no overflow. */
static void no_child(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "child cannot be made");
	first = stage_syn(s, 4);
	tun_routes(false);
	stage_ack(s, first, 4);
	books_step(&s->books, "4 SYNs, 4 ACKs without a route", "syn=4 syn_queued=4");
	sysctl_set(ABORT_CTL, 1);
	stage_ack(s, first, 3);
	tun_routes(true);
	books_step(&s->books, "3 with tcp_abort_on_overflow", "req_other=3");
	stage_ack(s, first + 3, 1);
	books_step(&s->books, "1 with the route", "from_synq=1 established=1");
	stage_close(s);
}

static void killed(struct stage *s)
{
	int family = s->way->family, err = 0;
	uint8_t local[16], remote[16];
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "ss -K");
	first = stage_syn(s, 3);
	inet_pton(family, family == AF_INET ? TUN_V4 : TUN_V6, local);
	for (size_t i = first; i < first + 2 && !err; i++) {
		tun_peer_addr(s->tun, i, remote);
		err = diag_kill(family, local, s->port, remote, s->tun->peers[i].port);
	}
	if (err == EOPNOTSUPP)
		skip("this kernel cannot", "%s", s->books.name);
	else if (err)
		bail("ss -K: %s", strerror(err));
	else
		books_step(&s->books, "3 SYNs, 2 are killed", "syn=3 syn_queued=3 req_other=2");
	stage_close(s);
}

static const act_fn acts[] = {
	resets, icmp, timeout, syncnt, no_child, killed, pruned,
};

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
