// SPDX-License-Identifier: GPL-2.0
/*
 * The cost of a program that reads all listeners of the machine: from fork to its end, with its
 * output thrown away. The listeners belong to another process: fork does not copy their files.
 * Usage: read LISTENERS ROOT      ROOT: where cat, ss and their libraries are
 * Prints lines "figure LISTENERS NAME COST", NAME being listeners, counters, proc (/proc/net/tcp)
 * or ss.
 */
#define _GNU_SOURCE
#include "cost.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_RUNS 5

struct reader {
	const char *name;
	const char *argv[4];
};

static const struct reader readers[] = {
	{ "listeners", { "/usr/bin/cat", LISTENERS } },
	{ "counters", { "/usr/bin/cat", "/proc/net/listenq/counters" } },
	{ "proc", { "/usr/bin/cat", "/proc/net/tcp" } },
	{ "ss", { "/usr/bin/ss", "-ltn" } },
};

static uint64_t wanted;
static const char *root;

/* Holds the listeners until its parent hangs up. */
static void hold(int up, void *arg)
{
	char addr[32];
	struct lopt o = { .addr = addr, .backlog = 50 };

	(void)arg;
	raise_nofile(wanted + 100);
	for (uint64_t i = 0; i < wanted; i++) {
		snprintf(addr, sizeof(addr), "127.0.%u.1", (unsigned int)(i / 20000));
		o.port = 2000 + i % 20000;
		listener_open(&o);
	}
	put_u64(up, wanted);
	get_u64(up);
}

static pid_t start(const struct reader *r, int out)
{
	pid_t pid = fork();

	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	if (dup2(out, STDOUT_FILENO) < 0 || chroot(root))
		_exit(126);
	execv(r->argv[0], (char *const *)r->argv);
	_exit(127);
}

static void wait_for(const struct reader *r, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		bail("%s ended with wait status %d", r->argv[0], status);
}

/* It shows them all. */
static void check_lines(const struct reader *r)
{
	static char buf[65536];
	uint64_t lines = 0;
	int ends[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		bail("pipe: %s", strerror(errno));
	pid = start(r, ends[1]);
	close(ends[1]);
	while ((n = read(ends[0], buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	close(ends[0]);
	wait_for(r, pid);
	if (lines != wanted + 1)
		bail("%s shows %" PRIu64 " lines of %" PRIu64 " listeners", r->name, lines, wanted);
}

static void measure(const char *phase, const struct reader *r, int null)
{
	uint64_t cost[MOST_RUNS];
	int runs = wanted > 10000 ? 1 : wanted > 1000 ? 3 : MOST_RUNS;

	check_lines(r);
	for (int i = 0; i < runs; i++) {
		uint64_t begin = cost_now();

		wait_for(r, start(r, null));
		cost[i] = cost_now() - begin;
	}
	cost_say(phase, r->name, cost_median(cost, runs));
}

int main(int argc, char **argv)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct child holder;

	if (argc != 3)
		bail("Usage: read LISTENERS ROOT");
	wanted = strtoull(argv[1], NULL, 10);
	root = argv[2];
	child_start(&holder, hold, NULL);
	get_u64(holder.fd);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		const struct reader *r = &readers[i];

		if (r->argv[1][0] == '/' && access(r->argv[1], F_OK))
			diag("skipped: this module has no %s", r->argv[1]);
		else
			measure(argv[1], r, null);
	}
	child_end(&holder);
	return 0;
}
