// SPDX-License-Identifier: GPL-2.0
/*
 * What the tables with a row for each listening socket share.
 *
 * The current socket stays held between two reads.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "fault.h"
#include "hash.h"
#include "listener.h"
#include "netns.h"
#include "view.h"
#include "walk.h"

/**
 * struct lq_each - an open table of listeners
 * @r: the reader; its item is the current socket, held
 * @walk: the rest of them
 * @began_ns: when the reading began at the first row
 */
struct lq_each {
	struct lq_reader r;
	struct lq_walk walk;
	u64 began_ns;
};

static struct lq_each *to_each(struct lq_reader *r)
{
	return container_of(r, struct lq_each, r);
}

static void let_go(struct lq_reader *r)
{
	if (!IS_ERR_OR_NULL(r->item))
		sock_put(r->item);
	r->item = NULL;
}

static void each_rewind(struct lq_reader *r)
{
	struct lq_each *e = to_each(r);

	let_go(r);
	e->walk.net = r->ns->net;
	lq_walk_rewind(&e->walk);
	e->began_ns = ktime_get_ns();
}

static void *each_next(struct lq_reader *r)
{
	struct lq_each *e = to_each(r);
	struct sock *sk;

	let_go(r);
	sk = lq_walk_next(&e->walk);
	if (!sk)
		lq_hash_sweep(r->ns->net, e->began_ns);
	return sk;
}

static void each_end(struct lq_reader *r)
{
	let_go(r);
	lq_walk_end(&to_each(r)->walk);
}

/* Whose rows all ask lq_each_past(): the sweep relies on it. */
const struct lq_source lq_each_listener = {
	.size = sizeof(struct lq_each),
	.rewind = each_rewind,
	.next = each_next,
	.end = each_end,
};

/**
 * lq_each_past() - what is remembered of the current socket
 * @sk: the socket
 * @past: filled on success
 *
 * A listener without a record gets one now, so that more is known later. Every
 * row begins with this: it notes that the socket was met.
 *
 * Context: process; may sleep.
 * Return: true, or false if there is no record.
 */
bool lq_each_past(struct sock *sk, struct lq_history *past)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	lq_fault_in_reader();
	if (lq_listener_read(sk, past, ns))
		return true;
	return inet_sk_state_load(sk) == TCP_LISTEN &&
	       !lq_listener_adopt(sk) && lq_listener_read(sk, past, ns);
}

/**
 * lq_each_still() - is the current socket the listener that was met?
 * @m: file
 * @sk: the socket
 * @local: set to where it listens
 *
 * To be asked when all that the row needs has been read, and before anything
 * is printed.
 *
 * Return: true if it is.
 */
bool lq_each_still(struct seq_file *m, struct sock *sk, struct lq_local *local)
{
	const struct lq_each *e = to_each(m->private);

	lq_walk_local(sk, local);
	return inet_sk_state_load(sk) == TCP_LISTEN &&
	       lq_walk_here(&e->walk, sk, local);
}
