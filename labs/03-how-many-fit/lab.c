// SPDX-License-Identifier: GPL-2.0
/* How many connections a listener really queues, for backlogs from 0 to 14, beside old systems. */
#include "lab.h"
#include "proc.h"
#include "sock.h"
#include "table.h"

#include <stdint.h>
#include <unistd.h>

#define MOST 14
#define CLIENTS (MOST + 3)
#define WAIT_MS 20000
#define ESTABLISHED 1	/* TCP_ESTABLISHED of the kernel's include/net/tcp_states.h */

/* Stevens, Fenner, Rudoff: UNIX Network Programming, volume 1, figure 4.10. */
static const struct { int macos_aix, linux_2_4, hpux, freebsd, solaris; } history[MOST + 1] = {
	{ 1, 3, 1, 1, 1 }, { 2, 4, 1, 2, 2 }, { 4, 5, 3, 3, 4 }, { 5, 6, 4, 4, 5 },
	{ 7, 7, 6, 5, 6 }, { 8, 8, 7, 6, 8 }, { 10, 9, 9, 7, 10 }, { 11, 10, 10, 8, 11 },
	{ 13, 11, 12, 9, 13 }, { 14, 12, 13, 10, 14 }, { 16, 13, 15, 11, 16 },
	{ 17, 14, 16, 12, 17 }, { 19, 15, 18, 13, 19 }, { 20, 16, 19, 14, 20 },
	{ 22, 17, 21, 15, 22 },
};

/* Clients connect, one after the other, until one of their SYNs finds the accept queue full. */
static int fill(int listener)
{
	uint64_t before = netstat("ListenOverflows");
	int clients[CLIENTS], n = 0;
	union addr to;

	sock_name(listener, &to);
	do {
		clients[n] = connect_nb(&to);
		if (!AWAIT(tcp_state(clients[n]) == ESTABLISHED ||
			   netstat("ListenOverflows") != before, WAIT_MS))
			bail("a connection is neither established nor refused");
		n++;
	} while (netstat("ListenOverflows") == before && n < CLIENTS);
	for (int i = 0; i < n; i++)
		close(clients[i]);
	return n - 1;
}

static void measure(int backlog)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = backlog });
	uint64_t cookie = sock_cookie(fd), limit, queued;
	int fit = fill(fd);

	listener_u64(cookie, "acceptq_limit", &limit);
	listener_u64(cookie, "acceptq", &queued);
	lab_say("%7d %9d %11d %8d %9d %9d %11d", backlog, history[backlog].macos_aix,
		history[backlog].linux_2_4, history[backlog].hpux, history[backlog].freebsd,
		history[backlog].solaris, fit);
	is_u64(fit, backlog + 1, "backlog %d: one more fits", backlog);
	is_u64(queued, fit, "backlog %d: so many are in the queue", backlog);
	is_u64(limit, fit, "backlog %d: acceptq_limit says so", backlog);
	close(fd);
}

int main(void)
{
	if (!lab_begins("03-how-many-fit"))
		return done();
	new_netns();
	lab_say("Connections that are really queued, by the backlog of listen():\n");
	lab_say("backlog MacOS/AIX Linux-2.4.7 HP-UX-11 FreeBSD-5 Solaris-9 this-kernel");
	for (int backlog = 0; backlog <= MOST; backlog++)
		measure(backlog);
	return lab_ends();
}
