// SPDX-License-Identifier: GPL-2.0
/*
 * What a call has come to: told by what was seen of it, and by how the
 * counters that the kernel keeps for that CPU have moved since it began. And
 * which events tell of it.
 */
#include <linux/bits.h>
#include <linux/snmp.h>

#include "books.h"
#include "closed.h"
#include "compat.h"
#include "event.h"
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

static u64 syn_outcome(const struct lq_moment *m, unsigned int moved)
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
		       ((moved & BIT(SYN_OVERFLOWS)) ? COUNTED(ack_overflow) : 0);
	if (moved & BIT(SYN_COOKIES))
		return COUNTED(syn_cookie);
	if (moved & BIT(SYN_FULL))
		return COUNTED(syn_drop_synq);
	if (moved & BIT(SYN_OVERFLOWS))
		return COUNTED(syn_drop_acceptq);
	if (READ_ONCE(m->added))
		return COUNTED(syn_tfo) | COUNTED(established);
	if (!(moved & BIT(SYN_DROPS)))
		return 0;
	return READ_ONCE(m->unproven) ? COUNTED(syn_drop_unproven) :
					COUNTED(syn_drop_other);
}

static u64 ack_outcome(const struct lq_moment *m, unsigned int moved,
		       bool over)
{
	u64 counted = 0;

	if ((moved & BIT(ACK_OVERFLOWS)) && READ_ONCE(m->dropped))
		counted |= COUNTED(ack_reset);
	else if ((moved & BIT(ACK_OVERFLOWS)) && (over || !READ_ONCE(m->aborts)))
		counted |= COUNTED(ack_overflow);
	if (moved & BIT(ACK_DEFERRED))
		counted |= COUNTED(ack_deferred);
	if (READ_ONCE(m->retrans) && (moved & BIT(ACK_RETRANS)))
		counted |= COUNTED(synack_retrans);
	return counted;
}

static u64 cookie_outcome(unsigned int moved)
{
	return ((moved & BIT(COOKIE_OVERFLOWS)) ? COUNTED(ack_overflow) : 0) |
	       ((moved & BIT(COOKIE_FAILED)) ? COUNTED(cookie_bad) : 0);
}

static u64 timer_outcome(const struct lq_moment *m, unsigned int moved)
{
	u64 counted = 0;

	if (READ_ONCE(m->retrans) && (moved & BIT(TIMER_RETRANS)))
		counted |= COUNTED(synack_retrans);
	if (m->kind == LQ_REQ_MOVES && (moved & BIT(TIMER_MOVED)))
		counted |= COUNTED(req_migrated_in);
	if (m->kind == LQ_CONN_MOVES && (moved & BIT(TIMER_MOVED)))
		counted |= COUNTED(conn_migrated_in) | COUNTED(established);
	return counted;
}

static unsigned int moved_bit(const struct lq_moment *m,
			      const unsigned long *mibs, unsigned int i)
{
	return READ_ONCE(mibs[lq_outcome_mibs[m->kind][i]]) != m->mib[i] ?
	       BIT(i) : 0;
}

/**
 * lq_outcome() - what a call has come to by now
 * @m: its moment, of a listener whose namespace is alive
 * @mibs: what the kernel counts in that namespace, on the CPU that @m is of
 * @over: the call has ended; else only what cannot change any more is told
 *
 * Return: bits of enum lq_counter.
 */
