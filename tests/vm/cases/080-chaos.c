// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once for a while: connections that complete, stay half open, reset, repeat SYNs and
 * overflow; listeners and namespaces that come and go; readers of all kinds. Then everything is
 * quiet, the tables are true, and nothing is left. CHAOS_S or chaos= says how many seconds, SEED or
 * seed= which random numbers. timeout: 900
 */
#include "chaos.h"
#include "knob.h"
#include "mem.h"
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "truth.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_S 20

static const char *const happened[] = { "ListenOverflows", "SyncookiesSent", "SyncookiesRecv",
					"EmbryonicRsts" };

#define HAPPENED (sizeof(happened) / sizeof(happened[0]))

static void run(uint64_t seconds)
{
	uint64_t end, before[HAPPENED];

	for (size_t i = 0; i < HAPPENED; i++)
		before[i] = netstat(happened[i]);
	for (unsigned int i = 0; i < chaos_traffic_count; i++)
		if (i || chaos->has_tun)
			chaos_start(&chaos_traffic[i]);
	for (unsigned int i = 0; i < chaos_readers_count; i++)
		chaos_start(&chaos_readers[i]);
	end = mono_ms() + seconds * 1000;
	AWAIT(mono_ms() >= end, seconds * 1000 + 1000);
	chaos_stop();
	for (size_t i = 0; i < HAPPENED; i++) {
		uint64_t n = netstat(happened[i]) - before[i];

		if (chaos->has_tun)
			ok(n, "%s: there were some", happened[i]);
		diag("%s: %llu", happened[i], (unsigned long long)n);
	}
}

static void check_stay(void)
{
	struct past past = { .pid = getpid(), .comm = "080-chaos", .listens = 1 };
	char what[48];

	for (int i = 0; i < CHAOS_STAY; i++) {
		const struct chaos_stay *s = &chaos->stay[i];

		past.backlog = s->backlog;
		snprintf(what, sizeof(what), "listener %d, backlog %d, %s", i, s->backlog,
			 s->v6 ? "IPv6" : "IPv4");
		check_truth(s->fd, &past, what);
	}
}

static uint64_t rows(void)
{
	struct table *t = table_read(LISTENERS);
	uint64_t n = t->nrows;

	table_free(t);
	return n;
}

static void check_info(uint64_t listeners, const char *what)
{
	struct info *in = info_read();
	bool missed = false;

	is_u64(info_u64(in, "listeners"), listeners, "%s: listeners in info", what);
	for (size_t i = 0; i < in->nprobes; i++) {
		missed |= in->probes[i].missed;
		diag("%s: %llu hits, %llu missed", in->probes[i].name,
		     (unsigned long long)in->probes[i].hits,
		     (unsigned long long)in->probes[i].missed);
	}
	is_str(info_get(in, "books"), missed ? "inexact" : "exact",
	       "%s: books say whether a probe has missed a hit", what);
	info_free(in);
}

int main(void)
{
	uint64_t before = rows();

	chaos_begin(knob("SEED", "seed", mono_ms()), false);
	if (!chaos->has_tun)
		skip("this kernel has no tun", "packet peers take part");
	run(knob("CHAOS_S", "chaos", DEFAULT_S));

	AWAIT(rows() == before + CHAOS_STAY, 10000);
	is_u64(rows(), before + CHAOS_STAY, "quiet: rows of those that stay, and no others");
	check_stay();
	check_info(before + CHAOS_STAY, "quiet");
	chaos_close();
	is_u64(rows(), before, "all closed: no row is left");
	check_info(before, "all closed");
	check_no_records(0, "all closed");
	return done();
}
