// SPDX-License-Identifier: GPL-2.0
/*
 * 100,000 listeners over 50 namespaces, half of them older than the module, and many connections
 * through them: each namespace shows its own, and the memory is back where it was at the end.
 * scale_listeners= and scale_conns= on the command line of the kernel, or SCALE_LISTENERS and
 * SCALE_CONNS, change the numbers; debug kernels do a part of it. module: self timeout: 3000
 */
#define _GNU_SOURCE
#include "knob.h"
#include "mem.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define DROP_CACHES "/proc/sys/vm/drop_caches"
#define WORLDS 50
#define LISTENERS_ALL 100000
#define CONNS_ALL 20000
#define CONNS_PART 20	/* of each namespace in one go */
#define DEBUG_PART 20		/* debug kernels need more time and memory for each */
#define DEBUG_CONNS_PART 100
#define SETTLE_MS 30000
#define CALM_MS 500
#define CALM_KB 512	/* what changes all the time */
/*
 * The kernel keeps some memory for the next time, in its slab caches and as free pages of each CPU.
 * A record that stays for each of half the listeners would be more than 6000 kB.
 */
#define SLAB_KB 4096
#define FREE_KB 8192
/*
 * KASAN's quarantine keeps what was freed, up to a 32nd of all memory; what is lost is for
 * kmemleak to say there.
 */
#define DEBUG_KEEPS 16

enum order { OPEN_HALF = 1, ROWS, CONNECT, CLOSE };

static struct child worlds[WORLDS];
static uint64_t per_world, slab_kb = SLAB_KB, free_kb = FREE_KB;

struct mem {
	uint64_t slab, free;
};

static void open_some(int *fds, uint64_t *have, uint64_t n)
{
	char addr[32];
	struct lopt o = { .addr = addr, .backlog = 50 };

	while (n--) {
		snprintf(addr, sizeof(addr), "127.0.%u.1", (unsigned int)(*have / 20000));
		o.port = 2000 + *have % 20000;
		fds[(*have)++] = listener_open(&o);
	}
}

static void reset(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void connect_some(const int *fds, uint64_t have, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		int listener = fds[i % have], client = connect_to(listener, NULL), fd;

		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			bail("accept: %s", strerror(errno));
		reset(fd);
		close(client);
	}
}

/* Without memory that would have to be given back. */
static uint64_t count_rows(char *buf, size_t size)
{
	int fd = open(LISTENERS, O_RDONLY | O_CLOEXEC);
	uint64_t lines = 0;
	ssize_t n;

	if (fd < 0)
		bail("cannot open " LISTENERS ": %s", strerror(errno));
	while ((n = read(fd, buf, size)) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	close(fd);
	return lines - 1;
}

static void live(int up, void *arg)
{
	int *fds = calloc(per_world, sizeof(int));
	static char buf[65536];
	uint64_t have = 0, answer;

	(void)arg;
	new_netns();
	raise_nofile(per_world + 100);
	memset(buf, 1, sizeof(buf));
	put_u64(up, 0);
	for (;;) {
		answer = 0;
		switch (get_u64(up)) {
		case OPEN_HALF:
			open_some(fds, &have, per_world / 2);
			break;
		case ROWS:
			answer = count_rows(buf, sizeof(buf));
			break;
		case CONNECT:
			connect_some(fds, have, CONNS_PART);
			break;
		case CLOSE:
			while (have)
				close(fds[--have]);
			break;
		}
		put_u64(up, answer);
	}
}

/* All of them at once: the sum of the answers. */
static uint64_t each(enum order order)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORLDS; i++)
		put_u64(worlds[i].fd, order);
	for (int i = 0; i < WORLDS; i++)
		sum += get_u64(worlds[i].fd);
	return sum;
}

/* In parts, so that none of them takes too long to answer. */
static void connect_all(uint64_t conns)
{
	uint64_t begin = mono_ms(), done;

	for (done = 0; done < conns; done += WORLDS * CONNS_PART)
		each(CONNECT);
	diag("%" PRIu64 " connections in %" PRIu64 " ms", done, mono_ms() - begin);
}

/* What the kernel keeps for the next time, and can give back. */
static void drop_caches(void)
{
	file_write(DROP_CACHES, "2");
}

/* Sockets and records are freed after grace periods, and many of them not all at once. */
static bool calm(uint64_t *low, uint64_t *since)
{
	uint64_t slab;

	drop_caches();
	slab = meminfo_kb("Slab");
	if (slab + CALM_KB < *low) {
		*low = slab;
		*since = mono_ms();
	}
	return mono_ms() - *since >= CALM_MS;
}

