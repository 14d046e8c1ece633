// SPDX-License-Identifier: GPL-2.0
/* How listeners and connections end: RST, FIN, TIME_WAIT, and a peer that is gone. timeout: 600 */
#include "lab.h"
#include "books.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SERVER 4000
#define OTHER 4001
#define BACKLOG 10
#define WAIT_MS 60000
#define LONG_MS 120000	/* what a timer of TCP brings on */
#define ESTABLISHED 1	/* states of the kernel's include/net/tcp_states.h */
#define FIN_WAIT2 5
#define CLOSE 7
#define CLOSE_WAIT 8
#define TIME_WAIT_MS 60000	/* TCP_TIMEWAIT_LEN of the kernel's include/net/tcp.h */
#define FIN_TIMEOUT_CTL "net/ipv4/tcp_fin_timeout"
#define REUSE_CTL "net/ipv4/tcp_tw_reuse"
#define RANGE_FILE "/proc/sys/net/ipv4/ip_local_port_range"
#define PORTS 4

#define WAITING "ss -Htn state time-wait '( sport = :%u or dport = :%u )'"

/* Both ends of a connection. */
struct pair {
	int client, server;
};

static int open_server(const char *addr, uint16_t port)
{
	int fd = listener_open(&(struct lopt){ .addr = addr, .port = port, .backlog = BACKLOG });

	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		bail("O_NONBLOCK: %s", strerror(errno));
	return fd;
}

static int take(int listener)
{
	int fd = -1;

	AWAIT((fd = accept(listener, NULL, NULL)) >= 0, WAIT_MS);
	if (fd < 0)
		bail("accept: %s", strerror(errno));
	return fd;
}

static struct pair connected(int listener, uint16_t port)
{
	struct pair p = { .client = connect_from(port, SERVER) };

	if (!AWAIT(tcp_state(p.client) == ESTABLISHED, WAIT_MS))
		bail("port %u is not connected", port);
	p.server = take(listener);
	return p;
}

static void linger(int fd, int seconds)
{
	struct linger l = { .l_onoff = 1, .l_linger = seconds };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)))
		bail("SO_LINGER: %s", strerror(errno));
}

/* The errno that read() ends with, or 0. */
static int read_error(int fd)
{
	char byte;

	if (!AWAIT(tcp_state(fd) == CLOSE, WAIT_MS))
		return 0;
	return read(fd, &byte, 1) < 0 ? errno : 0;
}

/* Two clients on lo wait in the accept queue, one peer behind the tun in the SYN queue. */
static void listener_closes(struct tun *tun)
{
	int listener = open_server("0.0.0.0", SERVER), clients[2], err;
	uint64_t cookie = sock_cookie(listener);
	size_t peer = tun_syn(tun, AF_INET, SERVER);
	struct counts c;

	lab_say("A listener with two connections in its accept queue, one request in its SYN queue:\n");
	for (int i = 0; i < 2; i++) {
		clients[i] = connect_from(5001 + i, SERVER);
		if (!AWAIT(tcp_state(clients[i]) == ESTABLISHED &&
			   sock_info(listener).tcpi_unacked == i + 1u, WAIT_MS))
			bail("client %d does not wait", i);
	}
	is_u64(write(clients[0], "ping", 4), 4, "the first client writes");
	AWAIT(!sock_info(clients[0]).tcpi_unacked, WAIT_MS);
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ,SYNQ");
	lab_say("\nIt closes. What the clients hear:\n");
	lab_capture("tcp portrange 5001-5002");
	close(listener);
	lab_captured();
	for (int i = 0; i < 2; i++) {
		err = read_error(clients[i]);
		is_u64(err, ECONNRESET, "client %d is reset", i);
		lab_say("read() by port %d: %s", 5001 + i, strerror(err));
		close(clients[i]);
	}
	tun_drain(tun);
	is_u64(tun->peers[peer].resets, 0, "the peer in the SYN queue hears nothing");
	tun_send(tun, peer, SEG_ACK);
	tun_drain(tun);
	is_u64(tun->peers[peer].resets, 1, "but its ACK is answered by RST");
	lab_say("\nThe peer in the SYN queue hears nothing, until it sends its ACK: RST.\n");
	lab_run("listenq closed -p 4000 --output LOCAL,SYNQ-LEFT,PENDING,ACCEPTED");
	ok(counts_closed(cookie, &c), "it is in closed");
	is_u64(counts_get(&c, "closed_pending"), 2, "closed_pending");
	is_u64(c.synq, 1, "synq_left");
}

