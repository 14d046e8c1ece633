// SPDX-License-Identifier: GPL-2.0
/* Children in other namespaces or of other users, spoken to through a pair of sockets. */
#define _GNU_SOURCE
#include "proc.h"
#include "sysctl.h"
#include "tap.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 300000

static bool in_child;

/**
 * child_start() - run a function in a child process
 * @c: set
 * @fn: what it runs; it ends with the function, or with this process
 * @arg: for @fn
 */
void child_start(struct child *c, child_fn fn, void *arg)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		bail("socketpair: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0)
		bail("fork: %s", strerror(errno));
	if (!c->pid) {
		in_child = true;
		tap_child();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		fn(ends[1], arg);
		_exit(0);
	}
	close(ends[1]);
	c->fd = ends[0];
}

/**
 * child_end() - hang up and wait for the child's end
 * @c: the child; one that waits for a message takes this as its end
 *
 * Return: its wait status.
 */
int child_end(struct child *c)
{
	int status;

	/* Children begun later hold copies of this end: closing it would tell nobody. */
	shutdown(c->fd, SHUT_RDWR);
	close(c->fd);
	if (waitpid(c->pid, &status, 0) != c->pid)
		bail("waitpid: %s", strerror(errno));
	return status;
}

/**
 * put_bytes() - send a message
 * @fd: the child's fd, or the one that it was given
 * @data: what
 * @len: its size
 */
void put_bytes(int fd, const void *data, size_t len)
{
	if (write(fd, data, len) != (ssize_t)len)
		bail("write to the other process: %s", strerror(errno));
}

/**
 * get_bytes() - receive a message; a child whose parent went away exits, a parent ends the case
 * @fd: the child's fd, or the one that it was given
 * @data: set
 * @len: how much to receive
 */
void get_bytes(int fd, void *data, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		if (poll(&p, 1, ANSWER_MS) != 1)
			bail("no answer from the other process");
		n = read(fd, (char *)data + have, len - have);
		if (n == 0 && !have && in_child)
			_exit(0);
		if (n <= 0)
			bail("the other process went away");
		have += n;
	}
}

/**
 * put_u64() - send a number
 * @fd: the child's fd, or the one that it was given
 * @value: the number
 */
void put_u64(int fd, uint64_t value)
{
	put_bytes(fd, &value, sizeof(value));
}

/**
 * get_u64() - receive a number
 * @fd: the child's fd, or the one that it was given
 *
 * Return: the number.
 */
uint64_t get_u64(int fd)
{
	uint64_t value;

	get_bytes(fd, &value, sizeof(value));
	return value;
}

/**
 * new_netns() - move into a network namespace of its own, with lo up
 */
void new_netns(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET))
		bail("unshare network: %s", strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		bail("cannot bring lo up: %s", strerror(errno));
	close(fd);
}

/**
 * new_userns() - move into a user namespace of its own with one user in it
 * @inside: uid there
 * @outside: uid here
 *
 * Return: false with errno set when the kernel does not let this user do it.
 */
bool new_userns(uid_t inside, uid_t outside)
{
	char map[64];

	if (unshare(CLONE_NEWUSER))
		return false;
	snprintf(map, sizeof(map), "%u %u 1", inside, outside);
	return file_write("/proc/self/uid_map", map);
}

/**
 * become() - become another user with no capabilities
 * @uid: who
 */
void become(uid_t uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		bail("cannot become uid %u: %s", uid, strerror(errno));
	/* Its own files under /proc are its own again. */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void caps(uint64_t keep)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		bail("capget: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		d[i].permitted &= keep >> (32 * i);
		d[i].effective = d[i].permitted;
		d[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &h, d))
		bail("capset: %s", strerror(errno));
}

/**
 * drop_cap() - give one capability away
 * @cap: which
 */
void drop_cap(int cap)
{
	caps(~(1ull << cap));
}

/**
 * become_with_cap() - become another user and keep one capability
 * @uid: who
 * @cap: which
 */
void become_with_cap(uid_t uid, int cap)
{
	prctl(PR_SET_KEEPCAPS, 1);
	become(uid);
	caps(1ull << cap);
}
