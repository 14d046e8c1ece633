// SPDX-License-Identifier: GPL-2.0
/* The actors of a chaos that make listeners, connections and namespaces, and end them. */
#define _GNU_SOURCE
#include "chaos.h"
#include "proc.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEERS 60000	/* then their addresses are used again */
#define CLIENTS 64
#define LISTENERS_MOST 8
#define GROUP_PORT 7001
#define GROUPS 3

/**
 * chaos_port() - choose a port that listens, or did until just now
 * @r: random numbers
 * @v6: set to whether it does so for IPv6
 *
 * Return: the port.
 */
uint16_t chaos_port(struct rng *r, bool *v6)
{
	uint16_t port = 0;

	if (rng_below(r, 2))
		port = chaos->going[rng_below(r, CHAOS_GOING)];
	*v6 = rng_below(r, 2);
	if (!port) {
		const struct chaos_stay *s = &chaos->stay[rng_below(r, CHAOS_STAY)];

		port = s->port;
		*v6 = s->v6;
	}
	return port;
}

/**
 * chaos_reset() - close a connection by a reset, so that no TIME_WAIT uses up ports
 * @fd: its socket
 */
void chaos_reset(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void packet_step(struct rng *r)
{
	struct tun *t = &chaos_tun;
	unsigned int what = rng_below(r, 20), n = what == 19 ? 30 : 1;
	bool v6;
	uint16_t port = chaos_port(r, &v6);

	if (t->npeers + n > PEERS)
		t->npeers = 0;
	while (n--) {
		size_t peer = tun_syn(t, v6 ? AF_INET6 : AF_INET, port);

		if (what < 5)	/* stays half open */
			continue;
		for (int i = 0; what < 9 && i < 3; i++)
			tun_send(t, peer, SEG_SYN);
		if (!t->peers[peer].synacks)
			continue;
		if (what < 12)
			tun_send(t, peer, SEG_RST);
		else
			tun_send(t, peer, SEG_ACK);
	}
	tun_drain(t);
}

static int connect_any(const union addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	/* Nobody listens there any more, or all ports are in use: that happens here. */
	if (fd >= 0 && connect(fd, &a->sa, addr_len(a)) && errno != EINPROGRESS) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void client_step(struct rng *r)
{
	static int fds[CLIENTS];
	int *fd = &fds[rng_below(r, CLIENTS)];
	union addr a;
	bool v6;

	if (*fd > 0 && rng_below(r, 3)) {
		chaos_reset(*fd);
		*fd = 0;
	} else if (*fd > 0) {
		/* Both may fail: it may not be connected. */
		if (send(*fd, "x", 1, MSG_NOSIGNAL) == 1 && rng_below(r, 2))
			shutdown(*fd, SHUT_WR);
	} else {
		uint16_t port = chaos_port(r, &v6);

		addr_make(&a, v6 ? "::1" : "127.0.0.1", port);
		*fd = connect_any(&a);
	}
}

/* Waits for somebody, somewhere, and then looks at one of them. */
static void accept_step(struct rng *r)
{
	const struct chaos_stay *s = &chaos->stay[rng_below(r, CHAOS_STAY)];
	struct pollfd p[CHAOS_STAY];
	int n = rng_below(r, 40), fd;

	for (int i = 0; i < CHAOS_STAY; i++)
		p[i] = (struct pollfd){ .fd = chaos->stay[i].accepts ? chaos->stay[i].fd : -1,
					.events = POLLIN };
	poll(p, CHAOS_STAY, 20);
	while (s->accepts && n-- && (fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		chaos_reset(fd);
}

static int open_random(struct rng *r, const char *v4, const char *v6)
{
	static const int backlogs[] = { 0, 1, 3, 50, 100000, -1 };
	struct lopt o = { .addr = rng_below(r, 3) ? v4 : v6, .backlog = backlogs[rng_below(r, 6)] };
	int fd;

	if (!rng_below(r, 3)) {
		o.reuseport = true;
		o.port = GROUP_PORT + rng_below(r, GROUPS);
	}
	o.tfo = rng_below(r, 8) ? 0 : 5;
	o.defer = rng_below(r, 8) ? 0 : 1;
	fd = listener_open(&o);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void accept_some(struct rng *r, int listener)
{
	int n = rng_below(r, 4), fd;

	while (n-- && (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		chaos_reset(fd);
}

/* One of the things that happen to a listener. A new life may not get a port: then it ends. */
static void happen(struct rng *r, int *fd)
{
	unsigned int what = rng_below(r, 6), backlog = rng_below(r, 20);
	bool ends = what == 2;

	switch (what) {
	case 0:
		if (listen(*fd, backlog))
			bail("second listen: %s", strerror(errno));
		break;
	case 1:
		shutdown(*fd, SHUT_RD);
		ends = listen(*fd, backlog);
		break;
	default:
		accept_some(r, *fd);
	}
	if (!ends)
		return;
	close(*fd);
	*fd = -1;
}

/* A server from its start to its end, which comes in one of three ways. */
static void serve(struct rng *r)
{
	static const char *const names[] = {
		"server", "a server", "back\\slash", "serv\xc3\xa9", "-",
	};
	int fds[LISTENERS_MOST], n = 1 + rng_below(r, LISTENERS_MOST);

	prctl(PR_SET_NAME, names[rng_below(r, 5)]);
	for (int i = 0; i < n; i++) {
		fds[i] = open_random(r, "0.0.0.0", "::");
		chaos->going[rng_below(r, CHAOS_GOING)] = sock_port(fds[i]);
	}
	for (int acts = rng_below(r, 60); acts; acts--) {
		int *fd = &fds[rng_below(r, n)];

		if (*fd >= 0)
			happen(r, fd);
		else
			*fd = open_random(r, "127.0.0.1", "::1");
	}
	switch (rng_below(r, 3)) {
	case 0:
		raise(SIGKILL);
		break;
	case 1:
		while (n--)
			if (fds[n] >= 0)
				close(fds[n]);
		break;
	}
	_exit(0);
}

/* The child has its own copy of the random numbers: the parent's go on elsewhere. */
static pid_t fork_off(struct rng *r)
{
	pid_t pid = fork();

	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	else
		rng_below(r, 2);
	return pid;
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid: %s", strerror(errno));
	if (status && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		bail("a process of the chaos ended with wait status %d", status);
}

/**
 * chaos_server() - a step of an actor: one server lives and dies
 * @r: random numbers
 */
void chaos_server(struct rng *r)
{
	pid_t pid = fork_off(r);

	if (!pid)
		serve(r);
	wait_for(pid);
}

/* The table of this process's own namespace has rows of its @n listeners, and no others. */
static void check_world(const int *fds, int n)
{
	uint64_t began = mono_ms();
	struct table *t;
	size_t len;
	char *text = file_read(LISTENERS, &len);

	if (!text && chaos->reload)
		return;
	if (!text)
		bail("cannot read the listeners of a namespace: %s", strerror(errno));
	t = table_parse(text, len);
	chaos_rows(t, false, true, began);
	if (t->nrows != (size_t)n)
		chaos_fault("%zu rows of %d listeners in a namespace", t->nrows, n);
	for (int i = 0; i < n; i++)
		if (table_find_sk(t, sock_cookie(fds[i])) < 0)
			chaos_fault("a listener of a namespace has no row");
	table_free(t);
}

static void live_and_die(struct rng *r)
{
	int fds[LISTENERS_MOST], n = 1 + rng_below(r, LISTENERS_MOST);

	new_netns();
	for (int i = 0; i < n; i++)
		fds[i] = open_random(r, "127.0.0.1", "::1");
	chaos->world = getpid();
	for (int i = 0; i < n; i++)
		for (int c = rng_below(r, 5); c; c--)
			connect_to(fds[i], NULL);
	check_world(fds, n);
	_exit(0);
}

/* Loading waits for namespaces that begin or end: one for each life of the module is enough. */
static void world_step(struct rng *r)
{
	static unsigned long lives;
	pid_t pid;

	if (chaos->reload)
		AWAIT(chaos->lives != lives || chaos->stop, 1000);
	lives = chaos->lives;
	pid = fork_off(r);
	if (!pid)
		live_and_die(r);
	wait_for(pid);
	chaos->world = 0;
}

/* All servers of this namespace are dead. */
static void nothing_left(void)
{
	check_world(NULL, 0);
}

const struct actor chaos_traffic[] = {
	{ .name = "packet peers", .step = packet_step, .least = 100 },
	{ .name = "clients", .step = client_step, .least = 100 },
	{ .name = "accept()", .step = accept_step, .least = 100 },
	{ .name = "servers", .step = chaos_server, .least = 5 },
	{ .name = "more servers", .step = chaos_server, .least = 5 },
	{ .name = "namespaces", .step = world_step, .least = 2 },
	{ .name = "servers elsewhere", .begin = new_netns, .step = chaos_server,
	  .end = nothing_left, .least = 5 },
};

const unsigned int chaos_traffic_count = sizeof(chaos_traffic) / sizeof(chaos_traffic[0]);
