// SPDX-License-Identifier: GPL-2.0
/*
 * The module is loaded and unloaded all the time while connections, listeners, namespaces and
 * readers come and go; then the tables are true, and nothing is left. CHAOS_S or chaos= says for
 * twice how many seconds, SEED or seed= which random numbers.
 * module: self timeout: 1700 boot: live
 */
#include "chaos.h"
#include "knob.h"
#include "mem.h"
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_S 20

struct tally {
	unsigned int loads, refused, bad;
	uint64_t load_ms, unload_ms;	/* the longest */
};

static void longest(uint64_t *ms, uint64_t begin)
{
	uint64_t took = mono_ms() - begin;

	if (took > *ms)
		*ms = took;
}

/* One life of the module; some lives are long enough for a read, some are not. */
static void life(struct tally *y, struct rng *r)
{
	uint64_t begin = mono_ms();
	int err = mod_load(mod_path(false), "");

	longest(&y->load_ms, begin);
	if (err) {
		y->refused++;
		if (err != ENOMEM || !mod_gone()) {
			y->bad++;
			diag("load: %s", strerror(err));
		}
		return;
	}
	y->loads++;
	chaos->lives++;
	for (int reads = rng_below(r, 4); reads; reads--) {
		uint64_t began = mono_ms();
		struct table *t = table_read(LISTENERS);

		chaos_rows(t, true, true, began);
		table_free(t);
	}
	begin = mono_ms();
	err = mod_unload();
	longest(&y->unload_ms, begin);
	if (err || !mod_gone()) {
		y->bad++;
		diag("unload: %s", err ? strerror(err) : "something is left");
	}
}

static void run(uint64_t seed, uint64_t ms)
{
	uint64_t end = mono_ms() + ms;
	struct tally y = { 0 };
	struct rng r;

	rng_seed(&r, seed);
	/* Without the second one of those that do the same. */
	for (unsigned int i = 0; i < chaos_traffic_count; i++)
		if ((i || chaos->has_tun) && strncmp(chaos_traffic[i].name, "more ", 5))
			chaos_start(&chaos_traffic[i]);
	for (unsigned int i = 0; i < chaos_readers_count; i++)
		chaos_start(&chaos_readers[i]);
	while (mono_ms() < end && y.bad < 5)
		life(&y, &r);
	chaos_stop();
	is_u64(y.bad, 0, "each load works or fails cleanly, each unload works");
	ok(y.loads, "it was loaded");
	diag("%u loads, %u refused for want of memory; longest load %llu ms, unload %llu ms",
	     y.loads, y.refused, (unsigned long long)y.load_ms, (unsigned long long)y.unload_ms);
}

static void check_after(void)
{
	struct past past = { .pid = getpid(), .comm = "081-chaos-reloa", .backlog = 5,
			     .listens = 1 };
	char what[32];
	int fd;

	for (int i = 0; i < CHAOS_STAY; i++) {
		snprintf(what, sizeof(what), "listener %d", i);
		check_truth(chaos->stay[i].fd, &(struct past){ .preload = true }, what);
	}
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	check_truth(fd, &past, "a new listener");
	close(fd);
}

static uint64_t rows(void)
{
	struct table *t = table_read(LISTENERS);
	uint64_t n = t->nrows;

	table_free(t);
	return n;
}

int main(void)
{
	uint64_t seed = knob("SEED", "seed", mono_ms()), before;

	mod_load_or_bail(mod_path(false), "");
	before = rows();
	mod_unload_or_bail();
	chaos_begin(seed, true);
	if (!chaos->has_tun)
		skip("this kernel has no tun", "packet peers take part");
	run(seed, knob("CHAOS_S", "chaos", DEFAULT_S) * 500);

	mod_load_or_bail(mod_path(false), "");
	is_u64(rows(), before + CHAOS_STAY, "loaded: rows of those that stayed, and no others");
	check_after();
	chaos_close();
	is_u64(rows(), before, "all closed: no row is left");
	check_no_records(0, "all closed");
	mod_unload_or_bail();
	ok(mod_gone(), "unloaded: nothing is left");
	return done();
}
