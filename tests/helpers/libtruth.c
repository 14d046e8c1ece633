// SPDX-License-Identifier: GPL-2.0
/* A whole row of listeners held against what the kernel says elsewhere: one check a row. */
#include "truth.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_MS 5000

/* A row, and the text of all that is wrong with it. */
struct trial {
	const struct table *t;
	size_t row;
	size_t len;
	char wrong[1024];
};

static void hold(struct trial *x, const char *col, const char *want)
{
	const char *got = table_cell(x->t, x->row, col);

	if (strcmp(got, want) && x->len < sizeof(x->wrong))
		x->len += snprintf(x->wrong + x->len, sizeof(x->wrong) - x->len,
				   " %s is %s, not %s;", col, got, want);
}

static void hold_u64(struct trial *x, const char *col, uint64_t want)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, want);
	hold(x, col, text);
}

static int opt(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = 0;

	if (getsockopt(fd, level, name, &value, &len))
		return 0;
	return value;
}

static void hold_flags(struct trial *x, int fd, bool v6, bool preload)
{
	char want[16];

	snprintf(want, sizeof(want), "%s%s%s%s%s%s", v6 ? "6" : "",
		 v6 && opt(fd, IPPROTO_IPV6, IPV6_V6ONLY) ? "o" : "",
		 opt(fd, SOL_SOCKET, SO_REUSEPORT) ? "r" : "",
		 opt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) ? "d" : "",
		 opt(fd, IPPROTO_TCP, TCP_FASTOPEN) ? "f" : "", preload ? "l" : "");
	hold(x, "flags", *want ? want : "-");
}

static void hold_socket(struct trial *x, int fd)
{
	struct tcp_info ti = sock_info(fd);
	char local[ADDR_TEXT];
	size_t requests, young;
	struct diag_sock d;
	union addr a;

	sock_name(fd, &a);
	sock_text(fd, local);
	requests = diag_requests(a.sa.sa_family, sock_port(fd), &young);
	hold(x, "local", local);
	hold_u64(x, "inode", sock_inode(fd));
	hold_u64(x, "max_ack_backlog", ti.tcpi_sacked);
	hold_u64(x, "acceptq", ti.tcpi_unacked);
	hold_u64(x, "acceptq_limit", (uint64_t)ti.tcpi_sacked + 1);
	hold_u64(x, "synq", requests);
	hold_u64(x, "synq_young", young);
	hold_u64(x, "tfoq_max", opt(fd, IPPROTO_TCP, TCP_FASTOPEN));
	if (!diag_find(sock_cookie(fd), &d)) {
		hold(x, "sk", "known to sock_diag");
		return;
	}
	hold_u64(x, "uid", d.uid);
	hold_u64(x, "acceptq", d.acceptq);
	hold_u64(x, "max_ack_backlog", d.max);
	if (d.has_cgroup)
		hold_u64(x, "cgroup", d.cgroup);
}

static void hold_past(struct trial *x, const struct past *past)
{
	static const char *const unknown[] = {
		"pid", "comm", "backlog", "somaxconn", "age_ms", "listens",
	};
	char text[16];

	if (past->preload) {
		for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
			hold(x, unknown[i], "-");
		return;
	}
	snprintf(text, sizeof(text), "%d", past->backlog);
	hold(x, "backlog", text);
	hold(x, "comm", past->comm);
	hold_u64(x, "pid", past->pid);
	hold_u64(x, "somaxconn", sysctl_get(SOMAXCONN_CTL));
	hold_u64(x, "listens", past->listens);
	if (is_dash(x->t, x->row, "age_ms"))
		hold(x, "age_ms", "known");
}

/* One look; a packet between the looks of the table and of the kernel makes them differ. */
static bool agrees(int fd, const struct past *past, struct trial *x)
{
	struct table *t;
	union addr a;

	*x = (struct trial){ 0 };
	t = listeners_row(sock_cookie(fd), &x->row);
	x->t = t;
	sock_name(fd, &a);
	hold_flags(x, fd, a.sa.sa_family == AF_INET6, past->preload);
	hold_socket(x, fd);
	hold_past(x, past);
	table_free(t);
	return !x->len;
}

/**
 * check_truth() - check a whole row against the kernel's own calls
 * @fd: the listener, in this network namespace, not bound to a device
 * @past: its history
 * @what: which listener, for the description
 *
 * Return: true when all of it agrees, or does so within some seconds.
 */
bool check_truth(int fd, const struct past *past, const char *what)
{
	struct trial x;
	bool good = AWAIT(agrees(fd, past, &x), SETTLE_MS);

	ok(good, "%s: the row agrees with the kernel's own calls", what);
	if (!good)
		diag("%s", x.wrong);
	return good;
}

/**
 * check_call() - check what a row says of the last listen(), by this process
 * @fd: the listener
 * @backlog: as passed
 * @listens: how many calls there have been
 * @what: which call, for the description
 */
void check_call(int fd, int backlog, uint64_t listens, const char *what)
{
	struct tcp_info ti = sock_info(fd);
	char text[16];
	struct table *t;
	size_t row;

	snprintf(text, sizeof(text), "%d", backlog);
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "backlog", text, what);
	check_u64(t, row, "somaxconn", sysctl_get(SOMAXCONN_CTL), what);
	check_u64(t, row, "max_ack_backlog", ti.tcpi_sacked, what);
	check_u64(t, row, "listens", listens, what);
	check_u64(t, row, "pid", getpid(), what);
	table_free(t);
}

/**
 * check_unborn() - check the row of a listener whose birth could not be recorded
 * @t: the table
 * @row: its row
 * @what: which listener, for the description
 *
 * Return: true when what only its birth could tell is a dash, and its flags say why.
 */
bool check_unborn(const struct table *t, size_t row, const char *what)
{
	struct trial x = { .t = t, .row = row };
	bool good;

	hold_past(&x, &(struct past){ .preload = true });
	if (!strchr(table_cell(t, row, "flags"), 'l'))
		hold(&x, "flags", "with an l");
	good = ok(!x.len, "%s: what its birth would tell is not known, and flags has l", what);
	if (!good)
		diag("%s", x.wrong);
	return good;
}
