// SPDX-License-Identifier: GPL-2.0
/* The backlog as it was passed, beside somaxconn and the limit that the kernel made of both. */
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const int backlogs[] = { 0, 1, 5, 128, 4096, 4097, 100000, INT_MAX, -1, INT_MIN };

static void check(const char *addr, int backlog, unsigned int somaxconn)
{
	unsigned int asked = backlog, clamped = asked > somaxconn ? somaxconn : asked;
	int fd = listener_open(&(struct lopt){ .addr = addr, .backlog = backlog });
	char what[80], text[16];
	struct table *t;
	size_t row;

	snprintf(what, sizeof(what), "%s, listen %d, somaxconn %u", addr, backlog, somaxconn);
	snprintf(text, sizeof(text), "%d", backlog);
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "backlog", text, what);
	check_u64(t, row, "somaxconn", somaxconn, what);
	check_u64(t, row, "max_ack_backlog", clamped, what);
	is_u64(sock_info(fd).tcpi_sacked, clamped, "%s: TCP_INFO says the same", what);
	check_u64(t, row, "acceptq_limit", (uint64_t)clamped + 1, what);
	table_free(t);
	close(fd);
}

int main(void)
{
	static const unsigned int limits[] = { 4096, 128, 1 };

	new_netns();
	for (int l = 0; l < 3; l++) {
		sysctl_set(SOMAXCONN_CTL, limits[l]);
		for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
			check("127.0.0.1", backlogs[i], limits[l]);
			check("::1", backlogs[i], limits[l]);
		}
	}
	return done();
}
