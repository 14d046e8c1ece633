// SPDX-License-Identifier: GPL-2.0
/*
 * Where records come from and go to.
 *
 * They are made in handlers, with preemption off. There the allocator may be
 * asked for memory that needs no sleep, except on PREEMPT_RT, where its locks
 * sleep: those kernels take records from a pool that a worker fills again.
 * They go through a grace period, which also brings them to a context where
 * the last reference of a pid may be put, on every kernel.
 */
#include <linux/irq_work.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "fault.h"
#include "listener.h"
#include "record.h"

/* closed_rcu(), unfindable_rcu(), record_free() */
#define LQ_RECORD_STAGES	3

static struct kmem_cache *lq_cache;

/*
 * Charged to the memory cgroup of whoever runs: an unprivileged namespace
 * pays for its own records.
 */
static struct lq_listener *allocate(gfp_t gfp)
{
	return lq_alloc(kmem_cache_zalloc(lq_cache, gfp | __GFP_ACCOUNT |
						    __GFP_NOWARN));
}

static void record_free(struct rcu_head *rcu)
{
	struct lq_listener *l = container_of(rcu, struct lq_listener, rcu);

	put_pid(l->last.tgid);
	kmem_cache_free(lq_cache, l);
}

#ifdef CONFIG_PREEMPT_RT

/*
 * Listeners that may be born before the worker gets to run. Their records are
 * not charged to anybody; each belongs to a socket that is.
 */
#define LQ_POOL		1024

static HLIST_HEAD(lq_pool);
static unsigned int lq_pooled;
static DEFINE_RAW_SPINLOCK(lq_pool_lock);	/* both of them; any context */

static bool pool_put(struct lq_listener *l)
{
	unsigned long flags;
	bool wanted;

	raw_spin_lock_irqsave(&lq_pool_lock, flags);
	wanted = lq_pooled < LQ_POOL;
	if (wanted) {
		hlist_add_head(&l->node, &lq_pool);
		lq_pooled++;
	}
	raw_spin_unlock_irqrestore(&lq_pool_lock, flags);
	return wanted;
}

static void pool_fill(struct work_struct *work)
{
	struct lq_listener *l;

	while ((l = kmem_cache_zalloc(lq_cache, GFP_KERNEL)))
		if (!pool_put(l)) {
			kmem_cache_free(lq_cache, l);
			return;
		}
}

static DECLARE_WORK(lq_pool_work, pool_fill);

static void pool_kick(struct irq_work *work)
{
	schedule_work(&lq_pool_work);
}

static struct irq_work lq_pool_irq_work;

static struct lq_listener *pool_get(void)
{
	struct lq_listener *l = NULL;
	unsigned long flags;
	bool low;

	raw_spin_lock_irqsave(&lq_pool_lock, flags);
	if (!hlist_empty(&lq_pool)) {
		l = hlist_entry(lq_pool.first, struct lq_listener, node);
		hlist_del_init(&l->node);
		lq_pooled--;
	}
	low = lq_pooled < LQ_POOL / 2;
	raw_spin_unlock_irqrestore(&lq_pool_lock, flags);
	/* Waking a worker takes locks that sleep; an irq_work does not. */
	if (low)
		irq_work_queue(&lq_pool_irq_work);
	return l;
}

static void pool_init(void)
{
	init_irq_work(&lq_pool_irq_work, pool_kick);
	pool_fill(&lq_pool_work);
}

static void pool_exit(void)
{
	struct hlist_node *next;
	struct lq_listener *l;

	irq_work_sync(&lq_pool_irq_work);
	cancel_work_sync(&lq_pool_work);
	hlist_for_each_entry_safe(l, next, &lq_pool, node)
		kmem_cache_free(lq_cache, l);
	INIT_HLIST_HEAD(&lq_pool);
}

#else

static struct lq_listener *pool_get(void)
{
	return allocate(GFP_ATOMIC);
}

static void pool_init(void)
{
}

static void pool_exit(void)
{
}

#endif

/**
 * lq_record_new() - an empty record
 * @may_sleep: the caller may sleep
 *
 * Context: any, if not @may_sleep.
 * Return: a record of zeroes, or NULL.
 */
struct lq_listener *lq_record_new(bool may_sleep)
{
	return may_sleep ? allocate(GFP_KERNEL) : pool_get();
}

/**
 * lq_record_drop() - free a record that nobody can find any more
 * @l: the record; readers that found it before may still look at it
 *
 * Context: any.
 */
void lq_record_drop(struct lq_listener *l)
{
	call_rcu(&l->rcu, record_free);
}

/**
 * lq_record_init() - make ready to give out records
 *
 * Return: 0, or -ENOMEM.
 */
int lq_record_init(void)
{
	lq_cache = lq_alloc(kmem_cache_create("listenq_listener",
					      sizeof(struct lq_listener), 0, 0,
					      NULL));
	if (!lq_cache)
		return -ENOMEM;
	pool_init();
	return 0;
}

/**
 * lq_record_exit() - all records have been dropped, and there will be none
 */
void lq_record_exit(void)
{
	unsigned int stages;

	pool_exit();
	/* A grace period for each stage of hash.c: each one begins the next. */
	for (stages = 0; stages < LQ_RECORD_STAGES; stages++)
		rcu_barrier();
	kmem_cache_destroy(lq_cache);
}
