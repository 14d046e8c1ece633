// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of one connection over loopback, both ends: socket, connect, accept, and close by reset.
 * Usage: conn PHASE      prints "figure PHASE conn4 COST" and the same of conn6
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

static uint64_t measure(const char *addr)
{
	struct lopt o = { .addr = addr, .backlog = 100 };
	struct linger l = { .l_onoff = 1 };
	static uint64_t cost[CONNS];
	int listener = listener_open(&o);
	union addr to;

	/* Connections have it from their listener: they end by reset, and no TIME_WAIT is left. */
	if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		bail("SO_LINGER: %s", strerror(errno));
	sock_name(listener, &to);
	for (int i = 0; i < WARM; i++)
		connection(listener, &to);
	for (int i = 0; i < CONNS; i++)
		cost[i] = connection(listener, &to);
	close(listener);
	return cost_median(cost, CONNS);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		bail("Usage: conn PHASE");
	cost_say(argv[1], "conn4", measure("127.0.0.1"));
	cost_say(argv[1], "conn6", measure("::1"));
	return 0;
}
