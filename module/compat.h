/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file that knows that kernels differ. Where a declaration can be
 * repeated, it is: the compiler then refuses a kernel whose function has
 * other arguments than our handlers read.
 */
#ifndef LISTENQ_COMPAT_H
#define LISTENQ_COMPAT_H

#include <linux/build_bug.h>
#include <linux/cgroup.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/proc_fs.h>
#include <linux/socket.h>
#include <linux/version.h>
#include <net/sock.h>
#include <net/inet_common.h>
#include <net/inet_connection_sock.h>
#include <net/inet_hashtables.h>
#include <net/ip.h>
#include <net/tcp.h>

#define LQ_KERNEL_BEFORE(major, minor) \
	(LINUX_VERSION_CODE < KERNEL_VERSION(major, minor, 0))

#if LQ_KERNEL_BEFORE(5, 10)
#error "listenq needs Linux 5.10 or later"
#endif
#if !defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) && \
	!defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#error "listenq needs a kernel with DYNAMIC_FTRACE_WITH_REGS or _ARGS"
#endif

/*
 * net/socket.c:__sys_listen_socket came with io_uring's listen (6.11),
 * net/ipv4/af_inet.c:__inet_listen_sk with MPTCP's use of it (6.5). On
 * kernels without them these declarations are never used.
 */
int __sys_listen_socket(struct socket *sock, int backlog);
int __inet_listen_sk(struct sock *sk, int backlog);

/* What the handlers of probe_listen.c were written against. */
static_assert(__same_type(__sys_listen, int (int, int)));
static_assert(__same_type(inet_listen, int (struct socket *, int)));
/* The second argument, backlog, went away in 5.17; no handler reads it. */
static_assert(__same_type(inet_csk_listen_start, int (struct sock *)) ||
	      __same_type(inet_csk_listen_start, int (struct sock *, int)));
static_assert(__same_type(inet_csk_listen_stop, void (struct sock *)));

/* Known to all of the kernels below only by this name. */
enum skb_drop_reason;

/*
 * What the handlers of probe_request.c and probe_accept.c were written
 * against: the arguments that they read. What is behind them has changed:
 * inet_csk_reqsk_queue_hash_add has had a timeout, tcp_check_req has got more
 * to give back, and both have had another return value.
 */
static_assert(__same_type(tcp_conn_request,
			  int (struct request_sock_ops *,
			       const struct tcp_request_sock_ops *,
			       struct sock *, struct sk_buff *)));
static_assert(__same_type(inet_csk_reqsk_queue_add,
			  struct sock *(struct sock *, struct request_sock *,
					struct sock *)));
static_assert(__same_type(inet_csk_complete_hashdance,
			  struct sock *(struct sock *, struct sock *,
					struct request_sock *, bool)));
static_assert(__same_type(tcp_peer_is_proven,
			  bool (struct request_sock *, struct dst_entry *)));
static_assert(__same_type(cookie_v4_check,
			  struct sock *(struct sock *, struct sk_buff *)));
static_assert(__same_type(cookie_v6_check,
			  struct sock *(struct sock *, struct sk_buff *)));
static_assert(__same_type(tcp_rtx_synack,
			  int (const struct sock *, struct request_sock *)));
static_assert(__same_type(reqsk_fastopen_remove,
			  void (struct sock *, struct request_sock *, bool)));
static_assert(__same_type(inet_csk_reqsk_queue_drop,
			  bool (struct sock *, struct request_sock *)));
static_assert(__same_type(tcp_v4_err, int (struct sk_buff *, u32)));
static_assert(__same_type(inet_csk_reqsk_queue_hash_add,
			  bool (struct sock *, struct request_sock *)) ||
	      __same_type(inet_csk_reqsk_queue_hash_add,
			  bool (struct sock *, struct request_sock *,
				unsigned long)) ||
	      __same_type(inet_csk_reqsk_queue_hash_add,
			  void (struct sock *, struct request_sock *,
				unsigned long)));
static_assert(__same_type(tcp_check_req,
			  struct sock *(struct sock *, struct sk_buff *,
					struct request_sock *, bool, bool *)) ||
	      __same_type(tcp_check_req,
			  struct sock *(struct sock *, struct sk_buff *,
					struct request_sock *, bool, bool *,
					enum skb_drop_reason *)));
