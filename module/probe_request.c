// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a request: from a SYN into the SYN queue or away, and out of it.
 *
 * All of it runs with bottom halves off: in a softirq, or in a program that
 * sends over loopback or writes to a tun device. The exception is a request's
 * end, which may come in any context, and says so.
 *
 * What is seen here are entries of functions. moment.c tells how calls ended.
 * The file and function that a rule was read in are those of 6.12.
 */
#include <linux/bottom_half.h>
#include <linux/preempt.h>
#include <linux/tcp.h>
#include <linux/timer.h>
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

static struct sock *sock_arg(struct lq_compat_fregs *regs, unsigned int n)
{
	return (struct sock *)lq_compat_arg(regs, n);
}

static struct request_sock *req_arg(struct lq_compat_fregs *regs,
				    unsigned int n)
{
	return (struct request_sock *)lq_compat_arg(regs, n);
}

/* tcp_conn_request(rsk_ops, af_ops, sk, skb): a SYN without a request. */
static void syn_comes(struct lq_compat_fregs *regs)
{
	struct lq_listener *l = lq_hash_find(sock_arg(regs, 2));

	lq_moment_begin(LQ_SYN, l);
	if (l)
		lq_books_count(l, LQ_N_syn);
}

/* inet_csk_reqsk_queue_hash_add(sk, req): into the SYN queue. */
static void request_queued(struct lq_compat_fregs *regs)
{
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = READ_ONCE(m->l);

	if (m->kind != LQ_SYN || !l)
		return;
	m->req = req_arg(regs, 1);
	WRITE_ONCE(m->queued, true);
	lq_books_synq(l, sock_arg(regs, 0));
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

	if (!l || (m->kind != LQ_SYN && m->kind != LQ_COOKIE))
		return;
	m->req = req_arg(regs, 1);
	m->child = sock_arg(regs, 2);
	WRITE_ONCE(m->added, true);
	if (m->kind == LQ_SYN)
		lq_books_acceptq(l, sock_arg(regs, 0), 1);
}

/* tcp_check_req(sk, skb, req, fastopen): a packet for a request. */
static void ack_comes(struct lq_compat_fregs *regs)
{
	const struct sk_buff *skb = (void *)lq_compat_arg(regs, 1);
	struct lq_moment *m;

	/* The request of a Fast Open child, which is @sk then. */
	if (lq_compat_arg(regs, 3) & 0xff) {
		lq_moment_begin(LQ_NOTHING, NULL);
		return;
	}
	m = lq_moment_begin(LQ_ACK, lq_hash_find(sock_arg(regs, 0)));
	m->req = req_arg(regs, 2);
	m->refusal = tcp_hdr(skb)->rst || tcp_hdr(skb)->syn;
}

/*
 * inet_csk_complete_hashdance(sk, child, req, own_req): the handshake is
 * complete, unless another CPU has completed it before (own_req is false).
 */
static void handshake_done(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = req_arg(regs, 2);
	struct lq_moment *m = lq_moment_now();

	if (m->kind != LQ_ACK || m->req != req ||
	    !(lq_compat_arg(regs, 3) & 0xff))
		return;
	m->child = sock_arg(regs, 1);
	m->sk = req->rsk_listener;
	m->synack_us = tcp_rsk(req)->snt_synack;
}

/*
 * tcp_child_process(parent, child, skb): only after the connection was put
 * into the accept queue, or was not meant to be.
 */
static void connection_begins(struct lq_compat_fregs *regs)
{
	const struct sock *sk = sock_arg(regs, 0), *child = sock_arg(regs, 1);
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = READ_ONCE(m->l), *from;

	if (!l || m->child != child)
		return;
	if (m->kind == LQ_ACK) {
		lq_books_count(l, LQ_N_from_synq);
		if (m->synack_us)
			lq_books_wait(l, LQ_SYNQ, m->synack_us);
		if (m->cloned) {
			lq_books_count(l, LQ_N_req_migrated_in);
			from = lq_closed_find(m->sk, l->net);
			if (from)
				lq_books_count(from, LQ_N_req_migrated_out);
		}
	} else if (m->kind == LQ_COOKIE) {
		lq_books_count(l, LQ_N_cookie_ok);
	} else {
		return;
	}
	lq_books_count(l, LQ_N_established);
	lq_books_acceptq(l, sk, 0);
	lq_moment_over(m);
}

