/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's own sock_diag says of TCP sockets and of requests in SYN_RECV. */
#ifndef LISTENQ_SOCKDIAG_H
#define LISTENQ_SOCKDIAG_H

#include <linux/sock_diag.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAG_SYN_RECV (1u << 3)
#define DIAG_TIME_WAIT (1u << 6)
#define DIAG_LISTEN (1u << 10)

struct diag_sock {
	uint8_t family, state, retrans;
	bool has_cgroup, has_v6only, v6only;
	uint16_t port;
	uint32_t ifindex, acceptq, max, uid, inode, expires_ms;
	uint64_t cookie, cgroup;
	char local[80];
};

struct diag_list {
	size_t n, room;
	struct diag_sock *s;
};

void diag_dump(struct diag_list *l, int family, unsigned int states);
void diag_free(struct diag_list *l);
size_t diag_total(int family, unsigned int states);
bool diag_find(uint64_t cookie, struct diag_sock *found);
bool diag_find_port(int family, uint16_t port, struct diag_sock *found);
int diag_kill(int family, const void *local, uint16_t port, const void *remote, uint16_t rport);
size_t diag_requests(int family, uint16_t port, size_t *young);

#endif
