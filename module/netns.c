// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: what is set up when one is born and taken down when it
 * dies.
 */
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/snmp.h>
#include <linux/spinlock.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/snmp.h>

#include "bell.h"
#include "closed.h"
#include "event.h"
#include "hash.h"
#include "listener.h"
#include "moment.h"
#include "netns.h"

static unsigned int lq_netns_id __read_mostly;
static u64 lq_load_ns;

const struct lq_mib lq_mibs[LQ_MIBS] = {
	{ "ListenOverflows", LINUX_MIB_LISTENOVERFLOWS },
	{ "ListenDrops", LINUX_MIB_LISTENDROPS },
	{ "SyncookiesSent", LINUX_MIB_SYNCOOKIESSENT },
	{ "SyncookiesRecv", LINUX_MIB_SYNCOOKIESRECV },
	{ "SyncookiesFailed", LINUX_MIB_SYNCOOKIESFAILED },
	{ "TCPReqQFullDrop", LINUX_MIB_TCPREQQFULLDROP },
	{ "TCPReqQFullDoCookies", LINUX_MIB_TCPREQQFULLDOCOOKIES },
};

static u64 mib_sum(const struct net *net, int mib)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(net->mib.net_statistics,
					     cpu)->mibs[mib]);
	return sum;
}

static int __net_init netns_init(struct net *net)
{
	struct lq_netns *ns = net_generic(net, lq_netns_id);
	unsigned int i;
	int err;

	ns->net = net;
	ns->load_ns = lq_load_ns;
	INIT_LIST_HEAD(&ns->closed);
	raw_spin_lock_init(&ns->closed_lock);
	for (i = 0; i < LQ_MIBS; i++)
		ns->mib[i] = mib_sum(net, lq_mibs[i].id);
	err = lq_feed_init(ns);
	if (err)
		return err;
	WRITE_ONCE(ns->alive, true);
	return 0;
}

/*
 * The kernel waits for a grace period between pre_exit and exit, of a dying
 * namespace (net/core/net_namespace.c:cleanup_net) as well as of our own
 * unregistering (free_exit_list): a handler that still saw the namespace
 * alive has put its record in place before netns_exit_batch() looks.
 */
static void __net_exit netns_pre_exit(struct net *net)
{
	struct lq_netns *ns = net_generic(net, lq_netns_id);

	WRITE_ONCE(ns->alive, false);
}

/*
 * The next to be taken down is what the moments of all CPUs read, the kernel's
 * counters of these namespaces (net/ipv4/af_inet.c:ipv4_mib_exit_net). So first
 * their records are made unfindable, and a grace period later no handler puts
 * one into a moment any more; then they are taken out, and a grace period later
 * no handler works with what it took out itself before.
 */
static void __net_exit netns_exit_batch(struct list_head *list)
{
	struct net *net;

	list_for_each_entry(net, list, exit_list) {
		lq_hash_sweep(net, LQ_SWEEP_ALL);
		lq_closed_forget(lq_netns_of(net));
	}
	synchronize_rcu();
	list_for_each_entry(net, list, exit_list)
		lq_moment_forget_net(net);
	synchronize_rcu();
	list_for_each_entry(net, list, exit_list)
		lq_feed_exit(lq_netns_of(net));
}

static struct pernet_operations lq_netns_ops = {
	.init = netns_init,
	.pre_exit = netns_pre_exit,
	.exit_batch = netns_exit_batch,
	.id = &lq_netns_id,
	.size = sizeof(struct lq_netns),
};

/**
 * lq_netns_of() - our part of a namespace
 * @net: the namespace, set up by us
 *
 * Return: it.
 */
struct lq_netns *lq_netns_of(const struct net *net)
{
	return net_generic(net, lq_netns_id);
}

/**
 * lq_netns_alive() - may records be made for this namespace?
 * @net: a namespace with a socket that the caller keeps alive
 *
 * Context: any, in an RCU read section (or with preemption or interrupts off).
 * Return: false before our set-up and after the beginning of the end.
 */
bool lq_netns_alive(const struct net *net)
{
	const struct lq_netns *ns = net_generic(net, lq_netns_id);

	return ns && READ_ONCE(ns->alive);
}

/**
 * lq_netns_init() - set up every namespace there is and will be
 *
 * Return: 0, or the error of the namespace that could not be set up.
 */
int lq_netns_init(void)
{
	lq_load_ns = ktime_get_ns();
	return register_pernet_subsys(&lq_netns_ops);
}

/**
 * lq_netns_exit() - take our part out of every namespace
 */
void lq_netns_exit(void)
{
	unregister_pernet_subsys(&lq_netns_ops);
	lq_bell_exit();
}
