// SPDX-License-Identifier: GPL-2.0
/*
 * What the solution's column says, held against what programs saw of accept(). Runs with the module
 * and the reader of the tree that solution.patch leads to. timeout: 300
 */
#include "lab.h"
#include "books.h"
#include "mod.h"
#include "probes.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAB "09-write-a-probe"
#define SERVER 4000
#define SERVER_WITHOUT 4001
#define CALLS 23
#define WORKERS 4
#define WAIT_MS 60000
#define HIDE "hide=inet_accept"

#define PROBE "grep ' inet_accept ' /proc/net/listenq/info"
#define COUNTED "listenq counters -p %d --output LOCAL,accepted,accept_calls"

/* What the programs have done, and what they got: a connection or nothing. */
static uint64_t calls, got, nothing;

static int server(uint16_t port)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .port = port, .backlog = 16 });

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		bail("O_NONBLOCK: %s", strerror(errno));
	return fd;
}

static bool agrees(uint64_t cookie, struct counts *c)
{
	return counts_read(cookie, c) && counts_get(c, "accepted") == got &&
	       counts_get(c, "accept_calls") == calls;
}

/* A call counts when it begins, a connection when it is handed over. */
static void check(uint64_t cookie, const char *what)
{
	struct counts c = { 0 };

	AWAIT(agrees(cookie, &c), WAIT_MS);
	is_u64(counts_get(&c, "accept_calls"), calls, "%s: accept_calls", what);
	is_u64(counts_get(&c, "accepted"), got, "%s: accepted", what);
	check_balance(&c, "%s", what);
	lab_run(COUNTED, SERVER);
}

static void in_vain(int listener)
{
	for (int i = 0; i < CALLS; i++) {
		calls++;
		if (accept(listener, NULL, NULL) >= 0 || errno != EAGAIN)
			bail("accept() of an empty queue: %s", strerror(errno));
		nothing++;
	}
	lab_say("\n%d calls of accept(), and nobody has connected:\n", CALLS);
	lab_say("accept(): EAGAIN");
	check(sock_cookie(listener), "an empty queue");
}

struct work {
	int listener;
	bool polls;	/* and then waits for a word before it calls accept() */
};

/* Tells what accept() said: 0, or an errno. */
static void worker(int up, void *arg)
{
	const struct work *w = arg;
	struct pollfd p = { .fd = w->listener, .events = POLLIN };

	if (w->polls) {
		put_u64(up, poll(&p, 1, -1));
		get_u64(up);
	}
	put_u64(up, accept(w->listener, NULL, NULL) < 0 ? errno : 0);
}

static void hire(struct child *all, struct work *w)
{
	for (int i = 0; i < WORKERS; i++)
		child_start(&all[i], worker, w);
}

static void count_answer(uint64_t answer)
{
	if (answer && answer != EAGAIN)
		bail("accept(): %s", strerror(answer));
	if (answer)
		nothing++;
	else
		got++;
}

/* None of them calls accept() before all have been woken. */
static void herd(int listener)
{
	struct work w = { .listener = listener, .polls = true };
	uint64_t had = got, woken = 0;
	struct child all[WORKERS];
	int client;

	hire(all, &w);
	lab_say("\n%d processes wait in poll(). One client connects:\n", WORKERS);
	client = connect_from(5001, SERVER);
	for (int i = 0; i < WORKERS; i++)
		woken += get_u64(all[i].fd);
	for (int i = 0; i < WORKERS; i++) {
		calls++;
		put_u64(all[i].fd, 1);
		count_answer(get_u64(all[i].fd));
	}
	for (int i = 0; i < WORKERS; i++)
		child_end(&all[i]);
	is_u64(woken, WORKERS, "poll() wakes all");
	is_u64(got - had, 1, "one of them gets the connection");
	lab_say("woken: %d, with a connection: %d, EAGAIN: %d", (int)woken, (int)(got - had),
		(int)(WORKERS - got + had));
	check(sock_cookie(listener), "a herd");
	close(client);
}

static int returned(const struct child *all)
{
	struct pollfd p[WORKERS];
	int n = 0;

	for (int i = 0; i < WORKERS; i++)
		p[i] = (struct pollfd){ .fd = all[i].fd, .events = POLLIN };
	poll(p, WORKERS, 0);
	for (int i = 0; i < WORKERS; i++)
		n += !!p[i].revents;
	return n;
}

