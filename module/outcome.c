// SPDX-License-Identifier: GPL-2.0
/*
 * What a call has come to: told by what was seen of it, and by how the
 * counters that the kernel keeps for that CPU have moved since it began.
 */
#include <linux/bits.h>
#include <linux/percpu.h>
#include <linux/snmp.h>
#include <net/net_namespace.h>
#include <net/snmp.h>

#include "books.h"
#include "compat.h"
#include "listener.h"
#include "outcome.h"

/* The kernel numbers them from 1. */
const u8 lq_outcome_mibs[LQ_NKINDS][LQ_MOMENT_MIBS] = {
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

/**
 * lq_outcome_mib() - one of the kernel's counters
 * @l: of the namespace of this listener, which is alive
 * @cpu: of this CPU
 * @mib: LINUX_MIB_*
 *
 * Return: its value.
 */
unsigned long lq_outcome_mib(const struct lq_listener *l, int cpu, u8 mib)
{
	return READ_ONCE(per_cpu_ptr(l->net->mib.net_statistics,
				     cpu)->mibs[mib]);
}

/**
 * lq_outcome() - what a call has come to by now
 * @m: its moment
 * @l: the listener that @m is of; its namespace is alive
 * @cpu: the CPU that @m is of
 * @over: the call has ended; else only what cannot change any more is told
 *
 * Return: bits of enum lq_counter.
 */
u64 lq_outcome(const struct lq_moment *m, const struct lq_listener *l, int cpu,
	       bool over)
{
	unsigned long moved[LQ_MOMENT_MIBS] = {};
	unsigned int i;

	for (i = 0; i < LQ_MOMENT_MIBS; i++)
		if (lq_outcome_mibs[m->kind][i])
			moved[i] = lq_outcome_mib(l, cpu, lq_outcome_mibs[m->kind][i]) -
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
