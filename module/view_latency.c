// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/latency: how long connections waited in the two queues of
 * each listener.
 */
#include <linux/seq_file.h>
#include <net/sock.h>

#include "books.h"
#include "histogram.h"
#include "listener.h"
#include "view.h"

static void latency_header(struct seq_file *m)
{
	unsigned int i;

	seq_puts(m, "sk local queue count sum_us max_us");
	for (i = 0; i < LQ_NBUCKETS; i++)
		seq_printf(m, " b%u", i);
	seq_putc(m, '\n');
}

/* @waits: NULL if they are not known */
static void put_waits(struct seq_file *m, const char *queue,
		      const struct lq_waits *waits)
{
	static const struct lq_waits none;
	const struct lq_waits *w = waits ?: &none;
	unsigned int i;

	seq_printf(m, " %s ", queue);
	lq_view_number(m, waits, w->count);
	seq_putc(m, ' ');
	lq_view_number(m, waits, w->sum_us);
	seq_putc(m, ' ');
	lq_view_number(m, waits, w->max_us);
	for (i = 0; i < LQ_NBUCKETS; i++) {
		seq_putc(m, ' ');
		lq_view_number(m, waits, w->buckets[i]);
	}
	seq_putc(m, '\n');
}

static int latency_row(struct seq_file *m, void *item)
{
	struct sock *sk = item;
	u64 cookie = lq_listener_cookie(sk);
	struct lq_local local;
	struct lq_history past;
	struct lq_books_copy books;
	struct lq_waits waits[LQ_NQUEUES];
	bool known = lq_each_past(sk, &past) &&
		     lq_listener_books(sk, &books, waits);
	bool synq = known && lq_books_known(LQ_N_from_synq);
	bool acceptq = known && books.accepted_known &&
		       lq_books_known(LQ_N_accepted);

	if (!lq_each_still(m, sk, &local))
		return SEQ_SKIP;
	lq_view_sk_local(m, cookie, sk->sk_family, &local);
	put_waits(m, "synq", synq ? &waits[LQ_SYNQ] : NULL);
	lq_view_sk_local(m, cookie, sk->sk_family, &local);
	put_waits(m, "acceptq", acceptq ? &waits[LQ_ACCEPTQ] : NULL);
	return 0;
}

const struct lq_table lq_latency_table = {
	.source = &lq_each_listener,
	.header = latency_header,
	.row = latency_row,
};
