// SPDX-License-Identifier: GPL-2.0
/*
 * Counting for one listener.
 *
 * The functions that count may be called in any context, by several CPUs at
 * once; the caller keeps the record alive by an RCU read section. What is
 * counted here is never read back to decide anything about a packet.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <net/inet_connection_sock.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "books.h"
#include "compat.h"
#include "listener.h"
#include "moment.h"
#include "queue.h"

static void raise64(atomic64_t *most, s64 value)
{
	s64 old = atomic64_read(most);

	while (old < value && !atomic64_try_cmpxchg(most, &old, value))
		;
}

static void raise(atomic_t *most, int value)
{
	int old = atomic_read(most);

	while (old < value && !atomic_try_cmpxchg(most, &old, value))
		;
}

/**
 * lq_books_count() - one more
 * @l: the listener
 * @n: of what
 */
void lq_books_count(struct lq_listener *l, enum lq_counter n)
{
	atomic64_inc(&l->books.n[n]);
}

/**
 * lq_books_uncount() - one less: it was counted too early
 * @l: the listener
 * @n: of what
 */
void lq_books_uncount(struct lq_listener *l, enum lq_counter n)
{
	atomic64_dec(&l->books.n[n]);
}

/**
 * lq_books_begin() - what is in the queues already
 * @l: a record that nobody else can find yet
 * @sk: its socket, kept alive by the caller
 *
 * Of a socket that listens again after shutdown(), the accept queue has been
 * emptied; requests of its earlier life are still in the SYN queue
 * (net/ipv4/inet_connection_sock.c:inet_csk_listen_stop leaves them).
 */
void lq_books_begin(struct lq_listener *l, const struct sock *sk)
{
	int requests = max(reqsk_queue_len(&inet_csk(sk)->icsk_accept_queue),
			   0);
	u32 conns = l->preload ? READ_ONCE(sk->sk_ack_backlog) : 0;

	atomic64_set(&l->books.n[LQ_N_req_inherited], requests);
	atomic64_set(&l->books.n[LQ_N_conn_inherited], conns);
	atomic_set(&l->books.synq_peak, requests);
	atomic_set(&l->books.acceptq_peak, conns);
	if (l->preload)
		lq_books_acceptq(l, sk, 0);
}

/**
 * lq_books_wait() - something has left a queue
 * @l: the listener
 * @queue: which one
 * @since_us: CLOCK_MONOTONIC in microseconds when it came
 *
 * Return: how many microseconds it has waited.
 */
u64 lq_books_wait(struct lq_listener *l, enum lq_queue queue, u64 since_us)
{
	u64 now_us = div_u64(ktime_get_ns(), NSEC_PER_USEC);
	/* A clock of another CPU may be a moment ahead. */
	u64 us = now_us > since_us ? now_us - since_us : 0;

	atomic64_add(us, &l->books.wait[queue].sum_us);
	raise64(&l->books.wait[queue].max_us, us);
	atomic64_inc(&l->books.wait[queue].buckets[lq_histogram_bucket(us)]);
	return us;
}

/**
 * lq_books_synq() - a request is about to be put into the SYN queue
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 *
 * Return: how many there are then.
 */
u32 lq_books_synq(struct lq_listener *l, const struct sock *sk)
{
	int depth = reqsk_queue_len(&inet_csk(sk)->icsk_accept_queue) + 1;

	raise(&l->books.synq_peak, depth);
	return depth;
}

static void full_ends(struct lq_listener *l)
{
	s64 since = atomic64_xchg(&l->books.full_since_ns, 0);

	if (since)
		atomic64_add(ktime_get_ns() - since, &l->books.full_ns);
}

static bool is_full(const struct sock *sk, unsigned int more)
{
	return READ_ONCE(sk->sk_ack_backlog) + more >
	       READ_ONCE(sk->sk_max_ack_backlog);
}

/**
 * lq_books_acceptq() - the depth or the limit of the accept queue has changed
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @more: how many are about to be put into it by the caller's caller
 *
 * The kernel has taken and given back rskq_lock since it changed the depth.
 * Of two CPUs that are here at once, one that fills the queue and one that
 * makes room, each sees what the other one did: the first has noted that it is
 * full before it looks again, the second looks at the note after it made room.
 */
