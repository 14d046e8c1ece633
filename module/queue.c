// SPDX-License-Identifier: GPL-2.0
/*
 * Copying what is in the queues of the listeners.
 *
 * The accept queue is a list of the listener's own, in accept() order. The
 * SYN queue is no list: its requests are in ehash, among all connections of
 * the namespace. Softirqs take both locks, so bottom halves are off under
 * them. Nothing is kept but plain data, and nothing sleeps, allocates or
 * prints under a lock: where there is not enough room, the lock is released,
 * room is made, and all is copied anew, as in walk.c.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/inet_sock.h>
#include <net/mptcp.h>
#include <net/request_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat.h"
#include "fault.h"
#include "listener.h"
#include "queue.h"

/* Where entries are copied from: a listener, or a bucket of a namespace. */
struct lq_from {
	struct sock *sk;
	const struct net *net;
	unsigned int bucket;
};

/* The stamp may have been taken on another processor, after @now_us. */
static u64 age(u64 now_us, u64 then_us)
{
	if (!then_us)
		return LQ_AGE_UNKNOWN;
	return now_us > then_us ? now_us - then_us : 0;
}

/**
 * lq_queue_since() - since when a connection waits for accept()
 * @child: the connection, kept alive by the caller
 *
 * Its rcvq_space is set up when it is established and then changed by nobody
 * but who reads from it (net/ipv4/tcp_input.c:tcp_init_buffer_space,
 * tcp_rcv_space_adjust). It enters the queue a moment before that, with what
 * it has from the listener; the state is changed last. Fast Open sets it up in
 * TCP_SYN_RECV already.
 *
 * Context: any.
 * Return: CLOCK_MONOTONIC in microseconds, or 0 if that moment is now.
 */
u64 lq_queue_since(const struct sock *child)
{
	if (inet_sk_state_load(child) == TCP_SYN_RECV &&
	    !rcu_access_pointer(tcp_sk(child)->fastopen_rsk))
		return 0;
	return READ_ONCE(tcp_sk(child)->rcvq_space.time);
}

/*
 * As net/ipv4/tcp.c:tcp_inq(), but the data of a Fast Open SYN counts: it can
 * be read. A FIN has a sequence number and is no data.
 */
static u32 data_waiting(const struct sock *child)
{
	const struct tcp_sock *tp = tcp_sk(child);
	bool fin = sock_flag(child, SOCK_DONE);
	u32 n = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	return n && fin ? n - 1 : n;
}

/**
 * lq_queue_peer() - who made a request
 * @req: the request, kept alive by the caller
 * @peer: set; the last word of the address, where it is IPv4
 *
 * Context: any.
 * Return: AF_INET or AF_INET6.
 */
u16 lq_queue_peer(const struct request_sock *req, struct lq_local *peer)
{
	const struct inet_request_sock *ireq = inet_rsk(req);

	if (ireq->ireq_family == AF_INET)
		peer->addr.s6_addr32[3] = ireq->ir_rmt_addr;
	else
		peer->addr = ireq->ir_v6_rmt_addr;
	peer->port = ntohs(ireq->ir_rmt_port);
	return ireq->ireq_family;
}

static unsigned int copy_accept(struct lq_entries *e, const struct lq_from *f)
{
	struct request_sock_queue *q = &inet_csk(f->sk)->icsk_accept_queue;
	const struct request_sock *req;
	unsigned int n = 0;
	u64 now;

	spin_lock_bh(&q->rskq_lock);
	now = tcp_clock_us();
	for (req = q->rskq_accept_head; req; req = req->dl_next) {
		struct lq_entry *to = &e->entries[n];

		if (n++ >= e->size)
			continue;
		*to = (struct lq_entry){ .established = true };
		to->family = lq_queue_peer(req, &to->remote);
		to->age_us = age(now, lq_queue_since(req->sk));
		/* MPTCP moves the data to its own socket at once. */
		to->rcvq_known = !sk_is_mptcp(req->sk);
		to->rcvq_bytes = data_waiting(req->sk);
	}
	spin_unlock_bh(&q->rskq_lock);
	return n;
}

static void copy_request(struct lq_entry *to, const struct request_sock *req,
			 u64 now)
{
	*to = (struct lq_entry){
		.cookie = lq_listener_cookie(req->rsk_listener),
		.age_us = age(now, READ_ONCE(tcp_rsk(req)->snt_synack)),
		.retrans = READ_ONCE(req->num_retrans),
		/* Other bits of the word do not change any more. */
		.acked = data_race(!!inet_rsk(req)->acked),
	};
	lq_walk_local(req->rsk_listener, &to->local);
	to->family = lq_queue_peer(req, &to->remote);
}

