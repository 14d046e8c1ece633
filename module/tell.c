// SPDX-License-Identifier: GPL-2.0
/*
 * What the probes tell to who wants events.
 *
 * What is seen directly is told at once. What a CPU's moment will come to is
 * told later, by moment.c, with the addresses that are noted here when it
 * begins: by then the packet may have gone.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/request_sock.h>
#include <net/sock.h>

#include "listener.h"
#include "moment.h"
#include "queue.h"
#include "tell.h"
#include "walk.h"

static void set_listener(struct lq_event *e, const struct lq_listener *l,
			 const struct sock *sk)
{
	e->cookie = l->cookie;
	e->family = sk->sk_family;
	lq_walk_local(sk, &e->local);
}

static void set_peer_skb(struct lq_event *e, const struct sk_buff *skb)
{
	struct in6_addr *addr = &e->remote.addr;

	if (e->family == AF_INET)
		addr->s6_addr32[3] = ip_hdr(skb)->saddr;
	else if (skb->protocol == htons(ETH_P_IP))
		ipv6_addr_set_v4mapped(ip_hdr(skb)->saddr, addr);
	else
		*addr = ipv6_hdr(skb)->saddr;
	e->remote.port = ntohs(tcp_hdr(skb)->source);
}

static void set_peer_child(struct lq_event *e, const struct sock *child)
{
	if (e->family == AF_INET)
		e->remote.addr.s6_addr32[3] = child->sk_daddr;
	else
		e->remote.addr = child->sk_v6_daddr;
	e->remote.port = ntohs(child->sk_dport);
}

/* Puts the listener into @note; false if there is no record of it. */
static bool note_begins(const struct lq_moment *m, const struct sock *sk,
			struct lq_note *note)
{
	const struct lq_listener *l = READ_ONCE(m->l);

	if (!l)
		return false;
	set_listener(&note->who, l, sk);
	return true;
}

/**
 * lq_tell_note_skb() - note whose packet a moment is about
 * @m: this CPU's moment, which has just begun
 * @sk: the listener
 * @skb: the packet
 *
 * Context: as lq_moment_now().
 */
void lq_tell_note_skb(struct lq_moment *m, const struct sock *sk,
		      const struct sk_buff *skb)
{
	struct lq_note note = {};

	if (!note_begins(m, sk, &note))
		return;
	set_peer_skb(&note.who, skb);
	lq_moment_note(m, &note);
}

/**
 * lq_tell_note_req() - note whose request a moment is about
 * @m: this CPU's moment, which has just begun
 * @sk: the listener
 * @req: the request
 *
 * Context: as lq_moment_now().
 */
void lq_tell_note_req(struct lq_moment *m, const struct sock *sk,
		      const struct request_sock *req)
{
	struct lq_note note = {};

	if (!note_begins(m, sk, &note))
		return;
	lq_queue_peer(req, &note.who.remote);
	lq_moment_note(m, &note);
}

/**
 * lq_tell_listen() - listen() has succeeded
 * @kind: LQ_EV_listen or LQ_EV_relisten
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @call: the listen() call
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_tell_listen(enum lq_event_kind kind, struct lq_listener *l,
		    const struct sock *sk, const struct lq_listen *call)
{
	struct lq_event e = { .kind = kind };

	set_listener(&e, l, sk);
	e.detail[0] = call->requested_known ? call->requested :
					      LQ_BACKLOG_UNKNOWN;
	e.detail[1] = call->somaxconn;
	e.detail[2] = READ_ONCE(sk->sk_max_ack_backlog);
	lq_moment_tell(l, &e);
}

/**
 * lq_tell_close() - a listener closes
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 *
 * Context: as lq_tell_listen().
 */
void lq_tell_close(struct lq_listener *l, const struct sock *sk)
{
	struct lq_event e = { .kind = LQ_EV_close };

	set_listener(&e, l, sk);
	/* inet_num may have been given back already. */
	e.local.port = ntohs(inet_sk(sk)->inet_sport);
	e.detail[0] = READ_ONCE(sk->sk_ack_backlog);
	lq_moment_tell(l, &e);
}

/**
 * lq_tell_req() - something has become of a request
 * @kind: what; LQ_EV_req_*, or LQ_EV_synack_retrans
 * @l: the listener
 * @req: the request, kept alive by the caller, and so its listener
 *
 * Context: as lq_tell_listen().
 */
void lq_tell_req(enum lq_event_kind kind, struct lq_listener *l,
		 const struct request_sock *req)
{
	struct lq_event e = { .kind = kind };

	set_listener(&e, l, req->rsk_listener);
	lq_queue_peer(req, &e.remote);
	if (kind == LQ_EV_synack_retrans)
		e.detail[0] = req->num_retrans + 1;
	lq_moment_tell(l, &e);
}

static void tell_child(struct lq_event *e, struct lq_listener *l,
		       const struct sock *sk, const struct sock *child)
{
	set_listener(e, l, sk);
	set_peer_child(e, child);
	lq_moment_tell(l, e);
}

/**
 * lq_tell_established() - a connection has come into the accept queue
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @child: the connection, likewise
 * @waited_us: how long it had been in the SYN queue, or LQ_DETAIL_UNKNOWN
 * @via: how it came
 *
 * Context: as lq_tell_listen().
 */
void lq_tell_established(struct lq_listener *l, const struct sock *sk,
			 const struct sock *child, u64 waited_us,
			 enum lq_via via)
{
	struct lq_event e = { .kind = LQ_EV_established };

	e.detail[0] = READ_ONCE(sk->sk_ack_backlog);
	e.detail[1] = waited_us;
	e.detail[2] = via;
	tell_child(&e, l, sk, child);
}

/**
 * lq_tell_accept() - a program has taken a connection
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @child: the connection, likewise
 * @waited_us: how long it had been in the accept queue
 *
 * Context: as lq_tell_listen().
 */
void lq_tell_accept(struct lq_listener *l, const struct sock *sk,
		    const struct sock *child, u64 waited_us)
{
	struct lq_event e = { .kind = LQ_EV_accept };

	e.detail[0] = READ_ONCE(sk->sk_ack_backlog);
	e.detail[1] = waited_us;
	tell_child(&e, l, sk, child);
}

/**
 * lq_tell_migrate() - a request has come from a listener that closed
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @child: the connection that became of it, likewise
 * @from: cookie of who had it, or LQ_DETAIL_UNKNOWN
 *
 * Context: as lq_tell_listen().
 */
void lq_tell_migrate(struct lq_listener *l, const struct sock *sk,
		     const struct sock *child, u64 from)
{
	struct lq_event e = { .kind = LQ_EV_migrate };

	e.detail[0] = from;
	e.detail[1] = l->cookie;
	tell_child(&e, l, sk, child);
}
