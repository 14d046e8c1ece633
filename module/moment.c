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
#include <linux/snmp.h>
#include <net/net_namespace.h>
#include <net/snmp.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "listener.h"
#include "moment.h"

static DEFINE_PER_CPU(struct lq_moment, lq_moments);

#if LQ_COMPAT_MIGRATES
#define MIB_MOVED	LINUX_MIB_TCPMIGRATEREQSUCCESS
#else
#define MIB_MOVED	0	/* nothing moves */
#endif

/* Names of the places in struct lq_moment's mib. */
enum { SYN_DROPS, SYN_OVERFLOWS, SYN_FULL, SYN_COOKIES };
enum { ACK_RETRANS, ACK_OVERFLOWS, ACK_DEFERRED, ACK_MOVED };
enum { COOKIE_OVERFLOWS, COOKIE_FAILED };
enum { TIMER_RETRANS = ACK_RETRANS, TIMER_MOVED = ACK_MOVED };

/* The kernel numbers them from 1. */
static const u8 mib_of[LQ_NKINDS][LQ_MOMENT_MIBS] = {
	[LQ_SYN] = {
		[SYN_DROPS] = LINUX_MIB_LISTENDROPS,
		[SYN_OVERFLOWS] = LINUX_MIB_LISTENOVERFLOWS,
		[SYN_FULL] = LINUX_MIB_TCPREQQFULLDROP,
		[SYN_COOKIES] = LINUX_MIB_SYNCOOKIESSENT,
	},
	[LQ_ACK] = {
		[ACK_OVERFLOWS] = LINUX_MIB_LISTENOVERFLOWS,
		[ACK_DEFERRED] = LINUX_MIB_TCPDEFERACCEPTDROP,
		[ACK_MOVED] = MIB_MOVED,
		[ACK_RETRANS] = LINUX_MIB_TCPSYNRETRANS,
	},
	[LQ_COOKIE] = {
		[COOKIE_OVERFLOWS] = LINUX_MIB_LISTENOVERFLOWS,
		[COOKIE_FAILED] = LINUX_MIB_SYNCOOKIESFAILED,
	},
	[LQ_TIMER] = { [TIMER_RETRANS] = LINUX_MIB_TCPSYNRETRANS },
	[LQ_RETRANS] = { [TIMER_RETRANS] = LINUX_MIB_TCPSYNRETRANS },
	[LQ_REQ_MOVES] = {
		[TIMER_MOVED] = MIB_MOVED,
		[TIMER_RETRANS] = LINUX_MIB_TCPSYNRETRANS,
	},
	[LQ_CONN_MOVES] = { [TIMER_MOVED] = MIB_MOVED },
};

static_assert(LINUX_MIB_LISTENDROPS > 0);

#define COUNTED(name)	BIT_ULL(LQ_N_##name)

static u64 syn_outcome(const struct lq_moment *m, const unsigned long *moved)
{
	/* Of a twin, the kernel drops nothing: another CPU has queued it. */
	if (READ_ONCE(m->undone))
		return COUNTED(syn_drop_other);
	/*
	 * A Fast Open child that found the accept queue full just then leaves
	 * its request in the SYN queue, as an ACK does.
	 */
	if (READ_ONCE(m->queued))
		return COUNTED(syn_queued) |
		       (moved[SYN_OVERFLOWS] ? COUNTED(ack_overflow) : 0);
	if (moved[SYN_COOKIES])
		return COUNTED(syn_cookie);
	if (moved[SYN_FULL])
		return COUNTED(syn_drop_synq);
	if (moved[SYN_OVERFLOWS])
		return COUNTED(syn_drop_acceptq);
	if (READ_ONCE(m->added))
		return COUNTED(syn_tfo) | COUNTED(established);
	if (!moved[SYN_DROPS])
		return 0;
	return READ_ONCE(m->unproven) ? COUNTED(syn_drop_unproven) :
					COUNTED(syn_drop_other);
}

static u64 ack_outcome(const struct lq_moment *m, const unsigned long *moved,
		       bool over)
{
	u64 counted = 0;

	if (moved[ACK_OVERFLOWS] && READ_ONCE(m->dropped))
		counted |= COUNTED(ack_reset);
	else if (moved[ACK_OVERFLOWS] && (over || !READ_ONCE(m->aborts)))
		counted |= COUNTED(ack_overflow);
	if (moved[ACK_DEFERRED])
		counted |= COUNTED(ack_deferred);
	if (READ_ONCE(m->retrans) && moved[ACK_RETRANS])
		counted |= COUNTED(synack_retrans);
	return counted;
}

