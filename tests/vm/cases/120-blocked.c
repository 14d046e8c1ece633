// SPDX-License-Identifier: GPL-2.0
/*
 * 1,500 threads blocked in accept() on one listener, and twice as many connections: each is
 * counted, with its wait, and no probe misses one; also when the threads were there before the
 * module.
 * module: self timeout: 300 mem: 1536
 */
#include "books.h"
#include "knob.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "waits.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 1500
#define STACK 65536
#define SOON_MS 60000

struct crowd {
	int fd;
	unsigned int n;
	pthread_t threads[THREADS];
	atomic_int tids[THREADS];
	atomic_uint accepted;
	int clients[2 * THREADS];
};

struct member {
	struct crowd *c;
	unsigned int number;
};

static struct crowd crowd;
static struct member members[THREADS];

/* Until the listener is shut down. */
static void *accept_all(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->c;
	int fd;

	c->tids[m->number] = syscall(SYS_gettid);
	while ((fd = accept(c->fd, NULL, NULL)) >= 0) {
		close(fd);
		c->accepted++;
	}
	return NULL;
}

static bool asleep(int tid)
{
	char path[64], *text, *end;
	bool sleeps;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	text = file_read(path, NULL);
	end = text ? strrchr(text, ')') : NULL;
	sleeps = end && !strncmp(end, ") S", 3);
	free(text);
	return sleeps;
}

static bool all_asleep(const struct crowd *c)
{
	static unsigned int i;

	for (i %= c->n; i < c->n; i++)
		if (!c->tids[i] || !asleep(c->tids[i]))
			return false;
	return true;
}

static void gather(struct crowd *c, unsigned int n)
{
	pthread_attr_t attr;

	memset(c, 0, sizeof(*c));
	c->n = n;
	c->fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 4096 });
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (unsigned int i = 0; i < n; i++) {
		members[i] = (struct member){ c, i };
		if (pthread_create(&c->threads[i], &attr, accept_all, &members[i]))
			bail("no thread %u", i);
	}
	if (!AWAIT(all_asleep(c), SOON_MS))
		bail("the threads do not get to sleep");
}

static void connect_all(struct crowd *c)
{
	union addr a;

	sock_name(c->fd, &a);
	for (unsigned int i = 0; i < 2 * c->n; i++) {
		c->clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (c->clients[i] < 0 || connect(c->clients[i], &a.sa, addr_len(&a)))
			bail("client %u: %s", i, strerror(errno));
	}
}

static void disperse(struct crowd *c)
{
	shutdown(c->fd, SHUT_RDWR);
	for (unsigned int i = 0; i < c->n; i++)
		pthread_join(c->threads[i], NULL);
	close(c->fd);
	for (unsigned int i = 0; i < 2 * c->n; i++)
		close(c->clients[i]);
}

static void check(struct crowd *c, struct books *b)
{
	int n = 2 * c->n;
	static const struct waits zero;
	uint64_t began = mono_us(), took;
	struct waits synq, acceptq;

	connect_all(c);
	ok(AWAIT(c->accepted == (unsigned int)n, SOON_MS), "%s: %d connections are accepted",
	   b->name, n);
	took = mono_us() - began;
	books_step(b, "all at once", "syn=%d syn_queued=%d from_synq=%d established=%d accepted=%d",
		   n, n, n, n, n);
	waits_read(b->cookie, "synq", &synq);
	waits_read(b->cookie, "acceptq", &acceptq);
	check_waits(&zero, &synq, &(struct span){ n, 0, took }, "%s: synq", b->name);
	check_waits(&zero, &acceptq, &(struct span){ n, 0, took }, "%s: acceptq", b->name);
}

static void there_before(unsigned int n)
{
	struct books b;

	gather(&crowd, n);
	mod_load_or_bail(mod_path(false), "");
	books_open(&b, sock_cookie(crowd.fd), "threads that were there before the module");
	if (accept_by_return()) {
		skip("this kernel tells nobody of an accept() that began before", "%s", b.name);
		connect_all(&crowd);
		AWAIT(crowd.accepted == 2 * n, SOON_MS);
	} else {
		check(&crowd, &b);
		check_exact(b.name);
	}
	disperse(&crowd);
	mod_unload_or_bail();
}

static void there_after(unsigned int n)
{
	struct books b;

	mod_load_or_bail(mod_path(false), "");
	gather(&crowd, n);
	books_open(&b, sock_cookie(crowd.fd), "threads that came after the module");
	check(&crowd, &b);
	disperse(&crowd);
	books_end(&b, "shut down", "%s", "");
	check_sums(b.name);
	check_exact(b.name);
	mod_unload_or_bail();
}

int main(void)
{
	unsigned int n = THREADS / debug_part();

	new_netns();
	raise_nofile(4 * THREADS + 100);
	there_after(n);
	there_before(n);
	return done();
}
