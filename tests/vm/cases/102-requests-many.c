// SPDX-License-Identifier: GPL-2.0
/*
 * 3,000 half-open connections: each has one row, however the file is read. needs: tun
 */
#include "format.h"
#include "knob.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "tap.h"
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 3000

static struct tun tun;

static struct table *read_pieces(size_t piece)
{
	int fd = open(TABLE("requests"), O_RDONLY | O_CLOEXEC);
	size_t len;
	char *text = fd < 0 ? NULL : fd_read(fd, piece, &len);

	if (!text)
		bail("requests: %s", strerror(errno));
	close(fd);
	return table_parse(text, len);
}

/* How many of the peers do not have exactly one row. */
static size_t not_once(const struct table *t)
{
	unsigned char *seen = calloc(1, tun.npeers);
	size_t bad = 0;

	for (size_t row = 0; row < t->nrows; row++) {
		unsigned int hi = 0, lo = 0;
		char want[ADDR_TEXT];

		if (sscanf(table_cell(t, row, "remote"), "10.9.%u.%u:", &hi, &lo) != 2)
			hi = 0;
		/* Their addresses begin with 1. */
		lo = (hi << 8 | lo) - 1;
		if (lo >= tun.npeers) {
			bad++;
			continue;
		}
		tun_text(&tun, lo, false, want);
		bad += strcmp(want, table_cell(t, row, "remote")) != 0;
		seen[lo]++;
	}
	for (size_t i = 0; i < tun.npeers; i++)
		bad += seen[i] != 1;
	free(seen);
	return bad;
}

int main(void)
{
	static const size_t pieces[] = { 61, 4096, 1 << 20 };
	struct lopt o = { .addr = TUN_V4, .port = 3000, .backlog = 8192 };
	size_t n = MANY / debug_part();
	struct table *t;
	int fd;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "many requests");
		return done();
	}
	sysctl_set(SOMAXCONN_CTL, 8192);
	sysctl_set(SYN_BACKLOG_CTL, 32768);
	fd = listener_open(&o);
	while (tun.npeers < n)
		tun_syn(&tun, AF_INET, o.port);
	is_u64(diag_requests(AF_INET, o.port, NULL), n, "%zu half-open connections", n);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		uint64_t begin = mono_ms();

		t = read_pieces(pieces[i]);
		diag("read in pieces of %zu in %llu ms", pieces[i],
		     (unsigned long long)(mono_ms() - begin));
		is_u64(t->nrows, n, "as many rows, in pieces of %zu", pieces[i]);
		is_u64(not_once(t), 0, "one for each peer");
		table_free(t);
	}
	close(fd);
	t = read_pieces(4096);
	is_u64(t->nrows, 0, "none once their listener has closed");
	table_free(t);
	return done();
}
