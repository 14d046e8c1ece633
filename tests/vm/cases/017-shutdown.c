// SPDX-License-Identifier: GPL-2.0
/* shutdown() ends a listener; listen() on that socket begins a new life under the same cookie. */
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void check_cycle(const char *addr, int how)
{
	int clients[3], fd = listener_open(&(struct lopt){ .addr = addr, .backlog = 5 });
	uint64_t cookie = sock_cookie(fd), begin = mono_ms(), again, age = UINT64_MAX;
	struct table *t;
	size_t row;

	fill_acceptq(fd, NULL, clients, 3);
	if (listen(fd, 6))
		bail("second listen: %s", strerror(errno));
	ok(!shutdown(fd, how), "%s: shutdown", addr);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) < 0, "%s: no row after the shutdown", addr);
	table_free(t);

	ok(AWAIT(mono_ms() > begin + 20, 1000), "%s: some time passes", addr);
	again = mono_ms();
	ok(!listen(fd, 8), "%s: listen again", addr);
	is_u64(sock_cookie(fd), cookie, "%s: the cookie is the same", addr);
	t = listeners_row(cookie, &row);
	check_u64(t, row, "backlog", 8, addr);
	check_u64(t, row, "listens", 1, addr);
	check_u64(t, row, "acceptq", 0, addr);
	check_u64(t, row, "max_ack_backlog", 8, addr);
	cell_u64(t, row, "age_ms", &age);
	in_range(age, 0, mono_ms() - again + 1, "%s: age_ms begins anew", addr);
	table_free(t);
	close(fd);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) < 0, "%s: no row after the close", addr);
	table_free(t);
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

int main(void)
{
	check_cycle("127.0.0.1", SHUT_RD);
	check_cycle("::1", SHUT_RDWR);
	return done();
}
