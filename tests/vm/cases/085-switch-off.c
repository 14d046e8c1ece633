// SPDX-License-Identifier: GPL-2.0
/*
 * kernel.ftrace_enabled=0 takes the probes away: either the kernel refuses that, and all goes on to
 * be counted, or info says from then on that the books are not exact. boot: live
 */
#include "books.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SWITCH "/proc/sys/kernel/ftrace_enabled"
#define CLIENTS 5

static bool inexact(void)
{
	struct info *in = info_read();
	const char *books = info_get(in, "books");
	bool yes = books && !strcmp(books, "inexact");

	info_free(in);
	return yes;
}

/* The name is on the kernel's command line or not: this switch is there always. */
static bool is_off(void)
{
	char *text = file_read(SWITCH, NULL);
	bool off = text && !strcmp(text, "0\n");

	free(text);
	return off;
}

static void connect_some(int fd, int *clients)
{
	for (int i = 0; i < CLIENTS; i++)
		clients[i] = connect_to(fd, NULL);
	if (!AWAIT(sock_info(fd).tcpi_unacked >= CLIENTS, BOOKS_MS))
		bail("the clients do not arrive");
	for (int i = 0; i < CLIENTS; i++) {
		close(accept(fd, NULL, NULL));
		close(clients[i]);
	}
}

static const char moves[] = "syn=5 syn_queued=5 from_synq=5 established=5 accepted=5";

int main(void)
{
	int fd, clients[CLIENTS];
	struct books b;

	new_netns();
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 50 });
	books_open(&b, sock_cookie(fd), "a listener");
	connect_some(fd, clients);
	books_step(&b, "before", "%s", moves);
	check_exact("before");
	if (!file_write(SWITCH, "0") || !is_off()) {
		diag("refused: %s", strerror(errno));
		connect_some(fd, clients);
		books_step(&b, "refused", "%s", moves);
		check_exact("refused");
	} else {
		connect_some(fd, clients);
		ok(AWAIT(inexact(), BOOKS_MS), "switched off: the books are not exact");
	}
	if (!file_write(SWITCH, "1"))
		bail("cannot write " SWITCH ": %s", strerror(errno));
	ok(!is_off(), "the switch is on again");
	if (inexact()) {
		connect_some(fd, clients);
		ok(inexact(), "they are not exact for good");
	}
	close(fd);
	return done();
}