/* cookie_v4_check(sk, skb), cookie_v6_check(sk, skb): an ACK without one. */
static void cookie_comes(struct lq_compat_fregs *regs)
{
	lq_moment_begin(LQ_COOKIE, lq_hash_find(sock_arg(regs, 0)));
}

/*
 * inet_csk_reqsk_queue_drop(sk, req): by an ICMP error; by tcp_check_req, for
 * a reset or a SYN of the peer, or with tcp_abort_on_overflow where no
 * connection could be made of an ACK.
 */
static void request_dropped(struct lq_compat_fregs *regs)
{
	struct lq_moment *m = lq_moment_now();

	if (m->kind == LQ_ICMP)
		m->req = req_arg(regs, 1);
	else if (m->kind == LQ_ACK && m->req == req_arg(regs, 1))
		WRITE_ONCE(m->dropped, true);
}

/* tcp_v4_err(skb, info), tcp_v6_err(skb, ...): an ICMP error. */
static void icmp_comes(struct lq_compat_fregs *regs)
{
	lq_moment_begin(LQ_ICMP, NULL);
}

/* reqsk_timer_handler(timer): again, or no more. */
static void timer_fires(struct lq_compat_fregs *regs)
{
	const struct request_sock *req =
		container_of((struct timer_list *)lq_compat_arg(regs, 0),
			     struct request_sock, rsk_timer);
	struct lq_moment *m;

	m = lq_moment_begin(LQ_TIMER, lq_hash_find(req->rsk_listener));
	m->req = req;
}

/* tcp_rtx_synack(sk, req): @sk may be a Fast Open child. */
static void synack_again(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = req_arg(regs, 1);
	struct lq_moment *m = lq_moment_now();

	if (!(m->kind == LQ_REQ_MOVES ||
	      ((m->kind == LQ_TIMER || m->kind == LQ_ACK) && m->req == req)))
		m = lq_moment_begin(LQ_RETRANS,
				    lq_hash_find(req->rsk_listener));
	WRITE_ONCE(m->retrans, true);
}

/* reqsk_fastopen_remove(child, req, reset) */
static void fastopen_ends(struct lq_compat_fregs *regs)
{
	lq_moment_begin(LQ_TFO_END, NULL)->req = req_arg(regs, 1);
}

#if LQ_COMPAT_MIGRATES
/* Who gives something away, right after this and with bottom halves off. */
static DEFINE_PER_CPU(const struct sock *, lq_giver);

/* reuseport_migrate_sock(sk, ...): who else could take it? */
static void taker_wanted(struct lq_compat_fregs *regs)
{
	this_cpu_write(lq_giver, sock_arg(regs, 0));
}

/*
 * inet_reqsk_clone(req, newsk): to another listener, from the timer, from
 * inet_csk_complete_hashdance, or from inet_csk_listen_stop.
 */
static void request_cloned(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = req_arg(regs, 0);
	const struct sock *taker = sock_arg(regs, 1);
	struct lq_moment *m = lq_moment_now();
	struct lq_listener *l = lq_hash_find(taker);
	const struct sock *giver = this_cpu_read(lq_giver);

	if (m->kind == LQ_ACK && m->req == req && m->child) {
		m->cloned = true;
		return;
	}
	if (m->kind == LQ_TIMER && m->req == req) {
		m = lq_moment_begin(LQ_REQ_MOVES, l);
		if (l)
			lq_books_synq(l, taker);
	} else {
		m = lq_moment_begin(LQ_CONN_MOVES, l);
		if (l)
			lq_books_acceptq(l, taker, 1);
	}
	m->sk = giver;
	m->req = req;
	m->cloned = true;
}
#endif

/* A request of which no SYN-ACK was made. */
static bool never_sent(const struct request_sock *req)
{
	return !tcp_rsk(req)->snt_synack && !req->num_timeout;
}

/*
 * Is the end of @req no end of a request in the SYN queue? Then what this CPU
 * does tells what it is.
 */
static bool not_from_synq(struct lq_moment *m, const struct request_sock *req)
{
	const struct lq_listener *l = READ_ONCE(m->l);

	switch (m->kind) {
	case LQ_SYN:
		/* One that the SYN was dropped with, or its twin was first. */
		if (never_sent(req)) {
			if (m->req == req)
				WRITE_ONCE(m->undone, true);
			return true;
		}
		/* Fast Open: the listener closed; or an old one, see below. */
		if (m->req == req && m->added) {
			WRITE_ONCE(m->undone, true);
			return true;
		}
		return l && atomic64_read(&l->books.n[LQ_N_syn_tfo]);
	case LQ_ACK:
		/* A copy that was not needed, or the original of one that was. */
		return m->cloned && (m->req != req || lq_moment_moved(m));
	case LQ_REQ_MOVES:
		return m->req != req || lq_moment_moved(m);
	case LQ_CONN_MOVES:
		return true;
	case LQ_TFO_END:
		return m->req == req;
	default:
		return false;
	}
}