/* So many clients come, and as many calls return. */
static void clients(const struct child *all, int listener, int first, int last)
{
	int fds[WORKERS];

	for (int i = first; i <= last; i++)
		fds[i - first] = connect_from(5001 + i, SERVER);
	got += last - first + 1;
	ok(AWAIT(returned(all) == last, WAIT_MS), "%d of %d return", last, WORKERS);
	lab_say("accept() has returned in %d of %d", returned(all), WORKERS);
	check(sock_cookie(listener), "calls that block");
	for (int i = first; i <= last; i++)
		close(fds[i - first]);
}

static void blocked(int listener)
{
	struct work w = { .listener = listener };
	struct child all[WORKERS];

	if (fcntl(listener, F_SETFL, 0))
		bail("F_SETFL: %s", strerror(errno));
	hire(all, &w);
	calls += WORKERS;
	lab_say("\n%d processes call accept() and sleep in it:\n", WORKERS);
	check(sock_cookie(listener), "calls that sleep");
	lab_say("\nOne client connects:\n");
	clients(all, listener, 1, 1);
	lab_say("\nThree more connect:\n");
	clients(all, listener, 2, WORKERS);
	for (int i = 0; i < WORKERS; i++) {
		is_u64(get_u64(all[i].fd), 0, "process %d has a connection", i);
		child_end(&all[i]);
	}
	is_u64(calls - got, nothing, "the rest is what programs called in vain");
	lab_say("\naccept_calls - accepted = %d: as often, a program was told EAGAIN.",
		(int)(calls - got));
}

/* It listens no more, so that nobody's call reaches a listener. */
static void closed(int listener)
{
	uint64_t cookie = sock_cookie(listener);
	struct counts c;

	shutdown(listener, SHUT_RD);
	for (int i = 0; i < CALLS; i++)
		if (accept(listener, NULL, NULL) >= 0 || errno != EINVAL)
			bail("accept() after shutdown(): %s", strerror(errno));
	if (ok(counts_closed(cookie, &c), "it is in closed"))
		is_u64(counts_get(&c, "accept_calls"), calls, "closed: accept_calls");
	close(listener);
}

/* accept() of an MPTCP socket does not come to its listener by the function that is probed. */
static void mptcp(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5, .mptcp = true };
	int fd = listener_open(&o);
	struct diag_sock d;
	struct table *t;
	long row;

	if (fd < 0) {
		skip("no MPTCP in this kernel", "MPTCP: accept_calls");
		return;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	ok(accept(fd, NULL, NULL) < 0 && errno == EAGAIN, "MPTCP: accept() of an empty queue");
	if (!diag_find_port(AF_INET, sock_port(fd), &d))
		bail("sock_diag does not know the subflow");
	t = table_read(COUNTERS);
	row = table_find_sk(t, d.cookie);
	if (ok(row >= 0, "MPTCP: it has a row in counters")) {
		check_u64(t, row, "accepted", 0, "MPTCP");
		check_dash(t, row, "accept_calls", "MPTCP");
	}
	table_free(t);
	close(fd);
}

static void without(void)
{
	int listener, client, fd = -1;

	mod_unload_or_bail();
	mod_load_or_bail(mod_path(true), HIDE);
	listener = server(SERVER_WITHOUT);
	client = connect_from(5001, SERVER_WITHOUT);
	ok(AWAIT((fd = accept(listener, NULL, NULL)) >= 0, WAIT_MS), HIDE ": accept()");
	lab_say("\nWhere the kernel has no such function (parameter " HIDE " of the test build):\n");
	lab_run(PROBE);
	check_lost(sock_cookie(listener), "accept_calls", HIDE);
	lab_run(COUNTED, SERVER_WITHOUT);
	close(fd);
	close(client);
	close(listener);
}

int main(void)
{
	int listener;

	if (!lab_begins(LAB))
		return done();
	setenv("PATH", "/labs/" LAB ":/bin:/sbin", 1);
	check_known_probes();
	new_netns();
	lab_say("The probe is there, and so is the column:\n");
	lab_run(PROBE);
	lab_run("listenq counters --list-columns | grep accept_calls");
	listener = server(SERVER);
	in_vain(listener);
	herd(listener);
	blocked(listener);
	closed(listener);
	mptcp();
	without();
	return lab_ends();
}
