// SPDX-License-Identifier: GPL-2.0
/*
 * How the outcome of a call is known without seeing it return.
 *
 * Return probes cost much and, on x86, lose hits when a softirq lands inside
 * another probe's handler. So a call is seen when it begins, together with
 * the counters that the kernel keeps for this CPU and this namespace and moves
 * inside it (LINUX_MIB_*). Whatever moves them again on this CPU passes one of
 * our hooks first. So at the next hook on this CPU, whenever that is, they
 * tell how the call ended, and it is counted then. A reader who does not want
 * to wait for that counts what is certain already: it is as certain for him as
 * for us, since it is taken from what the kernel has done, not from what it
 * will do. So that each thing is counted once, who counts claims it before, in
 * one atomic word with the number of the moment, and the CPU itself leaves out
 * what others have claimed. What a reader is shown is what has been counted,
 * and never goes back.
 *
 * Context: each CPU has one moment. Hooks of the packet path run with bottom
 * halves off and do not nest, so a CPU writes its own moment without a lock.
 * Where bottom halves may be on (a request ends in a program; a program works
 * off the backlog of a Fast Open child), a softirq could come in between: no
 * hook touches it there. Readers on other CPUs look at it between two equal
 * even values of its seq; one that is being written is left to its CPU.
 *
 * Lifetime: a moment holds no reference of the record. Whoever takes l out of
 * the moment, by an atomic exchange, counts the outcome: the CPU itself, in an
 * RCU read section, or lq_moment_forget(), which the record's owner calls a
 * grace period after the record could be found last and a grace period before
 * it is freed.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/timer.h>
#include <net/net_namespace.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "event.h"
#include "listener.h"
#include "moment.h"
#include "outcome.h"

/* What each CPU does in the request path, or did last. */
DEFINE_PER_CPU(struct lq_moment, lq_moments);

/* Of moments that are noted; belongs to them, and is read as they are. */
DEFINE_PER_CPU(struct lq_note, lq_notes);

/*
 * What has been counted of each CPU's moment: the moment's id in the upper
 * half, bits of enum lq_counter in the lower one; 0 if nothing may be.
 */
DEFINE_PER_CPU(atomic64_t, lq_claimed);
static_assert(LQ_NCOUNTERS <= 32);

/* Between these two, readers look away. Context: as lq_moment_now(). */
static void write_begins(struct lq_moment *m)
{
	WRITE_ONCE(m->seq, m->seq + 1);
	/* Odd before anything else changes; claim() reads in the order. */
	smp_wmb();
}

static void write_ends(struct lq_moment *m)
{
	/* Even after everything has changed; claim() reads in the order. */
	smp_wmb();
	WRITE_ONCE(m->seq, m->seq + 1);
}

/* Count how the last call ended. Within write_begins() and write_ends(). */
static void settle(struct lq_moment *m)
{
	struct lq_listener *l;
	u32 counted, claimed;

	if (!READ_ONCE(m->l))
		return;
	l = xchg(&m->l, NULL);
	if (!l)
		return;
	claimed = atomic64_xchg(this_cpu_ptr(&lq_claimed), 0);
	counted = lq_outcome(m, lq_outcome_mibs_here(l), true);
	lq_outcome_count_rest(l, counted, claimed, m->sk);
}

/*
 * Tell how the last call ended, and count it. Before it is settled: who tells
 * what follows from it must find it in the moment until it has been told.
 */
static void tell_last(struct lq_moment *m)
{
	struct lq_listener *l = READ_ONCE(m->l);
	struct lq_feed *feed;
	unsigned long flags;
	u32 counted;

	if (!l || !m->noted)
		return;
	feed = lq_event_begin(l->net, &flags);
	if (!feed)
		return;
	counted = lq_outcome(m, lq_outcome_mibs_here(l), true);
	counted &= ~(u32)atomic64_fetch_or(counted, this_cpu_ptr(&lq_claimed));
	lq_outcome_count(l, counted, m->sk);
	lq_outcome_tell(feed, l, counted, this_cpu_ptr(&lq_notes), m->sk);
	lq_event_end(feed, flags);
}

/*
 * Tells how the last call ended if no hook has done so for a tick, for events
 * alone. On this CPU, where calls run with bottom halves off: so it has ended.
 * The record is kept as for a hook, by the RCU read section. If a CPU goes
 * offline, its timer runs on another one, and tells of the call of that one.
 */
static DEFINE_PER_CPU(struct timer_list, lq_late);

static void late(struct timer_list *timer)
{
	rcu_read_lock();
	tell_last(this_cpu_ptr(&lq_moments));
	rcu_read_unlock();
}

/**
 * lq_moment_init() - before the first hook runs
 *
 * Context: process.
 */
void lq_moment_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		timer_setup(per_cpu_ptr(&lq_late, cpu), late, TIMER_PINNED);
}

/**
 * lq_moment_exit() - after the last hook has returned
 *
 * Context: process; may sleep.
 */
