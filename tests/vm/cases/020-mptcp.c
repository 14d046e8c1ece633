// SPDX-License-Identifier: GPL-2.0
/* A program's MPTCP listener: the row is its TCP subflow, with its backlog. needs: mptcp */
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

static void check(int fd, int family, const char *backlog, uint64_t listens, const char *what)
{
	struct diag_sock d;
	struct table *t;
	size_t row;

	if (!ok(diag_find_port(family, sock_port(fd), &d), "%s: sock_diag shows the subflow", what))
		return;
	t = listeners_row(d.cookie, &row);
	check_str(t, row, "local", d.local, what);
	check_str(t, row, "flags", family == AF_INET6 ? "6om" : "m", what);
	check_str(t, row, "backlog", backlog, what);
	check_u64(t, row, "somaxconn", sysctl_get(SOMAXCONN_CTL), what);
	check_u64(t, row, "max_ack_backlog", d.max, what);
	check_u64(t, row, "acceptq", d.acceptq, what);
	check_u64(t, row, "listens", listens, what);
	check_u64(t, row, "pid", getpid(), what);
	check_u64(t, row, "uid", d.uid, what);
	check_u64(t, row, "inode", d.inode, what);
	table_free(t);
}

static void check_family(const char *addr, int family)
{
	struct lopt o = { .addr = addr, .backlog = 7, .mptcp = true };
	int fd = listener_open(&o), client;
	struct diag_sock d;
	uint16_t port;

	if (fd < 0) {
		skip("no MPTCP in this kernel", "%s: MPTCP listener", addr);
		return;
	}
	port = sock_port(fd);
	check(fd, family, "7", 1, addr);
	client = connect_to(fd, NULL);
	ok(AWAIT(diag_find_port(family, port, &d) && d.acceptq == 1, 5000),
	   "%s: a TCP client is in the accept queue", addr);
	check(fd, family, "7", 1, addr);
	ok(!listen(fd, 100000), "%s: listen again", addr);
	check(fd, family, "100000", 2, addr);
	close(client);
	close(fd);
	ok(AWAIT(!diag_find_port(family, port, &d), 5000), "%s: the subflow is gone", addr);
}

int main(void)
{
	check_family("127.0.0.1", AF_INET);
	check_family("::1", AF_INET6);
	return done();
}
