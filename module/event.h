/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what happens to a listener, told while it happens to who asks. See
 * event.c for the queues, tell.c for who tells.
 */
#ifndef LISTENQ_EVENT_H
#define LISTENQ_EVENT_H

#include <linux/in6.h>
#include <linux/jump_label.h>
#include <linux/limits.h>
#include <linux/types.h>

#include "walk.h"

struct lq_feed;
struct lq_netns;
struct lq_watch;
struct net;
struct poll_table_struct;
struct file;

/* LQ_EVENTS(X) is X(name) for each. docs/proc-format.md says what they mean. */
#define LQ_EVENTS(X) \
	X(listen) \
	X(relisten) \
	X(close) \
	X(syn_queued) \
	X(syn_cookie) \
	X(syn_tfo) \
	X(syn_drop) \
	X(synack_retrans) \
	X(established) \
	X(ack_overflow) \
	X(ack_reset) \
	X(ack_deferred) \
	X(cookie_bad) \
	X(req_timeout) \
	X(req_pruned) \
	X(req_icmp) \
	X(req_reset) \
	X(req_other) \
	X(accept) \
	X(migrate) \
	X(lost)

#define LQ_EVENT_ENUM(name)	LQ_EV_##name,

enum lq_event_kind {
	LQ_EVENTS(LQ_EVENT_ENUM)
	LQ_NEVENTS,
};

enum lq_via { LQ_VIA_HANDSHAKE, LQ_VIA_COOKIE, LQ_VIA_TFO };

enum lq_cause {
	LQ_CAUSE_ACCEPTQ,
	LQ_CAUSE_SYNQ,
	LQ_CAUSE_UNPROVEN,
	LQ_CAUSE_OTHER,
};

/* Of a detail that is not known; of the backlog, which may be negative. */
#define LQ_DETAIL_UNKNOWN	U64_MAX
#define LQ_BACKLOG_UNKNOWN	S64_MIN

/* How many details an event has at most; view_events.c and trace.h name them. */
#define LQ_EVENT_DETAILS	3

/**
 * struct lq_event - one event
 * @time_ns: CLOCK_MONOTONIC when it was told, set by lq_event_push()
 * @cookie: of the listener
 * @detail: as many as @kind has
 * @local: where the listener listens
 * @remote: the peer, if @kind has one
 * @family: of both addresses
 * @kind: enum lq_event_kind
 */
struct lq_event {
	u64 time_ns;
	u64 cookie;
	u64 detail[LQ_EVENT_DETAILS];
	struct lq_local local;
	struct lq_local remote;
	u16 family;
	u8 kind;
};

/* On while anybody wants events; without, they cost the packets a no-op. */
DECLARE_STATIC_KEY_FALSE(lq_events_wanted);

/**
 * lq_events_on() - does anybody want events?
 *
 * Return: true if so.
 */
static inline bool lq_events_on(void)
{
	return static_branch_unlikely(&lq_events_wanted);
}

int lq_event_want(void);
void lq_event_unwant(void);

struct lq_feed *lq_event_begin(const struct net *net, unsigned long *flags);
void lq_event_push(struct lq_feed *feed, struct lq_event *e);
void lq_event_unlock(struct lq_feed *feed, unsigned long flags);

/**
 * lq_event_end() - all has been told
 * @feed: from lq_event_begin(), may be NULL
 * @flags: from there
 */
static inline void lq_event_end(struct lq_feed *feed, unsigned long flags)
{
	if (feed)
		lq_event_unlock(feed, flags);
}

void lq_event_trace(const struct lq_event *e, u32 netns);

int lq_feed_init(struct lq_netns *ns);
void lq_feed_hang_up(struct lq_netns *ns);
void lq_feed_exit(struct lq_netns *ns);

struct lq_watch *lq_watch_open(struct lq_netns *ns);
void lq_watch_close(struct lq_watch *w);
bool lq_watch_peek(struct lq_watch *w, struct lq_event *e);
void lq_watch_skip(struct lq_watch *w);
int lq_watch_wait(struct lq_watch *w, bool may_sleep);
bool lq_watch_poll(struct lq_watch *w, struct file *file,
		   struct poll_table_struct *table);

#endif /* LISTENQ_EVENT_H */
