// SPDX-License-Identifier: GPL-2.0
/* listen() of a 32-bit program, by both ways it has: the backlog as passed, signed. */
#define _GNU_SOURCE
#include "sock.h"
#include "tap.h"
#include "truth.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#define NR32_GETPID 20
#define NR32_SOCKETCALL 102
#define NR32_LISTEN 363
#define CALL_LISTEN 4

static int *args;	/* below 4 GiB */

static long call32(long nr, long a, long b)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "0"(nr), "b"(a), "c"(b)
		     : "r8", "r9", "r10", "r11", "memory");
	return (int)ret;
}

/* In a child: without the 32-bit entry the instruction kills. */
static bool has_compat(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(call32(NR32_GETPID, 0, 0) != getpid());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

static long by_listen(int fd, int backlog)
{
	return call32(NR32_LISTEN, fd, (unsigned int)backlog);
}

static long by_socketcall(int fd, int backlog)
{
	args[0] = fd;
	args[1] = backlog;
	return call32(NR32_SOCKETCALL, CALL_LISTEN, (long)args);
}

static void check_way(long (*way)(int fd, int backlog), const char *name)
{
	static const int backlogs[] = { 0, 5, 100000, INT_MAX, -1, INT_MIN };

	for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
		int fd = bound_socket(&(struct lopt){ .addr = i % 2 ? "::1" : "127.0.0.1" });
		char what[64];

		snprintf(what, sizeof(what), "32-bit %s %d", name, backlogs[i]);
		if (!is_u64(way(fd, backlogs[i]), 0, "%s works", what))
			continue;
		check_call(fd, backlogs[i], 1, what);
		is_u64(way(fd, -7), 0, "%s, then -7, works", what);
		check_call(fd, -7, 2, "again");
		close(fd);
	}
}

int main(void)
{
	args = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		    -1, 0);
	if (args == MAP_FAILED)
		bail("no memory below 4 GiB");
	if (has_compat()) {
		check_way(by_listen, "listen");
		check_way(by_socketcall, "socketcall");
	} else {
		skip("no 32-bit system calls in this kernel", "32-bit listen()");
	}
	return done();
}

#else

int main(void)
{
	skip("only written for x86", "32-bit listen()");
	return done();
}

#endif
