// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/listeners: one row for each listening socket.
 *
 * Depths and limits are read from the socket, here and now; what the kernel
 * forgets comes from the record. The caller holds a reference of the socket,
 * which keeps its memory; it may close meanwhile, and then is left out.
 */
#include <linux/ktime.h>
#include <linux/netdevice.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/mptcp.h>
#include <net/sock.h>

#include "books.h"
#include "compat.h"
#include "listener.h"
#include "queue.h"
#include "view.h"
#include "walk.h"

/**
 * struct lq_row - what the cells of one row are made of
 * @sk: the socket
 * @local: where it listens
 * @cookie: its cookie
 * @uid: its owner
 * @past: its history, if @has_past
 * @has_past: there is a record
 * @current_past: the record's last listen() is the one in force
 * @show_owner: the reader may see pid and comm
 * @acceptq: gauge
 * @synq: gauge
 * @young: gauge
 * @max: the limit in force
 * @oldest_us: how long the head of the accept queue has waited
 * @now_ns: time of the visit
 */
struct lq_row {
	struct sock *sk;
	struct lq_local local;
	u64 cookie;
	kuid_t uid;
	struct lq_history past;
	bool has_past;
	bool current_past;
	bool show_owner;
	u32 acceptq;
	u32 synq;
	u32 young;
	u32 max;
	u64 oldest_us;
	u64 now_ns;
};

static void put_u64(struct seq_file *m, u64 value)
{
	lq_view_number(m, true, value);
}

static void cell_sk_local(struct seq_file *m, const struct lq_row *r)
{
	lq_view_sk_local(m, r->cookie, r->sk->sk_family, &r->local);
}

static void cell_dev(struct seq_file *m, const struct lq_row *r)
{
	int index = READ_ONCE(r->sk->sk_bound_dev_if);
	struct net_device *dev;

	rcu_read_lock();
	dev = index ? dev_get_by_index_rcu(sock_net(r->sk), index) : NULL;
	if (dev)
		lq_view_name(m, dev->name);
	else
		seq_putc(m, '-');
	rcu_read_unlock();
}

/*
 * MPTCP listens through a kernel socket for every program that asks; what is
 * the kernel's own among those only the record knows.
 */
static bool by_kernel(const struct lq_row *r)
{
	if (sk_is_mptcp(r->sk))
		return r->has_past && r->past.kernel;
	return r->sk->sk_kern_sock;
}

static void cell_flags(struct seq_file *m, const struct lq_row *r)
{
	const struct request_sock_queue *q =
		&inet_csk(r->sk)->icsk_accept_queue;
	const struct { char letter; bool set; } flags[] = {
		{ '6', r->sk->sk_family == AF_INET6 },
		{ 'o', r->sk->sk_family == AF_INET6 && ipv6_only_sock(r->sk) },
		{ 'r', r->sk->sk_reuseport },
		{ 'd', READ_ONCE(q->rskq_defer_accept) },
		{ 'f', READ_ONCE(q->fastopenq.max_qlen) },
		{ 'm', sk_is_mptcp(r->sk) },
		{ 'k', by_kernel(r) },
		{ 'l', !r->has_past || r->past.preload },
	};
	bool any = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (flags[i].set)
			seq_putc(m, flags[i].letter);
		any |= flags[i].set;
	}
	if (!any)
		seq_putc(m, '-');
}

static void cell_uid(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, from_kuid_munged(seq_user_ns(m), r->uid));
}

static void cell_inode(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, sock_i_ino(r->sk));
}

static void cell_pid(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->show_owner && r->past.pid, r->past.pid);
}

static void cell_comm(struct seq_file *m, const struct lq_row *r)
{
	if (r->show_owner)
		lq_view_name(m, r->past.comm);
	else
		seq_putc(m, '-');
}

static void cell_backlog(struct seq_file *m, const struct lq_row *r)
{
	if (r->current_past && r->past.requested_known)
		seq_put_decimal_ll(m, "", r->past.requested);
	else
		seq_putc(m, '-');
}

static void cell_somaxconn(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->current_past, r->past.somaxconn);
}

static void cell_max(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, r->max);
}

static void cell_acceptq(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, r->acceptq);
}

/* What is in the queue now may not have been counted yet. */
static void cell_acceptq_peak(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && lq_books_known(LQ_N_established),
		       max(r->past.peaks.acceptq, r->acceptq));
}

/* include/net/sock.h:sk_acceptq_is_full: full is "more than the limit". */
static void cell_acceptq_limit(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, (u64)r->max + 1);
}

static void cell_synq(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, r->synq);
}

static void cell_young(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, r->young);
}

static void cell_synq_peak(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && lq_books_known(LQ_N_syn_queued),
		       max(r->past.peaks.synq, r->synq));
}

static int syncookies(const struct sock *sk)
{
	if (!IS_ENABLED(CONFIG_SYN_COOKIES))
		return 0;
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syncookies);
}

/*
 * net/ipv4/tcp_input.c:tcp_conn_request. A queue that is full answers with
 * cookies or drops. With cookies off, a SYN from a peer without a history is
 * dropped as well once less than a quarter of tcp_max_syn_backlog is left,
 * which happens at one more request than three quarters.
 */
