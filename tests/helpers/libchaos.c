// SPDX-License-Identifier: GPL-2.0
/* Everything at once: the processes, what they share, and the listeners that stay. */
#include "chaos.h"
#include "proc.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SHOWN 10	/* faults that are printed */

struct chaos *chaos;
struct tun chaos_tun;	/* its peers are those of the process that uses it */

static struct {
	const struct actor *actor;
	struct child child;
	unsigned int number;
} cast[CHAOS_ACTORS];

static unsigned int ncast;

static void act(int up, void *arg)
{
	unsigned int n = *(unsigned int *)arg;
	const struct actor *a = cast[n].actor;
	struct rng r;

	/* Who loads and unloads, and the kernel's threads that it waits for, go first. */
	if (chaos->reload && nice(19) == -1)
		bail("nice: %s", strerror(errno));
	rng_seed(&r, chaos->seed + n);
	if (a->begin)
		a->begin();
	put_u64(up, 0);
	while (!chaos->stop) {
		a->step(&r);
		chaos->steps[n]++;
	}
	if (a->end)
		a->end();
}

/* Every third one never accepts and so overflows; sizes from none to more than ever come. */
static void open_stay(struct chaos_stay *s, unsigned int i)
{
	static const int backlogs[] = { 3, 0, 128, 17, 1, 4096 };
	struct lopt o = { .addr = i % 2 ? "::" : "0.0.0.0", .v6only = i % 4 == 1 };

	s->v6 = i % 2;
	s->accepts = i % 3;
	o.backlog = backlogs[i / 2 % 6];
	s->backlog = o.backlog;
	s->fd = listener_open(&o);
	s->cookie = sock_cookie(s->fd);
	s->port = sock_port(s->fd);
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
}

/**
 * chaos_begin() - open the listeners that stay, and the packet peers' device
 * @seed: of all random numbers
 * @reload: the module will come and go
 */
void chaos_begin(uint64_t seed, bool reload)
{
	chaos = mmap(NULL, sizeof(*chaos), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (chaos == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	chaos->seed = seed;
	chaos->reload = reload;
	raise_nofile(4096);
	for (unsigned int i = 0; i < CHAOS_STAY; i++)
		open_stay(&chaos->stay[i], i);
	chaos->has_tun = tun_open(&chaos_tun);
	diag("seed=%llu repeats these random numbers", (unsigned long long)seed);
}

/**
 * chaos_fault() - something was seen that cannot be: count it, and say the first ones
 * @fmt: what, printf style
 */
void chaos_fault(const char *fmt, ...)
{
	char text[sizeof(chaos->first_fault)];
	unsigned long before = chaos->faults++;
	va_list ap;

	if (before >= SHOWN)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag("cannot be: %s", text);
	if (!before)
		memcpy(chaos->first_fault, text, sizeof(text));
}

/**
 * chaos_start() - start an actor, and wait until it has begun
 * @a: what it does
 */
void chaos_start(const struct actor *a)
{
	unsigned int n = ncast++;

	if (n >= CHAOS_ACTORS)
		bail("no more than %d actors", CHAOS_ACTORS);
	cast[n].actor = a;
	cast[n].number = n;
	child_start(&cast[n].child, act, &cast[n].number);
	get_u64(cast[n].child.fd);
}

/**
 * chaos_stop() - stop them all, and check that each one worked and ended well
 */
void chaos_stop(void)
{
	chaos->stop = true;
	for (unsigned int i = 0; i < ncast; i++) {
		const struct actor *a = cast[i].actor;
		unsigned long steps;
		int status;

		status = child_end(&cast[i].child);
		steps = chaos->steps[i];
		ok(!status && steps >= a->least, "%s: to the end", a->name);
		diag("%s: %lu steps, wait status %d", a->name, steps, status);
	}
	ncast = 0;
	/* Again here, where a report of what failed looks for the reason. */
	if (!is_u64(chaos->faults, 0, "no row that cannot be"))
		diag("first: %s", chaos->first_fault);
	diag("%lu tables with %lu rows were read; %lu rows without a birth, %lu moved meanwhile",
	     chaos->tables, chaos->rows, chaos->unborn, chaos->moved);
}

/**
 * chaos_close() - close the listeners that stayed and the device
 */
void chaos_close(void)
{
	for (int i = 0; i < CHAOS_STAY; i++)
		close(chaos->stay[i].fd);
	if (chaos->has_tun)
		tun_close(&chaos_tun);
}
