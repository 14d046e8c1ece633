// SPDX-License-Identifier: GPL-2.0
/* TCP Fast Open requests: in tfoq till their ACK, in the accept queue, not in synq. needs: tun */
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"
#include "tun.h"

#include <unistd.h>

#define LIMIT 7
#define DATA 32

static void check(int fd, uint64_t tfoq, uint64_t synq, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_u64(t, row, "tfoq", tfoq, what);
	check_u64(t, row, "tfoq_max", LIMIT, what);
	check_u64(t, row, "acceptq", sock_info(fd).tcpi_unacked, what);
	check_u64(t, row, "synq", synq, what);
	table_free(t);
}

static void check_family(struct tun *tun, int family)
{
	const char *addr = family == AF_INET ? TUN_V4 : TUN_V6;
	struct lopt o = { .addr = addr, .backlog = 50, .tfo = LIMIT };
	int fd = listener_open(&o);
	size_t first = tun->npeers;

	check(fd, 0, 0, "nothing yet");
	for (int i = 0; i < 5; i++)
		tun_syn_data(tun, family, sock_port(fd), DATA);
	is_u64(sock_info(fd).tcpi_unacked, 5, "5 SYNs with data are accepted at once");
	check(fd, 5, 0, "5 SYNs with data");
	for (int i = 0; i < 2; i++)
		tun_send(tun, first + i, SEG_ACK);
	is_u64(sock_info(fd).tcpi_unacked, 5, "2 ACKs: still in the accept queue");
	check(fd, 3, 0, "2 of them have their ACK");
	tun_syn(tun, family, sock_port(fd));
	check(fd, 3, 1, "one more without data");
	for (int i = 0; i < 6; i++)
		tun_syn_data(tun, family, sock_port(fd), DATA);
	check(fd, LIMIT, 3, "past the limit they queue as others do");
	close(fd);
}

int main(void)
{
	struct tun tun;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "Fast Open requests");
		return done();
	}
	/* Servers may, and need no cookie. */
	sysctl_set("net/ipv4/tcp_fastopen", 0x202);
	check_family(&tun, AF_INET);
	check_family(&tun, AF_INET6);
	return done();
}
