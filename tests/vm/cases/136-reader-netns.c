// SPDX-License-Identifier: GPL-2.0
/*
 * listenq -N and -A: each network namespace once, by the ways that lead to it, and none of those
 * that die meanwhile spoils the rest.
 */
#define _GNU_SOURCE
#include "proc.h"
#include "reader.h"
#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 4242
#define NAMED "/run/netns"
#define CHURNS 2
#define LIVES 60	/* of each: a kernel that checks much is slow to end them */

static void live_elsewhere(int up, void *arg)
{
	(void)arg;
	new_netns();
	put_u64(up, 1);
	get_u64(up);
}

/* A listener in the namespace at this path, which this process keeps open. */
static void listen_in(const char *path)
{
	int self = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(path, O_RDONLY | O_CLOEXEC);

	if (setns(there, CLONE_NEWNET))
		bail("setns: %s", strerror(errno));
	listener_open(&(struct lopt){ .addr = "127.0.0.1", .port = PORT, .backlog = 5 });
	if (setns(self, CLONE_NEWNET))
		bail("setns: %s", strerror(errno));
	close(there);
	close(self);
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("%s: %s", path, strerror(errno));
	return st.st_ino;
}

/* Gives the namespace of a process a name, as `ip netns attach` does. */
static void name_netns(const char *name, pid_t pid)
{
	char path[64], from[64];

	mkdir(NAMED, 0755);
	snprintf(path, sizeof(path), NAMED "/%s", name);
	snprintf(from, sizeof(from), "/proc/%d/ns/net", pid);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	if (mount(from, path, NULL, MS_BIND, NULL))
		bail("mount %s: %s", path, strerror(errno));
}

/* A row for each namespace with a listener: what -N would call it, its number, and the port. */
static void check_all(const char *first, ino_t own, const char *second, ino_t other,
		      const char *what)
{
	struct said said = reader_says("-A --raw -H --output netns,netns_inode,local -p %d", PORT);
	char want[256];

	said_good(&said, what);
	snprintf(want, sizeof(want), "%s\t%lu\t127.0.0.1:%d\n%s\t%lu\t127.0.0.1:%d\n", first,
		 (unsigned long)own, PORT, second, (unsigned long)other, PORT);
	is_str(said.out, want, "%s: each once", what);
	said_free(&said);
}

static void check_one(const char *name, const char *what)
{
	struct said said = reader_says("-N %s -H --output local", name);
	char want[32];

	said_good(&said, what);
	snprintf(want, sizeof(want), "127.0.0.1:%d\n", PORT);
	is_str(said.out, want, "%s: its listener", what);
	said_free(&said);
}

/* Their listeners have the same address: the namespace tells their series apart. */
static void check_metrics(const char *first, const char *second)
{
	struct said said = reader_says("metrics -A");
	const char *const names[] = { first, second };
	size_t series = 0;
	char line[256];

	said_good(&said, "metrics -A");
	for (int i = 0; i < 2; i++) {
		snprintf(line, sizeof(line),
			 "\nlistenq_accept_queue_limit{address=\"127.0.0.1\",port=\"%d\",netns=\"%s\"} 6\n",
			 PORT, names[i]);
		ok(strstr(said.out, line), "metrics -A: the limit in %s", names[i]);
	}
	snprintf(line, sizeof(line), "\nlistenq_accept_queue_limit{address=\"127.0.0.1\",port=\"%d\"",
		 PORT);
	for (const char *at = said.out; (at = strstr(at, line)); at++)
		series++;
	is_u64(series, 2, "metrics -A: these two");
	said_free(&said);
}

/* Namespaces with a listener that live for some milliseconds, one after the other. */
static void churn(void)
{
	for (int i = 0; i < LIVES; i++) {
		pid_t pid = fork();

		if (!pid) {
			new_netns();
			listener_open(&(struct lopt){ .addr = "0.0.0.0", .backlog = 5 });
			poll(NULL, 0, 7 * i % 50);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
	}
	_exit(0);
}

static bool churning(const pid_t *churns)
{
	siginfo_t si = { .si_pid = 0 };

	for (int i = 0; i < CHURNS; i++)
		if (!waitid(P_PID, churns[i], &si, WEXITED | WNOHANG | WNOWAIT) && !si.si_pid)
			return true;
	return false;
}

/* How many of the rows are of other namespaces; each of the two that stay must be there once. */
static size_t others(const char *out, bool *both)
{
	size_t all = 0, stay = 0;
	char place[32];

	snprintf(place, sizeof(place), "127.0.0.1:%d\n", PORT);
	for (const char *at = out; (at = strchr(at, '\n')); at++)
		all++;
	for (const char *at = out; (at = strstr(at, place)); at++)
		stay++;
	*both = stay == 2;
	return all - stay;
}

static void check_dying(void)
{
	pid_t churns[CHURNS];
	size_t bad = 0, seen = 0, readings = 0;
	int status;

	for (int i = 0; i < CHURNS; i++) {
		churns[i] = fork();
		if (!churns[i])
			churn();
	}
	while (churning(churns)) {
		static const char *const commands[] = { "show", "counters" };
		struct said said = reader_says("-A %s --raw -H --output local",
					       commands[readings++ % 2]);
		bool both;

		seen += others(said.out, &both);
		if (said.code || *said.err || !both) {
			diag("exit status %d: %s", said.code, said.err);
			bad++;
		}
		said_free(&said);
		said = reader_says("audit -A");
		if (said.code || *said.err) {
			diag("audit: exit status %d: %s%s", said.code, said.err, said.out);
			bad++;
		}
		said_free(&said);
	}
	for (int i = 0; i < CHURNS; i++) {
		waitpid(churns[i], &status, 0);
		is_u64(status, 0, "%d namespaces were born and have died", LIVES);
	}
	is_u64(bad, 0, "of %zu readings of all of them meanwhile, none was spoiled", 2 * readings);
	diag("%zu rows were of namespaces that have died since", seen);
}

/* Two namespaces with a listener: of this process, and of a child. */
static void check_ways(struct child *c)
{
	char self[16], pid[16], path[64];
	ino_t own = inode_of("/proc/self/ns/net"), other;

	snprintf(self, sizeof(self), "%d", getpid());
	snprintf(pid, sizeof(pid), "%d", c->pid);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", c->pid);
	other = inode_of(path);
	listen_in("/proc/self/ns/net");
	listen_in(path);
	check_one(pid, "-N PID");
	check_one(path, "-N PATH");
	check_all(self, own, pid, other, "-A");
	name_netns("blue", c->pid);
	check_one("blue", "-N NAME");
	check_all(self, own, "blue", other, "-A with a name");
	check_metrics(self, "blue");
	child_end(c);
	check_one("blue", "-N NAME without a process");
	check_all(self, own, "blue", other, "-A without a process");
}

int main(void)
{
	struct child c;

	if (access(READER, X_OK)) {
		skip("no reader", "listenq -N and -A");
		return done();
	}
	child_start(&c, live_elsewhere, NULL);
	get_u64(c.fd);
	new_netns();
	check_ways(&c);
	check_dying();
	umount2(NAMED "/blue", MNT_DETACH);
	unlink(NAMED "/blue");
	return done();
}
