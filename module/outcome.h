/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a call of the request path has come to: see outcome.c.
 */
#ifndef LISTENQ_OUTCOME_H
#define LISTENQ_OUTCOME_H

#include <linux/bits.h>
#include <linux/percpu.h>
#include <linux/snmp.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/snmp.h>

#include "compat.h"
#include "listener.h"
#include "moment.h"

struct lq_feed;

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

#define COUNTED(name)	BIT_ULL(LQ_N_##name)

/* The counters of each kind of call: LINUX_MIB_*, or 0, which never moves. */
extern const u8 lq_outcome_mibs[LQ_NKINDS][LQ_MOMENT_MIBS];

/* What the kernel counts on this CPU in the namespace of @l, which is alive. */
static inline const unsigned long *
lq_outcome_mibs_here(const struct lq_listener *l)
{
	return this_cpu_ptr(l->net->mib.net_statistics)->mibs;
}

/* The same on another one. */
static inline const unsigned long *
lq_outcome_mibs_of(const struct lq_listener *l, int cpu)
{
	return per_cpu_ptr(l->net->mib.net_statistics, cpu)->mibs;
}

u64 lq_outcome(const struct lq_moment *m, const unsigned long *mibs, bool over);
void lq_outcome_count(struct lq_listener *l, u32 counted, const void *giver);
void lq_outcome_count_rest(struct lq_listener *l, u32 counted, u32 claimed,
			   const void *giver);
void lq_outcome_tell(struct lq_feed *feed, const struct lq_listener *l, u32 counted,
		     const struct lq_note *note, const void *giver);

#endif /* LISTENQ_OUTCOME_H */
