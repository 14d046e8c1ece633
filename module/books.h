/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books of a listener: what is counted of it, and what a reader gets.
 */
#ifndef LISTENQ_BOOKS_H
#define LISTENQ_BOOKS_H

#include <linux/atomic.h>
#include <linux/in6.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "counters.h"
#include "histogram.h"

struct lq_listener;
struct net;
struct pid_namespace;
struct sock;

enum lq_queue {
	LQ_SYNQ,
	LQ_ACCEPTQ,
	LQ_NQUEUES,
};

/**
 * struct lq_books - what is counted of a listener; part of its record
 * @n: the counters
 * @wait: waits of each queue: their sum, the longest, and how many of each
 *        length
 * @full_since_ns: since when the accept queue is full, or 0
 * @full_ns: how long it has been full before
 * @full_count: how often it became full
 * @acceptq_peak: highest depth of the accept queue after an arrival
 * @synq_peak: likewise of the SYN queue
 *
 * Several CPUs count at once, each with its own atomic operations and no lock.
 */
struct lq_books {
	atomic64_t n[LQ_NCOUNTERS];
	struct {
		atomic64_t sum_us;
		atomic64_t max_us;
		atomic64_t buckets[LQ_NBUCKETS];
	} wait[LQ_NQUEUES];
	atomic64_t full_since_ns;
	atomic64_t full_ns;
	atomic64_t full_count;
	atomic_t acceptq_peak;
	atomic_t synq_peak;
};

/**
 * struct lq_peaks - how full the queues have been, for a reader
 * @acceptq: highest depth of the accept queue
 * @synq: highest depth of the SYN queue
 * @full_ns: how long the accept queue has been full, up to now
 * @full_count: how often it became full
 */
struct lq_peaks {
	u32 acceptq;
	u32 synq;
	u64 full_ns;
	u64 full_count;
};

/**
 * struct lq_books_copy - the books at one moment, for a reader
 * @n: the counters; closed_pending is 0 for one that is open
 * @known: there are books; without them, n[LQ_N_sk_drops] may still be right
 * @accepted_known: n[LQ_N_accepted] and the waits in the accept queue are exact
 * @pending_known: n[LQ_N_closed_pending] is
 */
struct lq_books_copy {
	u64 n[LQ_NCOUNTERS];
	bool known;
	bool accepted_known;
	bool pending_known;
};

/**
 * struct lq_closed - a listener that closed, for a reader
 * @cookie: of its socket
 * @family: AF_INET or AF_INET6
 * @addr: where it listened; IPv4 in the last word
 * @port: likewise
 * @closed_ns: ktime_get_ns() at the close
 * @uid: owner
 * @pid: process of its last listen(), in the reader's pid namespace; 0 if it
 *       has no number there, or was not seen
 * @comm: its name then, if @pid_known
 * @pid_known: the last listen() was seen
 * @synq_left: requests that were in the SYN queue, if @synq_left_known
 * @synq_left_known: all that it follows from is counted on this kernel
 * @peaks: how full its queues were
 * @books: the rest
 */
struct lq_closed {
	u64 cookie;
	int family;
	struct in6_addr addr;
	u16 port;
	u64 closed_ns;
	kuid_t uid;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool pid_known;
	u64 synq_left;
	bool synq_left_known;
	struct lq_peaks peaks;
	struct lq_books_copy books;
};

/* At most so many are kept of each namespace. */
#define LQ_CLOSED_MOST	256

void lq_books_count(struct lq_listener *l, enum lq_counter n);
void lq_books_uncount(struct lq_listener *l, enum lq_counter n);
void lq_books_begin(struct lq_listener *l, const struct sock *sk);
u64 lq_books_wait(struct lq_listener *l, enum lq_queue queue, u64 since_us);
u32 lq_books_synq(struct lq_listener *l, const struct sock *sk);
void lq_books_acceptq(struct lq_listener *l, const struct sock *sk,
		      unsigned int more);
u64 lq_books_accept(struct lq_listener *l, const struct sock *sk,
		    const struct sock *child);
void lq_books_end(struct lq_listener *l, const struct sock *sk);
void lq_books_copy(struct lq_listener *l, struct lq_books_copy *out);
void lq_books_waits(const struct lq_listener *l, struct lq_waits *out);
void lq_books_peaks(const struct lq_listener *l, struct lq_peaks *out);

bool lq_books_known(enum lq_counter n);

bool lq_listener_books(struct sock *sk, struct lq_books_copy *out,
		       struct lq_waits *waits);
unsigned int lq_listener_closed(const struct net *net, struct lq_closed *out,
				unsigned int size, struct pid_namespace *ns);

#endif /* LISTENQ_BOOKS_H */
