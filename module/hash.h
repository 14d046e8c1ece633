/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of the records: who finds one, and for how long it lives.
 */
#ifndef LISTENQ_HASH_H
#define LISTENQ_HASH_H

#include <linux/limits.h>
#include <linux/types.h>

struct lq_listener;
struct net;
struct sock;

/* A time for lq_hash_sweep(). */
#define LQ_SWEEP_ALL	U64_MAX

int lq_hash_init(void);
void lq_hash_exit(void);

struct lq_listener *lq_hash_find(const struct sock *sk);
struct lq_listener *lq_hash_lock_find(const struct sock *sk,
				      unsigned long *flags);
struct lq_listener *lq_hash_lock_open(const struct sock *sk,
				      unsigned long *flags);
void lq_hash_lock(const struct lq_listener *l, unsigned long *flags);
void lq_hash_unlock(const struct sock *sk, unsigned long flags);
bool lq_hash_insert(struct lq_listener *l, bool replace);
void lq_hash_retire(struct lq_listener *l);
void lq_hash_close(struct lq_listener *l);
void lq_hash_put(struct lq_listener *l);
void lq_hash_sweep(const struct net *net, u64 before_ns);

#endif /* LISTENQ_HASH_H */
