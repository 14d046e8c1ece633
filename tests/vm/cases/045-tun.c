// SPDX-License-Identifier: GPL-2.0
/*
 * What other cases build on: without a queue, a peer has its SYN-ACK when the write() of its SYN
 * returns, though another processor sends through the same device without pause.
 */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "stage.h"
#include "tap.h"
#include "tun.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SYNS 3000

static void on_cpu(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/* Until it is killed: datagrams to where the peers are. */
static void sender(int up, void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	union addr a;

	(void)arg;
	on_cpu(1);
	addr_make(&a, "10.9.255.1", 9);
	put_u64(up, 0);
	for (;;)
		sendto(fd, "", 1, 0, &a.sa, addr_len(&a));
}

int main(void)
{
	struct lopt o = { .addr = TUN_V4, .backlog = 5000 };
	struct child child;
	struct tun tun;
	size_t late = 0;
	int fd;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return done();
	}
	tun_unqueue();
	stage_sysctls();
	fd = listener_open(&o);
	child_start(&child, sender, NULL);
	get_u64(child.fd);
	on_cpu(0);
	for (size_t i = 0; i < SYNS; i++) {
		size_t peer = tun_syn(&tun, AF_INET, sock_port(fd));

		tun_drain(&tun);
		late += !tun_synacks(&tun, peer);
	}
	is_u64(late, 0, "SYN-ACKs that came after the write() of %d SYNs", SYNS);
	kill(child.pid, SIGKILL);
	child_end(&child);
	tun_close(&tun);
	return done();
}
