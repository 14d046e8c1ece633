/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is in the queues of the listeners, entry by entry.
 */
#ifndef LISTENQ_QUEUE_H
#define LISTENQ_QUEUE_H

#include <linux/limits.h>
#include <linux/types.h>

#include "walk.h"

struct net;
struct request_sock;
struct sock;

/* An age that the kernel does not know. */
#define LQ_AGE_UNKNOWN	U64_MAX

/**
 * struct lq_entry - one entry of a queue, as it was when it was copied
 * @cookie: of the listener
 * @local: where that listens
 * @remote: the peer
 * @family: of both addresses
 * @age_us: how long it has been in the queue, or LQ_AGE_UNKNOWN
 * @established: it waits for accept(); else for the last ACK
 * @retrans: how often its SYN-ACK was sent again, unless @established
 * @acked: its last ACK came and was refused, unless @established
 * @rcvq_bytes: data that waits for the program, if @rcvq_known
 * @rcvq_known: see @rcvq_bytes
 */
struct lq_entry {
	u64 cookie;
	struct lq_local local;
	struct lq_local remote;
	u64 age_us;
	u32 rcvq_bytes;
	u16 family;
	u8 retrans;
	bool established;
	bool acked;
	bool rcvq_known;
};

/**
 * struct lq_entries - entries that were copied together
 * @entries: them
 * @size: how many there is room for
 * @count: how many there are
 * @next: the first that was not handed out
 */
struct lq_entries {
	struct lq_entry *entries;
	unsigned int size;
	unsigned int count;
	unsigned int next;
};

u64 lq_queue_since(const struct sock *child);
u16 lq_queue_peer(const struct request_sock *req, struct lq_local *peer);
u64 lq_queue_oldest(struct sock *sk);
int lq_queue_accept(struct lq_entries *e, struct sock *sk);
bool lq_queue_syn_bucket(const struct net *net, unsigned int bucket);
int lq_queue_syn(struct lq_entries *e, const struct net *net,
		 unsigned int bucket);
void lq_queue_clear(struct lq_entries *e);
void lq_queue_end(struct lq_entries *e);

#endif /* LISTENQ_QUEUE_H */
