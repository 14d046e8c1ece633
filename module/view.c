// SPDX-License-Identifier: GPL-2.0
/*
 * What the files of /proc/net/listenq share.
 *
 * Lifetime: every operation of an open file runs inside the kernel's use
 * count of its proc entry. Removing the entry (a namespace dies, the module
 * goes) waits for the operation that runs, releases every open file and lets
 * none begin (fs/proc/inode.c:proc_entry_rundown). So the namespace and this
 * module are there for as long as we are in here, without a reference.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat.h"
#include "fault.h"
#include "listener.h"
#include "netns.h"
#include "view.h"
#include "walk.h"

/**
 * struct lq_reader - an open table; seq_file serialises its use
 * @ns: namespace that is read
 * @table: what is read
 * @walk: the rest of the listeners
 * @sk: the current one, held
 * @pos: its number in the file
 * @began_ns: when the reading began at the first row
 */
struct lq_reader {
	struct lq_netns *ns;
	const struct lq_table *table;
	struct lq_walk walk;
	struct sock *sk;
	loff_t pos;
	u64 began_ns;
};

static void let_go(struct lq_reader *r)
{
	if (!IS_ERR_OR_NULL(r->sk))
		sock_put(r->sk);
	r->sk = NULL;
}

/*
 * seq_file asks for the beginning or for where next() left off, and for
 * nothing else (fs/seq_file.c:traverse starts at 0 for every seek).
 */
static void *table_start(struct seq_file *m, loff_t *pos)
{
	struct lq_reader *r = m->private;

	if (*pos) {
		/* There was no memory for the next one: try again. */
		if (IS_ERR(r->sk))
			r->sk = lq_walk_next(&r->walk);
		return *pos == r->pos ? r->sk : NULL;
	}
	let_go(r);
	lq_walk_rewind(&r->walk);
	r->pos = 0;
	r->began_ns = ktime_get_ns();
	return SEQ_START_TOKEN;
}

static void *table_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct lq_reader *r = m->private;

	let_go(r);
	r->sk = lq_walk_next(&r->walk);
	r->pos = ++*pos;
	if (!r->sk)
		lq_listener_sweep(r->ns->net, r->began_ns);
	return r->sk;
}

/* The current socket stays held between two reads. */
static void table_stop(struct seq_file *m, void *v)
{
}

static int table_show(struct seq_file *m, void *v)
{
	struct lq_reader *r = m->private;

	if (v == SEQ_START_TOKEN)
		return r->table->header(m);
	return r->table->row(m, &r->walk, v);
}

static const struct seq_operations table_ops = {
	.start = table_start,
	.next = table_next,
	.stop = table_stop,
	.show = table_show,
};

static int table_open(struct file *file, const struct lq_table *table)
{
	struct lq_netns *ns = lq_compat_pde_data(file_inode(file));
	struct lq_reader *r;

	r = lq_alloc(__seq_open_private(file, &table_ops, sizeof(*r)));
	if (!r)
		return -ENOMEM;
	r->ns = ns;
	r->table = table;
	r->walk.net = ns->net;
	return 0;
}

static int listeners_open(struct inode *inode, struct file *file)
{
	return table_open(file, &lq_listeners_table);
}

static int table_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct lq_reader *r = m->private;

	let_go(r);
	lq_walk_end(&r->walk);
	return seq_release_private(inode, file);
}

static const struct proc_ops listeners_proc_ops = {
	.proc_open = listeners_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = table_release,
};

static int info_open(struct inode *inode, struct file *file)
{
	return lq_alloc_err(single_open(file, lq_view_info_show,
					lq_compat_pde_data(inode)));
}

static const struct proc_ops info_proc_ops = {
	.proc_open = info_open,
	.proc_read_iter = seq_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/**
 * lq_view_name() - print a name so that it is one cell
 * @m: file
 * @name: may hold anything; empty is written \000, and a lone "-", which
 *        would say "not known", \055
 */
void lq_view_name(struct seq_file *m, const char *name)
{
	const char *c = name;

	if (!*name || !strcmp(name, "-")) {
		seq_printf(m, "\\%03o", (unsigned char)*name);
		return;
	}
	for (; *c; c++) {
		if (isascii(*c) && isgraph(*c) && *c != '\\')
			seq_putc(m, *c);
		else
			seq_printf(m, "\\%03o", (unsigned char)*c);
	}
}

static void __net_exit view_net_exit(struct net *net)
{
	proc_remove(lq_netns_of(net)->dir);
}

static int __net_init view_net_init(struct net *net)
{
	struct lq_netns *ns = lq_netns_of(net);

	ns->dir = lq_alloc(proc_net_mkdir(net, "listenq", net->proc_net));
	if (ns->dir &&
	    lq_alloc(proc_create_data("listeners", 0444, ns->dir,
				      &listeners_proc_ops, ns)) &&
	    lq_alloc(proc_create_data("info", 0444, ns->dir, &info_proc_ops,
				      ns)))
		return 0;
	view_net_exit(net);
	return -ENOMEM;
}

/*
 * Registered after netns.c's, so that a namespace gets its files when records
 * can be made, and loses them before its records are swept: a reader may make
 * one.
 */
static struct pernet_operations view_net_ops = {
	.init = view_net_init,
	.exit = view_net_exit,
};

/**
 * lq_view_init() - make the files of every namespace there is and will be
 *
 * What they show is maintained by probes, so they are there for no longer than
 * the probes are.
 *
 * Return: 0, or -ENOMEM.
 */
int lq_view_init(void)
{
	return register_pernet_subsys(&view_net_ops);
}

/**
 * lq_view_exit() - remove the files
 *
 * Waits for readers; when it returns there is none.
 */
void lq_view_exit(void)
{
	unregister_pernet_subsys(&view_net_ops);
}
