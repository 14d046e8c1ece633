// SPDX-License-Identifier: GPL-2.0
/*
 * The last listeners that closed in each namespace: their records stay on a
 * list, each with a reference of its own, until there are too many.
 *
 * Locking: the namespace's closed_lock (raw, interrupts off) for the list; a
 * bucket's lock may be taken under it, never the other way round. Readers walk
 * the list in an RCU read section, and so do handlers, which thus take no lock
 * for a packet; what is taken off it is freed later.
 */
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "closed.h"
#include "hash.h"
#include "listener.h"
#include "netns.h"

/* The caller holds the lock. */
static void take_off(struct lq_netns *ns, struct lq_listener *l)
{
	unsigned long flags;

	list_del_rcu(&l->dead);
	ns->nclosed--;
	lq_hash_lock(l, &flags);
	l->countable = false;
	lq_hash_unlock(l->sk, flags);
	lq_hash_put(l);
}

/**
 * lq_closed_add() - a listener has closed
 * @ns: its namespace, alive
 * @l: its record; a reference of it becomes the list's
 *
 * Context: any, preemption off.
 */
void lq_closed_add(struct lq_netns *ns, struct lq_listener *l)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ns->closed_lock, flags);
	if (ns->nclosed == LQ_CLOSED_MOST)
		take_off(ns, list_first_entry(&ns->closed, struct lq_listener,
					      dead));
	list_add_tail_rcu(&l->dead, &ns->closed);
	ns->nclosed++;
	raw_spin_unlock_irqrestore(&ns->closed_lock, flags);
}

/**
 * lq_closed_forget() - the namespace goes
 * @ns: it; nobody reads its files any more, and none is added
 *
 * Context: process.
 */
void lq_closed_forget(struct lq_netns *ns)
{
	struct lq_listener *l, *next;
	unsigned long flags;

	raw_spin_lock_irqsave(&ns->closed_lock, flags);
	list_for_each_entry_safe(l, next, &ns->closed, dead)
		take_off(ns, l);
	raw_spin_unlock_irqrestore(&ns->closed_lock, flags);
}

/**
 * lq_closed_find() - the record of a socket that closes or has closed
 * @sk: the socket, a key only
 * @net: its namespace
 *
 * The kernel goes on to move what is in its queues to other listeners.
 *
 * Context: an RCU read section, for as long as the record is used.
 * Return: the record, or NULL.
 */
struct lq_listener *lq_closed_find(const struct sock *sk,
				   const struct net *net)
{
	struct lq_listener *found = lq_hash_find(sk), *l;

	if (found)
		return found;
	/* The last one is the newest: the address may have been used before. */
	list_for_each_entry_rcu(l, &lq_netns_of(net)->closed, dead)
		if (l->sk == sk)
			found = l;
	return found;
}

/* What was in the queues when it closed follows from what came and went. */
static void add_left(struct lq_closed *c)
{
	static const enum lq_counter terms[] = {
		LQ_N_syn_queued, LQ_N_req_migrated_in, LQ_N_from_synq,
		LQ_N_req_timeout, LQ_N_req_pruned, LQ_N_req_reset,
		LQ_N_req_icmp, LQ_N_req_other, LQ_N_req_migrated_out,
	};
	u64 *n = c->books.n;
	unsigned int i;

	c->synq_left = n[LQ_N_syn_queued] + n[LQ_N_req_migrated_in] +
		       n[LQ_N_req_inherited] - n[LQ_N_from_synq] -
		       n[LQ_N_req_timeout] - n[LQ_N_req_pruned] -
		       n[LQ_N_req_reset] - n[LQ_N_req_icmp] -
		       n[LQ_N_req_other] - n[LQ_N_req_migrated_out];
	n[LQ_N_closed_pending] = n[LQ_N_established] + n[LQ_N_conn_inherited] -
				 n[LQ_N_accepted] - n[LQ_N_conn_migrated_out];
	c->books.pending_known = c->books.accepted_known &&
				 lq_books_known(LQ_N_established) &&
				 lq_books_known(LQ_N_conn_migrated_out);
	c->synq_left_known = true;
	for (i = 0; i < ARRAY_SIZE(terms); i++)
		c->synq_left_known &= lq_books_known(terms[i]);
}

static void copy(struct lq_listener *l, struct lq_closed *c,
		 struct pid_namespace *ns)
{
	unsigned long flags;

	lq_hash_lock(l, &flags);
	c->cookie = l->cookie;
	c->family = l->family;
	c->addr = l->addr;
	c->port = l->port;
	c->closed_ns = l->closed_ns;
	c->uid = l->uid;
	c->pid_known = l->last_known;
	c->pid = pid_nr_ns(l->last.tgid, ns);
	memcpy(c->comm, l->last.comm, sizeof(c->comm));
	lq_books_peaks(l, &c->peaks);
	lq_books_copy(l, &c->books);
	lq_hash_unlock(l->sk, flags);
	add_left(c);
}

/**
 * lq_listener_closed() - the last listeners that closed
 * @net: in this namespace
 * @out: filled, oldest first
 * @size: how many there is room for
 * @ns: pid namespace for their pid
 *
 * Context: process, in a file of the namespace.
 * Return: how many were filled.
 */
unsigned int lq_listener_closed(const struct net *net, struct lq_closed *out,
				unsigned int size, struct pid_namespace *ns)
{
	struct lq_netns *own = lq_netns_of(net);
	struct lq_listener *l;
	unsigned int n = 0;

	rcu_read_lock();
	/* More than there can be at once, if some come and go meanwhile. */
	list_for_each_entry_rcu(l, &own->closed, dead) {
		if (n == size)
			break;
		copy(l, &out[n++], ns);
	}
	rcu_read_unlock();
	return n;
}
