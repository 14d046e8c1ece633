// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to a listener, and what is remembered of it: its record is made
 * when it is born or first met, changed by a second listen(), and given to the
 * dead when it closes. hash.c says who may look at a record and for how long.
 */
#include <linux/ktime.h>
#include <linux/pid.h>
#include <linux/sock_diag.h>
#include <net/net_namespace.h>
#include <net/inet_sock.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "closed.h"
#include "hash.h"
#include "listener.h"
#include "netns.h"
#include "record.h"
#include "tell.h"

static atomic64_t lq_last_id = ATOMIC64_INIT(0);

/**
 * lq_listener_cookie() - the socket cookie, as SO_COOKIE gives it
 * @sk: a socket that the caller keeps alive
 *
 * Makes one if there is none, as the kernel does when it is asked.
 *
 * Context: any; per-CPU and atomic.
 * Return: the cookie.
 */
u64 lq_listener_cookie(struct sock *sk)
{
	u32 half[2];

	sock_diag_save_cookie(sk, half);
	return (u64)half[1] << 32 | half[0];
}

static void set_last(struct lq_listener *l, const struct lq_listen *call)
{
	l->last = *call;
	get_pid(l->last.tgid);
	l->last_known = true;
}

static struct lq_listener *listener_new(struct sock *sk, bool may_sleep)
{
	struct lq_listener *l = lq_record_new(may_sleep);

	if (!l)
		return NULL;
	l->sk = sk;
	l->net = sock_net(sk);
	l->cookie = lq_listener_cookie(sk);
	l->id = atomic64_inc_return(&lq_last_id);
	l->mptcp = sk_is_mptcp(sk);
	refcount_set(&l->refs, 1);
	return l;
}

/* An end that was not seen. */
static void forget(const struct sock *sk)
{
	struct lq_listener *l;
	unsigned long flags;

	l = lq_hash_lock_find(sk, &flags);
	if (l)
		lq_hash_retire(l);
	lq_hash_unlock(sk, flags);
}

/**
 * lq_listener_start() - a socket is about to listen
 * @sk: the socket; the caller keeps it alive
 * @call: the listen() call
 *
 * Called before the socket can be found by any packet, so that nothing that
 * happens to the listener is missed.
 *
 * Context: any, preemption off; does not sleep.
 * Return: the number of this life, or 0 if there was no memory: the listener
 * is then shown without a history.
 */
u64 lq_listener_start(struct sock *sk, const struct lq_listen *call)
{
	struct lq_listener *l = listener_new(sk, false);
	u64 id;

	if (!l) {
		/* An older life must not lend this one its history. */
		forget(sk);
		return 0;
	}
	id = l->id;
	set_last(l, call);
	l->born_ns = ktime_get_ns();
	l->listens = 1;
	lq_books_begin(l, sk);
	if (lq_hash_insert(l, true))
		return id;
	lq_record_drop(l);
	return 0;
}

/**
 * lq_listener_started() - a listen() that began with lq_listener_start() ended
 * @sk: the socket; the caller keeps it alive
 * @id: what lq_listener_start() returned
 * @ok: it succeeded; else the record goes
 *
 * Context: any, preemption off; does not sleep.
 */
void lq_listener_started(const struct sock *sk, u64 id, bool ok)
{
	struct lq_listener *l;
	struct lq_listen call;
	unsigned long flags;
	bool told = false;

	l = lq_hash_lock_open(sk, &flags);
	if (l && l->id == id) {
		if (ok) {
			/*
			 * A walk under way may have passed its bucket before
			 * it was there: see lq_hash_sweep().
			 */
			l->seen_ns = ktime_get_ns();
			l->listening = true;
			told = lq_events_on();
			call = l->last;
		} else {
			lq_hash_retire(l);
		}
	}
	lq_hash_unlock(sk, flags);
	if (told)
		lq_tell_listen(LQ_EV_listen, l, sk, &call);
}

/**
 * lq_listener_again() - listen() on a socket that already listens
 * @sk: the socket; the caller keeps it alive
 * @call: the listen() call
 *
 * Context: any, preemption off; does not sleep.
 */
void lq_listener_again(struct sock *sk, const struct lq_listen *call)
{
	/* Takes the old pid to where its last reference may be put. */
	struct lq_listener *l, *fresh = listener_new(sk, false);
	u64 cookie = lq_listener_cookie(sk);
	unsigned long flags;
	bool told = false;

	if (fresh)
		set_last(fresh, call);
	l = lq_hash_lock_open(sk, &flags);
	if (l && l->cookie == cookie) {
		if (fresh)
			swap(l->last, fresh->last);
		l->last_known = fresh;
		if (!l->preload)
			l->listens++;
		/* The limit may be another one. */
		lq_books_acceptq(l, sk, 0);
		told = lq_events_on();
	}
	lq_hash_unlock(sk, flags);
	if (told)
		lq_tell_listen(LQ_EV_relisten, l, sk, call);
	if (fresh)
		lq_record_drop(fresh);
}