/*
 * reqsk_timer_handler gives up after the last retry that is configured, or
 * before, where the queue is more than half full, or where a SYN-ACK cannot be
 * sent.
 */
static enum lq_counter timer_cause(const struct lq_moment *m,
				   const struct request_sock *req)
{
	const struct sock *sk = req->rsk_listener;
	unsigned int most = READ_ONCE(inet_csk(sk)->icsk_syn_retries) ?:
		READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_synack_retries);

	if (sk->sk_state != TCP_LISTEN)
		return LQ_N_req_other;
	if (req->num_timeout >= most)
		return LQ_N_req_timeout;
	return m->retrans ? LQ_N_req_other : LQ_N_req_pruned;
}

static enum lq_counter cause_of(const struct lq_moment *m,
				const struct request_sock *req)
{
	/* Another CPU, or a program, was the last to let go of it. */
	if (!m || m->req != req)
		return LQ_N_req_other;
	switch (m->kind) {
	case LQ_ACK:
		return m->dropped && (m->refusal || lq_moment_overflowed(m)) ?
			LQ_N_req_reset : LQ_N_req_other;
	case LQ_TIMER:
	case LQ_REQ_MOVES:
		return timer_cause(m, req);
	case LQ_ICMP:
		return LQ_N_req_icmp;
	default:
		return LQ_N_req_other;
	}
}

/*
 * tcp_v4_reqsk_destructor(req), tcp_v6_reqsk_destructor(req): every request
 * ends here once, whatever became of it. The listener is alive, as the request
 * holds a reference; one made from a cookie has none.
 *
 * Context: any; with bottom halves on, this CPU's moment is not ours.
 */
static void request_ends(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = req_arg(regs, 0);
	struct lq_moment *m = in_softirq() ? lq_moment_now() : NULL;
	const struct sock *sk = req->rsk_listener;
	struct lq_listener *l;

	/* Its outcome must not wait: the giver is closing. */
	if (m && m->kind == LQ_CONN_MOVES && m->req == req) {
		lq_moment_begin(LQ_NOTHING, NULL);
		return;
	}
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return;
	rcu_read_lock();
	if (req->sk) {
		/*
		 * It became a connection, and a program has it now. Of those
		 * that MPTCP takes, probe_accept.c does not see the listener.
		 */
		l = lq_hash_find(sk);
		if (l && l->mptcp && sk->sk_state == TCP_LISTEN)
			lq_books_accept(l, sk, req->sk);
	} else if (!m || !not_from_synq(m, req)) {
		/* What was left when a listener closed is synq_left. */
		l = lq_hash_find(sk);
		if (l && !READ_ONCE(l->closed_ns))
			lq_books_count(l, cause_of(m, req));
	} else if (m->kind == LQ_REQ_MOVES && m->req == req) {
		lq_moment_begin(LQ_NOTHING, NULL);
	}
	rcu_read_unlock();
}

#define SYN_OUTCOMES \
	(LQ_COUNTED(syn_queued) | LQ_COUNTED(syn_cookie) | \
	 LQ_COUNTED(syn_tfo) | LQ_COUNTED(syn_drop_acceptq) | \
	 LQ_COUNTED(syn_drop_synq) | LQ_COUNTED(syn_drop_unproven) | \
	 LQ_COUNTED(syn_drop_other))

#define ENDS \
	(LQ_COUNTED(req_timeout) | LQ_COUNTED(req_pruned) | \
	 LQ_COUNTED(req_reset) | LQ_COUNTED(req_icmp) | LQ_COUNTED(req_other))

#define MOVES \
	(LQ_COUNTED(req_migrated_in) | LQ_COUNTED(req_migrated_out) | \
	 LQ_COUNTED(conn_migrated_in) | LQ_COUNTED(conn_migrated_out))

#define HOOK(function, handler, without, what) \
	{ \
		.symbol = function, \
		.kind = LQ_HOOK, \
		.hit = handler, \
		.counters = without, \
		.lost = what, \
	}

