/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the probes tell to who wants events: see tell.c. All of it is asked
 * for behind lq_events_on(), so that it costs nothing while nobody does.
 */
#ifndef LISTENQ_TELL_H
#define LISTENQ_TELL_H

#include "event.h"

struct lq_listen;
struct lq_listener;
struct lq_moment;
struct request_sock;
struct sk_buff;
struct sock;

void lq_tell_note_skb(struct lq_moment *m, const struct sock *sk,
		      const struct sk_buff *skb);
void lq_tell_note_req(struct lq_moment *m, const struct sock *sk,
		      const struct request_sock *req);
void lq_tell_listen(enum lq_event_kind kind, struct lq_listener *l,
		    const struct sock *sk, const struct lq_listen *call);
void lq_tell_close(struct lq_listener *l, const struct sock *sk);
void lq_tell_req(enum lq_event_kind kind, struct lq_listener *l,
		 const struct request_sock *req);
void lq_tell_established(struct lq_listener *l, const struct sock *sk,
			 const struct sock *child, u64 waited_us,
			 enum lq_via via);
void lq_tell_accept(struct lq_listener *l, const struct sock *sk,
		    const struct sock *child, u64 waited_us);
void lq_tell_migrate(struct lq_listener *l, const struct sock *sk,
		     const struct sock *child, u64 from);

#endif /* LISTENQ_TELL_H */
