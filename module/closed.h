/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The last listeners that closed in each namespace.
 */
#ifndef LISTENQ_CLOSED_H
#define LISTENQ_CLOSED_H

struct lq_listener;
struct lq_netns;
struct net;
struct sock;

void lq_closed_add(struct lq_netns *ns, struct lq_listener *l);
void lq_closed_forget(struct lq_netns *ns);
struct lq_listener *lq_closed_find(const struct sock *sk,
				   const struct net *net);

#endif /* LISTENQ_CLOSED_H */