static struct mem now(const char *what)
{
	uint64_t low = UINT64_MAX - CALM_KB, since = mono_ms();
	struct mem m;

	AWAIT(calm(&low, &since), SETTLE_MS);
	m = (struct mem){ .slab = meminfo_kb("Slab"), .free = meminfo_kb("MemFree") };
	diag("%s: Slab %" PRIu64 " kB, MemFree %" PRIu64 " kB", what, m.slab, m.free);
	return m;
}

static bool slab_back(const struct mem *before)
{
	drop_caches();
	return meminfo_kb("Slab") <= before->slab + slab_kb;
}

static bool free_back(const struct mem *before)
{
	drop_caches();
	return meminfo_kb("MemFree") + free_kb >= before->free;
}

static struct mem check_slab(const struct mem *before, const char *what)
{
	struct mem m;

	AWAIT(slab_back(before), SETTLE_MS);
	m = now(what);
	in_range(m.slab, 0, before->slab + slab_kb, "%s: Slab is back to within %" PRIu64 " kB",
		 what, slab_kb);
	return m;
}

/* For the end: in between, the processes that read the tables have grown as well. */
static void check_all(const struct mem *before, const char *what)
{
	struct mem m;

	AWAIT(free_back(before), SETTLE_MS);
	m = check_slab(before, what);
	in_range(m.free + free_kb, before->free, UINT64_MAX,
		 "%s: MemFree is back to within %" PRIu64 " kB", what, free_kb);
}

static void say_records(uint64_t listeners, const struct mem *without, const struct mem *with)
{
	int64_t grown = (int64_t)with->slab - (int64_t)without->slab;
	struct slab s;

	diag("memory per listener of the module: %" PRId64 " bytes of slab",
	     grown * 1024 / (int64_t)listeners);
	if (slab_read(RECORDS, &s))
		diag(RECORDS ": %" PRIu64 " records of %" PRIu64 " bytes", s.active, s.objsize);
}

/* Fill and empty everything once without the module: then the kernel has what it keeps. */
static struct mem warm_up(void)
{
	each(OPEN_HALF);
	each(OPEN_HALF);
	each(CONNECT);
	each(CLOSE);
	return now("all closed, without the module");
}

static void measure(uint64_t listeners, uint64_t conns, const struct mem *warm)
{
	struct mem without, with;
	uint64_t begin;

	each(OPEN_HALF);
	without = now("half of them open, without the module");
	mod_load_or_bail(mod_path(false), "");
	with = now("half of them open, with the module");
	is_u64(each(ROWS), listeners / 2, "rows of those that were there before");
	say_records(listeners / 2, &without, &with);
	mod_unload_or_bail();
	check_slab(&without, "half of them open, without the module again");

	mod_load_or_bail(mod_path(false), "");
	each(OPEN_HALF);
	now("all open");
	begin = mono_ms();
	is_u64(each(ROWS), listeners, "rows of all, over %d namespaces", WORLDS);
	diag("read in %" PRIu64 " ms", mono_ms() - begin);
	connect_all(conns);
	is_u64(each(ROWS), listeners, "rows of all after the connections");
	each(CLOSE);
	is_u64(each(ROWS), 0, "rows when all are closed");
	check_no_records(WORLDS, "all closed");
	mod_unload_or_bail();
	ok(mod_gone(), "the module unloads");
	check_all(warm, "all closed, without the module");
}

int main(void)
{
	bool debug = boot_word("debug=kasan") || boot_word("debug=kcsan");
	uint64_t listeners = knob("SCALE_LISTENERS", "scale_listeners", LISTENERS_ALL);
	uint64_t conns = knob("SCALE_CONNS", "scale_conns", CONNS_ALL);
	struct mem warm;

	if (debug) {
		listeners /= DEBUG_PART;
		conns /= DEBUG_CONNS_PART;
	}
	per_world = listeners / WORLDS / 2 * 2;
	listeners = per_world * WORLDS;
	if (boot_word("debug=kasan")) {
		slab_kb *= DEBUG_KEEPS;
		free_kb *= DEBUG_KEEPS;
	}
	if (!per_world)
		bail("no fewer than %d listeners", 2 * WORLDS);
	diag("%" PRIu64 " listeners, %" PRIu64 " connections, %d namespaces", listeners, conns,
	     WORLDS);
	for (int i = 0; i < WORLDS; i++) {
		child_start(&worlds[i], live, NULL);
		get_u64(worlds[i].fd);
	}
	/* It shall not say so in the log each time. */
	file_write(DROP_CACHES, "4");
	warm = warm_up();
	measure(listeners, conns, &warm);
	for (int i = 0; i < WORLDS; i++)
		child_end(&worlds[i]);
	return done();
}
