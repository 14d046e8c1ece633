// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/listenq/events: a line for each event, as it happens.
 *
 * A stream, not a table: it has no beginning and no end, each open file starts
 * where it was opened, and a read() waits. Readers of the same open file take
 * turns (the mutex), so that each gets whole lines, in order.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "event.h"
#include "fault.h"
#include "netns.h"
#include "view.h"

/* The longest line has two IPv6 addresses and three numbers: about 190. */
#define LQ_LINE	256

/* How a detail is printed. */
enum how { NOTHING, NUMBER, SIGNED, COOKIE, VIA, CAUSE };

/* Names of events and of their details, in the order of struct lq_event. */
#define LQ_EVENT_NAME(kind)	#kind,
static const char * const names[] = { LQ_EVENTS(LQ_EVENT_NAME) };

static const struct {
	const char *name;
	enum how how;
} details[LQ_NEVENTS][LQ_EVENT_DETAILS] = {
	[LQ_EV_listen] = { { "backlog", SIGNED }, { "somaxconn", NUMBER },
			   { "max_ack_backlog", NUMBER } },
	[LQ_EV_relisten] = { { "backlog", SIGNED }, { "somaxconn", NUMBER },
			     { "max_ack_backlog", NUMBER } },
	[LQ_EV_close] = { { "pending", NUMBER } },
	[LQ_EV_syn_queued] = { { "synq", NUMBER } },
	[LQ_EV_syn_drop] = { { "cause", CAUSE } },
	[LQ_EV_synack_retrans] = { { "n", NUMBER } },
	[LQ_EV_established] = { { "acceptq", NUMBER }, { "waited_us", NUMBER },
				{ "via", VIA } },
	[LQ_EV_accept] = { { "acceptq", NUMBER }, { "waited_us", NUMBER } },
	[LQ_EV_migrate] = { { "from", COOKIE }, { "to", COOKIE } },
	[LQ_EV_lost] = { { "n", NUMBER } },
};

static const char * const vias[] = {
	[LQ_VIA_HANDSHAKE] = "handshake",
	[LQ_VIA_COOKIE] = "cookie",
	[LQ_VIA_TFO] = "tfo",
};

static const char * const causes[] = {
	[LQ_CAUSE_ACCEPTQ] = "acceptq",
	[LQ_CAUSE_SYNQ] = "synq",
	[LQ_CAUSE_UNPROVEN] = "unproven",
	[LQ_CAUSE_OTHER] = "other",
};

/**
 * struct lq_stream - an open file
 * @watch: its queue
 * @lock: of who takes out of it
 */
struct lq_stream {
	struct lq_watch *watch;
	struct mutex lock;	/* of who takes out of it */
};

static int print_place(char *to, size_t room, int family,
		       const struct lq_local *place)
{
	if (family == AF_INET)
		return scnprintf(to, room, "%pI4:%u ",
				 &place->addr.s6_addr32[3], place->port);
	if (family == AF_INET6)
		return scnprintf(to, room, "[%pI6c]:%u ", &place->addr,
				 place->port);
	return scnprintf(to, room, "- ");
}

static int print_detail(char *to, size_t room, enum how how, u64 value)
{
	if (how != SIGNED && value == LQ_DETAIL_UNKNOWN)
		return scnprintf(to, room, "-");
	switch (how) {
	case SIGNED:
		if ((s64)value == LQ_BACKLOG_UNKNOWN)
			return scnprintf(to, room, "-");
		return scnprintf(to, room, "%lld", (s64)value);
	case COOKIE:
		return scnprintf(to, room, "%llx", value);
	case VIA:
		return scnprintf(to, room, "%s", vias[value]);
	case CAUSE:
		return scnprintf(to, room, "%s", causes[value]);
	default:
		return scnprintf(to, room, "%llu", value);
	}
}

/* Only events of the whole stream have no listener, and only those of a listener no peer. */
static size_t print_line(char *line, const struct lq_event *e)
{
	bool listener = e->kind != LQ_EV_lost;
	bool peer = listener && e->kind > LQ_EV_close;
	size_t n, i;

	n = scnprintf(line, LQ_LINE, "%llu ", e->time_ns);
	if (listener)
		n += scnprintf(line + n, LQ_LINE - n, "%llx ", e->cookie);
	else
		n += scnprintf(line + n, LQ_LINE - n, "- ");
	n += print_place(line + n, LQ_LINE - n, listener ? e->family : 0,
			 &e->local);
	n += scnprintf(line + n, LQ_LINE - n, "%s ", names[e->kind]);
	n += print_place(line + n, LQ_LINE - n, peer ? e->family : 0,
			 &e->remote);
	for (i = 0; i < LQ_EVENT_DETAILS; i++) {
		enum how how = details[e->kind][i].how;

		if (how == NOTHING)
			break;
		n += scnprintf(line + n, LQ_LINE - n, "%s=",
			       details[e->kind][i].name);
		n += print_detail(line + n, LQ_LINE - n, how, e->detail[i]);
		n += scnprintf(line + n, LQ_LINE - n, " ");
	}
	line[n - 1] = '\n';
	return n;
}

/* As many lines as there are and as fit; the lock is held. */
static ssize_t take_lines(struct lq_watch *w, struct iov_iter *to)
{
	char line[LQ_LINE];
	struct lq_event e;
	size_t len, copied;
	ssize_t done = 0;

	while (lq_watch_peek(w, &e)) {
		len = print_line(line, &e);
		if (len > iov_iter_count(to))
			return done ?: -EINVAL;
		copied = copy_to_iter(line, len, to);
		if (copied < len) {
			iov_iter_revert(to, copied);
			return done ?: -EFAULT;
		}
		lq_watch_skip(w);
		done += len;
	}
	return done;
}

static ssize_t events_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct lq_stream *s = iocb->ki_filp->private_data;
	bool may_wait = !(iocb->ki_filp->f_flags & O_NONBLOCK) &&
			!(iocb->ki_flags & IOCB_NOWAIT);
	ssize_t done;
	int err;

	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		if (mutex_lock_interruptible(&s->lock))
			return -ERESTARTSYS;
		done = take_lines(s->watch, to);
		mutex_unlock(&s->lock);
		if (done)
			return done;
		err = lq_watch_wait(s->watch, may_wait);
		if (err <= 0)
			return err;
	}
}

static __poll_t events_poll(struct file *file,
			    struct poll_table_struct *table)
{
	struct lq_stream *s = file->private_data;

	return lq_watch_poll(s->watch, file, table) ? EPOLLIN | EPOLLRDNORM : 0;
}

static int events_open(struct inode *inode, struct file *file)
{
	struct lq_netns *ns = lq_compat_pde_data(inode);
	struct lq_stream *s;

	if (!file_ns_capable(file, ns->net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	s = lq_alloc(kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT));
	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock);
	s->watch = lq_watch_open(ns);
	if (IS_ERR(s->watch)) {
		int err = PTR_ERR(s->watch);

		kfree(s);
		return err;
	}
	file->private_data = s;
	return stream_open(inode, file);
}

static int events_release(struct inode *inode, struct file *file)
{
	struct lq_stream *s = file->private_data;

	lq_watch_close(s->watch);
	kfree(s);
	return 0;
}

const struct proc_ops lq_events_proc_ops = {
	.proc_open = events_open,
	.proc_read_iter = events_read_iter,
	.proc_poll = events_poll,
	.proc_lseek = noop_llseek,
	.proc_release = events_release,
};
