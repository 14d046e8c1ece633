// SPDX-License-Identifier: GPL-2.0
/*
 * listen(): the birth, change and death of a listener.
 *
 * Three moments of one listen(), in one task, nested:
 *
 *   outer   __sys_listen(fd, backlog)            every system call of that name
 *           __sys_listen_socket(sock, backlog)   io_uring only
 *                   the backlog as passed; there is no socket yet, or it may
 *                   be an MPTCP or SMC socket in front of the TCP one
 *   inner   __inet_listen_sk(sk, backlog)        or, before it existed,
 *           inet_listen(sock, backlog)
 *                   the TCP socket and the backlog after the clamp; its
 *                   return says whether it worked
 *   start   inet_csk_listen_start(sk)
 *                   only where the socket did not listen before
 *
 * The kernel's own listeners have no outer moment. What the outer moment saw
 * is handed to the others through a slot that belongs to the task for as long
 * as the outermost call lasts; return probes take and give back the slot, so
 * that a value can never be left over from an earlier call.
 *
 * All of it runs in process context, with preemption off inside a handler.
 * The functions may sleep between the moments (inet_listen waits for the
 * socket lock), which is why there are many slots.
 */
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "compat.h"
#include "fault.h"
#include "listener.h"
#include "probe.h"

/*
 * Calls under way at once that a return probe follows; it counts the others
 * as missed. Three such probes may each take slots: there are always enough.
 */
#define LQ_CALLS_EACH	256
#define LQ_CALL_BITS	10
#define LQ_CALLS	BIT(LQ_CALL_BITS)
static_assert(LQ_CALLS >= 3 * LQ_CALLS_EACH);

/**
 * struct lq_call - a slot: the listen() that a task is in
 * @task: its owner, who alone touches the rest; NULL if the slot is free
 * @outer: there was an outer moment
 * @requested: what it saw
 * @sk: the socket of the inner moment; a key only
 * @effective: the backlog of the inner moment
 * @started: the record that inet_csk_listen_start made, or 0
 * @start_seen: inet_csk_listen_start was entered for @sk
 */
struct lq_call {
	struct task_struct *task;
	bool outer;
	int requested;
	struct sock *sk;
	int effective;
	u64 started;
	bool start_seen;
};

static struct lq_call lq_calls[LQ_CALLS];

/* How many are taken, at least; mostly none, and then nobody need search. */
static atomic_t lq_calls_taken = ATOMIC_INIT(0);

/* Give the slot that @wanted holds to @task; NULL if there is none. */
static struct lq_call *call_swap(struct task_struct *wanted,
				 struct task_struct *task)
{
	unsigned int i, first = hash_ptr(current, LQ_CALL_BITS);

	for (i = 0; i < LQ_CALLS; i++) {
		struct lq_call *c = &lq_calls[(first + i) % LQ_CALLS];

		if (READ_ONCE(c->task) == wanted &&
		    cmpxchg(&c->task, wanted, task) == wanted)
			return c;
	}
	return NULL;
}

static struct lq_call *call_current(void)
{
	/* A task that has a slot has counted it itself. */
	if (!atomic_read(&lq_calls_taken))
		return NULL;
	return call_swap(current, current);
}

static struct lq_call *call_take(void)
{
	struct lq_call *c;

	atomic_inc(&lq_calls_taken);
	c = call_swap(NULL, current);
	if (!c) {
		atomic_dec(&lq_calls_taken);
		return NULL;
	}
	c->outer = false;
	c->sk = NULL;
	return c;
}

static void call_give_back(struct lq_call *c)
{
	/* The next owner must find our stores done. */
	smp_store_release(&c->task, NULL);
	atomic_dec(&lq_calls_taken);
}

/*
 * Per return probe and call: the slot, where this call took it and so has to
 * give it back.
 */
struct lq_own {
	struct lq_call *slot;
};

static bool outer_entry(void *data, struct pt_regs *regs)
{
	struct lq_own *own = data;
	struct lq_call *c;

	/* __sys_listen may contain __sys_listen_socket or call it. */
	if (call_current())
		return false;
	c = call_take();
	if (!c)
		return false;
	c->outer = true;
	c->requested = (int)regs_get_kernel_argument(regs, 1);
	own->slot = c;
	return true;
}

NOKPROBE_SYMBOL(outer_entry);

static void outer_return(void *data, struct pt_regs *regs)
{
	struct lq_own *own = data;

	call_give_back(own->slot);
}

NOKPROBE_SYMBOL(outer_return);

static bool inner_begins(struct lq_own *own, struct sock *sk, int backlog)
{
	struct lq_call *c = call_current();

	/* DCCP comes here too. */
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return false;
	own->slot = NULL;
	if (!c) {
		c = call_take();
		if (!c)
			return false;
		own->slot = c;
	}
	c->sk = sk;
	c->effective = backlog;
	c->started = 0;
	c->start_seen = false;
	return true;
}

NOKPROBE_SYMBOL(inner_begins);

static bool inner_entry_sk(void *data, struct pt_regs *regs)
{
	return inner_begins(data,
			    (struct sock *)regs_get_kernel_argument(regs, 0),
			    (int)regs_get_kernel_argument(regs, 1));
}

NOKPROBE_SYMBOL(inner_entry_sk);

