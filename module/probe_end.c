// SPDX-License-Identifier: GPL-2.0
/*
 * Out of the SYN queue again: timeouts, resets, errors, other listeners.
 *
 * As in probe_request.c, all of it runs with bottom halves off; the exception
 * is a request's end, which may come in any context.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/tcp.h>
#include <linux/timer.h>
#include <net/inet_connection_sock.h>
#include <net/request_sock.h>
#include <net/sock.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "hash.h"
#include "listener.h"
#include "moment.h"
#include "probe.h"
#include "tell.h"

/*
 * inet_csk_reqsk_queue_drop(sk, req): by an ICMP error; by tcp_check_req, for
 * a reset or a SYN of the peer, or with tcp_abort_on_overflow where no
 * connection could be made of an ACK.
 */
static void request_dropped(struct lq_compat_fregs *regs)
{
	struct lq_moment *m = lq_moment_now();

	if (m->kind == LQ_ICMP)
		m->req = lq_arg_req(regs, 1);
	else if (m->kind == LQ_ACK && m->req == lq_arg_req(regs, 1))
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
	if (lq_events_on())
		lq_tell_note_req(m, req->rsk_listener, req);
}

static void count_and_tell(struct lq_listener *l, enum lq_counter n,
			   enum lq_event_kind kind,
			   const struct request_sock *req)
{
	lq_books_count(l, n);
	if (lq_events_on())
		lq_tell_req(kind, l, req);
}

/*
 * tcp_rtx_synack(sk, req): @sk may be a Fast Open child, and then a program
 * may be working off its backlog.
 */
static void synack_again(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = lq_arg_req(regs, 1);
	struct lq_listener *l;
	struct lq_moment *m;
	struct lq_note *note;

	if (!in_softirq()) {
		rcu_read_lock();
		l = lq_hash_find(req->rsk_listener);
		if (l)
			count_and_tell(l, LQ_N_synack_retrans,
				       LQ_EV_synack_retrans, req);
		rcu_read_unlock();
		return;
	}
	m = lq_moment_now();
	if (!(m->kind == LQ_REQ_MOVES ||
	      ((m->kind == LQ_TIMER || m->kind == LQ_ACK) && m->req == req))) {
		m = lq_moment_begin(LQ_RETRANS,
				    lq_hash_find(req->rsk_listener));
		if (lq_events_on())
			lq_tell_note_req(m, req->rsk_listener, req);
	}
	note = lq_moment_noted(m);
	if (note)
		note->retrans = req->num_retrans + 1;
	/* Pairs with claim(). */
	smp_wmb();
	WRITE_ONCE(m->retrans, true);
}

/*
 * Keys of the requests of Fast Open connections that need them no more. They
 * have never been in the SYN queue. One of a connection that was accepted
 * before ends now, or, after a reset, within a minute or so; any other ends
 * when its connection is accepted. A slot is taken and freed by an exchange.
 * If there is none, a request is not known to be such a one, and the books are
 * not exact any more.
 */
#define LQ_TFO_BITS	12
#define LQ_TFO_TRIES	16

static const void *lq_tfo[BIT(LQ_TFO_BITS)];
static atomic_t lq_tfo_taken = ATOMIC_INIT(0);

static bool tfo_swap(const struct request_sock *req, const void *from,
		     const void *to)
{
	unsigned int i = hash_ptr(req, LQ_TFO_BITS), tries;

	for (tries = 0; tries < LQ_TFO_TRIES; tries++) {
		const void **slot = &lq_tfo[(i + tries) % ARRAY_SIZE(lq_tfo)];

		if (READ_ONCE(*slot) == from && cmpxchg(slot, from, to) == from)
			return true;
	}
	return false;
}

/* reqsk_fastopen_remove(child, req, reset). Context: any. */
static void fastopen_ends(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = lq_arg_req(regs, 1);

	atomic_inc(&lq_tfo_taken);
	if (tfo_swap(req, NULL, req))
		return;
	atomic_dec(&lq_tfo_taken);
	lq_probe_lost();
}

static bool was_fastopen(const struct request_sock *req)
{
	if (!atomic_read(&lq_tfo_taken) || !tfo_swap(req, req, NULL))
		return false;
	atomic_dec(&lq_tfo_taken);
	return true;
}

#if LQ_COMPAT_MIGRATES
/* Who gives something away, right after this and with bottom halves off. */
static DEFINE_PER_CPU(const struct sock *, lq_giver);

/* reuseport_migrate_sock(sk, ...): who else could take it? */
static void taker_wanted(struct lq_compat_fregs *regs)
{
	this_cpu_write(lq_giver, lq_arg_sock(regs, 0));
}

/*
 * inet_reqsk_clone(req, newsk): to another listener, from the timer, from
 * inet_csk_complete_hashdance, or from inet_csk_listen_stop.
 */
