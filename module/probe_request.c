// SPDX-License-Identifier: GPL-2.0
/*
 * From a SYN into the SYN queue or away, and on into the accept queue.
 *
 * All of it runs with bottom halves off: in a softirq, or in a program that
 * sends over loopback or writes to a tun device.
 *
 * What is seen here are entries of functions. moment.c tells how calls ended.
 * The file and function that a rule was read in are those of 6.12.
 */
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/request_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "hash.h"
#include "listener.h"
#include "moment.h"
#include "probe.h"
#include "tell.h"

/* tcp_conn_request(rsk_ops, af_ops, sk, skb): a SYN without a request. */
static void syn_comes(struct lq_compat_fregs *regs)
{
	const struct sock *sk = lq_arg_sock(regs, 2);
	struct lq_listener *l = lq_hash_find(sk);
	struct lq_moment *m;

	m = lq_moment_begin(LQ_SYN, l);
	if (l)
		lq_books_count(l, LQ_N_syn);
	if (lq_events_on())
		lq_tell_note_skb(m, sk, (void *)lq_compat_arg(regs, 3));
}

/* inet_csk_reqsk_queue_hash_add(sk, req): into the SYN queue. */
static void request_queued(struct lq_compat_fregs *regs)
{
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = READ_ONCE(m->l);
	struct lq_note *note = lq_moment_noted(m);
	u32 synq;

	if (m->kind != LQ_SYN || !l)
		return;
	m->req = lq_arg_req(regs, 1);
	synq = lq_books_synq(l, lq_arg_sock(regs, 0));
	if (note)
		note->synq = synq;
	/* Pairs with claim(). */
	smp_wmb();
	WRITE_ONCE(m->queued, true);
}

/*
 * tcp_peer_is_proven(req, dst): asked by tcp_conn_request only where it drops
 * a SYN unless the answer is yes.
 */
static void proof_asked(struct lq_compat_fregs *regs)
{
	WRITE_ONCE(lq_moment_now()->unproven, true);
}

/*
 * inet_csk_reqsk_queue_add(sk, req, child): into the accept queue, by Fast
 * Open or a cookie. Whether others come here, too, depends on the compiler.
 */
static void connection_added(struct lq_compat_fregs *regs)
{
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = READ_ONCE(m->l);
	struct lq_note *note = lq_moment_noted(m);

	if (!l || (m->kind != LQ_SYN && m->kind != LQ_COOKIE))
		return;
	m->req = lq_arg_req(regs, 1);
	m->child = lq_arg_sock(regs, 2);
	if (note)
		note->acceptq = READ_ONCE(lq_arg_sock(regs, 0)->sk_ack_backlog) + 1;
	/* Pairs with claim(). */
	smp_wmb();
	WRITE_ONCE(m->added, true);
	if (m->kind == LQ_SYN)
		lq_books_acceptq(l, lq_arg_sock(regs, 0), 1);
}

/* tcp_check_req(sk, skb, req, fastopen): a packet for a request. */
static void ack_comes(struct lq_compat_fregs *regs)
{
	const struct sk_buff *skb = (void *)lq_compat_arg(regs, 1);
	const struct net *net;
	struct lq_moment *m;

	/*
	 * The request of a Fast Open child, which is @sk then: not from the SYN
	 * queue. A program may be working off the child's backlog.
	 */
	if (lq_compat_arg(regs, 3) & 0xff)
		return;
	m = lq_moment_begin(LQ_ACK, lq_hash_find(lq_arg_sock(regs, 0)));
	m->req = lq_arg_req(regs, 2);
	m->refusal = tcp_hdr(skb)->rst || tcp_hdr(skb)->syn;
	if (lq_events_on())
		lq_tell_note_req(m, lq_arg_sock(regs, 0), m->req);
	net = sock_net(lq_arg_sock(regs, 0));
	WRITE_ONCE(m->aborts,
		   READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow));
}

/*
 * inet_csk_complete_hashdance(sk, child, req, own_req): the handshake is
 * complete, unless another CPU has completed it before (own_req is false).
 */
static void handshake_done(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = lq_arg_req(regs, 2);
	struct lq_moment *m = lq_moment_now();

	if (m->kind != LQ_ACK || m->req != req ||
	    !(lq_compat_arg(regs, 3) & 0xff))
		return;
	m->child = lq_arg_sock(regs, 1);
	m->sk = req->rsk_listener;
	m->synack_us = tcp_rsk(req)->snt_synack;
}

/* A connection that another listener's request became. */
static void request_taken_over(struct lq_listener *l, const struct sock *sk,
			       const struct lq_moment *m)
{
	struct lq_listener *from = lq_closed_find(m->sk, l->net);

	lq_books_count(l, LQ_N_req_migrated_in);
	if (from)
		lq_books_count(from, LQ_N_req_migrated_out);
	if (lq_events_on())
		lq_tell_migrate(l, sk, m->child,
				from ? from->cookie : LQ_DETAIL_UNKNOWN);
}

