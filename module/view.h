/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files under /proc/net/listenq.
 */
#ifndef LISTENQ_VIEW_H
#define LISTENQ_VIEW_H

#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "walk.h"

struct lq_books_copy;
struct lq_history;
struct lq_netns;
struct net;
struct sock;

/**
 * struct lq_reader - an open table; seq_file serialises its use
 * @ns: namespace that is read
 * @table: what is read
 * @item: the current row's, or why there is none
 * @pos: its number in the file
 *
 * A source embeds it at the beginning of what it keeps itself; all of that is
 * zero when the file has just been opened.
 */
struct lq_reader {
	struct lq_netns *ns;
	const struct lq_table *table;
	void *item;
	loff_t pos;
};

/**
 * struct lq_source - what the rows of a table are made of
 * @size: of what it keeps of an open file, struct lq_reader included
 * @rewind: back to the beginning
 * @next: the next item, which stays until the next call of any of these; NULL
 *        at the end; ERR_PTR(-ENOMEM), after which it goes on where it was
 * @end: let go of everything
 */
struct lq_source {
	size_t size;
	void (*rewind)(struct lq_reader *r);
	void *(*next)(struct lq_reader *r);
	void (*end)(struct lq_reader *r);
};

/**
 * struct lq_table - a file with a header line and rows
 * @source: where the rows come from
 * @header: print the header line
 * @row: print the rows of an item; SEQ_SKIP if it is gone meanwhile
 */
struct lq_table {
	const struct lq_source *source;
	void (*header)(struct seq_file *m);
	int (*row)(struct seq_file *m, void *item);
};

/* Each in the view_*.c of its name. */
extern const struct lq_table lq_listeners_table;
extern const struct lq_table lq_counters_table;
extern const struct lq_table lq_latency_table;
extern const struct lq_table lq_closed_table;
extern const struct lq_table lq_requests_table;

/* view_each.c: the items are listeners, struct sock, held. */
extern const struct lq_source lq_each_listener;
bool lq_each_past(struct sock *sk, struct lq_history *past);
bool lq_each_still(struct seq_file *m, struct sock *sk, struct lq_local *local);

/* view_counters.c: what counters and closed share. */
#define LQ_COUNTER_NAME(name)	" " #name
void lq_view_counters(struct seq_file *m, const struct lq_books_copy *books);

/* view_events.c */
extern const struct proc_ops lq_events_proc_ops;

/* view_info.c: prints the whole file; m->private is the struct lq_netns. */
int lq_view_info_show(struct seq_file *m, void *v);

int lq_view_init(void);
void lq_view_exit(void);

bool lq_view_may_see_owner(const struct seq_file *m, const struct net *net,
			   kuid_t uid);
void lq_view_number(struct seq_file *m, bool known, u64 value);
void lq_view_name(struct seq_file *m, const char *name);
void lq_view_place(struct seq_file *m, int family,
		   const struct lq_local *place);
void lq_view_sk_local(struct seq_file *m, u64 cookie, int family,
		      const struct lq_local *local);

#endif /* LISTENQ_VIEW_H */
