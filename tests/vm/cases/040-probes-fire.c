// SPDX-License-Identifier: GPL-2.0
/* 23 calls of listen(), 23 hits: for each probe on its way, and for no other one. */
#include "hits.h"
#include "probes.h"
#include "sock.h"
#include "tap.h"
#include "uring.h"

#include <unistd.h>

static int fds[HITS];

static void do_listen(void)
{
	for (int i = 0; i < HITS; i++)
		if (listen(fds[i], 5))
			bail("listen %d", i);
}

static void do_uring_listen(void)
{
	for (int i = 0; i < HITS; i++)
		if (uring_listen(fds[i], 5))
			bail("listen %d through io_uring", i);
}

static void do_failing_listen(void)
{
	for (int i = 0; i < HITS; i++)
		if (!listen(9999, 5))
			bail("listen on no socket works");
}

static void do_shutdown(void)
{
	for (int i = 0; i < HITS; i++)
		if (shutdown(fds[i], SHUT_RD))
			bail("shutdown %d", i);
}

static void do_close(void)
{
	for (int i = 0; i < HITS; i++)
		close(fds[i]);
}

static void do_bind(void)
{
	for (int i = 0; i < HITS; i++)
		fds[i] = bound_socket(&(struct lopt){ .addr = i % 2 ? "::1" : "127.0.0.1" });
}

#define SYS " __sys_listen"
#define INNER " __inet_listen_sk inet_listen"
#define START " inet_csk_listen_start"
#define STOP "inet_csk_listen_stop"
/* A part of __sys_listen where gcc put it there. */
#define URING " __sys_listen_socket"

static const struct phase {
	const char *name;
	void (*act)(void);
	const char *hits;
	bool uring;
} phases[] = {
	{ "bind()", do_bind, "", false },
	{ "listen()", do_listen, SYS INNER START, false },
	{ "second listen()", do_listen, SYS INNER, false },
	{ "listen() that fails", do_failing_listen, SYS, false },
	{ "close of listeners", do_close, STOP, false },
	{ "bind() again", do_bind, "", false },
	{ "listen() through io_uring", do_uring_listen, URING INNER START, true },
	{ "second listen() through io_uring", do_uring_listen, URING INNER, true },
	{ "shutdown of listeners", do_shutdown, STOP, true },
	{ "close of sockets that listen no more", do_close, "", true },
};

static void check_on(void)
{
	struct info *in = info_read();

	ok(probe_on(in, "__sys_listen"), "__sys_listen is on");
	ok(probe_on(in, "__inet_listen_sk") != probe_on(in, "inet_listen"),
	   "__inet_listen_sk or inet_listen is on");
	ok(probe_on(in, "inet_csk_listen_start"), "inet_csk_listen_start is on");
	ok(probe_on(in, "inet_csk_listen_stop"), "inet_csk_listen_stop is on");
	info_free(in);
}

int main(void)
{
	bool uring = uring_can_listen();
	struct hits h;

	check_known_probes();
	check_on();
	hits_begin(&h, AF_INET, "listen path");
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		if (!phases[i].uring || uring) {
			phases[i].act();
			hits_step(&h, phases[i].name, phases[i].hits);
		} else {
			skip("io_uring of this kernel cannot listen", "%s", phases[i].name);
		}
	}
	hits_end(&h);
	check_entered(false, uring ? NULL : "__sys_listen_socket");
	return done();
}