static void cell_synq_limit(struct seq_file *m, const struct lq_row *r)
{
	s64 limit = (s64)r->max + !lq_compat_synq_full_at_max();
	int cookies = syncookies(r->sk);
	s64 max_syn;

	if (cookies == 2) {
		limit = 0;
	} else if (!cookies && IS_ENABLED(CONFIG_SYN_COOKIES)) {
		max_syn = READ_ONCE(sock_net(r->sk)->ipv4.sysctl_max_syn_backlog);
		limit = min(limit, max_syn - (max_syn >> 2) + 1);
	}
	put_u64(m, max(limit, 0LL));
}

static void cell_synq_full(struct seq_file *m, const struct lq_row *r)
{
	seq_puts(m, syncookies(r->sk) ? "cookie" : "drop");
}

static void cell_age(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && !r->past.preload,
		       div_u64(r->now_ns - r->past.born_ns, NSEC_PER_MSEC));
}

static void cell_listens(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && !r->past.preload, r->past.listens);
}

static void cell_cgroup(struct seq_file *m, const struct lq_row *r)
{
	u64 id;

	if (lq_compat_cgroup_id(r->sk, &id))
		put_u64(m, id);
	else
		seq_putc(m, '-');
}

static void cell_oldest(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->oldest_us != LQ_AGE_UNKNOWN,
		       div_u64(r->oldest_us, USEC_PER_MSEC));
}

static void cell_full(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && lq_books_known(LQ_N_established),
		       div_u64(r->past.peaks.full_ns, NSEC_PER_MSEC));
}

static void cell_full_count(struct seq_file *m, const struct lq_row *r)
{
	lq_view_number(m, r->has_past && lq_books_known(LQ_N_established),
		       r->past.peaks.full_count);
}

static void cell_tfoq(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, READ_ONCE(inet_csk(r->sk)->icsk_accept_queue.fastopenq.qlen));
}

static void cell_tfoq_max(struct seq_file *m, const struct lq_row *r)
{
	put_u64(m, READ_ONCE(inet_csk(r->sk)->icsk_accept_queue.fastopenq.max_qlen));
}

/* The one list that header and rows come from. */
static const struct {
	const char *name;
	void (*cell)(struct seq_file *m, const struct lq_row *r);
} columns[] = {
	{ "sk local", cell_sk_local },
	{ "dev", cell_dev },
	{ "flags", cell_flags },
	{ "uid", cell_uid },
	{ "inode", cell_inode },
	{ "pid", cell_pid },
	{ "comm", cell_comm },
	{ "backlog", cell_backlog },
	{ "somaxconn", cell_somaxconn },
	{ "max_ack_backlog", cell_max },
	{ "acceptq", cell_acceptq },
	{ "acceptq_peak", cell_acceptq_peak },
	{ "acceptq_limit", cell_acceptq_limit },
	{ "synq", cell_synq },
	{ "synq_young", cell_young },
	{ "synq_peak", cell_synq_peak },
	{ "synq_limit", cell_synq_limit },
	{ "synq_full", cell_synq_full },
	{ "age_ms", cell_age },
	{ "listens", cell_listens },
	{ "cgroup", cell_cgroup },
	{ "oldest_ms", cell_oldest },
	{ "full_ms", cell_full },
	{ "full_count", cell_full_count },
	{ "tfoq", cell_tfoq },
	{ "tfoq_max", cell_tfoq_max },
};

static void listeners_header(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		if (i)
			seq_putc(m, ' ');
		seq_puts(m, columns[i].name);
	}
	seq_putc(m, '\n');
}

/*
 * net/ipv4/inet_connection_sock.c:inet_csk_reqsk_queue_hash_add lets a request
 * be found before it counts it. One that the peer resets in between, on another
 * CPU, is taken off first: for that moment the kernel's number is -1.
 */
static u32 gauge(int n)
{
	return max(n, 0);
}

static int listeners_row(struct seq_file *m, void *item)
{
	struct sock *sk = item;
	const struct request_sock_queue *q = &inet_csk(sk)->icsk_accept_queue;
	struct lq_row r = { .sk = sk };
	unsigned int i;

	r.has_past = lq_each_past(sk, &r.past);
	r.cookie = lq_listener_cookie(sk);
	r.uid = lq_compat_uid(sk);
	r.acceptq = READ_ONCE(sk->sk_ack_backlog);
	r.max = READ_ONCE(sk->sk_max_ack_backlog);
	r.synq = gauge(reqsk_queue_len(q));
	r.young = gauge(reqsk_queue_len_young(q));
	r.oldest_us = lq_queue_oldest(sk);
	r.now_ns = ktime_get_ns();
	r.current_past = r.has_past && r.past.listen_known &&
			 (u32)r.past.effective == r.max;
	r.show_owner = r.current_past &&
		       lq_view_may_see_owner(m, sock_net(sk), r.uid);
	if (!lq_each_still(m, sk, &r.local))
		return SEQ_SKIP;

	for (i = 0; i < ARRAY_SIZE(columns); i++) {
		if (i)
			seq_putc(m, ' ');
		columns[i].cell(m, &r);
	}
	seq_putc(m, '\n');
	return 0;
}

const struct lq_table lq_listeners_table = {
	.source = &lq_each_listener,
	.header = listeners_header,
	.row = listeners_row,
};
