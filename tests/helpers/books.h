/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The books of a listener: its row of counters, what moved in it and what did not, whether they
 * balance, and what all listeners of a namespace add up to beside the kernel's own counters.
 */
#ifndef LISTENQ_BOOKS_H
#define LISTENQ_BOOKS_H

#include "table.h"
#include "tap.h"
#include "tun.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTERS "/proc/net/listenq/counters"
#define CLOSED "/proc/net/listenq/closed"

#define COUNTS_MAX 32
#define UNKNOWN UINT64_MAX	/* a dash in the table */
#define BOOKS_MS 5000	/* how long a step may take to be seen */

/* The columns of counters behind sk and local, in order. */
extern const char *const counts_columns[];
extern const size_t counts_ncolumns;

/* A row, and what was in the queues then; of a closed listener, what was left in them. */
struct counts {
	uint64_t v[COUNTS_MAX];
	uint64_t synq, acceptq;
};

struct books {
	char name[96];
	uint64_t cookie;
	struct tun *tun;	/* NULL: no packet peers, and no SYN-ACK comes twice */
	uint64_t bad, failed;	/* cookies that failed before the step: its, and all */
	uint64_t resent;	/* SYN-ACKs that had come again before these books began */
	uint16_t port;
	unsigned int wait_ms;
	const char *unknown;	/* columns that must be a dash, with blanks between; or NULL */
	struct counts want;	/* what the columns must be now */
};

bool accept_by_return(void);
uint64_t counts_get(const struct counts *c, const char *column);
void counts_row(const struct table *t, size_t row, struct counts *c);
bool counts_read(uint64_t cookie, struct counts *c);
bool counts_closed(uint64_t cookie, struct counts *c);
void counts_open(struct counts *total);
void counts_sum(struct counts *total, size_t *closed);
bool counts_balance(const struct counts *c, char *wrong, size_t room);
void counts_show(const struct counts *c);
bool check_balance(const struct counts *c, const char *fmt, ...) TAP_FMT(2);

void books_open(struct books *b, uint64_t cookie, const char *name);
void books_peers(struct books *b, struct tun *tun, uint16_t port);
bool books_step(struct books *b, const char *what, const char *moves, ...) TAP_FMT(3);
bool books_end(struct books *b, const char *what, const char *moves, ...) TAP_FMT(3);
void books_again(struct books *b);

void check_sums(const char *what);
void check_sums_with(const struct counts *dead, const char *what);
void check_exact(const char *what);

#endif
