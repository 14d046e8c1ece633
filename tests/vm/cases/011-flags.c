// SPDX-License-Identifier: GPL-2.0
/* Each letter of flags that a socket option causes, and what comes with it. */
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <unistd.h>

static const struct kind {
	const char *name, *flags;
	struct lopt o;
} kinds[] = {
	{ "plain", "-", { .addr = "127.0.0.1" } },
	{ "IPv6", "6", { .addr = "::" } },
	{ "IPv6 only", "6o", { .addr = "::", .v6only = true } },
	{ "SO_REUSEPORT", "r", { .addr = "127.0.0.1", .reuseport = true } },
	{ "TCP_DEFER_ACCEPT", "d", { .addr = "127.0.0.1", .defer = 5 } },
	{ "TCP_FASTOPEN", "f", { .addr = "127.0.0.1", .tfo = 7 } },
	{ "everything", "6ordf",
	  { .addr = "::", .v6only = true, .reuseport = true, .defer = 5, .tfo = 7 } },
};

static void check(const struct lopt *o, const char *flags, int tfo, const char *what)
{
	int fd = listener_open(o);
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "flags", flags, what);
	check_u64(t, row, "tfoq_max", tfo, what);
	check_u64(t, row, "tfoq", 0, what);
	table_free(t);
	close(fd);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 16 };

	new_netns();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check(&kinds[i].o, kinds[i].flags, kinds[i].o.tfo, kinds[i].name);
	/* For servers without the socket option: listen() sets the queue, of the backlog's size. */
	sysctl_set("net/ipv4/tcp_fastopen", 0x402);
	check(&o, "f", 16, "Fast Open for every server");
	return done();
}
