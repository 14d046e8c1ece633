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
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "event.h"
#include "fault.h"
#include "netns.h"
#include "view.h"

/*
 * seq_file asks for the beginning or for where next() left off, and for
 * nothing else (fs/seq_file.c:traverse starts at 0 for every seek).
 */
static void *table_start(struct seq_file *m, loff_t *pos)
{
	struct lq_reader *r = m->private;

	if (*pos) {
		/* There was no memory for the next one: try again. */
		if (IS_ERR(r->item))
			r->item = r->table->source->next(r);
		return *pos == r->pos ? r->item : NULL;
	}
	r->table->source->rewind(r);
	r->pos = 0;
	return SEQ_START_TOKEN;
}

static void *table_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct lq_reader *r = m->private;

	r->item = r->table->source->next(r);
	r->pos = ++*pos;
	return r->item;
}

/* The current item stays between two reads. */
static void table_stop(struct seq_file *m, void *v)
{
}

static int table_show(struct seq_file *m, void *v)
{
	const struct lq_reader *r = m->private;

	if (v != SEQ_START_TOKEN)
		return r->table->row(m, v);
	r->table->header(m);
	return 0;
}

static const struct seq_operations table_ops = {
	.start = table_start,
	.next = table_next,
	.stop = table_stop,
	.show = table_show,
};

static int table_open(struct inode *inode, struct file *file,
		      const struct lq_table *table)
{
	struct lq_reader *r;

	r = lq_alloc(__seq_open_private(file, &table_ops, table->source->size));
	if (!r)
		return -ENOMEM;
	r->ns = lq_compat_pde_data(inode);
	r->table = table;
	return 0;
}

static int table_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct lq_reader *r = m->private;

	r->table->source->end(r);
	return seq_release_private(inode, file);
}

/* As DEFINE_SHOW_ATTRIBUTE() of seq_file.h: the operations of a table's file. */
#define LQ_TABLE_OPS(name)						\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return table_open(inode, file, &lq_##name##_table);		\
}									\
									\
static const struct proc_ops name##_proc_ops = {			\
	.proc_open = name##_open,					\
	.proc_read_iter = seq_read_iter,				\
	.proc_lseek = seq_lseek,					\
	.proc_release = table_release,					\
}

LQ_TABLE_OPS(listeners);
LQ_TABLE_OPS(counters);
LQ_TABLE_OPS(latency);
LQ_TABLE_OPS(closed);
LQ_TABLE_OPS(requests);

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

/* The one list of files. */
static const struct {
	const char *name;
	umode_t mode;
	const struct proc_ops *ops;
} files[] = {
	{ "listeners", 0444, &listeners_proc_ops },
	{ "counters", 0444, &counters_proc_ops },
	{ "latency", 0444, &latency_proc_ops },
	{ "closed", 0444, &closed_proc_ops },
	{ "requests", 0444, &requests_proc_ops },
	{ "events", 0444, &lq_events_proc_ops },
	{ "info", 0444, &info_proc_ops },
};

/**
 * lq_view_may_see_owner() - may a reader see the process behind a socket?
 * @m: file
 * @net: namespace of the socket
 * @uid: owner of the socket
 *
 * Its owner may, and who administers the namespace. The file's opener is
 * asked, not who happens to read.
 *
 * Return: true if it may.
 */
bool lq_view_may_see_owner(const struct seq_file *m, const struct net *net,
			   kuid_t uid)
{
	return uid_eq(m->file->f_cred->fsuid, uid) ||
	       file_ns_capable(m->file, net->user_ns, CAP_NET_ADMIN);
}

/**
 * lq_view_number() - print a number
 * @m: file
 * @known: else a dash is printed
 * @value: the number
 */
void lq_view_number(struct seq_file *m, bool known, u64 value)
{
	if (!known)
		seq_putc(m, '-');
	else if (value < 10)	/* most of them, and most of a read's time */
		seq_putc(m, '0' + value);
	else
		seq_put_decimal_ull(m, "", value);
}

/**
 * lq_view_place() - print an address and port
 * @m: file
 * @family: AF_INET or AF_INET6
 * @place: them
 */
void lq_view_place(struct seq_file *m, int family, const struct lq_local *place)
{
	unsigned int i;

	if (family == AF_INET) {
		/* By hand: seq_printf() takes several times as long. */
		for (i = 12; i < 16; i++) {
			lq_view_number(m, true, place->addr.s6_addr[i]);
			seq_putc(m, i < 15 ? '.' : ':');
		}
		lq_view_number(m, true, place->port);
	} else {
		seq_printf(m, "[%pI6c]:%u", &place->addr, place->port);
	}
}

/**
 * lq_view_sk_local() - print the first two cells of any table
 * @m: file
 * @cookie: of the listener
 * @family: AF_INET or AF_INET6
 * @local: where it listens
 */
void lq_view_sk_local(struct seq_file *m, u64 cookie, int family,
		      const struct lq_local *local)
{
	seq_printf(m, "%llx ", cookie);
	lq_view_place(m, family, local);
}

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
	struct lq_netns *ns = lq_netns_of(net);

	/* proc_remove() waits for who is in read(), even if he sleeps there. */
	lq_feed_hang_up(ns);
	proc_remove(ns->dir);
	ns->dir = NULL;
}

static int __net_init view_net_init(struct net *net)
{
	struct lq_netns *ns = lq_netns_of(net);
	unsigned int i;

	ns->dir = lq_alloc(proc_net_mkdir(net, "listenq", net->proc_net));
	for (i = 0; ns->dir && i < ARRAY_SIZE(files); i++)
		if (!lq_alloc(proc_create_data(files[i].name, files[i].mode,
					       ns->dir, files[i].ops, ns)))
			view_net_exit(net);
	return ns->dir ? 0 : -ENOMEM;
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