/*
 * tcp_child_process(parent, child, skb): only after the connection was put
 * into the accept queue, or was not meant to be.
 */
static void connection_begins(struct lq_compat_fregs *regs)
{
	const struct sock *sk = lq_arg_sock(regs, 0), *child = lq_arg_sock(regs, 1);
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = READ_ONCE(m->l);
	u64 waited_us = LQ_DETAIL_UNKNOWN;

	if (!l || m->child != child)
		return;
	if (m->kind == LQ_ACK) {
		if (m->cloned)
			request_taken_over(l, sk, m);
		lq_books_count(l, LQ_N_from_synq);
		if (m->synack_us)
			waited_us = lq_books_wait(l, LQ_SYNQ, m->synack_us);
	} else if (m->kind == LQ_COOKIE) {
		lq_books_count(l, LQ_N_cookie_ok);
	} else {
		return;
	}
	lq_books_count(l, LQ_N_established);
	lq_books_acceptq(l, sk, 0);
	if (lq_events_on())
		lq_tell_established(l, sk, child, waited_us,
				    m->kind == LQ_ACK ? LQ_VIA_HANDSHAKE :
							LQ_VIA_COOKIE);
	lq_moment_over(m);
}

/* cookie_v4_check(sk, skb), cookie_v6_check(sk, skb): an ACK without one. */
static void cookie_comes(struct lq_compat_fregs *regs)
{
	const struct sock *sk = lq_arg_sock(regs, 0);
	struct lq_moment *m;

	m = lq_moment_begin(LQ_COOKIE, lq_hash_find(sk));
	if (lq_events_on())
		lq_tell_note_skb(m, sk, (void *)lq_compat_arg(regs, 1));
}

#define SYN_OUTCOMES \
	(LQ_COUNTED(syn_queued) | LQ_COUNTED(syn_cookie) | \
	 LQ_COUNTED(syn_tfo) | LQ_COUNTED(syn_drop_acceptq) | \
	 LQ_COUNTED(syn_drop_synq) | LQ_COUNTED(syn_drop_unproven) | \
	 LQ_COUNTED(syn_drop_other))

static struct lq_probe rows[] = {
	LQ_HOOK_ROW("tcp_conn_request", syn_comes,
		    LQ_COUNTED(syn) | SYN_OUTCOMES | LQ_COUNTED(established),
		    "what becomes of a SYN"),
	LQ_HOOK_ROW("inet_csk_reqsk_queue_hash_add", request_queued,
		    LQ_COUNTED(syn_queued) | LQ_COUNTED(syn_drop_other) | LQ_COUNTED_ENDS,
		    "which SYNs are queued"),
	LQ_HOOK_ROW("tcp_peer_is_proven", proof_asked,
		    LQ_COUNTED(syn_drop_unproven) | LQ_COUNTED(syn_drop_other),
		    "which SYNs are dropped for want of proof"),
	LQ_HOOK_ROW("inet_csk_reqsk_queue_add", connection_added,
		    LQ_COUNTED(syn_tfo) | LQ_COUNTED(syn_drop_other) |
		    LQ_COUNTED(cookie_ok) | LQ_COUNTED(established),
		    "which connections come by Fast Open or cookie"),
	LQ_HOOK_ROW("tcp_check_req", ack_comes,
		    LQ_COUNTED(ack_overflow) | LQ_COUNTED(ack_reset) |
		    LQ_COUNTED(ack_deferred) | LQ_COUNTED(from_synq) |
		    LQ_COUNTED(established) | LQ_COUNTED(synack_retrans) | LQ_COUNTED_ENDS,
		    "what becomes of a final ACK"),
	LQ_HOOK_ROW("inet_csk_complete_hashdance", handshake_done,
		    LQ_COUNTED(from_synq) | LQ_COUNTED(established),
		    "which handshakes are completed"),
	LQ_HOOK_ROW("tcp_child_process", connection_begins,
		    LQ_COUNTED(from_synq) | LQ_COUNTED(cookie_ok) |
		    LQ_COUNTED(established),
		    "which connections are established"),
	LQ_HOOK_ROW("cookie_v4_check", cookie_comes,
		    LQ_COUNTED(cookie_ok) | LQ_COUNTED(cookie_bad) |
		    LQ_COUNTED(ack_overflow) | LQ_COUNTED(established),
		    "what becomes of a cookie"),
	LQ_HOOK_ROW("cookie_v6_check", cookie_comes,
		    LQ_COUNTED(cookie_ok) | LQ_COUNTED(cookie_bad) |
		    LQ_COUNTED(ack_overflow) | LQ_COUNTED(established),
		    "what becomes of a cookie"),
};

const struct lq_probe_table lq_request_probes = { rows, ARRAY_SIZE(rows) };
