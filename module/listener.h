/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The record of a listener: what the kernel forgets and we remember.
 * listener.c owns every record; others name one by its socket.
 */
#ifndef LISTENQ_LISTENER_H
#define LISTENQ_LISTENER_H

#include <linux/in6.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "books.h"

struct net;
struct pid;
struct pid_namespace;
struct sock;

/**
 * struct lq_listen - one listen() call, as the probes saw it
 * @tgid: process that made it; a reference of whoever holds the struct
 * @comm: name of that process then
 * @requested: the backlog as passed, before any clamp
 * @effective: the backlog the protocol got
 * @somaxconn: net.core.somaxconn of the namespace then
 * @requested_known: @requested was seen
 * @kernel: the kernel itself listens, no system call was involved
 */
struct lq_listen {
	struct pid *tgid;
	char comm[TASK_COMM_LEN];
	int requested;
	int effective;
	int somaxconn;
	bool requested_known;
	bool kernel;
};

/**
 * struct lq_history - what is remembered of a listener, copied for a reader
 * @born_ns: ktime_get_ns() at the listen() that made it one; 0 if @preload
 * @requested: see struct lq_listen
 * @effective: see struct lq_listen
 * @somaxconn: see struct lq_listen
 * @listens: number of listen() calls since @born_ns; 0 if @preload
 * @pid: process that called listen() last, in the reader's pid namespace; 0
 *       if it has no number there
 * @comm: its name then
 * @preload: was listening before the module could see its birth
 * @listen_known: @effective, @somaxconn, @pid and @comm were seen
 * @requested_known: @requested was seen
 * @kernel: see struct lq_listen
 * @peaks: how full its queues have been
 */
struct lq_history {
	u64 born_ns;
	int requested;
	int effective;
	int somaxconn;
	u32 listens;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	bool preload;
	bool listen_known;
	bool requested_known;
	bool kernel;
	struct lq_peaks peaks;
};

/**
 * struct lq_listener - what is remembered of one listener
 * @node: in its bucket, if @hashed
 * @dead: among those that closed in its namespace, see closed.c
 * @rcu: takes it from one stage of its end to the next
 * @refs: of the bucket or what comes after it, and of @dead
 * @sk: the socket, a key only
 * @net: its namespace, a key only
 * @cookie: the socket's cookie
 * @id: number of this life; shutdown() and listen() again is a new one
 * @born_ns: when listen() was called; 0 if @preload
 * @seen_ns: when a reader last met the socket
 * @missed_ns: when a reading began, since then, that did not; or 0
 * @last: the last listen() that was seen; @last.tgid holds a reference, or is
 *        NULL if there was none
 * @last_known: and it was the last one
 * @listens: how many there were
 * @preload: was listening before the module could see its birth
 * @listening: listen() has returned success
 * @hashed: can be found by its socket
 * @countable: somebody may still read it, and @net is alive
 * @mptcp: its socket belongs to MPTCP
 * @family: of the socket, from here on set by the close
 * @addr: where it listened; IPv4 in the last word
 * @port: likewise
 * @uid: owner
 * @closed_ns: when it closed, or 0
 * @books: what is counted of it
 *
 * Under the lock of the bucket, which is that of @sk even when it is not in
 * it, but for @dead (closed.c) and @books (atomic).
 */
struct lq_listener {
	struct hlist_node node;
	struct list_head dead;
	struct rcu_head rcu;
	refcount_t refs;
	const struct sock *sk;
	const struct net *net;
	u64 cookie;
	u64 id;
	u64 born_ns;
	u64 seen_ns;
	u64 missed_ns;
	struct lq_listen last;
	u32 listens;
	bool preload;
	bool last_known;
	bool listening;
	bool hashed;
	bool countable;
	bool mptcp;
	int family;
	struct in6_addr addr;
	u16 port;
	kuid_t uid;
	u64 closed_ns;
	struct lq_books books;
};

u64 lq_listener_start(struct sock *sk, const struct lq_listen *call);
void lq_listener_started(const struct sock *sk, u64 id, bool ok);
void lq_listener_again(struct sock *sk, const struct lq_listen *call);
void lq_listener_stop(struct sock *sk);

u64 lq_listener_cookie(struct sock *sk);
int lq_listener_adopt(struct sock *sk);
bool lq_listener_read(struct sock *sk, struct lq_history *out,
		      struct pid_namespace *ns);

#endif /* LISTENQ_LISTENER_H */
