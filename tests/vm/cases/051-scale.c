// SPDX-License-Identifier: GPL-2.0
/*
 * The time to read the table is linear in its rows up to 100,000, and the same whether they share
 * a port or not. CPU time of one run against itself; the limits are wide. timeout: 240
 */
#include "knob.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST 100000
#define FACTOR 5

static int fds[MOST];
static int open_now;

static void grow(int n, bool group)
{
	char addr[32] = "127.0.0.1";
	struct lopt o = { .addr = addr, .backlog = 5, .reuseport = group };

	for (; open_now < n; open_now++) {
		if (!group)
			snprintf(addr, sizeof(addr), "127.0.1.%d", 1 + open_now / 50000);
		o.port = group ? 2000 : 2000 + open_now % 50000;
		fds[open_now] = listener_open(&o);
	}
}

static void close_all(void)
{
	while (open_now)
		close(fds[--open_now]);
}

static uint64_t cpu_us(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000ull + r.ru_utime.tv_usec +
	       r.ru_stime.tv_usec;
}

static size_t lines(void)
{
	static char buf[1 << 16];
	int fd = open(LISTENERS, O_RDONLY);
	size_t n = 0;
	ssize_t len;

	while ((len = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < len; i++)
			n += buf[i] == '\n';
	close(fd);
	return n;
}

/* Nanoseconds a row, the best of a few reads; the more rows, the fewer reads. */
static uint64_t ns_per_row(const char *what)
{
	uint64_t best = UINT64_MAX;
	int tries = open_now > 10000 ? 3 : 5;

	for (int i = 0; i < tries; i++) {
		uint64_t begin = cpu_us(), ns;
		size_t n = lines();

		ns = (cpu_us() - begin) * 1000 / open_now;
		if (ns < best)
			best = ns;
		if (n != (size_t)open_now + 1)
			bail("%s: %zu lines for %d listeners", what, n, open_now);
	}
	ok(true, "%s: as many rows as listeners", what);
	diag("%s: %llu ns of CPU a row", what, (unsigned long long)best);
	return best;
}

int main(void)
{
	uint64_t thousand, ten, hundred, group;
	int part = debug_part();

	raise_nofile(MOST + 100);
	if (part > 1)
		diag("a debug kernel: every number of listeners is divided by %d", part);
	grow(1000 / part, false);
	thousand = ns_per_row("1,000");
	grow(10000 / part, false);
	ten = ns_per_row("10,000");
	grow(MOST / part, false);
	hundred = ns_per_row("100,000");
	close_all();
	grow(10000 / part, true);
	group = ns_per_row("10,000 on one port");
	in_range(ten, 1, FACTOR * thousand, "10,000 cost no more each than 1,000");
	in_range(hundred, 1, FACTOR * ten, "100,000 cost no more each than 10,000");
	in_range(group, 1, FACTOR * ten, "10,000 on one port cost no more each than spread ones");
	close_all();
	return done();
}