static_assert(__same_type(tcp_child_process,
			  int (struct sock *, struct sock *,
			       struct sk_buff *)) ||
	      __same_type(tcp_child_process,
			  enum skb_drop_reason (struct sock *, struct sock *,
						struct sk_buff *)));
/* No two kernels agree on the rest; the listener comes first. */
static_assert(__same_type(inet_csk_accept,
			  struct sock *(struct sock *, int, int *, bool)) ||
	      !LQ_KERNEL_BEFORE(6, 10));

/* In no header, or not in all of them. */
struct inet6_skb_parm;
void __inet_accept(struct socket *sock, struct socket *newsock,
		   struct sock *newsk);
void reqsk_timer_handler(struct timer_list *t);
void tcp_v4_reqsk_destructor(struct request_sock *req);
void tcp_v6_reqsk_destructor(struct request_sock *req);
int tcp_v6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
	       u8 code, int offset, __be32 info);
struct request_sock *inet_reqsk_clone(struct request_sock *req,
				      struct sock *sk);
struct sock *reuseport_migrate_sock(struct sock *sk, struct sock *migrating_sk,
				    struct sk_buff *skb);

/**
 * lq_compat_kretprobe() - the return probe that a call belongs to
 * @ri: the call
 *
 * Context: handler.
 * Return: the probe, or NULL while it is being unregistered.
 */
static inline struct kretprobe *
lq_compat_kretprobe(struct kretprobe_instance *ri)
{
#if LQ_KERNEL_BEFORE(5, 11)
	/* Before d741bf41d7c7 ("kprobes: Remove kretprobe hash"). */
	return ri->rp;
#else
	return get_kretprobe(ri);
#endif
}

/**
 * lq_compat_hashinfo() - a namespace's table of TCP sockets
 * @net: the namespace
 *
 * tcp_hashinfo itself is no longer exported everywhere. A namespace with an
 * ehash of its own still shares lhash2 with init_net
 * (net/ipv4/inet_hashtables.c:inet_pernet_hashinfo_alloc), so the lhash2 of
 * any holds the listeners of all namespaces.
 *
 * Return: the table; it lives as long as the namespace, init_net's as long as
 * the kernel.
 */
static inline struct inet_hashinfo *lq_compat_hashinfo(const struct net *net)
{
	return net->ipv4.tcp_death_row.hashinfo;
}

/*
 * Until cae3873c5b3a ("net: inet: Retire port only listening_hash", 5.19) the
 * sockets were on lhash2 by a node of their own.
 */
#if LQ_KERNEL_BEFORE(5, 19)
static inline struct sock *lq_compat_listener(struct hlist_node *node)
{
	struct inet_connection_sock *icsk =
		hlist_entry_safe(node, struct inet_connection_sock,
				 icsk_listen_portaddr_node);

	return icsk ? &icsk->icsk_inet.sk : NULL;
}

#define lq_compat_bucket_head(bucket)	((bucket)->head.first)
#define lq_compat_bucket_node(sk) \
	(inet_csk(sk)->icsk_listen_portaddr_node.next)
#else
static inline struct sock *lq_compat_listener(struct hlist_nulls_node *node)
{
	if (is_a_nulls(node))
		return NULL;
	return hlist_nulls_entry(node, struct sock, sk_nulls_node);
}

#define lq_compat_bucket_head(bucket)	((bucket)->nulls_head.first)
#define lq_compat_bucket_node(sk)	((sk)->sk_nulls_node.next)
#endif

/**
 * lq_compat_first() - the first socket in a bucket of lhash2
 * @bucket: the bucket
 *
 * Context: with the bucket's lock, or only to see if there is one at all.
 * Return: the socket, or NULL.
 */
static inline struct sock *
lq_compat_first(const struct inet_listen_hashbucket *bucket)
{
	return lq_compat_listener(READ_ONCE(lq_compat_bucket_head(bucket)));
}

/**
 * lq_compat_next() - the next socket in the same bucket
 * @sk: a socket in it
 *
 * Context: with the bucket's lock.
 * Return: the socket, or NULL.
 */
static inline struct sock *lq_compat_next(const struct sock *sk)
{
	return lq_compat_listener(lq_compat_bucket_node(sk));
}

/**
 * lq_compat_pde_data() - what proc_create_data() was given
 * @inode: of the file
 *
 * Return: it.
 */
