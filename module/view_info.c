// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/info: "key value" lines.
 */
#include <linux/ktime.h>
#include <linux/seq_file.h>
#include <linux/utsname.h>
#include <net/net_namespace.h>

#include "netns.h"
#include "probe.h"
#include "view.h"
#include "walk.h"

/* The abi of docs/proc-format.md. */
#define LQ_ABI	1

static void show_sysctls(struct seq_file *m, const struct net *net)
{
	seq_printf(m, "somaxconn %d\n",
		   READ_ONCE(net->core.sysctl_somaxconn));
	seq_printf(m, "tcp_max_syn_backlog %d\n",
		   READ_ONCE(net->ipv4.sysctl_max_syn_backlog));
	if (IS_ENABLED(CONFIG_SYN_COOKIES))
		seq_printf(m, "tcp_syncookies %d\n",
			   READ_ONCE(net->ipv4.sysctl_tcp_syncookies));
	else
		seq_puts(m, "tcp_syncookies -\n");
	seq_printf(m, "tcp_abort_on_overflow %d\n",
		   READ_ONCE(net->ipv4.sysctl_tcp_abort_on_overflow));
	seq_printf(m, "tcp_synack_retries %d\n",
		   READ_ONCE(net->ipv4.sysctl_tcp_synack_retries));
}

static void show_probes(struct seq_file *m)
{
	struct lq_probe_report r;
	unsigned int i;

	for (i = 0; lq_probe_report(i, &r); i++)
		if (r.symbol)
			seq_printf(m, "probe %s kind=%s state=%s hits=%llu missed=%llu\n",
				   r.symbol, r.kind, r.state, r.hits,
				   r.missed);
}

/**
 * lq_view_info_show() - print the file
 * @m: open file; m->private is the struct lq_netns
 * @v: not used
 *
 * Context: process; may sleep.
 * Return: 0.
 */
int lq_view_info_show(struct seq_file *m, void *v)
{
	const struct lq_netns *ns = m->private;
	unsigned int i;

	seq_printf(m, "abi %d\n", LQ_ABI);
	seq_printf(m, "version %s\n", LISTENQ_VERSION);
	seq_printf(m, "kernel %s\n", init_utsname()->release);
	seq_printf(m, "netns %u\n", ns->net->ns.inum);
	show_sysctls(m, ns->net);
	seq_printf(m, "listeners %u\n", lq_walk_count(ns->net));
	seq_printf(m, "load_age_ms %llu\n",
		   div_u64(ktime_get_ns() - ns->load_ns, NSEC_PER_MSEC));
	seq_printf(m, "books %s\n", lq_probe_exact() ? "exact" : "inexact");
	for (i = 0; i < LQ_MIBS; i++)
		seq_printf(m, "mib %s %llu\n", lq_mibs[i].name, ns->mib[i]);
	show_probes(m);
	return 0;
}
