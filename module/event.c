// SPDX-License-Identifier: GPL-2.0
/*
 * Events: who wants them, and the queue of each reader.
 *
 * Each namespace has a feed. Who tells something takes its lock, tells what
 * must have been told before (tell.c), and then the thing itself; so the order
 * of the events is the same for every reader, and none precedes its cause.
 * Each open file has a queue of a fixed size, paid for by who opened it. What
 * does not fit is counted, and told as one event, lost, at the place where it
 * is missing.
 *
 * Locking: the feed's lock (raw, interrupts off) protects the list of queues
 * and all that is in them. kfifo.h allows one reader to do without, but has no
 * barrier between the index that it reads and the element. What is next stays
 * so while it is copied to the reader, without the lock, since those who take
 * out of a queue take turns (view_events.c). A bucket's lock may be held when
 * it is taken; nothing of ours is taken under it. Nobody is woken under it, nor
 * by a handler at all: a timer does that, for all that came in a tick.
 *
 * Lifetime: who sleeps in read() is waited for when the files go
 * (fs/proc/inode.c:proc_entry_rundown), after lq_feed_hang_up() has woken him.
 * Who is in poll() is not: see bell.c.
 */
#include <linux/atomic.h>
#include <linux/kfifo.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "bell.h"
#include "event.h"
#include "fault.h"
#include "listener.h"
#include "netns.h"

DEFINE_STATIC_KEY_FALSE(lq_events_wanted);

/* Of each open file: some 100 kB. */
#define LQ_WATCH_EVENTS	1024

/* Of each namespace. */
#define LQ_WATCHES_MOST	128

/**
 * struct lq_watch - the queue of an open file
 * @ns: of this namespace
 * @node: among those of the feed
 * @events: it
 * @buffer: its memory
 * @lost: events since the last one in it for which there was no room
 */
struct lq_watch {
	struct lq_netns *ns;
	struct list_head node;
	DECLARE_KFIFO_PTR(events, struct lq_event);
	struct lq_event *buffer;
	u64 lost;
};

/**
 * lq_event_want() - somebody wants events
 *
 * Context: process; may sleep.
 * Return: 0.
 */
int lq_event_want(void)
{
	static_branch_inc(&lq_events_wanted);
	return 0;
}

/**
 * lq_event_unwant() - and does not any more
 *
 * Context: process; may sleep.
 */
void lq_event_unwant(void)
{
	static_branch_dec(&lq_events_wanted);
}

/**
 * lq_event_begin() - something is about to be told
 * @net: of a listener in this namespace, which is alive
 * @flags: for lq_event_end()
 *
 * Context: any.
 * Return: the feed, locked; NULL if nobody wants events.
 */
struct lq_feed *lq_event_begin(const struct net *net, unsigned long *flags)
{
	struct lq_feed *feed;

	if (!lq_events_on())
		return NULL;
	feed = &lq_netns_of(net)->feed;
	raw_spin_lock_irqsave(&feed->lock, *flags);
	return feed;
}

static void put(struct lq_watch *w, const struct lq_event *e)
{
	struct lq_event lost = { .time_ns = e->time_ns, .kind = LQ_EV_lost };

	if (w->lost && kfifo_avail(&w->events) >= 2) {
		lost.detail[0] = w->lost;
		kfifo_put(&w->events, lost);
		w->lost = 0;
	}
	if (w->lost || !kfifo_put(&w->events, *e))
		w->lost++;
}

/**
 * lq_event_push() - tell it
 * @feed: from lq_event_begin()
 * @e: the event; its time is set
 */
void lq_event_push(struct lq_feed *feed, struct lq_event *e)
{
	const struct lq_netns *ns = container_of(feed, struct lq_netns, feed);
	struct lq_watch *w;

	e->time_ns = ktime_get_ns();
	lq_event_trace(e, ns->net->ns.inum);
	list_for_each_entry(w, &feed->watches, node)
		put(w, e);
}

/*
 * For the readers to be woken, once for all that comes until then. The
 * exchange here and the one in tick() are full barriers: who finds a tick on
 * its way has put his event into the queues before that one wakes who looks
 * into them. So nobody but who set the mark touches the timer.
 */
static void want_tick(struct lq_feed *feed)
{
	if (!atomic_xchg(&feed->ticking, 1))
		mod_timer(&feed->timer, jiffies + 1);
}

/**
 * lq_event_unlock() - all has been told
 * @feed: from lq_event_begin()
 * @flags: from there
 */
void lq_event_unlock(struct lq_feed *feed, unsigned long flags)
	__releases(&feed->lock)
{
	raw_spin_unlock_irqrestore(&feed->lock, flags);
	want_tick(feed);
}

static void tick(struct timer_list *timer)
{
	struct lq_feed *feed = container_of(timer, struct lq_feed, timer);

	atomic_xchg(&feed->ticking, 0);
	wake_up_interruptible_poll(&feed->bell->wait, EPOLLIN | EPOLLRDNORM);
}

/**
 * lq_feed_init() - make the feed of a namespace
 * @ns: our part of it
 *
 * Return: 0, or -ENOMEM.
 */
int lq_feed_init(struct lq_netns *ns)
{
	struct lq_feed *feed = &ns->feed;

	feed->bell = lq_bell_new();
	if (!feed->bell)
		return -ENOMEM;
	INIT_LIST_HEAD(&feed->watches);
	raw_spin_lock_init(&feed->lock);
	timer_setup(&feed->timer, tick, 0);
	return 0;
}

/**
 * lq_feed_hang_up() - no more events come: let readers return
 * @ns: our part of a namespace whose files are about to go
 *
 * Context: process.
 */