static u64 cookie_outcome(const unsigned long *moved)
{
	return (moved[COOKIE_OVERFLOWS] ? COUNTED(ack_overflow) : 0) |
	       (moved[COOKIE_FAILED] ? COUNTED(cookie_bad) : 0);
}

static u64 timer_outcome(const struct lq_moment *m, const unsigned long *moved)
{
	u64 counted = 0;

	if (READ_ONCE(m->retrans) && moved[TIMER_RETRANS])
		counted |= COUNTED(synack_retrans);
	if (m->kind == LQ_REQ_MOVES && moved[TIMER_MOVED])
		counted |= COUNTED(req_migrated_in);
	if (m->kind == LQ_CONN_MOVES && moved[TIMER_MOVED])
		counted |= COUNTED(conn_migrated_in) | COUNTED(established);
	return counted;
}

static unsigned long mib_read(const struct lq_listener *l, int cpu, u8 mib)
{
	return READ_ONCE(per_cpu_ptr(l->net->mib.net_statistics,
				     cpu)->mibs[mib]);
}

/*
 * What @m, which is of @l, has come to by now, as bits of enum lq_counter; if
 * the call may not be @over, only what cannot change any more. The namespace of
 * @l is alive.
 */
static u64 outcome(const struct lq_moment *m, const struct lq_listener *l,
		   int cpu, bool over)
{
	unsigned long moved[LQ_MOMENT_MIBS] = {};
	unsigned int i;

	for (i = 0; i < LQ_MOMENT_MIBS; i++)
		if (mib_of[m->kind][i])
			moved[i] = mib_read(l, cpu, mib_of[m->kind][i]) -
				   m->mib[i];
	switch (m->kind) {
	case LQ_SYN:
		return syn_outcome(m, moved);
	case LQ_ACK:
		return ack_outcome(m, moved, over);
	case LQ_COOKIE:
		return cookie_outcome(moved);
	case LQ_TIMER:
	case LQ_RETRANS:
	case LQ_REQ_MOVES:
	case LQ_CONN_MOVES:
		return timer_outcome(m, moved);
	default:
		return 0;
	}
}

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

/* Between these two, readers wait. Context: as lq_moment_now(). */
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
	counted = outcome(m, l, smp_processor_id(), true);
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
			if (mib_of[kind][i])
				m->mib[i] = mib_read(l, smp_processor_id(),
						     mib_of[kind][i]);
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

	return l && mib && mib_read(l, smp_processor_id(), mib) != m->mib[i];
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

/* What @m has come to for @l, as seen from any CPU; and its seq then. */
static u64 look(const struct lq_moment *m, const struct lq_listener *l,
		int cpu, unsigned int *seq)
{
	u64 counted;

	do {
		/* Pairs with write_ends(). */
		while ((*seq = smp_load_acquire(&m->seq)) & 1)
			cpu_relax();
		if (READ_ONCE(m->l) != l)
			return 0;
		/* Torn by a writer, it is thrown away below. */
		counted = data_race(outcome(m, l, cpu, false));
		/* Pairs with write_begins(). */
		smp_rmb();
	} while (READ_ONCE(m->seq) != *seq);
	return counted;
}

/**
 * lq_moment_waiting() - what has happened and waits to be counted
 * @l: the listener; its namespace is alive
 * @n: is added to; or NULL
 *
 * Context: any; a CPU that writes its moment does so with a few instructions,
 * in a context that the caller's CPU cannot have interrupted: on this CPU the
 * caller has interrupts off.
 * Return: a number that differs once any of it has been counted.
 */
u64 lq_moment_waiting(const struct lq_listener *l, u64 *n)
{
	unsigned int seq;
	u64 stamp = 0, counted;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct lq_moment *m = per_cpu_ptr(&lq_moments, cpu);

		if (READ_ONCE(m->l) != l)
			continue;
		counted = look(m, l, cpu, &seq);
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
		counted = count ? data_race(outcome(m, l, cpu, true)) : 0;
		/* Still there: so what was read was of @l, and is all. */
		if (cmpxchg(&m->l, l, NULL) == l)
			count_all(l, counted);
	}
}
