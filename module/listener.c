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
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sock_diag.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/inet_sock.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "closed.h"
#include "compat.h"
#include "fault.h"
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

static struct lq_bucket *lq_table;
static atomic64_t lq_last_id = ATOMIC64_INIT(0);

static struct lq_bucket *bucket_of(const struct sock *sk)
{
	return &lq_table[hash_ptr(sk, LQ_BUCKET_BITS)];
}

/**
 * lq_listener_cookie() - the socket cookie, as SO_COOKIE gives it
 * @sk: a socket that the caller keeps alive
 *
 * Makes one if there is none, as the kernel does when it is asked.
 *
 * Context: any; per-CPU and atomic.
 * Return: the cookie.
 */
u64 lq_listener_cookie(struct sock *sk)
{
	u32 half[2];

	sock_diag_save_cookie(sk, half);
	return (u64)half[1] << 32 | half[0];
}

/* The record of @sk, with its bucket locked until unlock(); or NULL, too. */
static struct lq_listener *find_lock(const struct sock *sk,
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

static void unlock(const struct sock *sk, unsigned long flags)
	__releases(&bucket_of(sk)->lock)
{
	raw_spin_unlock_irqrestore(&bucket_of(sk)->lock, flags);
}

/**
 * lq_listener_lock() - take the lock of a record's bucket
 * @l: the record
 * @flags: for lq_listener_unlock()
 */
void lq_listener_lock(const struct lq_listener *l, unsigned long *flags)
	__acquires(&bucket_of(l->sk)->lock)
{
	raw_spin_lock_irqsave(&bucket_of(l->sk)->lock, *flags);
}

/**
 * lq_listener_unlock() - give it back
 * @l: the record
 * @flags: of lq_listener_lock()
 */
void lq_listener_unlock(const struct lq_listener *l, unsigned long flags)
	__releases(&bucket_of(l->sk)->lock)
{
	unlock(l->sk, flags);
}

/**
 * lq_listener_put() - one owner less
 * @l: the record; the last owner's is freed after a grace period
 *
 * Context: any.
 */
void lq_listener_put(struct lq_listener *l)
{
	if (refcount_dec_and_test(&l->refs))
		lq_record_drop(l);
}

/* Nobody can find it any more. */
static void unfindable_rcu(struct rcu_head *rcu)
{
	struct lq_listener *l = container_of(rcu, struct lq_listener, rcu);
	unsigned long flags;

	lq_listener_lock(l, &flags);
	lq_moment_forget(l, l->countable);
	lq_listener_unlock(l, flags);
	lq_listener_put(l);
}

/* The caller holds the bucket's lock. */
static void unhash(struct lq_listener *l)
{
	hlist_del_rcu(&l->node);
	l->hashed = false;
}

/* The caller holds the bucket's lock. One that closes is on its way already. */
static void retire(struct lq_listener *l)
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

	lq_listener_lock(l, &flags);
	if (l->hashed)
		unhash(l);
	lq_listener_unlock(l, flags);
	call_rcu(&l->rcu, unfindable_rcu);
}

/**
 * lq_listener_find() - the record of a socket
 * @sk: the socket, a key only
 *
 * Context: an RCU read section, for as long as the record is used.
 * Return: the record, or NULL.
 */
struct lq_listener *lq_listener_find(const struct sock *sk)
{
	struct lq_listener *l;

	hlist_for_each_entry_rcu(l, &bucket_of(sk)->head, node)
		if (l->sk == sk)
			return l;
	return NULL;
}

static void set_last(struct lq_listener *l, const struct lq_listen *call)
{
	l->last = *call;
	get_pid(l->last.tgid);
	l->last_known = true;
}

static struct lq_listener *listener_new(struct sock *sk, bool may_sleep)
{
	struct lq_listener *l = lq_record_new(may_sleep);

	if (!l)
		return NULL;
	l->sk = sk;
	l->net = sock_net(sk);
	l->cookie = lq_listener_cookie(sk);
	l->id = atomic64_inc_return(&lq_last_id);
	l->mptcp = sk_is_mptcp(sk);
	refcount_set(&l->refs, 1);
	return l;
}

/* The record that a socket has now, locked; or NULL, locked too. */
static struct lq_listener *find_open_lock(const struct sock *sk,
					  unsigned long *flags)
	__acquires(&bucket_of(sk)->lock)
{
	struct lq_listener *l = find_lock(sk, flags);

	return l && !l->closed_ns ? l : NULL;
}

/*
 * Put @l in its place. A record that is already there belongs to an earlier
 * life whose end was not seen: @replace retires it, else it stays and @l goes.
 * Whether the namespace is on its way out is looked at under the lock, and
 * after the last moment at which it could say no, netns_exit() sweeps it and
 * takes the lock of this bucket: no record outlives its namespace.
 */
