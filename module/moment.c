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
#include <linux/percpu.h>
#include <net/net_namespace.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "listener.h"
#include "moment.h"
#include "outcome.h"

static DEFINE_PER_CPU(struct lq_moment, lq_moments);

/*
 * What has been counted of each CPU's moment: the moment's id in the upper
 * half, bits of enum lq_counter in the lower one; 0 if nothing may be.
 */
static DEFINE_PER_CPU(atomic64_t, lq_claimed);
static_assert(LQ_NCOUNTERS <= 32);

static void count_all(struct lq_listener *l, u32 counted)
{
	for (; counted; counted &= counted - 1)
		lq_books_count(l, __ffs(counted));
}

/* A listener that something moved from, key @sk, has closed a moment ago. */
static void count_source(const void *sk, const struct lq_listener *to,
			 u32 counted)
{
	struct lq_listener *from;

	if (!(counted & (COUNTED(req_migrated_in) | COUNTED(conn_migrated_in))))
		return;
	from = lq_closed_find(sk, to->net);
	if (from)
		lq_books_count(from, counted & COUNTED(req_migrated_in) ?
				     LQ_N_req_migrated_out :
				     LQ_N_conn_migrated_out);
}

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

/*
 * Count the outcome of a call that has ended, but for what was claimed before.
 * Two claims may have to be taken back: of a request that was queued and turned
 * out to be a twin, and of a Fast Open child whose listener closed just then.
 */
static void count_rest(struct lq_listener *l, u32 counted, u32 claimed)
{
	count_all(l, counted & ~claimed);
	for (claimed &= ~counted; claimed; claimed &= claimed - 1)
		lq_books_uncount(l, __ffs(claimed));
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
	counted = lq_outcome(m, l, smp_processor_id(), true);
	count_rest(l, counted, claimed);
	count_source(m->sk, l, counted & ~claimed);
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
	*m = (struct lq_moment){ .kind = kind, .seq = m->seq, .id = m->seq };
	if (l) {
		for (i = 0; i < LQ_MOMENT_MIBS; i++)
			if (lq_outcome_mibs[kind][i])
				m->mib[i] = lq_outcome_mib(l, smp_processor_id(),
							   lq_outcome_mibs[kind][i]);
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
 * Claim what is certain of @cpu's moment, if it is of @l, and not yet counted;
 * @sk is set to the key of who gave something away.
 */
static u32 claim(const struct lq_listener *l, int cpu, const void **sk)
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
	*sk = data_race(m->sk);
	/* And this. */
	certain = data_race(lq_outcome(m, l, cpu, false));
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

/**
 * lq_moment_catch_up() - count what has happened and waits to be counted
 * @l: the listener; its namespace is alive
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_moment_catch_up(struct lq_listener *l)
{
	const void *sk;
	u32 counted;
	int cpu;

	for_each_possible_cpu(cpu) {
		counted = claim(l, cpu, &sk);
		if (!counted)
			continue;
		count_all(l, counted);
		count_source(sk, l, counted);
	}
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
		u32 counted, claimed;

		if (READ_ONCE(m->l) != l)
			continue;
		claimed = atomic64_read(per_cpu_ptr(&lq_claimed, cpu));
		/* Torn by a writer, it is thrown away below. */
		counted = count ? data_race(lq_outcome(m, l, cpu, true)) : 0;
		/* Still there: so what was read was of @l, and is all. */
		if (cmpxchg(&m->l, l, NULL) == l && count)
			count_rest(l, counted, claimed);
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
