// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/closed: the last figures of listeners that closed.
 *
 * They are copied once, before the first row, so that a read in small pieces
 * shows a table of one moment, however many close meanwhile.
 */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "books.h"
#include "counters.h"
#include "fault.h"
#include "netns.h"
#include "view.h"

/**
 * struct lq_closed_reader - the open file
 * @r: the reader; its item is in @rows
 * @rows: the copy, NULL before there is one
 * @count: how many rows it has
 * @next: the first that was not handed out
 * @now_ns: when it was made
 */
struct lq_closed_reader {
	struct lq_reader r;
	struct lq_closed *rows;
	unsigned int count;
	unsigned int next;
	u64 now_ns;
};

static struct lq_closed_reader *to_closed(struct lq_reader *r)
{
	return container_of(r, struct lq_closed_reader, r);
}

static void closed_end(struct lq_reader *r)
{
	kvfree(to_closed(r)->rows);
}

static void closed_rewind(struct lq_reader *r)
{
	closed_end(r);
	to_closed(r)->rows = NULL;
}

static int take_copy(struct lq_closed_reader *c)
{
	c->rows = lq_alloc(kvmalloc_array(LQ_CLOSED_MOST, sizeof(*c->rows),
					  GFP_KERNEL_ACCOUNT));
	if (!c->rows)
		return -ENOMEM;
	c->count = lq_listener_closed(c->r.ns->net, c->rows, LQ_CLOSED_MOST,
				      task_active_pid_ns(current));
	c->next = 0;
	/* Later than any of them, so that no age is negative. */
	c->now_ns = ktime_get_ns();
	return 0;
}

static void *closed_next(struct lq_reader *r)
{
	struct lq_closed_reader *c = to_closed(r);

	if (!c->rows && take_copy(c))
		return ERR_PTR(-ENOMEM);
	return c->next < c->count ? &c->rows[c->next++] : NULL;
}

static const struct lq_source closed_source = {
	.size = sizeof(struct lq_closed_reader),
	.rewind = closed_rewind,
	.next = closed_next,
	.end = closed_end,
};

static void closed_header(struct seq_file *m)
{
	seq_puts(m, "sk local closed_ms pid comm acceptq_peak synq_peak synq_left"
		 LQ_COUNTERS(LQ_COUNTER_NAME) "\n");
}

static void put_owner(struct seq_file *m, const struct net *net,
		      const struct lq_closed *l)
{
	bool known = l->pid_known && lq_view_may_see_owner(m, net, l->uid);

	lq_view_number(m, known && l->pid, l->pid);
	seq_putc(m, ' ');
	if (known)
		lq_view_name(m, l->comm);
	else
		seq_putc(m, '-');
}

static int closed_row(struct seq_file *m, void *item)
{
	const struct lq_closed_reader *c = to_closed(m->private);
	const struct lq_closed *l = item;
	const struct lq_local local = { .addr = l->addr, .port = l->port };

	lq_view_sk_local(m, l->cookie, l->family, &local);
	seq_printf(m, " %llu ",
		   div_u64(c->now_ns - l->closed_ns, NSEC_PER_MSEC));
	put_owner(m, c->r.ns->net, l);
	seq_putc(m, ' ');
	lq_view_number(m, lq_books_known(LQ_N_established), l->peaks.acceptq);
	seq_putc(m, ' ');
	lq_view_number(m, lq_books_known(LQ_N_syn_queued), l->peaks.synq);
	seq_putc(m, ' ');
	lq_view_number(m, l->synq_left_known, l->synq_left);
	lq_view_counters(m, &l->books);
	seq_putc(m, '\n');
	return 0;
}

const struct lq_table lq_closed_table = {
	.source = &closed_source,
	.header = closed_header,
	.row = closed_row,
};