static bool insert(struct lq_listener *l, bool replace)
{
	struct lq_listener *old;
	unsigned long flags;
	bool done = false;

	old = find_lock(l->sk, &flags);
	if (old &&
	    (replace || old->closed_ns || old->cookie != l->cookie)) {
		retire(old);
		old = NULL;
	}
	if (!old && lq_netns_alive(l->net)) {
		hlist_add_head_rcu(&l->node, &bucket_of(l->sk)->head);
		l->hashed = true;
		done = true;
	}
	unlock(l->sk, flags);
	return done;
}

static void forget(const struct sock *sk)
{
	struct lq_listener *l;
	unsigned long flags;

	l = find_lock(sk, &flags);
	if (l)
		retire(l);
	unlock(sk, flags);
}

/**
 * lq_listener_start() - a socket is about to listen
 * @sk: the socket; the caller keeps it alive
 * @call: the listen() call
 *
 * Called before the socket can be found by any packet, so that nothing that
 * happens to the listener is missed.
 *
 * Context: any, preemption off; does not sleep.
 * Return: the number of this life, or 0 if there was no memory: the listener
 * is then shown without a history.
 */
u64 lq_listener_start(struct sock *sk, const struct lq_listen *call)
{
	struct lq_listener *l = listener_new(sk, false);
	u64 id;

	if (!l) {
		/* An older life must not lend this one its history. */
		forget(sk);
		return 0;
	}
	id = l->id;
	set_last(l, call);
	l->born_ns = ktime_get_ns();
	l->listens = 1;
	lq_books_begin(l, sk);
	if (insert(l, true))
		return id;
	lq_record_drop(l);
	return 0;
}

/**
 * lq_listener_started() - a listen() that began with lq_listener_start() ended
 * @sk: the socket, a key only
 * @id: what lq_listener_start() returned
 * @ok: it succeeded; else the record goes
 *
 * Context: any; does not sleep.
 */
void lq_listener_started(const struct sock *sk, u64 id, bool ok)
{
	struct lq_listener *l;
	unsigned long flags;

	l = find_open_lock(sk, &flags);
	if (l && l->id == id) {
		if (ok) {
			/*
			 * A walk under way may have passed its bucket before
			 * it was there: see lq_listener_sweep().
			 */
			l->seen_ns = ktime_get_ns();
			l->listening = true;
		} else {
			retire(l);
		}
	}
	unlock(sk, flags);
}

/**
 * lq_listener_again() - listen() on a socket that already listens
 * @sk: the socket; the caller keeps it alive
 * @call: the listen() call
 *
 * Context: any, preemption off; does not sleep.
 */
void lq_listener_again(struct sock *sk, const struct lq_listen *call)
{
	/* Takes the old pid to where its last reference may be put. */
	struct lq_listener *l, *fresh = listener_new(sk, false);
	u64 cookie = lq_listener_cookie(sk);
	unsigned long flags;

	if (fresh)
		set_last(fresh, call);
	l = find_open_lock(sk, &flags);
	if (l && l->cookie == cookie) {
		if (fresh)
			swap(l->last, fresh->last);
		l->last_known = fresh;
		if (!l->preload)
			l->listens++;
		/* The limit may be another one. */
		lq_books_acceptq(l, sk, 0);
	}
	unlock(sk, flags);
	if (fresh)
		lq_record_drop(fresh);
}

/* The caller holds the bucket's lock. */
static void note_end(struct lq_listener *l, const struct sock *sk)
{
	l->closed_ns = ktime_get_ns();
	l->countable = true;
	l->uid = READ_ONCE(sk->sk_uid);
	l->sk_drops = lq_compat_drops(sk);
	l->family = sk->sk_family;
	if (sk->sk_family == AF_INET)
		l->addr.s6_addr32[3] = inet_sk(sk)->inet_rcv_saddr;
	else
		l->addr = sk->sk_v6_rcv_saddr;
	/* inet_num may be given back already. */
	l->port = ntohs(inet_sk(sk)->inet_sport);
}

/**
 * lq_listener_stop() - a listener closes
 * @sk: the socket; the caller keeps it alive
 *
 * Called when it listens no more and its accept queue is about to be emptied.
 *
 * Context: any, preemption off; does not sleep.
 */
void lq_listener_stop(struct sock *sk)
{
	struct lq_listener *l;
	unsigned long flags;

	l = find_open_lock(sk, &flags);
	if (l && lq_netns_alive(l->net) && l->listening) {
		/* Of the list of the dead; that of the bucket goes on. */
		refcount_inc(&l->refs);
		note_end(l, sk);
		lq_books_end(l);
	} else if (l) {
		retire(l);
		l = NULL;
	}
	unlock(sk, flags);
	if (!l)
		return;
	lq_closed_add(lq_netns_of(l->net), l);
	call_rcu(&l->rcu, closed_rcu);
}

