/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own listening sockets, one bucket at a time.
 */
#ifndef LISTENQ_WALK_H
#define LISTENQ_WALK_H

#include <linux/in6.h>
#include <linux/types.h>

struct net;
struct sock;

/**
 * struct lq_walk - a walk over the listening sockets of one namespace
 * @net: the namespace, or NULL for all of them
 * @bucket: the next bucket to look into
 * @socks: the sockets of the last one, each with a reference of ours from
 *         @next on
 * @size: how many @socks has room for
 * @count: how many there are
 * @next: the first that was not handed out
 *
 * All zero but @net is the beginning.
 */
struct lq_walk {
	const struct net *net;
	unsigned int bucket;
	struct sock **socks;
	unsigned int size;
	unsigned int count;
	unsigned int next;
};

/**
 * struct lq_local - where a socket listens
 * @addr: address; of IPv4, the last four bytes
 * @port: port, in host order
 */
struct lq_local {
	struct in6_addr addr;
	u16 port;
};

void lq_walk_local(const struct sock *sk, struct lq_local *local);
bool lq_walk_here(const struct lq_walk *w, const struct sock *sk,
		  const struct lq_local *local);
struct sock *lq_walk_next(struct lq_walk *w);
void lq_walk_rewind(struct lq_walk *w);
void lq_walk_end(struct lq_walk *w);
unsigned int lq_walk_count(const struct net *net);
int lq_walk_init(void);

#endif /* LISTENQ_WALK_H */
