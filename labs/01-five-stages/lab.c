// SPDX-License-Identifier: GPL-2.0
/*
 * A server that stops after socket(), bind(), listen(), one accept() and many, and what six clients
 * see. Then a final ACK that finds the accept queue full.
 * timeout: 300
 */
#define _GNU_SOURCE
#include "lab.h"
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT 4000
#define BACKLOG 2
#define FIT (BACKLOG + 1)
#define CLIENTS 6
#define WAIT_MS 100000	/* a waiting client repeats its SYN more and more seldom */
#define LO_ROWS "'sport = :4000' | sort | awk '{print $1, $2, $3, $4, $5}'"

#define RESULT 24	/* the name of an errno, or a number */

enum { ESTABLISHED = 1, SYN_SENT = 2, CLOSE = 7 };

struct client {
	int fd, state;
	char connected[RESULT], written[RESULT];
};

static struct client clients[CLIENTS];
static union addr server_addr;

static void result(char text[RESULT], ssize_t n)
{
	if (n < 0)
		snprintf(text, RESULT, "%s", strerrorname_np(errno));
	else
		snprintf(text, RESULT, "%zd", n);
}

static const char *state_name(int state)
{
	return state == ESTABLISHED ? "ESTABLISHED" : state == SYN_SENT ? "SYN_SENT" :
	       state == CLOSE ? "CLOSE" : "?";
}

/* A second connect() says what one that blocks would; EALREADY: it would still wait. */
static void ask(struct client *c)
{
	c->state = tcp_state(c->fd);
	result(c->connected, connect(c->fd, &server_addr.sa, addr_len(&server_addr)));
	result(c->written, send(c->fd, "hello", 5, MSG_NOSIGNAL));
}

/* Client @n, from 1 on, connects, and is let in, refused, or finds the accept queue full. */
static void come(size_t n)
{
	uint64_t full = netstat("ListenOverflows");
	struct client *c = &clients[n - 1];

	c->fd = connect_from(5000 + n, PORT);
	if (!AWAIT(tcp_state(c->fd) != SYN_SENT || netstat("ListenOverflows") != full, WAIT_MS))
		bail("client %zu is neither let in nor refused", n);
}

static bool same(const struct client *a, const struct client *b)
{
	return a->state == b->state && !strcmp(a->connected, b->connected) &&
	       !strcmp(a->written, b->written);
}

/* Neighbours for whom all is the same share a line. */
static void show_clients(size_t n)
{
	lab_say("clients  connect()     state        write()");
	for (size_t i = 0, end; i < n; i = end) {
		const struct client *c = &clients[i];
		char who[48];

		for (end = i + 1; end < n && same(c, &clients[end]); end++)
			;
		if (end - i > 1)
			snprintf(who, sizeof(who), "%zu to %zu", i + 1, end);
		else
			snprintf(who, sizeof(who), "%zu", end);
		lab_say("%-8s %-13s %-12s %s", who, c->connected, state_name(c->state),
			c->written);
	}
}

static void show_queues(void)
{
	lab_run("ss -Htan " LO_ROWS);
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ");
}

/* No listener: all six are refused at once. */
static void refused(void)
{
	lab_capture("tcp port 5001");
	for (size_t n = 1; n <= CLIENTS; n++) {
		come(n);
		ask(&clients[n - 1]);
		ok(clients[n - 1].state == CLOSE, "client %zu is refused", n);
		close(clients[n - 1].fd);
	}
	show_clients(CLIENTS);
	lab_say("packets of client 1:");
	lab_captured_once();
	show_queues();
}

static void stage_socket_and_bind(int *fd)
{
	int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	lab_say("1. socket()\n");
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	refused();

	lab_say("\n2. bind()\n");
	if (bind(*fd, &server_addr.sa, addr_len(&server_addr)))
		bail("bind: %s", strerror(errno));
	ok(bind(other, &server_addr.sa, addr_len(&server_addr)) && errno == EADDRINUSE,
	   "nobody else can have the port");
	close(other);
	refused();
}

/* Bytes that the peer has not acknowledged. */
static bool all_acked(int fd)
{
	return !sock_info(fd).tcpi_unacked;
}

static void let_in(size_t n, uint64_t queued, int fd)
{
	struct client *c = &clients[n - 1];

	if (!AWAIT(sock_info(fd).tcpi_unacked == queued && tcp_state(c->fd) == ESTABLISHED,
		   WAIT_MS))
		bail("client %zu is not in the accept queue", n);
	ask(c);
	if (!AWAIT(all_acked(c->fd), WAIT_MS))
		bail("what client %zu wrote is not acknowledged", n);
}

static void stage_listen_only(int fd)
{
	lab_say("\n3. listen(fd, 2), and four clients\n");
	if (listen(fd, BACKLOG))
		bail("listen: %s", strerror(errno));
	lab_timeline_begins(sock_cookie(fd));
	lab_timeline_note("3. listen(), four clients");
	lab_capture("tcp port 5003 or tcp port 5004");
	for (size_t n = 1; n <= FIT; n++) {
		come(n);
		let_in(n, n, fd);
	}
	come(4);
	ask(&clients[3]);
	show_clients(4);
	lab_say("packets of clients 3 and 4:");
	lab_captured_once();
	show_queues();
	lab_run("listenq requests -p 4000 --output QUEUE,REMOTE,RCVQ");
	is_u64(clients[3].state, SYN_SENT, "client 4 still connects");
	is_u64(sock_info(fd).tcpi_unacked, FIT, "one more than the backlog is queued");
}

