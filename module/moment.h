/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU is doing, or did last, in the request path: see moment.c.
 */
#ifndef LISTENQ_MOMENT_H
#define LISTENQ_MOMENT_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "event.h"

struct lq_listener;
struct net;

enum lq_moment_kind {
	LQ_NOTHING,
	LQ_SYN,		/* tcp_conn_request */
	LQ_ACK,		/* tcp_check_req */
	LQ_COOKIE,	/* cookie_v4_check, cookie_v6_check */
	LQ_TIMER,	/* reqsk_timer_handler */
	LQ_RETRANS,	/* tcp_rtx_synack for a Fast Open child */
	LQ_ICMP,	/* tcp_v4_err, tcp_v6_err */
	LQ_REQ_MOVES,	/* inet_reqsk_clone in reqsk_timer_handler */
	LQ_CONN_MOVES,	/* inet_reqsk_clone in inet_csk_listen_stop */
	LQ_NKINDS,
};

/* How many of the kernel's counters tell the outcome of one kind. */
#define LQ_MOMENT_MIBS	4

/**
 * struct lq_moment - one call of the kernel, seen while it runs
 * @l: its listener, until the outcome is counted; NULL if there is no record
 * @kind: which call
 * @seq: odd while this is being written
 * @id: number of the call among those of this CPU; never 0
 * @mib: this CPU's counters when it began, if there is a record
 * @sk: key of the listener that something is taken from
 * @req: key of the request
 * @child: key of the connection
 * @synack_us: when the first SYN-ACK of @req was sent, or 0
 * @queued: the request goes into the SYN queue
 * @added: the connection goes into the accept queue
 * @undone: and was taken back
 * @unproven: the kernel asked whether the peer is proven
 * @dropped: the request is taken off the SYN queue
 * @refusal: the packet is one that ends a request
 * @aborts: if the accept queue is full, the request will be dropped
 * @retrans: a SYN-ACK is sent again
 * @cloned: a copy of the request is made for another listener
 * @noted: somebody wants events, and there is a struct lq_note of it
 */
struct lq_moment {
	struct lq_listener *l;
	enum lq_moment_kind kind;
	unsigned int seq;
	unsigned int id;
	unsigned long mib[LQ_MOMENT_MIBS];
	const void *sk;
	const void *req;
	const void *child;
	u64 synack_us;
	bool queued;
	bool added;
	bool undone;
	bool unproven;
	bool dropped;
	bool refusal;
	bool aborts;
	bool retrans;
	bool cloned;
	bool noted;
};

/**
 * struct lq_note - what else events tell of a moment
 * @who: an event with the addresses of the listener and of the peer
 * @synq: depth of the SYN queue, with what is being put into it
 * @acceptq: likewise of the accept queue
 * @retrans: which repetition of the SYN-ACK
 */
struct lq_note {
	struct lq_event who;
	u32 synq;
	u32 acceptq;
	u32 retrans;
};

/* moment.c writes them, each CPU its own; claim.c looks at all of them. */
DECLARE_PER_CPU(struct lq_moment, lq_moments);
DECLARE_PER_CPU(struct lq_note, lq_notes);
DECLARE_PER_CPU(atomic64_t, lq_claimed);

void lq_moment_init(void);
void lq_moment_exit(void);
struct lq_moment *lq_moment_now(void);
struct lq_moment *lq_moment_begin(enum lq_moment_kind kind,
				  struct lq_listener *l);
void lq_moment_over(struct lq_moment *m);
bool lq_moment_moved(const struct lq_moment *m);
bool lq_moment_overflowed(const struct lq_moment *m);
void lq_moment_note(struct lq_moment *m, const struct lq_note *note);
struct lq_note *lq_moment_noted(const struct lq_moment *m);

/* claim.c */
void lq_moment_catch_up(struct lq_listener *l);
void lq_moment_tell(struct lq_listener *l, struct lq_event *e);
void lq_moment_forget(struct lq_listener *l, bool count);
void lq_moment_forget_net(const struct net *net);

#endif /* LISTENQ_MOMENT_H */