u64 lq_outcome(const struct lq_moment *m, const unsigned long *mibs, bool over)
{
	unsigned int moved;

	/* All of them, before anything else is looked at. */
	moved = moved_bit(m, mibs, 0) | moved_bit(m, mibs, 1) |
		moved_bit(m, mibs, 2) | moved_bit(m, mibs, 3);
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

static void count_all(struct lq_listener *l, u32 counted)
{
	for (; counted; counted &= counted - 1)
		lq_books_count(l, __ffs(counted));
}

/**
 * lq_outcome_count() - count what a call has come to
 * @l: the listener
 * @counted: bits of enum lq_counter
 * @giver: key of the listener that something was taken from, which has closed
 *         a moment ago
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_outcome_count(struct lq_listener *l, u32 counted, const void *giver)
{
	struct lq_listener *from;

	count_all(l, counted);
	if (!(counted & (COUNTED(req_migrated_in) | COUNTED(conn_migrated_in))))
		return;
	from = lq_closed_find(giver, l->net);
	if (from)
		lq_books_count(from, counted & COUNTED(req_migrated_in) ?
				     LQ_N_req_migrated_out :
				     LQ_N_conn_migrated_out);
}

/**
 * lq_outcome_count_rest() - likewise, of a call that has ended
 * @l: the listener
 * @counted: bits of enum lq_counter
 * @claimed: those that have been counted before
 * @giver: as above
 *
 * Two claims may have to be taken back: of a request that was queued and turned
 * out to be a twin, and of a Fast Open child whose listener closed just then.
 *
 * Context: as above.
 */
void lq_outcome_count_rest(struct lq_listener *l, u32 counted, u32 claimed,
			   const void *giver)
{
	lq_outcome_count(l, counted & ~claimed, giver);
	for (claimed &= ~counted; claimed; claimed &= claimed - 1)
		lq_books_uncount(l, __ffs(claimed));
}

/* Which event tells of it, if one does. */
static const struct {
	bool told;
	u8 kind;
	u8 cause;
} event_of[LQ_NCOUNTERS] = {
	[LQ_N_syn_queued] = { true, LQ_EV_syn_queued },
	[LQ_N_syn_cookie] = { true, LQ_EV_syn_cookie },
	[LQ_N_syn_tfo] = { true, LQ_EV_syn_tfo },
	[LQ_N_syn_drop_acceptq] = { true, LQ_EV_syn_drop, LQ_CAUSE_ACCEPTQ },
	[LQ_N_syn_drop_synq] = { true, LQ_EV_syn_drop, LQ_CAUSE_SYNQ },
	[LQ_N_syn_drop_unproven] = { true, LQ_EV_syn_drop,
				     LQ_CAUSE_UNPROVEN },
	[LQ_N_syn_drop_other] = { true, LQ_EV_syn_drop, LQ_CAUSE_OTHER },
	[LQ_N_synack_retrans] = { true, LQ_EV_synack_retrans },
	[LQ_N_ack_overflow] = { true, LQ_EV_ack_overflow },
	[LQ_N_ack_reset] = { true, LQ_EV_ack_reset },
	[LQ_N_ack_deferred] = { true, LQ_EV_ack_deferred },
	[LQ_N_cookie_bad] = { true, LQ_EV_cookie_bad },
	[LQ_N_established] = { true, LQ_EV_established },
	[LQ_N_req_migrated_in] = { true, LQ_EV_migrate },
	[LQ_N_conn_migrated_in] = { true, LQ_EV_migrate },
};

static void add_details(struct lq_event *e, unsigned int n,
			const struct lq_listener *l,
			const struct lq_note *note, const void *giver)
{
	const struct lq_listener *from;

	switch (e->kind) {
	case LQ_EV_syn_queued:
		e->detail[0] = note->synq;
		break;
	case LQ_EV_syn_drop:
		e->detail[0] = event_of[n].cause;
		break;
	case LQ_EV_synack_retrans:
		e->detail[0] = note->retrans;
		break;
	case LQ_EV_established:
		e->detail[0] = note->acceptq;
		e->detail[1] = LQ_DETAIL_UNKNOWN;
		e->detail[2] = LQ_VIA_TFO;
		break;
	case LQ_EV_migrate:
		from = lq_closed_find(giver, l->net);
		e->detail[0] = from ? from->cookie : LQ_DETAIL_UNKNOWN;
		e->detail[1] = l->cookie;
		break;
	}
}

/**
 * lq_outcome_tell() - tell what a call has come to
 * @feed: from lq_event_begin()
 * @l: the listener
 * @counted: bits of enum lq_counter
 * @note: of the moment
 * @giver: key of the listener that something was taken from
 *
 * A connection that comes from another listener is told once, as migrate.
 *
 * Context: any, in an RCU read section, or with preemption or interrupts off.
 */
void lq_outcome_tell(struct lq_feed *feed, const struct lq_listener *l, u32 counted,
		     const struct lq_note *note, const void *giver)
{
	unsigned int n;

	if (counted & COUNTED(conn_migrated_in))
		counted &= ~COUNTED(established);
	for (; counted; counted &= counted - 1) {
		struct lq_event e = note->who;

		n = __ffs(counted);
		if (!event_of[n].told)
			continue;
		e.kind = event_of[n].kind;
		add_details(&e, n, l, note, giver);
		lq_event_push(feed, &e);
	}
}
