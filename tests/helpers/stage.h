/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One listener, its packet peers and its books: what the cases of the counters play on. Each act is
 * played on a listener of its own, once for each way in tun_ways, with the sysctls as they are in a
 * new namespace.
 */
#ifndef LISTENQ_STAGE_H
#define LISTENQ_STAGE_H

#include "books.h"
#include "sock.h"
#include "tun.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ABORT_CTL "net/ipv4/tcp_abort_on_overflow"
#define RETRIES_CTL "net/ipv4/tcp_synack_retries"
#define FASTOPEN_CTL "net/ipv4/tcp_fastopen"
#define MIGRATE_CTL "net/ipv4/tcp_migrate_req"

#define STAGE_DATA 32	/* bytes that a segment with data has */

struct stage {
	struct tun *tun;
	const struct way *way;
	struct lopt opt;	/* before stage_open(): what is asked of the listener */
	int fd;
	uint16_t port;
	uint64_t cookie;	/* the TCP socket's, also of an MPTCP listener */
	struct books books;
};

typedef void (*act_fn)(struct stage *s);

void stage_listen(struct stage *s);
void stage_open(struct stage *s, const char *name);
void stage_own_port(struct stage *s);
void stage_books(struct stage *s, const char *name);
void stage_close(struct stage *s);
size_t stage_syn(struct stage *s, size_t n);
void stage_send(struct stage *s, size_t first, size_t n, const struct seg *seg);
void stage_ack(struct stage *s, size_t first, size_t n);
void stage_connect(struct stage *s, size_t n);
uint64_t stage_fill(struct stage *s);
uint64_t stage_gauge(const struct stage *s, const char *column);
int stage_take(struct stage *s);
void stage_accept(struct stage *s, size_t n);
void stage_sysctls(void);
void stage_ways(struct tun *tun, const act_fn *acts, size_t n);
bool stage_play(const act_fn *acts, size_t n);

#endif