/* The first to close, and then the other one, which has seen it and said so. */
static void close_both(int first, int second)
{
	int now = 1;

	shutdown(first, SHUT_WR);
	ok(AWAIT(tcp_state(second) == CLOSE_WAIT, WAIT_MS), "a FIN comes");
	/* It would wait for a FIN to go along with. */
	setsockopt(second, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof(now));
	ok(AWAIT(tcp_state(first) == FIN_WAIT2, WAIT_MS), "and is acknowledged");
	shutdown(second, SHUT_WR);
	ok(AWAIT(tcp_state(first) == CLOSE && tcp_state(second) == CLOSE, WAIT_MS),
	   "both have closed");
	close(first);
	close(second);
}

static void who_waits(int listener)
{
	struct pair p = connected(listener, 5003);

	lab_say("\nThe client, port 5003, closes first:\n");
	lab_capture("tcp port 5003");
	close_both(p.client, p.server);
	lab_captured();
	lab_run(WAITING, 5003, 5003);
	lab_say("\nThe server closes first, the client is port 5004:\n");
	p = connected(listener, 5004);
	close_both(p.server, p.client);
	lab_run(WAITING, 5004, 5004);
}

static void zero_linger(int listener)
{
	struct pair p = connected(listener, 5005);
	int err;

	lab_say("\nThe client, port 5005, has SO_LINGER with 0 and closes first. Port 5006 closes");
	lab_say("without it, but has not read what the server has sent:\n");
	lab_capture("tcp portrange 5005-5006 and tcp[tcpflags] & (tcp-fin|tcp-rst) != 0");
	linger(p.client, 0);
	close(p.client);
	err = read_error(p.server);
	is_u64(err, ECONNRESET, "SO_LINGER with 0: reset");
	close(p.server);
	p = connected(listener, 5006);
	is_u64(write(p.server, "ping", 4), 4, "the server writes");
	ok(AWAIT(!sock_info(p.server).tcpi_unacked, WAIT_MS), "the client has it");
	close(p.client);
	is_u64(read_error(p.server), ECONNRESET, "data left unread: reset");
	close(p.server);
	lab_captured();
	lab_say("read() by the server: %s", strerror(err));
	lab_run("ss -Htn state time-wait '( dport = :5005 or dport = :5006 )' | wc -l");
}

static size_t connect_peer(struct tun *tun, int listener, int *fd)
{
	size_t peer = tun_syn(tun, AF_INET, SERVER);

	tun_send(tun, peer, SEG_ACK);
	*fd = take(listener);
	return peer;
}

/* close() waits one second for a peer that never acknowledges, and has no error to tell. */
static void long_linger(struct tun *tun, int listener)
{
	struct pair p = connected(listener, 5007);
	uint64_t began;
	size_t peer;
	int fd;

	lab_say("\nSO_LINGER with a time, the peer acknowledges all:");
	linger(p.client, 100000);
	is_u64(close(p.client), 0, "close() returns");
	ok(AWAIT(tcp_state(p.server) == CLOSE_WAIT, WAIT_MS), "when the FIN is acknowledged");
	lab_say("close() returns when the FIN is acknowledged.");
	close(p.server);
	lab_say("\nSO_LINGER with 1 second, the socket is O_NONBLOCK, the peer acknowledges nothing:");
	peer = connect_peer(tun, listener, &fd);
	is_u64(write(fd, "ping", 4), 4, "write()");
	linger(fd, 1);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	began = mono_ms();
	is_u64(close(fd), 0, "close() has no error");
	ok(mono_ms() - began >= 990, "but has waited");
	tun_drain(tun);
	is_u64(tun->peers[peer].resets, 0, "the connection is not reset");
	lab_say("close() returns 0 after that second. No RST; the kernel goes on with the data:");
	lab_run("ss -Htn state fin-wait-1 'sport = :4000'");
}

static int connect_any(uint16_t to)
{
	union addr a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	addr_make(&a, "127.0.0.1", to);
	if (!connect(fd, &a.sa, addr_len(&a)))
		return fd;
	close(fd);
	return -1;
}

/* Connects again and again, and closes first; returns how often that went well. */
static unsigned int use_up(int listener, uint16_t to)
{
	unsigned int n = 0;
	int fd, err;

	for (; n < 10 * PORTS && (fd = connect_any(to)) >= 0; n++)
		close_both(fd, take(listener));
	err = errno;
	lab_say("to port %u: %u connections, then: %s", to, n, strerror(err));
	is_u64(err, EADDRNOTAVAIL, "port %u: no port is left", to);
	return n;
}

