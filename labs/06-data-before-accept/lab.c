// SPDX-License-Identifier: GPL-2.0
/* How much a client can send before its connection is accepted, and whose memory that is. */
#include "lab.h"
#include "proc.h"
#include "sock.h"
#include "table.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WAIT_MS 60000
#define REQUESTS "/proc/net/listenq/requests"
#define MUCH 500000	/* more than any receive buffer here */

enum { ESTABLISHED = 1, CLOSE = 7 };

static int server(uint16_t port, int rcvbuf)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = port });

	if (rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)))
		bail("SO_RCVBUF: %s", strerror(errno));
	if (listen(fd, 5))
		bail("listen: %s", strerror(errno));
	return fd;
}

/* The connection that this makes is number @queued of the accept queue. */
static int client(int listener, uint16_t port, uint64_t queued)
{
	int fd = connect_from(port, sock_port(listener)), room = 2 * MUCH;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		bail("SO_SNDBUFFORCE: %s", strerror(errno));
	if (!AWAIT(sock_info(listener).tcpi_unacked == queued && tcp_state(fd) == ESTABLISHED,
		   WAIT_MS))
		bail("the connection does not reach the accept queue");
	return fd;
}

/* SIOCOUTQ: written and not yet acknowledged, sent or not; SIOCINQ: came and not yet read. */
static uint64_t queue_bytes(int fd, unsigned long which)
{
	int n;

	if (ioctl(fd, which, &n))
		bail("bytes of a queue: %s", strerror(errno));
	return n;
}

/* The SYN counts as one. */
static uint64_t acked(int client)
{
	return sock_info(client).tcpi_bytes_acked - 1;
}

static uint64_t rcvq_bytes(const char *local)
{
	struct table *t = table_read(REQUESTS);
	uint64_t bytes = 0;
	long row = table_find(t, "local", local);

	if (row < 0 || !cell_u64(t, row, "rcvq_bytes", &bytes))
		bail("%s has no row with rcvq_bytes", local);
	table_free(t);
	return bytes;
}

static void say(int client, int bytes)
{
	static const char zeroes[MUCH];

	is_u64(send(client, zeroes, bytes, MSG_NOSIGNAL), bytes, "write() takes all");
}

static void show_queues(void)
{
	lab_run("ss -Htan 'sport = :4000' | sort | awk '{print $1, $2, $3, $4, $5}'");
	lab_run("listenq -p 4000 --output LOCAL,BACKLOG,ACCEPTQ");
	lab_run("listenq requests -p 4000 --output QUEUE,REMOTE,RCVQ");
}

static void two_clients(void)
{
	int fd = server(4000, 0), one = client(fd, 5001, 1), two = client(fd, 5002, 2);
	char byte;

	lab_say("Two clients write 1000 and 300 bytes. Nobody accepts:\n");
	say(one, 1000);
	say(two, 300);
	if (!AWAIT(acked(one) == 1000 && acked(two) == 300, WAIT_MS))
		bail("what the clients wrote is not acknowledged");
	show_queues();
	lab_say("Acknowledged to the clients: %d and %d bytes.", (int)acked(one),
		(int)acked(two));

	close(fd);
	if (!AWAIT(tcp_state(one) == CLOSE && tcp_state(two) == CLOSE, WAIT_MS))
		bail("the clients do not see the end");
	lab_say("\nThe server closes the listener:\n");
	lab_run("listenq closed -p 4000 --output LOCAL,PENDING,ACCEPTED");
	ok(recv(one, &byte, 1, 0) == -1 && errno == ECONNRESET, "client 1 is reset");
	ok(recv(two, &byte, 1, 0) == -1 && errno == ECONNRESET, "client 2 is reset");
	lab_say("recv() of both clients: ECONNRESET");
	close(one);
	close(two);
}

/* Nothing is under way, and the window is shut. */
static bool stopped(int client)
{
	struct tcp_info ti = sock_info(client);

	return !ti.tcpi_unacked && !ti.tcpi_snd_wnd;
}

static uint64_t read_all(int fd, uint64_t most)
{
	static char buf[65536];
	uint64_t sum = 0;
	ssize_t n;

	while (sum < most && (n = recv(fd, buf, sizeof(buf), 0)) > 0)
		sum += n;
	return sum;
}

static void fill(uint16_t port, int asked)
{
	int fd = server(port, asked), c = client(fd, port + 1000, 1), rcvbuf, got;
	socklen_t len = sizeof(rcvbuf);
	uint64_t came, rest;
	char local[ADDR_TEXT];

	sock_text(fd, local);
	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, &len))
		bail("SO_RCVBUF: %s", strerror(errno));
	say(c, MUCH);
	if (!AWAIT(stopped(c), WAIT_MS))
		bail("the window does not shut");
	came = rcvq_bytes(local);
	rest = queue_bytes(c, SIOCOUTQ);
	diag("%d of %d bytes", (int)came, rcvbuf);
	is_u64(came, acked(c), "%d: rcvq_bytes is what was acknowledged to the client", asked);
	is_u64(came + rest, MUCH, "%d: the rest waits at the client", asked);
	in_range(came, asked, rcvbuf - 1, "%d: rcvq_bytes", asked);
	lab_say("%9d %10d %8d   %6d <= n < %-6d   %d - n", asked, rcvbuf, MUCH, asked, rcvbuf,
		MUCH);

	got = accept(fd, NULL, NULL);
	is_u64(queue_bytes(got, SIOCINQ), came, "%d: accept() finds as much", asked);
	is_u64(read_all(got, MUCH), MUCH, "%d: whoever reads gets all", asked);
	close(got);
	close(c);
	close(fd);
}

int main(void)
{
	static const int asked[] = { 4096, 16384, 65536, 200000 };

	if (!lab_begins("06-data-before-accept"))
		return done();
	new_netns();
	two_clients();
	lab_say("\nOne client writes 500000 bytes, more than fits. Nobody accepts:\n");
	lab_say("SO_RCVBUF of the server");
	lab_say("    asked   kernel's  write()   RCVQ = n             Send-Q");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		fill(4001 + i, asked[i]);
	lab_say("\nThe server accepts and reads: it gets all 500000, each time.");
	return lab_ends();
}
