/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The events as tracepoints: listenq:* in tracefs, one of the name of each.
 *
 * The fields of all: sk, the socket cookie; netns, the inode number of the
 * namespace; family, AF_INET or AF_INET6; local and remote, 16 bytes each, an
 * IPv4 address as ::ffff:a.b.c.d; lport and rport in host order. remote and
 * rport are 0 where there is no peer. What is not known is all ones (backlog:
 * the lowest number). The details have the names of docs/proc-format.md.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM listenq

#if !defined(LISTENQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LISTENQ_TRACE_H

#include <linux/socket.h>
#include <linux/tracepoint.h>
#include <net/ipv6.h>

#include "event.h"

#ifndef LQ_TRACE_HELPERS
#define LQ_TRACE_HELPERS
static inline void lq_trace_place(void *to, int family,
				  const struct lq_local *place)
{
	struct in6_addr addr = place->addr;

	if (family == AF_INET)
		ipv6_addr_set_v4mapped(place->addr.s6_addr32[3], &addr);
	memcpy(to, &addr, sizeof(addr));
}
#endif

#define LQ_TRACE_FIELDS \
	__field(u64, sk) \
	__field(u32, netns) \
	__field(u16, family) \
	__field(u16, lport) \
	__field(u16, rport) \
	__array(u8, local, 16) \
	__array(u8, remote, 16)

#define LQ_TRACE_ASSIGN \
	__entry->sk = e->cookie; \
	__entry->netns = netns; \
	__entry->family = e->family; \
	__entry->lport = e->local.port; \
	__entry->rport = e->remote.port; \
	lq_trace_place(__entry->local, e->family, &e->local); \
	lq_trace_place(__entry->remote, e->family, &e->remote)

#define LQ_TRACE_FORMAT	"sk=%llx netns=%u local=[%pI6c]:%u remote=[%pI6c]:%u"

#define LQ_TRACE_ARGS \
	__entry->sk, __entry->netns, __entry->local, __entry->lport, \
	__entry->remote, __entry->rport

/* An event without details. */
#define LQ_TRACE(name) \
	TRACE_EVENT_FN(name, \
		TP_PROTO(const struct lq_event *e, u32 netns), \
		TP_ARGS(e, netns), \
		TP_STRUCT__entry(LQ_TRACE_FIELDS), \
		TP_fast_assign(LQ_TRACE_ASSIGN;), \
		TP_printk(LQ_TRACE_FORMAT, LQ_TRACE_ARGS), \
		lq_event_want, lq_event_unwant)

/* With one, two, three: its type and name, and how it is printed. */
#define LQ_TRACE1(name, type, a, format, value) \
	TRACE_EVENT_FN(name, \
		TP_PROTO(const struct lq_event *e, u32 netns), \
		TP_ARGS(e, netns), \
		TP_STRUCT__entry(LQ_TRACE_FIELDS __field(type, a)), \
		TP_fast_assign(LQ_TRACE_ASSIGN; __entry->a = e->detail[0];), \
		TP_printk(LQ_TRACE_FORMAT " " #a "=" format, LQ_TRACE_ARGS, \
			  value), \
		lq_event_want, lq_event_unwant)

#define LQ_TRACE2(name, a, b, format) \
	TRACE_EVENT_FN(name, \
		TP_PROTO(const struct lq_event *e, u32 netns), \
		TP_ARGS(e, netns), \
		TP_STRUCT__entry(LQ_TRACE_FIELDS \
				 __field(u64, a) __field(u64, b)), \
		TP_fast_assign(LQ_TRACE_ASSIGN; \
			       __entry->a = e->detail[0]; \
			       __entry->b = e->detail[1];), \
		TP_printk(LQ_TRACE_FORMAT " " #a "=" format " " #b "=" format, \
			  LQ_TRACE_ARGS, __entry->a, __entry->b), \
		lq_event_want, lq_event_unwant)

#define LQ_TRACE3(name, type, a, type_b, b, type_c, c, formats, value_c) \
	TRACE_EVENT_FN(name, \
		TP_PROTO(const struct lq_event *e, u32 netns), \
		TP_ARGS(e, netns), \
		TP_STRUCT__entry(LQ_TRACE_FIELDS __field(type, a) \
				 __field(type_b, b) __field(type_c, c)), \
		TP_fast_assign(LQ_TRACE_ASSIGN; \
			       __entry->a = e->detail[0]; \
			       __entry->b = e->detail[1]; \
			       __entry->c = e->detail[2];), \
		TP_printk(LQ_TRACE_FORMAT " " formats, LQ_TRACE_ARGS, \
			  __entry->a, __entry->b, value_c), \
		lq_event_want, lq_event_unwant)

#define LQ_TRACE_LISTEN(name) \
	LQ_TRACE3(name, s64, backlog, u32, somaxconn, u32, max_ack_backlog, \
		  "backlog=%lld somaxconn=%u max_ack_backlog=%u", \
		  __entry->max_ack_backlog)

LQ_TRACE_LISTEN(listen);
LQ_TRACE_LISTEN(relisten);
LQ_TRACE1(close, u32, pending, "%u", __entry->pending);
LQ_TRACE1(syn_queued, u32, synq, "%u", __entry->synq);
LQ_TRACE(syn_cookie);
LQ_TRACE(syn_tfo);
LQ_TRACE1(syn_drop, u32, cause, "%s",
	  __print_symbolic(__entry->cause, { 0, "acceptq" }, { 1, "synq" },
			   { 2, "unproven" }, { 3, "other" }));
LQ_TRACE1(synack_retrans, u32, n, "%u", __entry->n);
LQ_TRACE3(established, u32, acceptq, u64, waited_us, u32, via,
	  "acceptq=%u waited_us=%llu via=%s",
	  __print_symbolic(__entry->via, { 0, "handshake" }, { 1, "cookie" },
			   { 2, "tfo" }));
LQ_TRACE(ack_overflow);
LQ_TRACE(ack_reset);
LQ_TRACE(ack_deferred);
LQ_TRACE(cookie_bad);
LQ_TRACE(req_timeout);
LQ_TRACE(req_pruned);
LQ_TRACE(req_icmp);
LQ_TRACE(req_reset);
LQ_TRACE(req_other);
LQ_TRACE2(accept, acceptq, waited_us, "%llu");
LQ_TRACE2(migrate, from, to, "%llx");

#endif /* LISTENQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