/* The first in the accept queue is @port's, if that is not 0. */
static int take(int fd, uint16_t port)
{
	union addr from;
	socklen_t len = sizeof(from);
	char said[8];
	int got = -1;

	AWAIT((got = accept(fd, &from.sa, &len)) >= 0, WAIT_MS);
	if (got < 0)
		bail("accept: %s", strerror(errno));
	if (port)
		is_u64(ntohs(from.v4.sin_port), port, "accept() hands out the oldest");
	ok(AWAIT(recv(got, said, sizeof(said), MSG_DONTWAIT) == 5, WAIT_MS),
	   "what it wrote is there");
	return got;
}

static void stage_accept_one(int fd)
{
	lab_say("\n4. accept() once; then come clients 5 and 6\n");
	lab_capture("tcp port 5004");
	lab_timeline_note("4. accept() once, two more clients");
	take(fd, 5001);
	let_in(4, FIT, fd);
	come(5);
	come(6);
	ask(&clients[4]);
	ask(&clients[5]);
	show_clients(CLIENTS);
	lab_say("packets of client 4:");
	lab_captured_once();
	show_queues();
	lab_run("listenq requests -p 4000 --output QUEUE,REMOTE,RCVQ");
	is_u64(sock_info(fd).tcpi_unacked, FIT, "it is full again");
}

static void stage_accept_all(int fd)
{
	lab_say("\n5. accept() again and again\n");
	lab_timeline_note("5. accept() again and again");
	for (size_t n = 2; n <= 4; n++)
		take(fd, 5000 + n);
	for (size_t n = 5; n <= CLIENTS; n++) {
		struct client *c = &clients[n - 1];

		if (!AWAIT(tcp_state(c->fd) == ESTABLISHED, WAIT_MS))
			bail("client %zu is not let in", n);
		ask(c);
	}
	take(fd, 0);
	take(fd, 0);
	lab_timeline_ends();
	show_clients(CLIENTS);
	lab_run("ss -Htan state established 'sport = :4000' | wc -l");
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ");
}

static void show_peers(void)
{
	lab_run("ss -Htan " LO_ROWS);
	lab_run("listenq requests -p 4000 --output QUEUE,REMOTE,ACKED,RCVQ");
}

/* Waits until both queues are as deep as said, and so many found the accept queue full. */
static void rest(struct stage *s, uint64_t acceptq, uint64_t synq, uint64_t overflows)
{
	if (!AWAIT(stage_gauge(s, "acceptq") == acceptq && stage_gauge(s, "synq") == synq &&
		   netstat("ListenOverflows") == overflows, WAIT_MS))
		bail("the queues do not come to %d and %d", (int)acceptq, (int)synq);
	tun_drain(s->tun);
}

/* Peers without a TCP stack, so that one can be late with its ACK. */
static void late_ack(struct stage *s)
{
	const struct seg ack_data = { .flags = SEG_ACK, .seq = 1, .data = STAGE_DATA };

	lab_say("\nA final ACK that finds the accept queue full\n");
	lab_say("Peers 1 and 2 connect, 3 and 4 send a SYN; then 3 an ACK, and then 4.");
	lab_say("Each ACK brings 32 bytes.");
	for (size_t i = 0; i < 2; i++) {
		stage_syn(s, 1);
		rest(s, i, 1, 0);
		stage_send(s, i, 1, &ack_data);
		rest(s, i + 1, 0, 0);
	}
	stage_syn(s, 2);
	rest(s, 2, 2, 0);
	stage_send(s, 2, 1, &ack_data);
	rest(s, 3, 1, 0);
	stage_send(s, 3, 1, &ack_data);
	rest(s, 3, 1, 1);
	show_peers();

	lab_say("\nThe server accepts one. Nothing moves:");
	close(stage_take(s));
	rest(s, 2, 1, 1);
	show_peers();

	lab_say("\nPeer 4 sends its ACK again, without the data:");
	stage_ack(s, 3, 1);
	rest(s, 3, 0, 1);
	show_peers();

	lab_say("\nPeers 5 and 6 send a SYN each:");
	stage_syn(s, 2);
	rest(s, 3, 0, 3);
	lab_run("listenq counters -p 4000 --output SYN,QUEUED,NO-ACCEPTQ,ACK-LOST,ESTABLISHED");
	lab_run("nstat -asz TcpExtListenOverflows | awk 'NR > 1 {print $1, $2}'");
	is_u64(tun_synacks(s->tun, 0), 4, "peers 5 and 6 see no SYN-ACK");
}

static void five_stages(void)
{
	int fd;

	new_netns();
	sysctl_set("net/ipv4/tcp_syn_retries", 30);
	addr_make(&server_addr, "127.0.0.1", PORT);
	stage_socket_and_bind(&fd);
	stage_listen_only(fd);
	stage_accept_one(fd);
	stage_accept_all(fd);
}

int main(void)
{
	struct tun tun;
	struct stage s = { .tun = &tun, .way = &tun_ways[0],
			   .opt = { .port = PORT, .backlog = BACKLOG } };

	if (!lab_begins("01-five-stages"))
		return done();
	five_stages();
	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "lab 01-five-stages");
		return done();
	}
	sysctl_set(RETRIES_CTL, 20);
	stage_listen(&s);
	late_ack(&s);
	return lab_ends();
}
