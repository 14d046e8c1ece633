// SPDX-License-Identifier: GPL-2.0
/* listen() through io_uring: the backlog as passed, the first time and again. needs: io_uring */
#include "sock.h"
#include "tap.h"
#include "truth.h"
#include "uring.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const int backlogs[] = { 0, 7, 100000, INT_MAX, -1 };

int main(void)
{
	if (!uring_can_listen()) {
		skip("io_uring of this kernel cannot listen", "listen() through io_uring");
		return done();
	}
	for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
		int fd = bound_socket(&(struct lopt){ .addr = i % 2 ? "::1" : "127.0.0.1" });
		char what[64];

		snprintf(what, sizeof(what), "io_uring listen %d", backlogs[i]);
		is_u64(uring_listen(fd, backlogs[i]), 0, "%s works", what);
		check_call(fd, backlogs[i], 1, what);
		is_u64(uring_listen(fd, 3), 0, "%s, then 3, works", what);
		check_call(fd, 3, 2, "again through io_uring");
		is_u64(listen(fd, 5), 0, "%s, then 5 by system call, works", what);
		check_call(fd, 5, 3, "again by system call");
		is_u64(uring_listen(fd, -1), 0, "%s, then -1, works", what);
		check_call(fd, -1, 4, "once more through io_uring");
		close(fd);
	}
	return done();
}
