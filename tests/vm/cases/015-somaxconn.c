// SPDX-License-Identifier: GPL-2.0
/* somaxconn is the one in force at the last listen(), not the one in force at the read. */
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void check(int fd, uint64_t somaxconn, uint64_t max, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_u64(t, row, "backlog", 500, what);
	check_u64(t, row, "somaxconn", somaxconn, what);
	check_u64(t, row, "max_ack_backlog", max, what);
	is_u64(sock_info(fd).tcpi_sacked, max, "%s: TCP_INFO says the same", what);
	table_free(t);
}

int main(void)
{
	int fd, other;

	new_netns();
	sysctl_set(SOMAXCONN_CTL, 100);
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 500 });
	check(fd, 100, 100, "first listen");
	sysctl_set(SOMAXCONN_CTL, 300);
	check(fd, 100, 100, "after the sysctl changed");
	other = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 500 });
	check(other, 300, 300, "a listener opened then");
	if (listen(fd, 500))
		bail("second listen: %s", strerror(errno));
	check(fd, 300, 300, "second listen");
	sysctl_set(SOMAXCONN_CTL, 1000);
	if (listen(fd, 500))
		bail("third listen: %s", strerror(errno));
	check(fd, 1000, 500, "third listen, not clamped any more");
	return done();
}
