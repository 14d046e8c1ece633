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
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/ipv6.h>
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
 * struct lq_said - a listener or a peer, as it was printed last
 * @cookie: of the listener
 * @place: where it is
 * @family: of that
 * @len: of the text; 0 if there is none
 * @text: the cells, longest with an IPv6 address
 */
struct lq_said {
	u64 cookie;
	struct lq_local place;
	u16 family;
	u16 len;
	char text[80];
};

/**
 * struct lq_stream - an open file
 * @watch: its queue
 * @lock: of who takes out of it, and of the rest
 * @listener: that of the line before
 * @peer: likewise
 * @line: for the functions of seq_file.h that print; they use no more of it
 *        than buf, size and count
 * @buf: that of @line
 */
struct lq_stream {
	struct lq_watch *watch;
	struct mutex lock;	/* of who takes out of it, and of the rest */
	struct lq_said listener;
	struct lq_said peer;
	struct seq_file line;
	char buf[LQ_LINE];
};

/*
 * One event of a listener follows another, and so do those of a connection: to
 * print an address takes as long as all the rest of the line, so it is done
 * once for as many as there are of it.
 */
static void print_said(struct lq_stream *s, struct lq_said *said, u64 cookie,
		       u16 family, const struct lq_local *place)
{
	struct seq_file *m = &s->line;
	size_t begin = m->count, len;

	if (said->len && said->cookie == cookie && said->family == family &&
	    said->place.port == place->port &&
	    ipv6_addr_equal(&said->place.addr, &place->addr)) {
		seq_write(m, said->text, said->len);
		return;
	}
	if (said == &s->listener)
		lq_view_sk_local(m, cookie, family, place);
	else
		lq_view_place(m, family, place);
	len = m->count - begin;
	said->len = len <= sizeof(said->text) ? len : 0;
	memcpy(said->text, m->buf + begin, said->len);
	said->cookie = cookie;
	said->family = family;
	said->place = *place;
}

static void print_detail(struct seq_file *m, enum how how, u64 value)
{
	bool known = value != LQ_DETAIL_UNKNOWN;

	if (how == SIGNED && (s64)value != LQ_BACKLOG_UNKNOWN)
		seq_printf(m, "%lld", (s64)value);
	else if (how == COOKIE && known)
		seq_printf(m, "%llx", value);
	else if (how == VIA && known)
		seq_puts(m, vias[value]);
	else if (how == CAUSE && known)
		seq_puts(m, causes[value]);
	else
		lq_view_number(m, how == NUMBER && known, value);
}

/* Only events of the whole stream have no listener, and only those of a listener no peer. */
static void print_line(struct lq_stream *s, const struct lq_event *e)
{
	bool listener = e->kind != LQ_EV_lost;
	struct seq_file *m = &s->line;
	size_t i;

	m->count = 0;
	lq_view_number(m, true, e->time_ns);
	seq_putc(m, ' ');
	if (listener)
		print_said(s, &s->listener, e->cookie, e->family, &e->local);
	else
		seq_puts(m, "- -");
	seq_putc(m, ' ');
	seq_puts(m, names[e->kind]);
	seq_putc(m, ' ');
	if (listener && e->kind > LQ_EV_close)
		print_said(s, &s->peer, e->cookie, e->family, &e->remote);
	else
		seq_putc(m, '-');
	for (i = 0; i < LQ_EVENT_DETAILS; i++) {
		enum how how = details[e->kind][i].how;

		if (how == NOTHING)
			break;
		seq_putc(m, ' ');
		seq_puts(m, details[e->kind][i].name);
		seq_putc(m, '=');
		print_detail(m, how, e->detail[i]);
	}
	seq_putc(m, '\n');
}

/* As many lines as there are and as fit; the lock is held. */
static ssize_t take_lines(struct lq_stream *s, struct iov_iter *to)
{
	struct lq_event e;
	size_t len, copied;
	ssize_t done = 0;

	while (lq_watch_peek(s->watch, &e)) {
		print_line(s, &e);
		len = s->line.count;
		if (len > iov_iter_count(to))
			return done ?: -EINVAL;
		copied = copy_to_iter(s->buf, len, to);
		if (copied < len) {
			iov_iter_revert(to, copied);
			return done ?: -EFAULT;
		}
		lq_watch_skip(s->watch);
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
		done = take_lines(s, to);
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
	s->line.buf = s->buf;
	s->line.size = sizeof(s->buf);
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