void lq_feed_hang_up(struct lq_netns *ns)
{
	WRITE_ONCE(ns->feed.over, true);
	wake_up_interruptible_all(&ns->feed.bell->wait);
}

/**
 * lq_feed_exit() - take the feed of a namespace down
 * @ns: our part of it; its files have gone, no handler tells anything any more
 *
 * Context: process.
 */
void lq_feed_exit(struct lq_netns *ns)
{
	timer_delete_sync(&ns->feed.timer);
	lq_bell_drop(ns->feed.bell);
}

/**
 * lq_watch_open() - a queue for who opens the file
 * @ns: of this namespace
 *
 * Context: process; may sleep.
 * Return: it; ERR_PTR(-ENOMEM), or ERR_PTR(-EUSERS) if there are too many.
 */
struct lq_watch *lq_watch_open(struct lq_netns *ns)
{
	struct lq_feed *feed = &ns->feed;
	struct lq_watch *w;
	unsigned long flags;
	bool room;

	w = lq_alloc(kzalloc(sizeof(*w), GFP_KERNEL_ACCOUNT));
	if (!w)
		return ERR_PTR(-ENOMEM);
	w->buffer = lq_alloc(kvcalloc(LQ_WATCH_EVENTS, sizeof(*w->buffer),
				      GFP_KERNEL_ACCOUNT));
	if (!w->buffer) {
		kfree(w);
		return ERR_PTR(-ENOMEM);
	}
	w->ns = ns;
	kfifo_init(&w->events, w->buffer,
		   LQ_WATCH_EVENTS * sizeof(*w->buffer));
	lq_event_want();
	raw_spin_lock_irqsave(&feed->lock, flags);
	room = feed->nwatches < LQ_WATCHES_MOST;
	if (room) {
		feed->nwatches++;
		list_add_tail(&w->node, &feed->watches);
	}
	raw_spin_unlock_irqrestore(&feed->lock, flags);
	if (room)
		return w;
	lq_event_unwant();
	kvfree(w->buffer);
	kfree(w);
	return ERR_PTR(-EUSERS);
}

/**
 * lq_watch_close() - the file is closed
 * @w: its queue, freed
 *
 * Context: process; may sleep.
 */
void lq_watch_close(struct lq_watch *w)
{
	struct lq_feed *feed = &w->ns->feed;
	unsigned long flags;

	raw_spin_lock_irqsave(&feed->lock, flags);
	list_del(&w->node);
	feed->nwatches--;
	raw_spin_unlock_irqrestore(&feed->lock, flags);
	lq_event_unwant();
	kvfree(w->buffer);
	kfree(w);
}

/**
 * lq_watch_peek() - the next event
 * @w: the queue
 * @e: set; it stays the next one until lq_watch_skip()
 *
 * Where the queue ends with a gap that nobody has told of, that is the next.
 *
 * Context: process, one at a time.
 * Return: true if there is one.
 */
bool lq_watch_peek(struct lq_watch *w, struct lq_event *e)
{
	struct lq_feed *feed = &w->ns->feed;
	struct lq_event lost = { .kind = LQ_EV_lost };
	unsigned long flags;
	bool some;

	raw_spin_lock_irqsave(&feed->lock, flags);
	if (w->lost && kfifo_is_empty(&w->events)) {
		lost.time_ns = ktime_get_ns();
		lost.detail[0] = w->lost;
		kfifo_put(&w->events, lost);
		w->lost = 0;
	}
	some = kfifo_peek(&w->events, e);
	raw_spin_unlock_irqrestore(&feed->lock, flags);
	return some;
}

/**
 * lq_watch_skip() - go on to the one after it
 * @w: the queue, not empty
 *
 * Context: process, one at a time.
 */
void lq_watch_skip(struct lq_watch *w)
{
	struct lq_feed *feed = &w->ns->feed;
	unsigned long flags;

	raw_spin_lock_irqsave(&feed->lock, flags);
	kfifo_skip(&w->events);
	raw_spin_unlock_irqrestore(&feed->lock, flags);
}

static bool ready(const struct lq_watch *w)
{
	struct lq_feed *feed = &w->ns->feed;
	unsigned long flags;
	bool some;

	raw_spin_lock_irqsave(&feed->lock, flags);
	some = !kfifo_is_empty(&w->events) || w->lost;
	raw_spin_unlock_irqrestore(&feed->lock, flags);
	return some;
}

/**
 * lq_watch_wait() - wait for the next event
 * @w: the queue
 * @may_sleep: or only look
 *
 * Context: process; sleeps, if @may_sleep.
 * Return: 1 if there is one; 0 if none will come; -EAGAIN if one may; or
 * -ERESTARTSYS.
 */
int lq_watch_wait(struct lq_watch *w, bool may_sleep)
{
	const struct lq_feed *feed = &w->ns->feed;
	int err;

	if (!may_sleep && !ready(w))
		return READ_ONCE(feed->over) ? 0 : -EAGAIN;
	err = wait_event_interruptible(feed->bell->wait,
				       ready(w) || READ_ONCE(feed->over));
	return err ?: ready(w);
}

/**
 * lq_watch_poll() - is there one, and tell when there is
 * @w: the queue
 * @file: of this open file
 * @table: of who wants to be told
 *
 * Context: process.
 * Return: true if there is one, or none will come.
 */
bool lq_watch_poll(struct lq_watch *w, struct file *file,
		   struct poll_table_struct *table)
{
	struct lq_feed *feed = &w->ns->feed;

	poll_wait(file, &feed->bell->wait, table);
	return ready(w) || READ_ONCE(feed->over);
}
