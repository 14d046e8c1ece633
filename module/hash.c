// SPDX-License-Identifier: GPL-2.0
/*
 * The records of the listeners, in one hash table for all namespaces.
 *
 * A record is found by the address of its socket, which is a key and is never
 * followed: the socket may be gone. The socket cookie guards against an
 * address that was used again.
 *
 * Locking: each bucket has a raw spinlock, taken with interrupts off. It
 * protects the bucket's list and every member of the records on it. Nothing
 * else is taken under it, nothing under it sleeps, allocates or prints, so it
 * may be taken from any handler; only closed.c holds a lock of its own then.
 * Memory is record.c's.
 *
 * Counting (books.c, moment.c) finds a record in an RCU read section and takes
 * no lock. So a record ends in stages, a grace period apart: it cannot be
 * found any more; it is in no CPU's moment any more; it is freed. One that
 * closes can be found for a grace period longer, since packets that found the
 * socket before it closed are still on their way.
 */
#include <linux/bits.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>

#include "fault.h"
#include "hash.h"
#include "listener.h"
#include "moment.h"
#include "netns.h"
#include "record.h"

/* 100,000 listeners make chains of about six. */
#define LQ_BUCKET_BITS	14
#define LQ_BUCKETS	BIT(LQ_BUCKET_BITS)

struct lq_bucket {
	struct hlist_head head;
	raw_spinlock_t lock;
};

static struct lq_bucket *lq_buckets;

static struct lq_bucket *bucket_of(const struct sock *sk)
{
	return &lq_buckets[hash_ptr(sk, LQ_BUCKET_BITS)];
}

/**
 * lq_hash_lock_find() - lock the bucket of a socket, and find its record
 * @sk: the socket, a key only
 * @flags: for lq_hash_unlock()
 *
 * Context: any.
 * Return: the record, or NULL; the bucket is locked either way.
 */
struct lq_listener *lq_hash_lock_find(const struct sock *sk,
				      unsigned long *flags)
	__acquires(&bucket_of(sk)->lock)
{
	struct lq_bucket *b = bucket_of(sk);
	struct lq_listener *l;

	raw_spin_lock_irqsave(&b->lock, *flags);
	hlist_for_each_entry(l, &b->head, node)
		if (l->sk == sk)
			return l;
	return NULL;
}

/**
 * lq_hash_unlock() - give back the lock of a bucket
 * @sk: the socket that it was locked for, a key only
 * @flags: of the function that took it
 */
void lq_hash_unlock(const struct sock *sk, unsigned long flags)
	__releases(&bucket_of(sk)->lock)
{
	raw_spin_unlock_irqrestore(&bucket_of(sk)->lock, flags);
}

/**
 * lq_hash_lock() - take the lock of a record's bucket
 * @l: the record, which need not be in it any more
 * @flags: for lq_hash_unlock()
 *
 * Context: any.
 */
void lq_hash_lock(const struct lq_listener *l, unsigned long *flags)
	__acquires(&bucket_of(l->sk)->lock)
{
	raw_spin_lock_irqsave(&bucket_of(l->sk)->lock, *flags);
}

/**
 * lq_hash_put() - one owner less
 * @l: the record; the last owner's is freed after a grace period
 *
 * Context: any.
 */
void lq_hash_put(struct lq_listener *l)
{
	if (refcount_dec_and_test(&l->refs))
		lq_record_drop(l);
}

/* Nobody can find it any more. */
static void unfindable_rcu(struct rcu_head *rcu)
{
	struct lq_listener *l = container_of(rcu, struct lq_listener, rcu);
	unsigned long flags;

	lq_hash_lock(l, &flags);
	lq_moment_forget(l, l->countable);
	lq_hash_unlock(l->sk, flags);
	lq_hash_put(l);
}

/* The caller holds the bucket's lock. */
static void unhash(struct lq_listener *l)
{
	hlist_del_rcu(&l->node);
	l->hashed = false;
}

/**
 * lq_hash_retire() - let nobody find a record any more
 * @l: the record, in its bucket, which the caller has locked
 *
 * It is freed some grace periods later; one that closes is on its way already.
 */
void lq_hash_retire(struct lq_listener *l)
{
	unhash(l);
	if (!l->closed_ns)
		call_rcu(&l->rcu, unfindable_rcu);
}

/* No packet is on its way any more that found the socket while it listened. */
static void closed_rcu(struct rcu_head *rcu)
{
	struct lq_listener *l = container_of(rcu, struct lq_listener, rcu);
	unsigned long flags;

	lq_hash_lock(l, &flags);
	if (l->hashed)
		unhash(l);
	lq_hash_unlock(l->sk, flags);
	call_rcu(&l->rcu, unfindable_rcu);
}

/**
 * lq_hash_close() - let nobody find a record any more, in a grace period
 * @l: the record of a listener that has closed
 *
 * Context: any.
 */
