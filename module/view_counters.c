// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/counters: what was counted of each listener.
 */
#include <linux/seq_file.h>
#include <net/sock.h>

#include "books.h"
#include "compat.h"
#include "counters.h"
#include "listener.h"
#include "view.h"

static void counters_header(struct seq_file *m)
{
	seq_puts(m, "sk local" LQ_COUNTERS(LQ_COUNTER_NAME) "\n");
}

static bool known(const struct lq_books_copy *books, enum lq_counter n)
{
	if (n == LQ_N_sk_drops)
		return true;
	if (!books->known || !lq_books_known(n))
		return false;
	if (n == LQ_N_accepted)
		return books->accepted_known;
	return n != LQ_N_closed_pending || books->pending_known;
}

/**
 * lq_view_counters() - print the cells of all counters
 * @m: file
 * @books: where they are
 *
 * Each has a blank in front.
 */
void lq_view_counters(struct seq_file *m, const struct lq_books_copy *books)
{
	unsigned int i;

	for (i = 0; i < LQ_NCOUNTERS; i++) {
		seq_putc(m, ' ');
		if (known(books, i))
			lq_view_number(m, true, books->n[i]);
		else
			lq_view_number(m, false, 0);
	}
}

static int counters_row(struct seq_file *m, void *item)
{
	struct sock *sk = item;
	struct lq_local local;
	struct lq_history past;
	struct lq_books_copy books = {};

	if (lq_each_past(sk, &past))
		lq_listener_books(sk, &books, NULL);
	books.n[LQ_N_sk_drops] = lq_compat_drops(sk);
	if (!lq_each_still(m, sk, &local))
		return SEQ_SKIP;
	lq_view_sk_local(m, lq_listener_cookie(sk), sk->sk_family, &local);
	lq_view_counters(m, &books);
	seq_putc(m, '\n');
	return 0;
}

const struct lq_table lq_counters_table = {
	.source = &lq_each_listener,
	.header = counters_header,
	.row = counters_row,
};