static void exhaust(int listener)
{
	int other = open_server("127.0.0.1", OTHER), fd = -1;
	char range[32];

	snprintf(range, sizeof(range), "50000 %d", 50000 + PORTS - 1);
	if (!file_write(RANGE_FILE, range))
		bail("%s: %s", RANGE_FILE, strerror(errno));
	lab_say("\nThe client's ports are net.ipv4.ip_local_port_range = %s;", range);
	lab_say("it always closes first, and net.ipv4.tcp_tw_reuse = 0:\n");
	sysctl_set(REUSE_CTL, 0);
	is_u64(use_up(listener, SERVER), PORTS, "each port once");
	is_u64(use_up(other, OTHER), PORTS, "each port once more, to another destination");
	lab_run("ss -Htn state time-wait 'sport >= :50000' | wc -l");
	lab_say("\nnet.ipv4.tcp_tw_reuse = 1, and a second or two later:\n");
	lab_run("nstat -n");
	sysctl_set(REUSE_CTL, 1);
	ok(AWAIT((fd = connect_any(SERVER)) >= 0, WAIT_MS), "a port is used again");
	close_both(fd, take(listener));
	lab_say("to port %u: connected", SERVER);
	lab_run("nstat -z TcpExtTWRecycled");
	close(other);
}

/* How long the TIME_WAIT of a client's port still lasts. */
static uint64_t left_ms(uint16_t port)
{
	uint64_t ms = 0;
	struct diag_list l;

	diag_dump(&l, AF_INET, DIAG_TIME_WAIT);
	for (size_t i = 0; i < l.n; i++)
		if (l.s[i].port == port)
			ms = l.s[i].expires_ms;
	diag_free(&l);
	return ms;
}

static void how_long(int listener)
{
	struct pair p = connected(listener, 5008);
	uint64_t ms;

	sysctl_set(FIN_TIMEOUT_CTL, 5);
	close_both(p.client, p.server);
	ms = left_ms(5008);
	lab_say("\nWith net.ipv4.tcp_fin_timeout = 5, a new TIME_WAIT has");
	if (in_range(ms, 5001, TIME_WAIT_MS, "TIME_WAIT is not tcp_fin_timeout"))
		lab_say("more than 5 seconds to go, and at most 60.");
}

static void keep(int fd, int opt, int value)
{
	if (setsockopt(fd, opt == SO_KEEPALIVE ? SOL_SOCKET : IPPROTO_TCP, opt, &value,
		       sizeof(value)))
		bail("keepalive: %s", strerror(errno));
}

/* Two peers are gone; one socket asks for them. */
static void vanished(struct tun *tun, int listener)
{
	int fd[2], err = 0;
	size_t peer = connect_peer(tun, listener, &fd[0]);

	connect_peer(tun, listener, &fd[1]);
	lab_say("\nTwo peers are gone without a word. One of the sockets has SO_KEEPALIVE,");
	lab_say("TCP_KEEPIDLE = 1, TCP_KEEPINTVL = 1, TCP_KEEPCNT = 2:\n");
	lab_run("nstat -n");
	keep(fd[0], TCP_KEEPIDLE, 1);
	keep(fd[0], TCP_KEEPINTVL, 1);
	keep(fd[0], TCP_KEEPCNT, 2);
	keep(fd[0], SO_KEEPALIVE, 1);
	AWAIT((err = sock_error(fd[0])) != 0, LONG_MS);
	lab_say("with keepalive: %s", strerror(err));
	is_u64(err, ETIMEDOUT, "keepalive: timed out");
	is_u64(tcp_state(fd[1]), ESTABLISHED, "without: nothing is known");
	tun_drain(tun);
	is_u64(tun->peers[peer].resets, 1, "a RST goes to who may hear it");
	lab_say("without:        still connected");
	lab_run("nstat -z TcpExtTCPKeepAlive");
}

int main(void)
{
	struct tun tun;
	int listener;

	if (!lab_begins("08-closing-time"))
		return done();
	new_netns();
	if (!tun_open(&tun))
		bail("no tun");
	listener_closes(&tun);
	listener = open_server("0.0.0.0", SERVER);
	who_waits(listener);
	zero_linger(listener);
	long_linger(&tun, listener);
	vanished(&tun, listener);
	exhaust(listener);
	how_long(listener);
	check_sums("at the end");
	return lab_ends();
}
