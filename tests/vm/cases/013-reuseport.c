// SPDX-License-Identifier: GPL-2.0
/* Many listeners on one port: a row each, with its own limits and its own queue. */
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

#define MEMBERS 37
#define CLIENTS 101

static bool all_arrived(const int *fds)
{
	unsigned int n = 0;

	for (int i = 0; i < MEMBERS; i++)
		n += sock_info(fds[i]).tcpi_unacked;
	return n == CLIENTS;
}

static void check_group(const char *addr)
{
	struct lopt o = { .addr = addr, .reuseport = true };
	int fds[MEMBERS], clients[CLIENTS];
	struct table *t;
	char local[ADDR_TEXT];

	for (int i = 0; i < MEMBERS; i++) {
		o.backlog = 200 + i;
		fds[i] = listener_open(&o);
		o.port = sock_port(fds[i]);
	}
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = connect_to(fds[0], NULL);
	ok(AWAIT(all_arrived(fds), 10000), "%s: all clients are spread over the group", addr);

	t = table_read(LISTENERS);
	sock_text(fds[0], local);
	is_u64(table_count(t, "local", local), MEMBERS, "%s: as many rows as members", addr);
	for (int i = 0; i < MEMBERS; i++) {
		long row = table_find_sk(t, sock_cookie(fds[i]));

		if (!ok(row >= 0, "%s: member %d has a row", addr, i))
			continue;
		check_u64(t, row, "backlog", 200 + i, local);
		check_u64(t, row, "acceptq", sock_info(fds[i]).tcpi_unacked, local);
	}
	table_free(t);
	for (int i = 0; i < MEMBERS; i++)
		close(fds[i]);
	for (int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	t = table_read(LISTENERS);
	is_u64(table_count(t, "local", local), 0, "%s: no row is left after the close", addr);
	table_free(t);
}

int main(void)
{
	check_group("127.0.0.1");
	check_group("::1");
	return done();
}
