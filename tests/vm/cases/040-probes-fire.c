// SPDX-License-Identifier: GPL-2.0
/* 23 known events, 23 hits: for each probe that is on, and none that this case does not know. */
#include "mod.h"
#include "sock.h"
#include "tap.h"
#include "uring.h"

#include <string.h>
#include <unistd.h>

#define EVENTS 23

static int fds[EVENTS];

static void do_listen(void)
{
	for (int i = 0; i < EVENTS; i++)
		if (listen(fds[i], 5))
			bail("listen %d", i);
}

static void do_uring_listen(void)
{
	for (int i = 0; i < EVENTS; i++)
		if (uring_listen(fds[i], 5))
			bail("listen %d through io_uring", i);
}

static void do_failing_listen(void)
{
	for (int i = 0; i < EVENTS; i++)
		if (!listen(9999, 5))
			bail("listen on no socket works");
}

static void do_shutdown(void)
{
	for (int i = 0; i < EVENTS; i++)
		if (shutdown(fds[i], SHUT_RD))
			bail("shutdown %d", i);
}

static void do_close(void)
{
	for (int i = 0; i < EVENTS; i++)
		close(fds[i]);
}

static void do_bind(void)
{
	for (int i = 0; i < EVENTS; i++)
		fds[i] = bound_socket(&(struct lopt){ .addr = i % 2 ? "::1" : "127.0.0.1" });
}

enum {
	SYS = 1,	/* __sys_listen */
	URING = 2,	/* __sys_listen_socket; a part of __sys_listen where gcc put it there */
	INNER = 4,	/* __inet_listen_sk, or inet_listen before there was that */
	START = 8,
	STOP = 16,
};

static const struct known {
	const char *name;
	int group;
} known[] = {
	{ "__sys_listen", SYS },
	{ "__sys_listen_socket", URING },
	{ "__inet_listen_sk", INNER },
	{ "inet_listen", INNER },
	{ "inet_csk_listen_start", START },
	{ "inet_csk_listen_stop", STOP },
};

static const struct phase {
	const char *name;
	void (*act)(void);
	int hit;
	bool uring;
} phases[] = {
	{ "bind()", do_bind, 0, false },
	{ "listen()", do_listen, SYS | INNER | START, false },
	{ "second listen()", do_listen, SYS | INNER, false },
	{ "listen() that fails", do_failing_listen, SYS, false },
	{ "close of listeners", do_close, STOP, false },
	{ "bind() again", do_bind, 0, false },
	{ "listen() through io_uring", do_uring_listen, URING | INNER | START, true },
	{ "second listen() through io_uring", do_uring_listen, URING | INNER, true },
	{ "shutdown of listeners", do_shutdown, STOP, true },
	{ "close of sockets that listen no more", do_close, 0, true },
};

static int group_of(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return known[i].group;
	return 0;
}

static void run(const struct phase *p)
{
	struct info *before = info_read(), *after;

	p->act();
	after = info_read();
	for (size_t i = 0; i < before->nprobes; i++) {
		const struct probe *b = &before->probes[i], *a = info_probe(after, b->name);

		if (strcmp(b->state, "on") || !a)
			continue;
		is_u64(a->hits - b->hits, group_of(b->name) & p->hit ? EVENTS : 0,
		       "%s: hits of %s", p->name, b->name);
		is_u64(a->missed - b->missed, 0, "%s: missed of %s", p->name, b->name);
	}
	info_free(before);
	info_free(after);
}

int main(void)
{
	bool uring = uring_can_listen();
	struct info *in = info_read();
	int on = 0;

	for (size_t i = 0; i < in->nprobes; i++) {
		const struct probe *p = &in->probes[i];

		ok(group_of(p->name), "this case knows the probe %s", p->name);
		ok(strcmp(p->state, "failed"), "the probe %s did not fail", p->name);
		if (!strcmp(p->state, "on"))
			on |= group_of(p->name);
	}
	is_u64(on & ~URING, SYS | INNER | START | STOP, "all that listen() needs is on");
	info_free(in);
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (!phases[i].uring || uring)
			run(&phases[i]);
		else
			skip("io_uring of this kernel cannot listen", "%s", phases[i].name);
	}
	return done();
}
