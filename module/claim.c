// SPDX-License-Identifier: GPL-2.0
/*
 * What other CPUs' moments have come to: see moment.c.
 */
#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>

#include "books.h"
#include "compat.h"
#include "event.h"
#include "listener.h"
#include "moment.h"
#include "outcome.h"

/**
 * struct lq_claim - what was claimed of a moment
 * @sk: key of who gave something away
 * @note: what events tell of it, if @noted
 * @noted: see struct lq_moment
 */
struct lq_claim {
	const void *sk;
	struct lq_note note;
	bool noted;
};

/* Claim what is certain of @cpu's moment, if it is of @l, and not yet counted. */
static u32 claim(const struct lq_listener *l, int cpu, struct lq_claim *c)
{
	const struct lq_moment *m = per_cpu_ptr(&lq_moments, cpu);
	atomic64_t *claimed = per_cpu_ptr(&lq_claimed, cpu);
	unsigned int seq, id;
	u32 certain;
	s64 old;

	/* Pairs with write_ends(). */
	seq = smp_load_acquire(&m->seq);
	if (READ_ONCE(m->l) != l || seq & 1)
		return 0;
	/* Torn by a writer, it is thrown away below. */
	id = data_race(m->id);
	/* So is this. */
	c->sk = data_race(m->sk);
	/* And this. */
	c->noted = data_race(m->noted);
	/* And this. */
	certain = data_race(lq_outcome(m, lq_outcome_mibs_of(l, cpu), false));
	if (!certain)
		return 0;
	/* Pairs with lq_moment_note() and its like: what is certain is noted. */
	smp_rmb();
	if (c->noted) {
		/* Torn by a writer, it is thrown away below. */
		c->note = data_race(*per_cpu_ptr(&lq_notes, cpu));
	}
	/* Pairs with write_begins(). */
	smp_rmb();
	if (READ_ONCE(m->seq) != seq)
		return 0;
	old = atomic64_read(claimed);
	do {
		if ((u64)old >> 32 != id || !(certain & ~(u32)old))
			return 0;
	} while (!atomic64_try_cmpxchg(claimed, &old, old | certain));
	return certain & ~(u32)old;
}

/* The caller is in an RCU read section, and has locked @feed, if there is one. */
static void catch_up(struct lq_listener *l, struct lq_feed *feed)
{
	struct lq_claim c;
	u32 counted;
	int cpu;

	for_each_possible_cpu(cpu) {
		counted = claim(l, cpu, &c);
		if (!counted)
			continue;
		lq_outcome_count(l, counted, c.sk);
		if (feed && c.noted)
			lq_outcome_tell(feed, l, counted, &c.note, c.sk);
	}
}

/**
 * lq_moment_catch_up() - count what has happened and waits to be counted
 * @l: the listener; its namespace is alive
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_moment_catch_up(struct lq_listener *l)
{
	unsigned long flags;
	struct lq_feed *feed = lq_event_begin(l->net, &flags);

	catch_up(l, feed);
	lq_event_end(feed, flags);
}

/**
 * lq_moment_tell() - tell an event, after all that it may follow from
 * @l: its listener; its namespace is alive
 * @e: the event
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_moment_tell(struct lq_listener *l, struct lq_event *e)
{
	unsigned long flags;
	struct lq_feed *feed = lq_event_begin(l->net, &flags);

	if (!feed)
		return;
	catch_up(l, feed);
	lq_event_push(feed, e);
	lq_event_end(feed, flags);
}

/**
 * lq_moment_forget() - take a listener out of all moments
 * @l: a record that nobody has been able to find for a grace period
 * @count: count what waits; its namespace is alive then
 *
 * A CPU that took it out itself still counts, in an RCU read section.
 *
 * Context: any, with the lock of the record's bucket: readers claim with it.
 */
void lq_moment_forget(struct lq_listener *l, bool count)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct lq_moment *m = per_cpu_ptr(&lq_moments, cpu);
		const unsigned long *mibs;
		u32 counted = 0, claimed;
		const void *giver;

		if (READ_ONCE(m->l) != l)
			continue;
		claimed = atomic64_read(per_cpu_ptr(&lq_claimed, cpu));
		if (count) {
			mibs = lq_outcome_mibs_of(l, cpu);
			/* Torn by a writer, it is thrown away below. */
			counted = data_race(lq_outcome(m, mibs, true));
		}
		/* So is this. */
		giver = data_race(m->sk);
		/* Still there: so what was read was of @l, and is all. */
		if (cmpxchg(&m->l, l, NULL) == l && count)
			lq_outcome_count_rest(l, counted, claimed, giver);
	}
}

/**
 * lq_moment_forget_net() - take the listeners of a namespace out of all moments
 * @net: it goes; none of its records has been found for a grace period
 *
 * A record that is still in a moment is freed a grace period after it is taken
 * out, so it may be looked at here. What waits is of no interest any more.
 *
 * Context: process.
 */
void lq_moment_forget_net(const struct net *net)
{
	struct lq_listener *l;
	int cpu;

	rcu_read_lock();
	for_each_possible_cpu(cpu) {
		struct lq_moment *m = per_cpu_ptr(&lq_moments, cpu);

		l = READ_ONCE(m->l);
		if (l && l->net == net)
			cmpxchg(&m->l, l, NULL);
	}
	rcu_read_unlock();
}