static void request_cloned(struct lq_compat_fregs *regs)
{
	const struct request_sock *req = lq_arg_req(regs, 0);
	const struct sock *taker = lq_arg_sock(regs, 1);
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
	if (lq_events_on())
		lq_tell_note_req(m, taker, req);
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
	switch (m->kind) {
	case LQ_SYN:
		/* One that the SYN was dropped with, or its twin was first. */
		if (never_sent(req)) {
			if (m->req == req)
				WRITE_ONCE(m->undone, true);
			return true;
		}
		/* Fast Open, and the listener has closed. */
		if (m->req == req && m->added) {
			WRITE_ONCE(m->undone, true);
			return true;
		}
		return false;
	case LQ_ACK:
		/* A copy that was not needed, or the original of one that was. */
		return m->cloned && (m->req != req || lq_moment_moved(m));
	case LQ_REQ_MOVES:
		return m->req != req || lq_moment_moved(m);
	case LQ_CONN_MOVES:
		return true;
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

/* How an end is told. */
static enum lq_event_kind event_of(enum lq_counter cause)
{
	switch (cause) {
	case LQ_N_req_timeout:
		return LQ_EV_req_timeout;
	case LQ_N_req_pruned:
		return LQ_EV_req_pruned;
	case LQ_N_req_icmp:
		return LQ_EV_req_icmp;
	case LQ_N_req_reset:
		return LQ_EV_req_reset;
	default:
		return LQ_EV_req_other;
	}
}

/* It left the SYN queue. What was left when a listener closed is synq_left. */
static void left_synq(const struct lq_moment *m, const struct request_sock *req)
{
	struct lq_listener *l = lq_hash_find(req->rsk_listener);
	enum lq_counter cause;

	if (!l || READ_ONCE(l->closed_ns))
		return;
	cause = cause_of(m, req);
	count_and_tell(l, cause, event_of(cause), req);
}

/*
 * It became a connection, and a program has it now. Of those that MPTCP takes,
 * probe_accept.c does not see the listener.
 */
static void left_acceptq(const struct request_sock *req)
{
	const struct sock *sk = req->rsk_listener;
	struct lq_listener *l = lq_hash_find(sk);
	u64 waited_us;

	if (!l || !l->mptcp || sk->sk_state != TCP_LISTEN)
		return;
	waited_us = lq_books_accept(l, sk, req->sk);
	if (lq_events_on())
		lq_tell_accept(l, sk, req->sk, waited_us);
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
	const struct request_sock *req = lq_arg_req(regs, 0);
	struct lq_moment *m = in_softirq() ? lq_moment_now() : NULL;
	const struct sock *sk = req->rsk_listener;
	bool tfo;

	/* Its outcome must not wait: the giver is closing. */
	if (m && m->kind == LQ_CONN_MOVES && m->req == req) {
		lq_moment_begin(LQ_NOTHING, NULL);
		return;
	}
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return;
	tfo = was_fastopen(req);
	rcu_read_lock();
	if (req->sk)
		left_acceptq(req);
	else if (!tfo && (!m || !not_from_synq(m, req)))
		left_synq(m, req);
	else if (!tfo && m->kind == LQ_REQ_MOVES && m->req == req)
		lq_moment_begin(LQ_NOTHING, NULL);
	rcu_read_unlock();
}

#define MOVES \
	(LQ_COUNTED(req_migrated_in) | LQ_COUNTED(req_migrated_out) | \
	 LQ_COUNTED(conn_migrated_in) | LQ_COUNTED(conn_migrated_out))

static struct lq_probe rows[] = {
	LQ_HOOK_ROW("inet_csk_reqsk_queue_drop", request_dropped,
		    LQ_COUNTED(ack_overflow) | LQ_COUNTED(ack_reset) |
		    LQ_COUNTED(req_reset) | LQ_COUNTED(req_icmp) |
		    LQ_COUNTED(req_other),
		    "which requests are reset"),
	LQ_HOOK_ROW("tcp_v4_err", icmp_comes,
		    LQ_COUNTED(req_icmp) | LQ_COUNTED(req_reset) |
		    LQ_COUNTED(req_other),
		    "which requests end by an ICMP error"),
	LQ_HOOK_ROW("tcp_v6_err", icmp_comes,
		    LQ_COUNTED(req_icmp) | LQ_COUNTED(req_reset) |
		    LQ_COUNTED(req_other),
		    "which requests end by an ICMP error"),
	LQ_HOOK_ROW("reqsk_timer_handler", timer_fires,
		    LQ_COUNTED(req_timeout) | LQ_COUNTED(req_pruned) |
		    LQ_COUNTED(req_other) | MOVES,
		    "which requests time out"),
	LQ_HOOK_ROW("tcp_rtx_synack", synack_again,
		    LQ_COUNTED(synack_retrans) | LQ_COUNTED(req_pruned) |
		    LQ_COUNTED(req_other),
		    "how many SYN-ACKs are sent again"),
	LQ_HOOK_ROW("reqsk_fastopen_remove", fastopen_ends,
		    LQ_COUNTED(req_other) | LQ_COUNTED(syn_tfo) |
		    LQ_COUNTED(syn_drop_other) | LQ_COUNTED(established),
		    "which ends are those of Fast Open"),
#if LQ_COMPAT_MIGRATES
	LQ_HOOK_ROW("reuseport_migrate_sock", taker_wanted, MOVES,
		    "what moves to another listener"),
	LQ_HOOK_ROW("inet_reqsk_clone", request_cloned, MOVES | LQ_COUNTED_ENDS,
		    "what moves to another listener"),
#endif
	LQ_HOOK_ROW("tcp_v4_reqsk_destructor", request_ends, LQ_COUNTED_ENDS | MOVES,
		    "how requests end"),
	LQ_HOOK_ROW("tcp_v6_reqsk_destructor", request_ends, LQ_COUNTED_ENDS | MOVES,
		    "how requests end"),
};

const struct lq_probe_table lq_end_probes = { rows, ARRAY_SIZE(rows) };
