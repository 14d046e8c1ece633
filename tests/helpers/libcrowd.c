// SPDX-License-Identifier: GPL-2.0
/* Clients that come to a listener one by one, and what the events tell of its accept queue. */
#include "crowd.h"
#include "books.h"
#include "sock.h"
#include "sockdiag.h"
#include "tap.h"
#include "waits.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 60000
#define ESTABLISHED 1	/* TCP_ESTABLISHED of the kernel's include/net/tcp_states.h */

/**
 * crowd_open() - begin to follow a listener
 * @c: set
 * @listener: on 127.0.0.1, with nobody in its queues; no other connection may be in its namespace
 */
void crowd_open(struct crowd *c, int listener)
{
	*c = (struct crowd){ .listener = listener, .cookie = sock_cookie(listener) };
	c->stream = stream_open();
}

/**
 * crowd_close() - close all connections, and the listener
 * @c: from crowd_open()
 */
void crowd_close(struct crowd *c)
{
	for (unsigned int i = 0; i < c->came; i++)
		close(c->guests[i].fd);
	for (unsigned int i = 0; i < c->came; i++)
		if (c->guests[i].taken_us)
			close(c->guests[i].served);
	stream_close(c->stream);
	close(c->listener);
}

/**
 * crowd_dropped() - how many SYNs found the accept queue full
 * @c: from crowd_open()
 *
 * Return: their number.
 */
uint64_t crowd_dropped(const struct crowd *c)
{
	struct counts now;

	if (!counts_read(c->cookie, &now))
		bail("no row in counters");
	return counts_get(&now, "syn_drop_acceptq");
}

/* As in HTTP, the client speaks first: once it is connected, or believes that it is. */
static void speak(struct crowd *c)
{
	for (unsigned int i = 0; i < c->came; i++) {
		struct guest *g = &c->guests[i];

		if (g->spoke || tcp_state(g->fd) != ESTABLISHED)
			continue;
		if (send(g->fd, "?", 1, MSG_NOSIGNAL) != 1)
			bail("client %u cannot speak: %s", i, strerror(errno));
		g->spoke = true;
	}
}

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/**
 * crowd_arrive() - one more client comes
 * @c: from crowd_open(); those who were not let in may not be let in meanwhile
 *
 * Both ends are counted: the server's is established a moment after the client's.
 *
 * Return: true when it is in the accept queue, false when its SYN was dropped.
 */
bool crowd_arrive(struct crowd *c)
{
	struct guest *g = &c->guests[c->came];
	uint64_t dropped = crowd_dropped(c);

	if (c->came == CROWD_MAX)
		bail("more than %d clients", CROWD_MAX);
	g->began_us = mono_us();
	g->fd = connect_from(CROWD_PORT + c->came++, sock_port(c->listener));
	if (!AWAIT(diag_total(AF_INET, 1u << ESTABLISHED) == 2 * (c->in + 1) ||
		   crowd_dropped(c) > dropped, WAIT_MS))
		bail("client %u is neither let in nor dropped", c->came);
	g->there_us = mono_us();
	g->at_once = tcp_state(g->fd) == ESTABLISHED;
	c->in += g->at_once;
	speak(c);
	return g->at_once;
}

/**
 * crowd_take() - accept() one client, as soon as there is one
 * @c: from crowd_open()
 */
void crowd_take(struct crowd *c)
{
	socklen_t len = sizeof(union addr);
	union addr from;
	uint64_t now;
	unsigned int i;
	int fd;

	if (!AWAIT((speak(c), is_readable(c->listener)), WAIT_MS))
		bail("nobody comes to be accepted");
	now = mono_us();
	fd = accept(c->listener, &from.sa, &len);
	if (fd < 0)
		bail("accept: %s", strerror(errno));
	i = ntohs(from.v4.sin_port) - CROWD_PORT;
	if (i >= c->came)
		bail("a stranger is accepted");
	c->guests[i].served = fd;
	c->guests[i].taken_us = now;
	c->out++;
}

static void depth_changes(struct curve *v, const struct event *e, bool grows)
{
	size_t len = strlen(v->text);
	const char *between = grows == v->grows ? " " : "\n";

	if (len) {
		v->area_ns += v->depth * (e->ns - v->ended_ns);
	} else {
		v->began_ns = e->ns;
		between = "";
	}
	v->ended_ns = e->ns;
	if (sscanf(e->detail, "acceptq=%lu", &v->depth) != 1)
		bail("'%s' has no depth", e->detail);
	snprintf(v->text + len, sizeof(v->text) - len, "%s%lu", between, v->depth);
	v->grows = grows;
}

static void take_event(struct crowd *c, struct curve *v, const struct event *e)
{
	const char *port = strrchr(e->remote, ':');
	struct guest *g = port ? &c->guests[atoi(port + 1) - CROWD_PORT] : NULL;
	uint64_t waited_us;

	if (!strcmp(e->name, "syn_queued") || !strcmp(e->name, "syn_cookie")) {
		g->answered_ns = e->ns;
	} else if (!strcmp(e->name, "syn_drop")) {
		g->dropped_ns = e->ns;
	} else if (!strcmp(e->name, "established")) {
		g->in_ns = e->ns;
		depth_changes(v, e, true);
	} else if (!strcmp(e->name, "accept")) {
		if (sscanf(e->detail, "acceptq=%*u waited_us=%lu", &waited_us) != 1)
			bail("'%s' has no wait", e->detail);
		v->stays_ns += e->ns - g->in_ns;
		v->waited_us += waited_us;
		depth_changes(v, e, false);
		c->out--;
	}
}

/**
 * crowd_curve() - read the events up to the last accept(), and add them up
 * @c: from crowd_open(); all that came have been accepted
 *
 * Return: the curve. Its depths are those that the events tell; a client that came while another
 * one was accepted can be in them twice or not at all.
 */
struct curve crowd_curve(struct crowd *c)
{
	struct curve v = { .grows = true };
	struct event e;

	while (c->out) {
		if (!stream_await(c->stream, &e, WAIT_MS))
			bail("the events of %u accept() are missing", c->out);
		take_event(c, &v, &e);
	}
	if (c->stream->lost)
		bail("events are lost");
	return v;
}

/**
 * crowd_seen_us() - the waits as the program saw them
 * @c: from crowd_open(); all that came were let in at once, and have been accepted
 *
 * Return: the sum, in microseconds, of what lies between crowd_arrive(), behind which the client is
 * in the queue, and accept(), before which it still is. It is no more than they have waited.
 */
uint64_t crowd_seen_us(const struct crowd *c)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < c->came; i++)
		sum += c->guests[i].taken_us - c->guests[i].there_us;
	return sum;
}
