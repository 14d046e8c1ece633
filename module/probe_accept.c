// SPDX-License-Identifier: GPL-2.0
/*
 * Out of the accept queue: a program accepts.
 *
 * All of it runs in the program, with bottom halves on: so it counts, and does
 * not touch the CPU's moment.
 */
#include <linux/net.h>
#include <linux/rcupdate.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>

#include "books.h"
#include "compat.h"
#include "hash.h"
#include "listener.h"
#include "probe.h"
#include "tell.h"

static void accepted(const struct sock *sk, const struct sock *child)
{
	struct lq_listener *l;
	u64 waited_us;

	rcu_read_lock();
	l = lq_hash_find(sk);
	if (l) {
		waited_us = lq_books_accept(l, sk, child);
		if (lq_events_on())
			lq_tell_accept(l, sk, child, waited_us);
	}
	rcu_read_unlock();
}

#if LQ_COMPAT_ACCEPT_BY_RETURN
/*
 * As many as may sleep in accept() at once; each holds one for as long. Those
 * that come when there is none are counted as missed.
 */
#define LQ_ACCEPTS	4096

static bool accept_begins(void *data, struct pt_regs *regs)
{
	struct sock *sk = (struct sock *)regs_get_kernel_argument(regs, 0);

	/* DCCP comes here too. */
	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	*(struct sock **)data = sk;
	return true;
}

NOKPROBE_SYMBOL(accept_begins);

/* The program still holds the file of the listener. */
static void accept_ends(void *data, struct pt_regs *regs)
{
	const struct sock *child =
		(const struct sock *)regs_return_value(regs);

	if (child)
		accepted(*(struct sock **)data, child);
}

NOKPROBE_SYMBOL(accept_ends);
#else
/*
 * __inet_accept(sock, newsock, newsk). Of MPTCP, @sock is not the listener:
 * there is no record of it.
 */
static void accept_ends(struct lq_compat_fregs *regs)
{
	const struct socket *sock = (const void *)lq_compat_arg(regs, 0);

	accepted(sock->sk, (const struct sock *)lq_compat_arg(regs, 2));
}
#endif

static struct lq_probe rows[] = {
	{
#if LQ_COMPAT_ACCEPT_BY_RETURN
		.symbol = "inet_csk_accept",
		.kind = LQ_RETURN,
		.entry = accept_begins,
		.ret = accept_ends,
		.data_size = sizeof(struct sock *),
		.max_calls = LQ_ACCEPTS,
#else
		.symbol = "__inet_accept",
		.kind = LQ_HOOK,
		.hit = accept_ends,
#endif
		.counters = LQ_COUNTED(accepted) | LQ_COUNTED(closed_pending),
		.lost = "which connections are accepted",
	},
};

const struct lq_probe_table lq_accept_probes = { rows, ARRAY_SIZE(rows) };