static inline void *lq_compat_pde_data(const struct inode *inode)
{
#if LQ_KERNEL_BEFORE(5, 17)
	/* Before 359745d78351 ("proc: remove PDE_DATA() completely"). */
	return PDE_DATA(inode);
#else
	return pde_data(inode);
#endif
}

/**
 * lq_compat_uid() - the owner of a socket, as sock_diag reports it
 * @sk: a socket the caller holds
 *
 * Context: process.
 * Return: the uid.
 */
static inline kuid_t lq_compat_uid(struct sock *sk)
{
#ifdef LQ_HAVE_SOCK_I_UID
	return sock_i_uid(sk);
#else
	/* Since e84a4927a404 ("net: annotate races around sk->sk_uid"). */
	return sk_uid(sk);
#endif
}

/**
 * lq_compat_synq_full_at_max() - is a SYN queue full at its limit?
 *
 * Full was "as many as the limit" and became "more than the limit" (commit
 * "tcp/dccp: allow a connection when sk_max_ack_backlog is zero", in 6.1.128,
 * 6.12.10 and later), so the test itself is asked, with none of none.
 *
 * Return: true where the queue takes sk_max_ack_backlog requests, false where
 * it takes one more.
 */
static inline bool lq_compat_synq_full_at_max(void)
{
	static const struct inet_connection_sock none;

	return inet_csk_reqsk_queue_is_full(&none.icsk_inet.sk);
}

/**
 * lq_compat_cgroup_id() - cgroup v2 id of a socket
 * @sk: a socket the caller holds
 * @id: set on success
 *
 * Return: true, or false when this kernel keeps no cgroup for sockets.
 */
static inline bool lq_compat_cgroup_id(struct sock *sk, u64 *id)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	*id = cgroup_id(sock_cgroup_ptr(&sk->sk_cgrp_data));
	return true;
#else
	return false;
#endif
}

/*
 * What a function hook gets: until d19ad0775dcd ("ftrace: Have the callbacks
 * receive a struct ftrace_regs instead of pt_regs", 5.11) all registers.
 */
#if LQ_KERNEL_BEFORE(5, 11)
#define lq_compat_fregs	pt_regs
#else
#define lq_compat_fregs	ftrace_regs
#endif

/*
 * Without this flag, kernels from 5.11 on call us as we are; before, they
 * wrapped whoever did not claim to stand recursion.
 */
#if LQ_KERNEL_BEFORE(5, 11)
#define LQ_COMPAT_HOOK_FLAGS \
	(FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION_SAFE)
#elif defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define LQ_COMPAT_HOOK_FLAGS	0
#else
#define LQ_COMPAT_HOOK_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#endif

/**
 * lq_compat_arg() - an argument of the hooked function
 * @regs: what the hook got
 * @n: which one, from 0; the first six
 *
 * Return: its value.
 */
static __always_inline unsigned long
lq_compat_arg(struct lq_compat_fregs *regs, unsigned int n)
{
#if LQ_KERNEL_BEFORE(5, 11)
	return regs_get_kernel_argument(regs, n);
#elif !defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
	return regs_get_kernel_argument(ftrace_get_regs(regs), n);
#elif LQ_KERNEL_BEFORE(6, 3)
	/* Those of the arguments are saved without SAVE_REGS, too. */
	return regs_get_kernel_argument(&regs->regs, n);
#else
	return ftrace_regs_get_argument(regs, n);
#endif
}

/*
 * 5.10 has no function with the listener and the new connection that is
 * entered once accept() has both (__inet_accept came with 6.0): there,
 * inet_csk_accept has to be seen returning, and an accept() that slept when
 * the module was loaded is not seen.
 */
#define LQ_COMPAT_ACCEPT_BY_RETURN	LQ_KERNEL_BEFORE(6, 0)

/* Requests move to other listeners since 5.14 (c905dee62232 and others). */
#define LQ_COMPAT_MIGRATES		(!LQ_KERNEL_BEFORE(5, 14))

/**
 * lq_compat_drops() - the socket's own drop counter
 * @sk: a TCP socket the caller keeps alive
 *
 * Return: sk_drops.
 */
static inline unsigned int lq_compat_drops(const struct sock *sk)
{
	return atomic_read(&sk->sk_drops);
}

#endif /* LISTENQ_COMPAT_H */