void lq_hash_close(struct lq_listener *l)
{
	call_rcu(&l->rcu, closed_rcu);
}

/**
 * lq_hash_find() - the record of a socket
 * @sk: the socket, a key only
 *
 * Context: an RCU read section, for as long as the record is used.
 * Return: the record, or NULL.
 */
struct lq_listener *lq_hash_find(const struct sock *sk)
{
	struct lq_listener *l;

	hlist_for_each_entry_rcu(l, &bucket_of(sk)->head, node)
		if (l->sk == sk)
			return l;
	return NULL;
}

/**
 * lq_hash_lock_open() - likewise, but no record of a listener that closed
 * @sk: the socket, a key only
 * @flags: for lq_hash_unlock()
 *
 * Context: any.
 * Return: the record, or NULL; the bucket is locked either way.
 */
struct lq_listener *lq_hash_lock_open(const struct sock *sk,
				      unsigned long *flags)
	__acquires(&bucket_of(sk)->lock)
{
	struct lq_listener *l = lq_hash_lock_find(sk, flags);

	return l && !l->closed_ns ? l : NULL;
}

/**
 * lq_hash_insert() - put a record in its place
 * @l: the record
 * @replace: a record that is already there belongs to an earlier life whose
 *           end was not seen; retire it
 *
 * Whether the namespace is on its way out is looked at under the lock, and
 * after the last moment at which it could say no, netns_exit_batch() sweeps it
 * and takes the lock of this bucket: no record outlives its namespace.
 *
 * Context: any.
 * Return: true, or false if it is not wanted and still the caller's.
 */
bool lq_hash_insert(struct lq_listener *l, bool replace)
{
	struct lq_listener *old;
	unsigned long flags;
	bool done = false;

	old = lq_hash_lock_find(l->sk, &flags);
	if (old &&
	    (replace || old->closed_ns || old->cookie != l->cookie)) {
		lq_hash_retire(old);
		old = NULL;
	}
	if (!old && lq_netns_alive(l->net)) {
		hlist_add_head_rcu(&l->node, &bucket_of(l->sk)->head);
		l->hashed = true;
		done = true;
	}
	lq_hash_unlock(l->sk, flags);
	return done;
}

/*
 * Does @l have a socket no more? A listener that closes leaves the kernel's
 * table a moment before its end is seen, so missing it once says nothing; one
 * that was missed, and a second later was missed again, has gone unseen.
 */
static bool left_over(struct lq_listener *l, u64 before_ns)
{
	if (before_ns == LQ_SWEEP_ALL)
		return true;
	if (!l->listening || l->closed_ns || l->born_ns >= before_ns ||
	    l->seen_ns >= before_ns)
		return false;
	if (!l->missed_ns)
		l->missed_ns = before_ns;
	return l->missed_ns + NSEC_PER_SEC < before_ns;
}

/**
 * lq_hash_sweep() - retire records whose sockets went away unseen
 * @net: namespace that has just been read completely
 * @before_ns: when that reading began; LQ_SWEEP_ALL retires them all, for a
 *             namespace that lq_netns_alive() has denied since before the last
 *             grace period
 *
 * A record that was there then and whose socket the reader did not meet has
 * no socket any more, or is about to be told so. One whose listen() has not
 * returned yet is spared: its socket may not be in the kernel's table so far.
 *
 * Context: process.
 */
void lq_hash_sweep(const struct net *net, u64 before_ns)
{
	struct hlist_node *next;
	struct lq_listener *l;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < LQ_BUCKETS; i++) {
		struct lq_bucket *b = &lq_buckets[i];

		/* Whoever matters was inserted before we were called. */
		if (hlist_empty(&b->head))
			continue;
		raw_spin_lock_irqsave(&b->lock, flags);
		hlist_for_each_entry_safe(l, next, &b->head, node)
			if (l->net == net && left_over(l, before_ns))
				lq_hash_retire(l);
		raw_spin_unlock_irqrestore(&b->lock, flags);
	}
}

/**
 * lq_hash_init() - make the empty table
 *
 * Return: 0, or -ENOMEM.
 */
int lq_hash_init(void)
{
	unsigned int i;
	int err;

	err = lq_record_init();
	if (err)
		return err;
	lq_buckets = lq_alloc(kvcalloc(LQ_BUCKETS, sizeof(*lq_buckets),
				       GFP_KERNEL));
	if (!lq_buckets) {
		lq_record_exit();
		return -ENOMEM;
	}
	for (i = 0; i < LQ_BUCKETS; i++)
		raw_spin_lock_init(&lq_buckets[i].lock);
	return 0;
}

/**
 * lq_hash_exit() - free the table
 *
 * No probe is armed and no namespace has our files any more, so nobody can
 * add a record, and the last pernet exit has retired them all. On their way
 * they still take the locks of their buckets.
 */
void lq_hash_exit(void)
{
	lq_record_exit();
	kvfree(lq_buckets);
}
