// SPDX-License-Identifier: GPL-2.0
/*
 * Walking the kernel's table of listening sockets (lhash2).
 *
 * A bucket is copied as a whole, under its own spinlock, so that a socket
 * that stays is met exactly once however many others come and go, and however
 * long the reader takes between two rows. Writers take the same lock in
 * process context only (net/ipv4/inet_hashtables.c:__inet_hash and
 * inet_unhash), so bottom halves stay on, as in
 * net/ipv4/tcp_ipv4.c:listening_get_first.
 *
 * Each copied socket is held until it is handed back: one on the list has a
 * reference, since it is taken off the list before it is released.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat.h"
#include "fault.h"
#include "listener.h"
#include "walk.h"

static bool wanted(const struct lq_walk *w, const struct sock *sk)
{
	return !w->net || net_eq(sock_net(sk), w->net);
}

/* Copy what fits; return how many there are. */
static unsigned int copy_bucket(struct lq_walk *w,
				struct inet_listen_hashbucket *b)
{
	unsigned int n = 0;
	struct sock *sk;

	spin_lock(&b->lock);
	for (sk = lq_compat_first(b); sk; sk = lq_compat_next(sk)) {
		if (!wanted(w, sk))
			continue;
		if (n < w->size) {
			sock_hold(sk);
			w->socks[n] = sk;
		}
		n++;
	}
	spin_unlock(&b->lock);
	w->next = 0;
	w->count = min(n, w->size);
	return n;
}

static void put_rest(struct lq_walk *w)
{
	while (w->next < w->count)
		sock_put(w->socks[w->next++]);
}

static int fill(struct lq_walk *w, struct inet_listen_hashbucket *b)
{
	unsigned int n;

	while ((n = copy_bucket(w, b)) > w->size) {
		put_rest(w);
		/* Room for some that come while we allocate. */
		n += n / 4 + 16;
		kvfree(w->socks);
		w->size = 0;
		w->socks = lq_alloc(kvmalloc_array(n, sizeof(*w->socks),
						   GFP_KERNEL_ACCOUNT));
		if (!w->socks)
			return -ENOMEM;
		w->size = n;
	}
	return 0;
}

/**
 * lq_walk_next() - the next listening socket
 * @w: the walk
 *
 * Context: process; may sleep.
 * Return: a socket with a reference for the caller, who gives it back with
 * sock_put(); NULL at the end; ERR_PTR(-ENOMEM), after which the walk goes on
 * with the same bucket.
 */
struct sock *lq_walk_next(struct lq_walk *w)
{
	const struct inet_hashinfo *h = lq_compat_hashinfo(&init_net);

	while (w->next == w->count) {
		struct inet_listen_hashbucket *b;

		if (w->bucket > h->lhash2_mask)
			return NULL;
		b = &h->lhash2[w->bucket];
		if (lq_compat_first(b) && fill(w, b))
			return ERR_PTR(-ENOMEM);
		w->bucket++;
		cond_resched();
	}
	return w->socks[w->next++];
}

/**
 * lq_walk_local() - where a socket listens
 * @sk: the socket; the caller holds a reference
 * @local: filled
 *
 * A socket that is shut down meanwhile may be between two places.
 */
void lq_walk_local(const struct sock *sk, struct lq_local *local)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (sk->sk_family == AF_INET) {
		local->addr.s6_addr32[3] = READ_ONCE(inet->inet_rcv_saddr);
	} else {
		/* Torn between two places, lq_walk_here() or its state tells. */
		local->addr = data_race(sk->sk_v6_rcv_saddr);
	}
	local->port = READ_ONCE(inet->inet_num);
}

/**
 * lq_walk_here() - is a socket still the listener that the walk met?
 * @w: the walk
 * @sk: the socket that lq_walk_next() returned last
 * @local: where it listens now
 *
 * One that was shut down and listens again elsewhere is a new listener, in a
 * bucket where the walk was already or will be: without this question it
 * could be met twice. The bucket is the one of
 * net/ipv4/inet_hashtables.c:inet_lhash2_bucket_sk.
 *
 * To be asked when all that is told of it has been read.
 *
 * Return: true if it is.
 */
bool lq_walk_here(const struct lq_walk *w, const struct sock *sk,
		  const struct lq_local *local)
{
	const struct inet_hashinfo *h = lq_compat_hashinfo(&init_net);
	const struct net *net = sock_net(sk);
	u32 hash;

	if (inet_sk_state_load(sk) != TCP_LISTEN)
		return false;
	if (sk->sk_family == AF_INET6)
		hash = ipv6_portaddr_hash(net, &local->addr, local->port);
	else
		hash = ipv4_portaddr_hash(net, local->addr.s6_addr32[3],
					  local->port);
	/* w->bucket is the next one. */
	return (hash & h->lhash2_mask) == w->bucket - 1;
}

/**
 * lq_walk_rewind() - begin again
 * @w: the walk
 */
void lq_walk_rewind(struct lq_walk *w)
{
	put_rest(w);
	w->bucket = 0;
}

/**
 * lq_walk_end() - let go of everything
 * @w: the walk
 */
void lq_walk_end(struct lq_walk *w)
{
	put_rest(w);
	kvfree(w->socks);
}

/**
 * lq_walk_count() - how many sockets listen
 * @net: in this namespace
 *
 * Context: process.
 * Return: their number.
 */
unsigned int lq_walk_count(const struct net *net)
{
	const struct inet_hashinfo *h = lq_compat_hashinfo(&init_net);
	struct lq_walk w = { .net = net };
	unsigned int i, n = 0;

	for (i = 0; i <= h->lhash2_mask; i++) {
		/* Without room for any, copying only counts. */
		if (lq_compat_first(&h->lhash2[i]))
			n += copy_bucket(&w, &h->lhash2[i]);
		cond_resched();
	}
	return n;
}

/**
 * lq_walk_init() - give a record to every socket that listens already
 *
 * Called when the probes are armed, so that whatever begins to listen
 * meanwhile has one. One that was inside listen() at that very moment gets its
 * record from the first reader that meets it.
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM.
 */
int lq_walk_init(void)
{
	struct lq_walk w = {};
	struct sock *sk;
	int err = 0;

	while (!err && (sk = lq_walk_next(&w))) {
		if (IS_ERR(sk)) {
			err = PTR_ERR(sk);
			break;
		}
		err = lq_listener_adopt(sk);
		sock_put(sk);
	}
	lq_walk_end(&w);
	return err;
}
