// SPDX-License-Identifier: GPL-2.0
/*
 * How the outcome of a call is known without seeing it return.
 *
 * Return probes cost much and, on x86, lose hits when a softirq lands inside
 * another probe's handler. So a call is seen when it begins, together with
 * the counters that the kernel keeps for this CPU and this namespace and moves
 * inside it (LINUX_MIB_*). Whatever moves them again on this CPU passes one of
 * our hooks first. So at the next hook on this CPU, whenever that is, they
 * tell how the call ended, and it is counted then. Until then a reader adds
 * what has happened but waits to be counted: the outcome is as certain for him
 * as for us, since it is taken from what the kernel has done, not from what it
 * will do.
 *
 * Context: each CPU has one moment. Hooks of the packet path run with bottom
 * halves off and do not nest, so a CPU writes its own moment without a lock.
 * Where bottom halves may be on (a request ends in a program; a program works
 * off the backlog of a Fast Open child), a softirq could come in between: no
 * hook touches it there. Readers on other CPUs look at it between two equal
 * even values of its seq.
 *
 * Lifetime: a moment holds no reference of the record. Whoever takes l out of
 * the moment, by an atomic exchange, counts the outcome: the CPU itself, in an
 * RCU read section, or lq_moment_forget(), which the record's owner calls a
 * grace period after the record could be found last and a grace period before
 * it is freed.
 */
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/percpu.h>
#include <linux/processor.h>
#include <net/net_namespace.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "listener.h"
#include "moment.h"
#include "outcome.h"

static DEFINE_PER_CPU(struct lq_moment, lq_moments);

static void count_all(struct lq_listener *l, u64 counted)
{
	while (counted) {
		lq_books_count(l, __ffs64(counted));
		counted &= counted - 1;
	}
}

/* A listener that something moved from has closed a moment ago. */
static void count_source(const struct lq_moment *m,
			 const struct lq_listener *to, u64 counted)
{
	struct lq_listener *from;

	if (!(counted & (COUNTED(req_migrated_in) | COUNTED(conn_migrated_in))))
		return;
	from = lq_closed_find(m->sk, to->net);
	if (from)
		lq_books_count(from, counted & COUNTED(req_migrated_in) ?
				     LQ_N_req_migrated_out :
				     LQ_N_conn_migrated_out);
}

/*
 * Between these two, readers wait, some of them with the lock of a bucket: so
 * nothing in between takes a lock. Context: as lq_moment_now().
 */
static void write_begins(struct lq_moment *m)
{
	WRITE_ONCE(m->seq, m->seq + 1);
	/* Odd before anything else changes; look() reads in the order. */
	smp_wmb();
}

static void write_ends(struct lq_moment *m)
{
	/* Even after everything has changed; look() reads in the order. */
	smp_wmb();
	WRITE_ONCE(m->seq, m->seq + 1);
}

/* Count how the last call ended. Within write_begins() and write_ends(). */
static void settle(struct lq_moment *m)
{
	struct lq_listener *l;
	u64 counted;

	if (!READ_ONCE(m->l))
		return;
	l = xchg(&m->l, NULL);
	if (!l)
		return;
	counted = lq_outcome(m, l, smp_processor_id(), true);
	count_all(l, counted);
	count_source(m, l, counted);
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
	unsigned int i;

	write_begins(m);
	settle(m);
	*m = (struct lq_moment){ .kind = kind, .seq = m->seq };
	if (l) {
		for (i = 0; i < LQ_MOMENT_MIBS; i++)
			if (lq_outcome_mibs[kind][i])
				m->mib[i] = lq_outcome_mib(l, smp_processor_id(),
							   lq_outcome_mibs[kind][i]);
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
	write_ends(m);
}

/* Has this counter, if there is such a one, moved since @m began? */
static bool moved_here(const struct lq_moment *m, unsigned int i, u8 mib)
{
	const struct lq_listener *l = READ_ONCE(m->l);

	return l && mib && lq_outcome_mib(l, smp_processor_id(), mib) != m->mib[i];
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

/*
 * What @m has come to for @l, as seen from any CPU, and its seq then; false if
 * @m is not of @l. Neither is believed while its CPU writes: settle() has taken
 * the listener out by then, and not yet counted.
 */
static bool look(const struct lq_moment *m, const struct lq_listener *l,
		 int cpu, unsigned int *seq, u64 *counted)
{
	bool ours;

	do {
		/* Pairs with write_ends(). */
		while ((*seq = smp_load_acquire(&m->seq)) & 1)
			cpu_relax();
		ours = READ_ONCE(m->l) == l;
		/* Torn by a writer, it is thrown away below. */
		*counted = ours ? data_race(lq_outcome(m, l, cpu, false)) : 0;
		/* Pairs with write_begins(). */
		smp_rmb();
	} while (READ_ONCE(m->seq) != *seq);
	return ours;
}

/**
 * lq_moment_waiting() - what has happened and waits to be counted
 * @l: the listener; its namespace is alive
 * @n: is added to; or NULL
 *
 * Context: any; a CPU that writes its moment does so with a few instructions
 * and takes no lock, in a context that the caller's CPU cannot have
 * interrupted: on this CPU the caller has interrupts off.
 * Return: a number that differs once any of it has been counted.
 */
u64 lq_moment_waiting(const struct lq_listener *l, u64 *n)
{
	unsigned int seq;
	u64 stamp = 0, counted;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!look(per_cpu_ptr(&lq_moments, cpu), l, cpu, &seq, &counted))
			continue;
		stamp += ((u64)cpu + 1) << 32 | seq;
		for (; n && counted; counted &= counted - 1)
			n[__ffs64(counted)]++;
	}
	return stamp;
}

/**
 * lq_moment_forget() - take a listener out of all moments
 * @l: a record that nobody has been able to find for a grace period
 * @count: count what waits; its namespace is alive then
 *
 * A CPU that took it out itself still counts, in an RCU read section.
 *
 * Context: any.
 */
void lq_moment_forget(struct lq_listener *l, bool count)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct lq_moment *m = per_cpu_ptr(&lq_moments, cpu);
		u64 counted;

		if (READ_ONCE(m->l) != l)
			continue;
		/* Torn by a writer, it is thrown away below. */
		counted = count ? data_race(lq_outcome(m, l, cpu, true)) : 0;
		/* Still there: so what was read was of @l, and is all. */
		if (cmpxchg(&m->l, l, NULL) == l)
			count_all(l, counted);
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
