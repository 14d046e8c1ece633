// SPDX-License-Identifier: GPL-2.0
/*
 * Who makes the module remember something pays for it: records of listeners, and the queues of
 * readers of events, are charged to the memory cgroup of who opens them. module: self
 */
#define _GNU_SOURCE
#include "events.h"
#include "mem.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TOP "/sys/fs/cgroup"
#define GROUP TOP "/charged"
#define LISTENERS_N 2000
#define READERS 20
#define FLUSH_MS 10000
#define QUEUE (64 * 1024)	/* the queue of one reader has more */

/* What the kernel has allocated for the group, in objects. */
static uint64_t charged(void)
{
	char *text = file_read(GROUP "/memory.stat", NULL), *line;
	uint64_t bytes;

	line = text ? strstr(text, "\nslab ") : NULL;
	if (!line)
		bail("memory.stat has no line slab");
	bytes = strtoull(line + 6, NULL, 10);
	free(text);
	return bytes;
}

/* In the group: opens something so many times, when told to. */
struct user {
	size_t n;
	void (*open)(void);
};

static void open_listener(void)
{
	listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 1 });
}

static void open_events(void)
{
	if (open(EVENTS, O_RDONLY) < 0)
		bail("%s cannot be opened", EVENTS);
}

static void use(int up, void *arg)
{
	const struct user *user = arg;

	if (!file_write(GROUP "/cgroup.procs", "0"))
		bail("cannot move into %s", GROUP);
	raise_nofile(user->n + 100);
	get_u64(up);
	for (size_t i = 0; i < user->n; i++)
		user->open();
	put_u64(up, 0);
	get_u64(up);
}

/*
 * How many bytes more the group has when its user has opened all. The kernel adds small sums up when
 * it comes to it, every two seconds (mm/memcontrol.c: flush_memcg_stats_dwork): @least is awaited.
 */
static uint64_t cost(struct user user, uint64_t least)
{
	uint64_t before, after;
	struct child c;

	child_start(&c, use, &user);
	before = charged();
	put_u64(c.fd, 0);
	get_u64(c.fd);
	AWAIT(charged() >= before + least, FLUSH_MS);
	after = charged();
	put_u64(c.fd, 0);
	child_end(&c);
	return after > before ? after - before : 0;
}

static bool is_rt(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

static void check_records(void)
{
	struct user user = { LISTENERS_N, open_listener };
	uint64_t without = cost(user, LISTENERS_N), with;
	struct slab slab;

	mod_load_or_bail(mod_path(false), "");
	if (!slab_read(RECORDS, &slab)) {
		skip("the kernel lists no such cache", "records");
		return;
	}
	with = cost(user, without + LISTENERS_N * slab.objsize);
	diag("%d listeners: %llu bytes, and %llu with the module", LISTENERS_N,
	     (unsigned long long)without, (unsigned long long)with);
	if (is_rt())
		skip("PREEMPT_RT: records come from a pool", "records are charged");
	else
		ok(with >= without + LISTENERS_N * slab.objsize,
		   "records are charged to who opens the listeners");
}

int main(void)
{
	uint64_t queues;

	if (!file_write(TOP "/cgroup.subtree_control", "+memory") || mkdir(GROUP, 0755)) {
		skip("no memory cgroups of version 2", "what is charged to whom");
		return done();
	}
	new_netns();
	check_records();
	queues = cost((struct user){ READERS, open_events }, READERS * QUEUE);
	diag("%d readers of events: %llu bytes", READERS, (unsigned long long)queues);
	ok(queues >= READERS * QUEUE, "queues of events are charged to who opens the file");
	mod_unload_or_bail();
	if (!AWAIT(!rmdir(GROUP), 20000))
		bail("%s cannot be removed", GROUP);
	file_write(TOP "/cgroup.subtree_control", "-memory");
	return done();
}
