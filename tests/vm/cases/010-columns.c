// SPDX-License-Identifier: GPL-2.0
/* Every column of listeners, for each kind of address, against what the kernel says elsewhere. */
#define _GNU_SOURCE
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CLIENTS 3
#define BACKLOG 7

/* The kernel makes a socket v6only that is bound to any address but ::. */
static const struct kind {
	const char *name, *addr, *dial, *flags;
	bool v6only;
} kinds[] = {
	{ "IPv4", "127.0.0.1", NULL, "-", false },
	{ "IPv4 any", "0.0.0.0", "127.0.0.1", "-", false },
	{ "IPv6", "::1", NULL, "6o", false },
	{ "IPv6 only", "::", "::1", "6o", true },
	{ "dual-stack by IPv6", "::", "::1", "6", false },
	{ "dual-stack by IPv4", "::", "127.0.0.1", "6", false },
};

static void check_header(void)
{
	struct table *t = table_read(LISTENERS);
	bool same = t->ncols >= listeners_ncolumns;

	for (size_t i = 0; same && i < listeners_ncolumns; i++)
		same = !strcmp(t->cols[i], listeners_columns[i]);
	ok(same, "the header names the columns in their order");
	table_free(t);
}

/* What was counted since listen(): not below what is in the queue now, and no time that was not. */
static void check_history(const struct table *t, size_t row, uint64_t most_ms, const char *what)
{
	static const struct { const char *col; uint64_t least, most; } history[] = {
		{ "acceptq_peak", CLIENTS, CLIENTS }, { "synq_peak", 1, CLIENTS },
		{ "full_ms", 0, 0 }, { "full_count", 0, 0 },
	};
	uint64_t value = UINT64_MAX;

	for (size_t i = 0; i < sizeof(history) / sizeof(history[0]); i++) {
		value = UINT64_MAX;
		cell_u64(t, row, history[i].col, &value);
		in_range(value, history[i].least, history[i].most, "%s: %s", what, history[i].col);
	}
	value = UINT64_MAX;
	cell_u64(t, row, "oldest_ms", &value);
	in_range(value, 0, most_ms, "%s: oldest_ms", what);
}

static void check_gauges(const struct table *t, size_t row, int fd, const char *what)
{
	struct tcp_info ti = sock_info(fd);
	size_t requests, young;
	bool v6 = strchr(table_cell(t, row, "flags"), '6');

	check_u64(t, row, "max_ack_backlog", ti.tcpi_sacked, what);
	check_u64(t, row, "acceptq", ti.tcpi_unacked, what);
	is_u64(ti.tcpi_unacked, CLIENTS, "%s: the clients are in the accept queue", what);
	check_u64(t, row, "acceptq_limit", BACKLOG + 1, what);
	requests = diag_requests(v6 ? AF_INET6 : AF_INET, sock_port(fd), &young);
	check_u64(t, row, "synq", requests, what);
	check_u64(t, row, "synq_young", young, what);
	check_u64(t, row, "tfoq", 0, what);
	check_u64(t, row, "tfoq_max", 0, what);
	check_str(t, row, "synq_full", sysctl_get(SYNCOOKIES_CTL) ? "cookie" : "drop", what);
}

static void check_identity(const struct table *t, size_t row, int fd, const char *what)
{
	char local[ADDR_TEXT], comm[17] = "";
	struct diag_sock d;

	sock_text(fd, local);
	prctl(PR_GET_NAME, comm);
	check_str(t, row, "local", local, what);
	check_str(t, row, "dev", "-", what);
	check_u64(t, row, "uid", getuid(), what);
	check_u64(t, row, "inode", sock_inode(fd), what);
	check_u64(t, row, "pid", getpid(), what);
	check_str(t, row, "comm", comm, what);
	if (!ok(diag_find(sock_cookie(fd), &d), "%s: sock_diag knows it by the same cookie", what))
		return;
	is_str(d.local, local, "%s: sock_diag has the same address", what);
	check_u64(t, row, "inode", d.inode, what);
	check_u64(t, row, "uid", d.uid, what);
	check_u64(t, row, "acceptq", d.acceptq, what);
	check_u64(t, row, "max_ack_backlog", d.max, what);
	if (d.has_v6only)
		is_u64(!!strchr(table_cell(t, row, "flags"), 'o'), d.v6only,
		       "%s: sock_diag agrees on v6only", what);
	if (d.has_cgroup)
		check_u64(t, row, "cgroup", d.cgroup, what);
	else
		skip("sock_diag gives no cgroup id", "%s: cgroup", what);
}

static void check_kind(const struct kind *k)
{
	struct lopt o = { .addr = k->addr, .backlog = BACKLOG, .v6only = k->v6only };
	int clients[CLIENTS], fd = bound_socket(&o);
	uint64_t begin = mono_ms(), listened, read_from, age = UINT64_MAX;
	struct table *t;
	size_t row;

	if (listen(fd, BACKLOG))
		bail("listen on %s", k->addr);
	listened = mono_ms();
	fill_acceptq(fd, k->dial, clients, CLIENTS);
	read_from = mono_ms();
	t = listeners_row(sock_cookie(fd), &row);

	check_identity(t, row, fd, k->name);
	check_gauges(t, row, fd, k->name);
	check_history(t, row, mono_ms() - listened + 1, k->name);
	check_str(t, row, "flags", k->flags, k->name);
	check_u64(t, row, "backlog", BACKLOG, k->name);
	check_u64(t, row, "somaxconn", sysctl_get(SOMAXCONN_CTL), k->name);
	check_u64(t, row, "listens", 1, k->name);
	cell_u64(t, row, "age_ms", &age);
	/* Both clocks round down. */
	in_range(age + 1, read_from - listened, mono_ms() - begin + 2, "%s: age_ms", k->name);
	table_free(t);
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	close(fd);
}

int main(void)
{
	prctl(PR_SET_NAME, "columns-test");
	check_header();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check_kind(&kinds[i]);
	return done();
}
