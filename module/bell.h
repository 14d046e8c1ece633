/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the readers of events wait: see bell.c.
 */
#ifndef LISTENQ_BELL_H
#define LISTENQ_BELL_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>

/**
 * struct lq_bell - where readers wait
 * @wait: them
 * @rcu: epoll may look at it for a grace period
 * @orphan: in the list of those that are still waited at
 */
struct lq_bell {
	wait_queue_head_t wait;
	struct rcu_head rcu;
	struct list_head orphan;
};

struct lq_bell *lq_bell_new(void);
void lq_bell_drop(struct lq_bell *bell);
void lq_bell_exit(void);

#endif /* LISTENQ_BELL_H */