void lq_moment_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		timer_delete_sync(per_cpu_ptr(&lq_late, cpu));
}

/*
 * Whatever was seen of the last call. One by one: a compiler may clear a whole
 * struct before it sets the members that have a value, and seq with it.
 */
static void forget_seen(struct lq_moment *m)
{
	m->sk = NULL;
	m->req = NULL;
	m->child = NULL;
	m->synack_us = 0;
	m->queued = false;
	m->added = false;
	m->undone = false;
	m->unproven = false;
	m->dropped = false;
	m->refusal = false;
	m->aborts = false;
	m->retrans = false;
	m->cloned = false;
	m->noted = false;
}

/**
 * lq_moment_now() - this CPU's moment
 *
 * Context: bottom halves off, in an RCU read section.
 * Return: it.
 */
struct lq_moment *lq_moment_now(void)
{
	return this_cpu_ptr(&lq_moments);
}

/**
 * lq_moment_begin() - a call begins, so the one before has ended
 * @kind: of the call
 * @l: its listener; NULL if there is no record of it
 *
 * Context: as lq_moment_now().
 * Return: this CPU's moment, for what else is seen of the call.
 */
struct lq_moment *lq_moment_begin(enum lq_moment_kind kind,
				  struct lq_listener *l)
{
	struct lq_moment *m = this_cpu_ptr(&lq_moments);
	const unsigned long *mibs;

	if (lq_events_on())
		tell_last(m);
	write_begins(m);
	settle(m);
	m->kind = kind;
	m->id = m->seq;
	forget_seen(m);
	if (l) {
		mibs = lq_outcome_mibs_here(l);
		/* Not in a loop: this is done twice for each connection. */
		m->mib[0] = READ_ONCE(mibs[lq_outcome_mibs[kind][0]]);
		m->mib[1] = READ_ONCE(mibs[lq_outcome_mibs[kind][1]]);
		m->mib[2] = READ_ONCE(mibs[lq_outcome_mibs[kind][2]]);
		m->mib[3] = READ_ONCE(mibs[lq_outcome_mibs[kind][3]]);
		atomic64_set(this_cpu_ptr(&lq_claimed), (u64)m->id << 32);
		WRITE_ONCE(m->l, l);
	}
	write_ends(m);
	return m;
}

/**
 * lq_moment_over() - the outcome of a call was seen and counted
 * @m: this CPU's moment
 *
 * Context: as lq_moment_now().
 */
void lq_moment_over(struct lq_moment *m)
{
	write_begins(m);
	xchg(&m->l, NULL);
	/* What comes next may be of the same request, and is not of this call. */
	m->kind = LQ_NOTHING;
	write_ends(m);
}

/* Has this counter, if there is such a one, moved since @m began? */
static bool moved_here(const struct lq_moment *m, unsigned int i, u8 mib)
{
	const struct lq_listener *l = READ_ONCE(m->l);

	return l && mib && READ_ONCE(lq_outcome_mibs_here(l)[mib]) != m->mib[i];
}

/**
 * lq_moment_moved() - has the kernel given something to another listener?
 * @m: this CPU's moment, LQ_ACK or LQ_REQ_MOVES
 *
 * Context: as lq_moment_now().
 * Return: true if it has since the moment began.
 */
bool lq_moment_moved(const struct lq_moment *m)
{
	return moved_here(m, ACK_MOVED, MIB_MOVED);
}

/**
 * lq_moment_overflowed() - has the kernel found the accept queue full?
 * @m: this CPU's moment, LQ_ACK
 *
 * Context: as lq_moment_now().
 * Return: true if it has since the moment began.
 */
bool lq_moment_overflowed(const struct lq_moment *m)
{
	return moved_here(m, ACK_OVERFLOWS, LINUX_MIB_LISTENOVERFLOWS);
}

/**
 * lq_moment_note() - what events shall tell of this CPU's moment
 * @m: the moment, of a listener with a record
 * @note: it
 *
 * Context: as lq_moment_now(), right after lq_moment_begin().
 */
void lq_moment_note(struct lq_moment *m, const struct lq_note *note)
{
	struct timer_list *timer = this_cpu_ptr(&lq_late);

	write_begins(m);
	*this_cpu_ptr(&lq_notes) = *note;
	m->noted = true;
	write_ends(m);
	/* Bottom halves are off, so it does not begin to run meanwhile. */
	if (!timer_pending(timer))
		mod_timer(timer, jiffies + 1);
}

/**
 * lq_moment_noted() - to add to what events shall tell
 * @m: this CPU's moment
 *
 * The caller adds, smp_wmb(), and then sets what makes it certain.
 *
 * Context: as lq_moment_now().
 * Return: its note, or NULL if there is none.
 */
struct lq_note *lq_moment_noted(const struct lq_moment *m)
{
	return lq_events_on() && m->noted ? this_cpu_ptr(&lq_notes) : NULL;
}
