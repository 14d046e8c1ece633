// SPDX-License-Identifier: GPL-2.0
/* How many connections an accept queue takes before the kernel refuses, measured by real ones. */
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SYN_SENT 2

static const int backlogs[] = { 0, 1, 2, 5, 16, 128 };

static const struct way {
	const char *name, *bound, *dial;
} ways[] = {
	{ "IPv4", "127.0.0.1", NULL },
	{ "IPv6", "::1", NULL },
	{ "IPv4 to a dual-stack listener", "::", "127.0.0.1" },
};

static int clients[256];

/* One more client; false when the kernel refused it. */
static bool one_more(int fd, const char *dial, unsigned int n)
{
	uint64_t refused = netstat("ListenOverflows");

	clients[n] = connect_to(fd, dial);
	if (!AWAIT(sock_info(fd).tcpi_unacked == n + 1 ||
		   netstat("ListenOverflows") > refused, 5000))
		bail("client %u is neither taken nor refused", n);
	return sock_info(fd).tcpi_unacked == n + 1;
}

static void measure(const struct way *w, int backlog)
{
	int fd = listener_open(&(struct lopt){ .addr = w->bound, .backlog = backlog });
	uint64_t cookie = sock_cookie(fd), limit = 0, depth = UINT64_MAX;
	unsigned int n = 0, differ = 0;
	int left;

	listener_u64(cookie, "acceptq_limit", &limit);
	while (n < sizeof(clients) / sizeof(clients[0]) - 1 && one_more(fd, w->dial, n)) {
		n++;
		listener_u64(cookie, "acceptq", &depth);
		differ += depth != n;
	}
	is_u64(n, limit, "%s, backlog %d: acceptq_limit is what it takes", w->name, backlog);
	is_u64(differ, 0, "%s, backlog %d: acceptq follows at each step", w->name, backlog);
	is_u64(tcp_state(clients[n]), SYN_SENT, "%s, backlog %d: the next client is not answered",
	       w->name, backlog);
	left = accept(fd, NULL, NULL);
	listener_u64(cookie, "acceptq", &depth);
	ok(left >= 0 && depth == n - 1, "%s, backlog %d: accept() makes room for one", w->name,
	   backlog);
	close(left);
	close(fd);
	for (unsigned int i = 0; i <= n; i++)
		close(clients[i]);
}

int main(void)
{
	new_netns();
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
		for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++)
			measure(&ways[w], backlogs[i]);
	return done();
}
