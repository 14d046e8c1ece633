/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files under /proc/net/listenq.
 */
#ifndef LISTENQ_VIEW_H
#define LISTENQ_VIEW_H

#include <linux/seq_file.h>
#include <linux/types.h>

struct lq_netns;
struct lq_walk;
struct sock;

/**
 * struct lq_table - a file with a header line and a row for each listener
 * @header: print the header line
 * @row: print the row of a listener that the caller holds and that @walk met
 *       last; SEQ_SKIP if it has closed or moved meanwhile
 */
struct lq_table {
	int (*header)(struct seq_file *m);
	int (*row)(struct seq_file *m, const struct lq_walk *walk,
		   struct sock *sk);
};

/* view_listeners.c */
extern const struct lq_table lq_listeners_table;

/* view_info.c: prints the whole file; m->private is the struct lq_netns. */
int lq_view_info_show(struct seq_file *m, void *v);

int lq_view_init(void);
void lq_view_exit(void);

void lq_view_name(struct seq_file *m, const char *name);

#endif /* LISTENQ_VIEW_H */