/* The lock of the bucket keeps a request in it, and that its listener. */
static unsigned int copy_bucket(struct lq_entries *e, const struct lq_from *f)
{
	struct inet_hashinfo *h = lq_compat_hashinfo(f->net);
	spinlock_t *lock = inet_ehash_lockp(h, f->bucket);
	const struct hlist_nulls_node *node;
	unsigned int n = 0;
	struct sock *sk;
	u64 now;

	spin_lock_bh(lock);
	now = tcp_clock_us();
	sk_nulls_for_each(sk, node, &h->ehash[f->bucket].chain) {
		const struct request_sock *req = inet_reqsk(sk);

		if (sk->sk_state != TCP_NEW_SYN_RECV ||
		    !net_eq(sock_net(sk), f->net) ||
		    inet_sk_state_load(req->rsk_listener) != TCP_LISTEN)
			continue;
		if (n < e->size)
			copy_request(&e->entries[n], req, now);
		n++;
	}
	spin_unlock_bh(lock);
	return n;
}

static int fill(struct lq_entries *e, const struct lq_from *from,
		unsigned int (*copy)(struct lq_entries *e,
				     const struct lq_from *from))
{
	unsigned int n;

	while ((n = copy(e, from)) > e->size) {
		/* Room for some that come while we allocate. */
		n += n / 4 + 16;
		kvfree(e->entries);
		e->size = 0;
		e->entries = lq_alloc(kvmalloc_array(n, sizeof(*e->entries),
						     GFP_KERNEL_ACCOUNT));
		if (!e->entries)
			return -ENOMEM;
		e->size = n;
	}
	e->count = n;
	return 0;
}

/**
 * lq_queue_oldest() - how long the head of an accept queue has waited
 * @sk: a listener that the caller holds
 *
 * Context: process.
 * Return: microseconds, or LQ_AGE_UNKNOWN if the queue is empty.
 */
u64 lq_queue_oldest(struct sock *sk)
{
	struct request_sock_queue *q = &inet_csk(sk)->icsk_accept_queue;
	u64 waits = LQ_AGE_UNKNOWN;

	if (reqsk_queue_empty(q))
		return waits;
	spin_lock_bh(&q->rskq_lock);
	if (q->rskq_accept_head)
		waits = age(tcp_clock_us(),
			    lq_queue_since(q->rskq_accept_head->sk));
	spin_unlock_bh(&q->rskq_lock);
	return waits;
}

/**
 * lq_queue_clear() - forget what was copied
 * @e: entries; the room is kept
 */
void lq_queue_clear(struct lq_entries *e)
{
	e->next = 0;
	e->count = 0;
}

/**
 * lq_queue_accept() - copy an accept queue, in accept() order
 * @e: where to; what was in it goes
 * @sk: a listener that the caller holds
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM with none copied.
 */
int lq_queue_accept(struct lq_entries *e, struct sock *sk)
{
	const struct lq_from from = { .sk = sk };
	unsigned int i;
	int err = 0;

	lq_queue_clear(e);
	if (!reqsk_queue_empty(&inet_csk(sk)->icsk_accept_queue))
		err = fill(e, &from, copy_accept);
	for (i = 0; i < e->count; i++) {
		e->entries[i].cookie = lq_listener_cookie(sk);
		lq_walk_local(sk, &e->entries[i].local);
	}
	return err;
}

/**
 * lq_queue_syn_bucket() - is there such a bucket of requests?
 * @net: the namespace
 * @bucket: from 0
 *
 * Return: true if there is.
 */
bool lq_queue_syn_bucket(const struct net *net, unsigned int bucket)
{
	return bucket <= lq_compat_hashinfo(net)->ehash_mask;
}

/**
 * lq_queue_syn() - copy the requests in a bucket
 * @e: where to; what was in it goes
 * @net: the namespace
 * @bucket: one that lq_queue_syn_bucket() knows
 *
 * Those of listeners that closed are left out; they wait for their timers.
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM with none copied.
 */
int lq_queue_syn(struct lq_entries *e, const struct net *net,
		 unsigned int bucket)
{
	const struct lq_from from = { .net = net, .bucket = bucket };

	lq_queue_clear(e);
	if (hlist_nulls_empty(&lq_compat_hashinfo(net)->ehash[bucket].chain))
		return 0;
	return fill(e, &from, copy_bucket);
}

/**
 * lq_queue_end() - give the memory back
 * @e: entries
 */
void lq_queue_end(struct lq_entries *e)
{
	kvfree(e->entries);
}
