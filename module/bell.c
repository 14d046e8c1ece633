// SPDX-License-Identifier: GPL-2.0
/*
 * Where the readers of events wait.
 *
 * Who sleeps in read() is gone when the files are (fs/proc/inode.c:
 * proc_entry_rundown waits). But poll() and epoll leave their entries in our
 * wait queue, and come back to take them out after the files, the namespace,
 * and even the module have gone. So the wait queue has memory of its own.
 */
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "bell.h"
#include "fault.h"

/*
 * Those that somebody still waited at when their namespaces ended. The mutex
 * protects the list; process context.
 */
static LIST_HEAD(lq_orphans);
static DEFINE_MUTEX(lq_orphans_lock);

/**
 * lq_bell_new() - a place to wait
 *
 * Context: process; may sleep.
 * Return: it, or NULL.
 */
struct lq_bell *lq_bell_new(void)
{
	struct lq_bell *bell;

	bell = lq_alloc(kzalloc(sizeof(*bell), GFP_KERNEL_ACCOUNT));
	if (bell)
		init_waitqueue_head(&bell->wait);
	return bell;
}

/* Has everybody gone? Whoever has just left has let go of its lock, too. */
static bool deserted(struct lq_bell *bell)
{
	bool empty;

	spin_lock_irq(&bell->wait.lock);
	empty = list_empty(&bell->wait.head);
	spin_unlock_irq(&bell->wait.lock);
	return empty;
}

/**
 * lq_bell_drop() - give it up
 * @bell: it; nobody new can find it
 *
 * Epoll and its like take their entries out when they are told so by POLLFREE,
 * and may be at it for a grace period (include/linux/wait.h:wake_up_pollfree,
 * whose function is not exported). poll() itself does so as soon as it runs; a
 * process that is stopped may keep it for ever, so nobody waits for that here.
 *
 * Context: process; may sleep.
 */
void lq_bell_drop(struct lq_bell *bell)
{
	__wake_up(&bell->wait, TASK_NORMAL, 0,
		  poll_to_key(EPOLLHUP | POLLFREE));
	if (deserted(bell)) {
		kfree_rcu(bell, rcu);
		return;
	}
	mutex_lock(&lq_orphans_lock);
	list_add(&bell->orphan, &lq_orphans);
	mutex_unlock(&lq_orphans_lock);
}

static bool orphans_gone(void)
{
	struct lq_bell *bell, *next;
	bool gone;

	mutex_lock(&lq_orphans_lock);
	list_for_each_entry_safe(bell, next, &lq_orphans, orphan) {
		if (!deserted(bell))
			continue;
		list_del(&bell->orphan);
		kfree_rcu(bell, rcu);
	}
	gone = list_empty(&lq_orphans);
	mutex_unlock(&lq_orphans_lock);
	return gone;
}

/**
 * lq_bell_exit() - free what is left
 *
 * Waits a second for processes that were in poll(). One that does not run
 * meanwhile keeps the few bytes of its wait queue, for ever: that is data of
 * the kernel's own kind, and needs no code of ours.
 *
 * Context: process; sleeps.
 */
void lq_bell_exit(void)
{
	unsigned int tries = 50;

	while (!orphans_gone() && --tries)
		msleep(20);
}