/* The caller holds the bucket's lock. */
static void note_end(struct lq_listener *l, const struct sock *sk)
{
	l->closed_ns = ktime_get_ns();
	l->countable = true;
	l->uid = READ_ONCE(sk->sk_uid);
	l->family = sk->sk_family;
	if (sk->sk_family == AF_INET)
		l->addr.s6_addr32[3] = inet_sk(sk)->inet_rcv_saddr;
	else
		l->addr = sk->sk_v6_rcv_saddr;
	/* inet_num may be given back already. */
	l->port = ntohs(inet_sk(sk)->inet_sport);
}

/**
 * lq_listener_stop() - a listener closes
 * @sk: the socket; the caller keeps it alive
 *
 * Called when it listens no more and its accept queue is about to be emptied.
 *
 * Context: any, preemption off; does not sleep.
 */
void lq_listener_stop(struct sock *sk)
{
	struct lq_listener *l;
	unsigned long flags;

	l = lq_hash_lock_open(sk, &flags);
	if (l && lq_netns_alive(l->net) && l->listening) {
		/* Of the list of the dead; that of the bucket goes on. */
		refcount_inc(&l->refs);
		note_end(l, sk);
		lq_books_end(l, sk);
	} else if (l) {
		lq_hash_retire(l);
		l = NULL;
	}
	lq_hash_unlock(sk, flags);
	if (!l)
		return;
	if (lq_events_on())
		lq_tell_close(l, sk);
	lq_closed_add(lq_netns_of(l->net), l);
	lq_hash_close(l);
}

/**
 * lq_listener_adopt() - give a record to a listener whose birth was not seen
 * @sk: a listening socket; the caller holds a reference
 *
 * A record that is there already is kept.
 *
 * Context: process; may sleep.
 * Return: 0, or -ENOMEM.
 */
int lq_listener_adopt(struct sock *sk)
{
	struct lq_listener *l = listener_new(sk, true);

	if (!l)
		return -ENOMEM;
	l->preload = true;
	l->listening = true;
	l->seen_ns = ktime_get_ns();
	lq_books_begin(l, sk);
	if (!lq_hash_insert(l, false))
		lq_record_drop(l);
	return 0;
}

static void copy_history(const struct lq_listener *l, struct lq_history *out,
			 struct pid_namespace *ns)
{
	out->born_ns = l->born_ns;
	out->requested = l->last.requested;
	out->effective = l->last.effective;
	out->somaxconn = l->last.somaxconn;
	out->listens = l->listens;
	out->pid = pid_nr_ns(l->last.tgid, ns);
	memcpy(out->comm, l->last.comm, sizeof(out->comm));
	out->preload = l->preload;
	out->listen_known = l->last_known;
	out->requested_known = l->last.requested_known;
	out->kernel = l->last.kernel;
	lq_books_peaks(l, &out->peaks);
}

/**
 * lq_listener_read() - what is remembered of a listening socket
 * @sk: the socket; the caller holds a reference
 * @out: filled on success
 * @ns: pid namespace for @out->pid
 *
 * Also notes that the socket was met, for lq_hash_sweep().
 *
 * Context: process.
 * Return: true, or false if there is no record of this socket.
 */
bool lq_listener_read(struct sock *sk, struct lq_history *out,
		      struct pid_namespace *ns)
{
	u64 cookie = lq_listener_cookie(sk);
	struct lq_listener *l;
	unsigned long flags;
	bool found = false;

	l = lq_hash_lock_open(sk, &flags);
	if (l && l->cookie == cookie) {
		found = true;
		/* Under the lock: it must never go back. */
		l->seen_ns = ktime_get_ns();
		l->missed_ns = 0;
		copy_history(l, out, ns);
	}
	lq_hash_unlock(sk, flags);
	return found;
}

/**
 * lq_listener_books() - the books of a listening socket
 * @sk: the socket; the caller holds a reference
 * @out: filled on success
 * @waits: LQ_NQUEUES of them, filled as well; or NULL
 *
 * Context: process.
 * Return: true, or false if there is no record of this socket.
 */
bool lq_listener_books(struct sock *sk, struct lq_books_copy *out,
		       struct lq_waits *waits)
{
	u64 cookie = lq_listener_cookie(sk);
	struct lq_listener *l;
	unsigned long flags;
	bool found;

	l = lq_hash_lock_open(sk, &flags);
	found = l && l->cookie == cookie;
	if (found)
		lq_books_copy(l, out);
	if (found && waits)
		lq_books_waits(l, waits);
	lq_hash_unlock(sk, flags);
	return found;
}