static bool inner_entry_socket(void *data, struct pt_regs *regs)
{
	struct socket *sock = (void *)regs_get_kernel_argument(regs, 0);

	return inner_begins(data, sock->sk,
			    (int)regs_get_kernel_argument(regs, 1));
}

NOKPROBE_SYMBOL(inner_entry_socket);

/*
 * A socket that MPTCP made for a program is a kernel socket too; only the
 * missing system call tells the path manager's own from those.
 */
static bool by_kernel(const struct sock *sk, const struct lq_call *c)
{
	if (c && c->outer)
		return false;
	if (!sk->sk_kern_sock)
		return false;
	return !sk_is_mptcp(sk) || lq_probe_on("__sys_listen");
}

static void describe(struct lq_listen *l, const struct sock *sk,
		     const struct lq_call *c)
{
	l->tgid = task_tgid(current);
	/* Read without its lock, so a rename meanwhile may tear it. */
	data_race(memcpy(l->comm, current->group_leader->comm,
			 sizeof(l->comm)));
	l->comm[sizeof(l->comm) - 1] = '\0';
	l->kernel = by_kernel(sk, c);
	l->effective = c ? c->effective : sk->sk_max_ack_backlog;
	l->somaxconn = READ_ONCE(sock_net(sk)->core.sysctl_somaxconn);
	l->requested_known = l->kernel;
	l->requested = l->effective;
	if (!c || !c->outer)
		return;
	l->requested_known = true;
	l->requested = c->requested;
	/* net/socket.c clamps to somaxconn: what came out of it is that. */
	if ((u32)c->requested > (u32)c->effective)
		l->somaxconn = c->effective;
}

static bool start_entry(void *data, struct pt_regs *regs)
{
	struct sock *sk = (struct sock *)regs_get_kernel_argument(regs, 0);
	struct lq_call *c = call_current();
	bool inner = c && c->sk == sk;
	struct lq_listen l;
	u64 id;

	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	/* MPTCP does not pass inet_listen where that is the inner moment. */
	if (c && !c->sk)
		c->effective = sk->sk_max_ack_backlog;
	else if (!inner)
		c = NULL;
	lq_fault_in_handler();
	describe(&l, sk, c);
	id = lq_listener_start(sk, &l);
	if (inner) {
		c->start_seen = true;
		c->started = id;
	} else {
		/* The return that would tell was not seen. */
		lq_listener_started(sk, id, true);
	}
	return false;
}

NOKPROBE_SYMBOL(start_entry);

/*
 * The task still holds a file of this socket, or is the kernel code that made
 * it, so sk is alive.
 */
static void inner_return(void *data, struct pt_regs *regs)
{
	struct lq_own *own = data;
	struct lq_call *c = own->slot ?: call_current();
	bool ok = (int)regs_return_value(regs) == 0;
	struct lq_listen l;

	if (!c)
		return;
	if (c->start_seen) {
		lq_listener_started(c->sk, c->started, ok);
	} else if (ok) {
		describe(&l, c->sk, c);
		lq_listener_again(c->sk, &l);
	}
	c->sk = NULL;
	if (own->slot)
		call_give_back(c);
}

NOKPROBE_SYMBOL(inner_return);

static bool stop_entry(void *data, struct pt_regs *regs)
{
	struct sock *sk = (struct sock *)regs_get_kernel_argument(regs, 0);

	if (sk->sk_protocol == IPPROTO_TCP)
		lq_listener_stop(sk);
	return false;
}

NOKPROBE_SYMBOL(stop_entry);

/* The order is that of `info`; an instead_of row follows the other one. */
static struct lq_probe rows[] = {
	{
		.symbol = "__sys_listen",
		.kind = LQ_RETURN,
		.lost = "the requested backlog",
		.entry = outer_entry,
		.ret = outer_return,
		.data_size = sizeof(struct lq_own),
		.max_calls = LQ_CALLS_EACH,
	}, {
		.symbol = "__sys_listen_socket",
		.kind = LQ_RETURN,
		.lost = "the requested backlog of io_uring's listen",
		.entry = outer_entry,
		.ret = outer_return,
		.data_size = sizeof(struct lq_own),
		.max_calls = LQ_CALLS_EACH,
	}, {
		.symbol = "__inet_listen_sk",
		.kind = LQ_RETURN,
		/* inet_listen, in its place, sees the others. */
		.lost = "whether listen() of MPTCP succeeds",
		.entry = inner_entry_sk,
		.ret = inner_return,
		.data_size = sizeof(struct lq_own),
		.max_calls = LQ_CALLS_EACH,
	}, {
		.symbol = "inet_listen",
		.instead_of = "__inet_listen_sk",
		.kind = LQ_RETURN,
		.required = true,
		.lost = "whether a listen() succeeds",
		.entry = inner_entry_socket,
		.ret = inner_return,
		.data_size = sizeof(struct lq_own),
		.max_calls = LQ_CALLS_EACH,
	}, {
		.symbol = "inet_csk_listen_start",
		.kind = LQ_ENTRY,
		.required = true,
		.lost = "the birth of a listener",
		.entry = start_entry,
	}, {
		.symbol = "inet_csk_listen_stop",
		.kind = LQ_ENTRY,
		.lost = "the moment at which a listener closes",
		.counters = LQ_COUNTED(closed_pending),
		.entry = stop_entry,
	},
};

const struct lq_probe_table lq_listen_probes = { rows, ARRAY_SIZE(rows) };
