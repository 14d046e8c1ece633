// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners that were there before the module: true gauges, and a dash for what nobody saw.
 * module: self
 */
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <unistd.h>

#define CLIENTS 3

static const struct kind {
	const char *name, *flags;
	struct lopt o;
} kinds[] = {
	{ "IPv4", "l", { .addr = "127.0.0.1", .backlog = 7 } },
	{ "IPv6", "6ol", { .addr = "::1", .backlog = 100000 } },
	{ "IPv6 with options", "6ordfl",
	  { .addr = "::", .backlog = 9, .v6only = true, .reuseport = true, .defer = 1, .tfo = 3 } },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int fds[KINDS];

static void check_gauges(const struct table *t, size_t row, int fd, const struct kind *k)
{
	struct tcp_info ti = sock_info(fd);
	char local[ADDR_TEXT];

	sock_text(fd, local);
	check_str(t, row, "local", local, k->name);
	check_str(t, row, "flags", k->flags, k->name);
	check_u64(t, row, "uid", getuid(), k->name);
	check_u64(t, row, "inode", sock_inode(fd), k->name);
	check_u64(t, row, "acceptq", ti.tcpi_unacked, k->name);
	check_u64(t, row, "max_ack_backlog", ti.tcpi_sacked, k->name);
	check_u64(t, row, "acceptq_limit", ti.tcpi_sacked + 1ull, k->name);
	check_u64(t, row, "tfoq_max", k->o.tfo, k->name);
}

static void check_unknown(const struct table *t, size_t row, const char *what)
{
	static const char *const unknown[] = {
		"backlog", "somaxconn", "age_ms", "listens", "pid", "comm",
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		check_dash(t, row, unknown[i], what);
}

static void check_relisten(int fd, const struct kind *k)
{
	struct table *t;
	size_t row;

	ok(!listen(fd, 70000), "%s: listen again", k->name);
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "flags", k->flags, k->name);
	check_u64(t, row, "backlog", 70000, k->name);
	check_u64(t, row, "somaxconn", 4096, k->name);
	check_u64(t, row, "max_ack_backlog", 4096, k->name);
	check_dash(t, row, "age_ms", k->name);
	check_dash(t, row, "listens", k->name);
	table_free(t);
}

static void check_reborn(int fd, const char *flags)
{
	struct table *t;
	size_t row;

	ok(!shutdown(fd, SHUT_RDWR) && !listen(fd, 4), "shutdown and listen again");
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "flags", flags, "a new life");
	check_u64(t, row, "backlog", 4, "a new life");
	check_u64(t, row, "listens", 1, "a new life");
	check_u64(t, row, "pid", getpid(), "a new life");
	table_free(t);
}

int main(void)
{
	int clients[CLIENTS];

	for (size_t i = 0; i < KINDS; i++)
		fds[i] = listener_open(&kinds[i].o);
	fill_acceptq(fds[0], NULL, clients, CLIENTS);
	mod_load_or_bail(mod_path(false), "");
	for (size_t i = 0; i < KINDS; i++) {
		struct table *t;
		size_t row;

		t = listeners_row(sock_cookie(fds[i]), &row);
		check_gauges(t, row, fds[i], &kinds[i]);
		check_unknown(t, row, kinds[i].name);
		table_free(t);
		check_relisten(fds[i], &kinds[i]);
	}
	check_reborn(fds[0], "-");
	close(fds[1]);
	mod_unload_or_bail();
	return done();
}