/**
 * lq_listener_adopt() - give a record to a listener whose birth was not seen
 * @sk: a listening socket; the caller holds a reference
 *
 * A record that is there already is kept.
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM.
 */
int lq_listener_adopt(struct sock *sk)
{
	struct lq_listener *l = listener_new(sk, true);

	if (!l)
		return -ENOMEM;
	l->preload = true;
	l->listening = true;
	l->seen_ns = ktime_get_ns();
	lq_books_begin(l, sk);
	if (!insert(l, false))
		lq_record_drop(l);
	return 0;
}

static void copy_history(const struct lq_listener *l, struct lq_history *out,
			 struct pid_namespace *ns)
{
	out->born_ns = l->born_ns;
	out->requested = l->last.requested;
	out->effective = l->last.effective;
	out->somaxconn = l->last.somaxconn;
	out->listens = l->listens;
	out->pid = pid_nr_ns(l->last.tgid, ns);
	memcpy(out->comm, l->last.comm, sizeof(out->comm));
	out->preload = l->preload;
	out->listen_known = l->last_known;
	out->requested_known = l->last.requested_known;
	out->kernel = l->last.kernel;
}

/**
 * lq_listener_read() - what is remembered of a listening socket
 * @sk: the socket; the caller holds a reference
 * @out: filled on success
 * @ns: pid namespace for @out->pid
 *
 * Also notes that the socket was met, for lq_listener_sweep().
 *
 * Context: process.
 * Return: true, or false if there is no record of this socket.
 */
bool lq_listener_read(struct sock *sk, struct lq_history *out,
		      struct pid_namespace *ns)
{
	u64 cookie = lq_listener_cookie(sk);
	struct lq_listener *l;
	unsigned long flags;
	bool found = false;

	l = find_open_lock(sk, &flags);
	if (l && l->cookie == cookie) {
		found = true;
		/* Under the lock: it must never go back. */
		l->seen_ns = ktime_get_ns();
		copy_history(l, out, ns);
	}
	unlock(sk, flags);
	return found;
}

/**
 * lq_listener_books() - the books of a listening socket
 * @sk: the socket; the caller holds a reference
 * @out: filled on success
 *
 * Context: process.
 * Return: true, or false if there is no record of this socket.
 */
bool lq_listener_books(struct sock *sk, struct lq_books_copy *out)
{
	u64 cookie = lq_listener_cookie(sk);
	struct lq_listener *l;
	unsigned long flags;
	bool found;

	l = find_open_lock(sk, &flags);
	found = l && l->cookie == cookie;
	if (found)
		lq_books_copy(l, out);
	unlock(sk, flags);
	return found;
}

/* Does @l have a socket no more? See lq_listener_sweep(). */
static bool left_over(const struct lq_listener *l, u64 before_ns)
{
	if (before_ns == LQ_SWEEP_ALL)
		return true;
	return l->listening && !l->closed_ns && l->born_ns < before_ns && l->seen_ns < before_ns;
}

/**
 * lq_listener_sweep() - retire records whose sockets went away unseen
 * @net: namespace that has just been read completely
 * @before_ns: when that reading began; LQ_SWEEP_ALL retires them all, for a
 *             namespace that lq_netns_alive() has denied since before the last
 *             grace period
 *
 * A record that was there then and whose socket the reader did not meet has
 * no socket any more. One whose listen() has not returned yet is spared: its
 * socket may not be in the kernel's table so far.
 *
 * Context: process.
 */
void lq_listener_sweep(const struct net *net, u64 before_ns)
{
	struct hlist_node *next;
	struct lq_listener *l;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < LQ_BUCKETS; i++) {
		struct lq_bucket *b = &lq_table[i];

		/* Whoever matters was inserted before we were called. */
		if (hlist_empty(&b->head))
			continue;
		raw_spin_lock_irqsave(&b->lock, flags);
		hlist_for_each_entry_safe(l, next, &b->head, node)
			if (l->net == net && left_over(l, before_ns))
				retire(l);
		raw_spin_unlock_irqrestore(&b->lock, flags);
	}
}

/**
 * lq_listener_init() - make the empty table
 *
 * Return: 0, or -ENOMEM.
 */
int lq_listener_init(void)
{
	unsigned int i;
	int err;

	err = lq_record_init();
	if (err)
		return err;
	lq_table = lq_alloc(kvcalloc(LQ_BUCKETS, sizeof(*lq_table),
				     GFP_KERNEL));
	if (!lq_table) {
		lq_record_exit();
		return -ENOMEM;
	}
	for (i = 0; i < LQ_BUCKETS; i++)
		raw_spin_lock_init(&lq_table[i].lock);
	return 0;
}

/**
 * lq_listener_exit() - free the table
 *
 * No probe is armed and no namespace has our files any more, so nobody can
 * add a record, and the last pernet exit has retired them all.
 */
void lq_listener_exit(void)
{
	kvfree(lq_table);
	lq_record_exit();
}
