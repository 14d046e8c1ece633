// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of one connection over loopback, both ends: socket, connect, accept, and close by reset.
 * Usage: conn PHASE      prints "figure PHASE conn4 COST", the median, "figure PHASE mean4 COST",
 * which has a share of what others do meanwhile in it, and the same of IPv6
 */
#include "cost.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define WARM 200
#define CONNS 2000

static uint64_t connection(int listener, const union addr *to)
{
	uint64_t begin = cost_now();
	int client = socket(to->sa.sa_family, SOCK_STREAM, 0), fd;

	if (client < 0 || connect(client, &to->sa, addr_len(to)))
		bail("connect: %s", strerror(errno));
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		bail("accept: %s", strerror(errno));
	close(fd);
	close(client);
	return cost_now() - begin;
}

static void measure(const char *phase, const char *addr, const char *median, const char *mean)
{
	struct lopt o = { .addr = addr, .backlog = 100 };
	struct linger l = { .l_onoff = 1 };
	static uint64_t cost[CONNS];
	int listener = listener_open(&o);
	uint64_t begin;
	union addr to;

	/* Connections have it from their listener: they end by reset, and no TIME_WAIT is left. */
	if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		bail("SO_LINGER: %s", strerror(errno));
	sock_name(listener, &to);
	for (int i = 0; i < WARM; i++)
		connection(listener, &to);
	begin = cost_now();
	for (int i = 0; i < CONNS; i++)
		cost[i] = connection(listener, &to);
	cost_say(phase, mean, (cost_now() - begin) / CONNS);
	close(listener);
	cost_say(phase, median, cost_median(cost, CONNS));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		bail("Usage: conn PHASE");
	measure(argv[1], "127.0.0.1", "conn4", "mean4");
	measure(argv[1], "::1", "conn6", "mean6");
	return 0;
}
