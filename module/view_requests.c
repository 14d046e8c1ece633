// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/requests: what is in the queues, entry by entry.
 *
 * First the accept queues, listener by listener, then the requests, bucket by
 * bucket. An entry goes from there to here only, so that none is shown twice.
 */
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/time64.h>
#include <net/sock.h>

#include "netns.h"
#include "queue.h"
#include "view.h"
#include "walk.h"

/**
 * struct lq_requests - the open file
 * @r: the reader; its item is in @entries
 * @walk: the listeners whose accept queues are still to be shown
 * @sk: the one whose queue is to be copied next, held; or NULL
 * @walked: there are no more
 * @bucket: the next bucket of requests
 * @entries: the rest of what was copied last
 */
struct lq_requests {
	struct lq_reader r;
	struct lq_walk walk;
	struct sock *sk;
	bool walked;
	unsigned int bucket;
	struct lq_entries entries;
};

static struct lq_requests *to_requests(struct lq_reader *r)
{
	return container_of(r, struct lq_requests, r);
}

static void let_go(struct lq_requests *q)
{
	if (q->sk)
		sock_put(q->sk);
	q->sk = NULL;
}

static void requests_rewind(struct lq_reader *r)
{
	struct lq_requests *q = to_requests(r);

	let_go(q);
	q->walk.net = r->ns->net;
	lq_walk_rewind(&q->walk);
	q->walked = false;
	q->bucket = 0;
	lq_queue_clear(&q->entries);
}

/* The accept queue of the next listener; one without memory is tried again. */
static int next_listener(struct lq_requests *q)
{
	struct lq_local local;
	struct sock *sk;
	int err;

	if (!q->sk) {
		sk = lq_walk_next(&q->walk);
		if (IS_ERR(sk))
			return PTR_ERR(sk);
		q->walked = !sk;
		q->sk = sk;
	}
	if (q->walked)
		return 0;
	err = lq_queue_accept(&q->entries, q->sk);
	if (err)
		return err;
	lq_walk_local(q->sk, &local);
	if (!lq_walk_here(&q->walk, q->sk, &local))
		lq_queue_clear(&q->entries);
	let_go(q);
	return 0;
}

/* Returns false at the end. */
static bool refill(struct lq_requests *q, int *err)
{
	const struct net *net = q->r.ns->net;

	if (!q->walked) {
		*err = next_listener(q);
		return true;
	}
	if (!lq_queue_syn_bucket(net, q->bucket))
		return false;
	*err = lq_queue_syn(&q->entries, net, q->bucket);
	if (!*err)
		q->bucket++;
	return true;
}

static void *requests_next(struct lq_reader *r)
{
	struct lq_requests *q = to_requests(r);
	int err = 0;

	while (q->entries.next == q->entries.count) {
		if (!refill(q, &err))
			return NULL;
		if (err)
			return ERR_PTR(err);
		cond_resched();
	}
	return &q->entries.entries[q->entries.next++];
}

static void requests_end(struct lq_reader *r)
{
	struct lq_requests *q = to_requests(r);

	let_go(q);
	lq_walk_end(&q->walk);
	lq_queue_end(&q->entries);
}

static const struct lq_source requests_source = {
	.size = sizeof(struct lq_requests),
	.rewind = requests_rewind,
	.next = requests_next,
	.end = requests_end,
};

static void requests_header(struct seq_file *m)
{
	seq_puts(m, "sk local queue remote age_ms retrans acked rcvq_bytes\n");
}

static int requests_row(struct seq_file *m, void *item)
{
	const struct lq_entry *e = item;

	lq_view_sk_local(m, e->cookie, e->family, &e->local);
	seq_puts(m, e->established ? " accept " : " syn ");
	lq_view_place(m, e->family, &e->remote);
	seq_putc(m, ' ');
	lq_view_number(m, e->age_us != LQ_AGE_UNKNOWN,
		       div_u64(e->age_us, USEC_PER_MSEC));
	seq_putc(m, ' ');
	lq_view_number(m, !e->established, e->retrans);
	seq_putc(m, ' ');
	lq_view_number(m, !e->established, e->acked);
	seq_putc(m, ' ');
	lq_view_number(m, e->rcvq_known, e->rcvq_bytes);
	seq_putc(m, '\n');
	return 0;
}

const struct lq_table lq_requests_table = {
	.source = &requests_source,
	.header = requests_header,
	.row = requests_row,
};
