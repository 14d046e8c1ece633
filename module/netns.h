/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What we keep of a network namespace.
 */
#ifndef LISTENQ_NETNS_H
#define LISTENQ_NETNS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock_types.h>
#include <linux/timer.h>
#include <linux/types.h>

struct lq_bell;
struct net;
struct proc_dir_entry;

#define LQ_MIBS	7

/**
 * struct lq_mib - one of the kernel's counters that the books are compared with
 * @name: as in /proc/net/netstat
 * @id: LINUX_MIB_*
 */
struct lq_mib {
	const char *name;
	int id;
};

extern const struct lq_mib lq_mibs[LQ_MIBS];

/**
 * struct lq_feed - the events of a network namespace, see event.c
 * @watches: the queues of its readers
 * @nwatches: how many
 * @lock: of those, and of the order of the events
 * @timer: wakes the readers
 * @ticking: 1 if it will do so
 * @bell: where they wait
 * @over: none will come any more
 */
struct lq_feed {
	struct list_head watches;
	unsigned int nwatches;
	raw_spinlock_t lock;
	struct timer_list timer;
	atomic_t ticking;
	struct lq_bell *bell;
	bool over;
};

/**
 * struct lq_netns - our part of a network namespace
 * @net: the namespace; this struct lives inside it
 * @dir: /proc/net/listenq
 * @mib: lq_mibs as they stood when we began to count here
 * @load_ns: ktime_get_ns() when the module was loaded
 * @alive: records may be made; cleared before the last grace period of @net
 * @closed: the last listeners that closed, oldest first, see closed.c
 * @nclosed: how many
 * @closed_lock: of those two
 * @feed: its events
 */
struct lq_netns {
	struct net *net;
	struct proc_dir_entry *dir;
	u64 mib[LQ_MIBS];
	u64 load_ns;
	bool alive;
	struct list_head closed;
	unsigned int nclosed;
	raw_spinlock_t closed_lock;
	struct lq_feed feed;
};

int lq_netns_init(void);
void lq_netns_exit(void);
struct lq_netns *lq_netns_of(const struct net *net);
bool lq_netns_alive(const struct net *net);

#endif /* LISTENQ_NETNS_H */