static struct lq_probe rows[] = {
	HOOK("tcp_conn_request", syn_comes,
	     LQ_COUNTED(syn) | SYN_OUTCOMES | LQ_COUNTED(established),
	     "what becomes of a SYN"),
	HOOK("inet_csk_reqsk_queue_hash_add", request_queued,
	     LQ_COUNTED(syn_queued) | LQ_COUNTED(syn_drop_other) | ENDS,
	     "which SYNs are queued"),
	HOOK("tcp_peer_is_proven", proof_asked,
	     LQ_COUNTED(syn_drop_unproven) | LQ_COUNTED(syn_drop_other),
	     "which SYNs are dropped for want of proof"),
	HOOK("inet_csk_reqsk_queue_add", connection_added,
	     LQ_COUNTED(syn_tfo) | LQ_COUNTED(syn_drop_other) |
	     LQ_COUNTED(cookie_ok) | LQ_COUNTED(established),
	     "which connections come by Fast Open or cookie"),
	HOOK("tcp_check_req", ack_comes,
	     LQ_COUNTED(ack_overflow) | LQ_COUNTED(ack_reset) |
	     LQ_COUNTED(ack_deferred) | LQ_COUNTED(from_synq) |
	     LQ_COUNTED(established) | LQ_COUNTED(synack_retrans) | ENDS,
	     "what becomes of a final ACK"),
	HOOK("inet_csk_complete_hashdance", handshake_done,
	     LQ_COUNTED(from_synq) | LQ_COUNTED(established),
	     "which handshakes are completed"),
	HOOK("tcp_child_process", connection_begins,
	     LQ_COUNTED(from_synq) | LQ_COUNTED(cookie_ok) |
	     LQ_COUNTED(established),
	     "which connections are established"),
	HOOK("cookie_v4_check", cookie_comes,
	     LQ_COUNTED(cookie_ok) | LQ_COUNTED(cookie_bad) |
	     LQ_COUNTED(ack_overflow) | LQ_COUNTED(established),
	     "what becomes of a cookie"),
	HOOK("cookie_v6_check", cookie_comes,
	     LQ_COUNTED(cookie_ok) | LQ_COUNTED(cookie_bad) |
	     LQ_COUNTED(ack_overflow) | LQ_COUNTED(established),
	     "what becomes of a cookie"),
	HOOK("inet_csk_reqsk_queue_drop", request_dropped,
	     LQ_COUNTED(ack_overflow) | LQ_COUNTED(ack_reset) |
	     LQ_COUNTED(req_reset) | LQ_COUNTED(req_icmp) |
	     LQ_COUNTED(req_other),
	     "which requests are reset"),
	HOOK("tcp_v4_err", icmp_comes,
	     LQ_COUNTED(req_icmp) | LQ_COUNTED(req_reset) |
	     LQ_COUNTED(req_other),
	     "which requests end by an ICMP error"),
	HOOK("tcp_v6_err", icmp_comes,
	     LQ_COUNTED(req_icmp) | LQ_COUNTED(req_reset) |
	     LQ_COUNTED(req_other),
	     "which requests end by an ICMP error"),
	HOOK("reqsk_timer_handler", timer_fires,
	     LQ_COUNTED(req_timeout) | LQ_COUNTED(req_pruned) |
	     LQ_COUNTED(req_other) | MOVES,
	     "which requests time out"),
	HOOK("tcp_rtx_synack", synack_again,
	     LQ_COUNTED(synack_retrans) | LQ_COUNTED(req_pruned) |
	     LQ_COUNTED(req_other),
	     "how many SYN-ACKs are sent again"),
	HOOK("reqsk_fastopen_remove", fastopen_ends,
	     LQ_COUNTED(req_other),
	     "which ends are those of Fast Open"),
#if LQ_COMPAT_MIGRATES
	HOOK("reuseport_migrate_sock", taker_wanted, MOVES,
	     "what moves to another listener"),
	HOOK("inet_reqsk_clone", request_cloned, MOVES | ENDS,
	     "what moves to another listener"),
#endif
	HOOK("tcp_v4_reqsk_destructor", request_ends, ENDS | MOVES,
	     "how requests end"),
	HOOK("tcp_v6_reqsk_destructor", request_ends, ENDS | MOVES,
	     "how requests end"),
};

const struct lq_probe_table lq_request_probes = { rows, ARRAY_SIZE(rows) };