void lq_books_acceptq(struct lq_listener *l, const struct sock *sk,
		      unsigned int more)
{
	raise(&l->books.acceptq_peak, READ_ONCE(sk->sk_ack_backlog) + more);
	if (is_full(sk, more)) {
		if (!atomic64_read(&l->books.full_since_ns) &&
		    !atomic64_cmpxchg(&l->books.full_since_ns, 0,
				      ktime_get_ns()))
			atomic64_inc(&l->books.full_count);
		/* cmpxchg is a full barrier. */
		if (!is_full(sk, more))
			full_ends(l);
	} else {
		/* Room was made before this looks whether it was noted. */
		smp_mb();
		if (atomic64_read(&l->books.full_since_ns))
			full_ends(l);
	}
}

/**
 * lq_books_accept() - a program has taken a connection
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 * @child: the connection, kept alive likewise
 *
 * A program on another CPU can take it before it is quite established: then it
 * has not waited.
 *
 * Return: how many microseconds it has waited.
 */
u64 lq_books_accept(struct lq_listener *l, const struct sock *sk,
		    const struct sock *child)
{
	u64 us;

	lq_books_count(l, LQ_N_accepted);
	us = lq_books_wait(l, LQ_ACCEPTQ, lq_queue_since(child) ?: U64_MAX);
	lq_books_acceptq(l, sk, 0);
	return us;
}

/**
 * lq_books_end() - the listener closes
 * @l: the listener
 * @sk: its socket, kept alive by the caller
 */
void lq_books_end(struct lq_listener *l, const struct sock *sk)
{
	full_ends(l);
	atomic64_set(&l->books.n[LQ_N_sk_drops], lq_compat_drops(sk));
}

/**
 * lq_books_waits() - how long what left the queues had been in them
 * @l: the listener
 * @out: LQ_NQUEUES of them, filled
 *
 * Context: any.
 */
void lq_books_waits(const struct lq_listener *l, struct lq_waits *out)
{
	unsigned int q, i;

	for (q = 0; q < LQ_NQUEUES; q++, out++) {
		out->count = 0;
		for (i = 0; i < LQ_NBUCKETS; i++) {
			out->buckets[i] =
				atomic64_read(&l->books.wait[q].buckets[i]);
			out->count += out->buckets[i];
		}
		out->sum_us = atomic64_read(&l->books.wait[q].sum_us);
		out->max_us = atomic64_read(&l->books.wait[q].max_us);
	}
}

/**
 * lq_books_peaks() - how full the queues have been
 * @l: the listener
 * @out: filled
 *
 * Context: any.
 */
void lq_books_peaks(const struct lq_listener *l, struct lq_peaks *out)
{
	u64 since = atomic64_read(&l->books.full_since_ns);

	out->acceptq = atomic_read(&l->books.acceptq_peak);
	out->synq = atomic_read(&l->books.synq_peak);
	out->full_ns = atomic64_read(&l->books.full_ns) +
		       (since ? ktime_get_ns() - since : 0);
	out->full_count = atomic64_read(&l->books.full_count);
}

/* Two kinds of accept() are not seen: see probe_accept.c. */
static bool accepted_known(const struct lq_listener *l, const u64 *n)
{
	if (!lq_books_known(LQ_N_accepted))
		return false;
	if (l->mptcp)
		return !n[LQ_N_cookie_ok];
	return !l->preload || !LQ_COMPAT_ACCEPT_BY_RETURN;
}

/**
 * lq_books_copy() - the books, for a reader
 * @l: the listener
 * @out: filled; only the members of one that is open
 *
 * What has happened already but waits to be counted is counted first.
 *
 * Context: any, with the lock of the record's bucket.
 */
void lq_books_copy(struct lq_listener *l, struct lq_books_copy *out)
{
	unsigned int i;

	lq_moment_catch_up(l);
	out->known = true;
	for (i = 0; i < LQ_NCOUNTERS; i++)
		out->n[i] = atomic64_read(&l->books.n[i]);
	out->accepted_known = accepted_known(l, out->n);
	out->pending_known = true;
}
