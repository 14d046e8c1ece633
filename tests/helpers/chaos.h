/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything at once: actors, each a process that repeats a random step until it is told to stop;
 * listeners that stay all the time; and strict readers that watch.
 */
#ifndef LISTENQ_CHAOS_H
#define LISTENQ_CHAOS_H

#include "books.h"
#include "knob.h"
#include "table.h"
#include "tap.h"
#include "tun.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHAOS_ACTORS 16
#define CHAOS_STAY 24	/* listeners that stay */
#define CHAOS_GOING 64	/* ports of listeners that come and go */

struct chaos_stay {
	uint64_t cookie;
	uint16_t port;
	int fd, backlog;
	bool v6, accepts;
};

/* What the one who reads closed all the time has added up. */
struct chaos_books {
	struct counts total;
	bool unknown[COUNTS_MAX];	/* some row had a dash there */
	atomic_ulong looks, rows, gaps;
};

/* Shared by all processes of the case. */
struct chaos {
	bool reload;		/* the module comes and goes: so do the tables, and flag l */
	bool has_tun;
	uint64_t seed;
	struct chaos_stay stay[CHAOS_STAY];
	atomic_bool stop;
	atomic_ushort going[CHAOS_GOING];
	atomic_int world;	/* a process in another namespace, or 0 */
	atomic_ulong lives;	/* of the module, if it comes and goes */
	atomic_ulong steps[CHAOS_ACTORS];
	atomic_ulong faults;	/* rows that cannot be */
	char first_fault[900];
	atomic_ulong tables, rows, unborn, moved;
	struct chaos_books books;
};

struct actor {
	const char *name;
	void (*begin)(void);	/* may be NULL */
	void (*step)(struct rng *r);
	void (*end)(void);	/* may be NULL */
	unsigned int least;	/* steps, for the case to be worth something */
};

extern struct chaos *chaos;
extern struct tun chaos_tun;
extern const struct actor chaos_traffic[];
extern const unsigned int chaos_traffic_count;
extern const struct actor chaos_readers[];
extern const unsigned int chaos_readers_count;
extern const struct actor chaos_booking[];
extern const unsigned int chaos_booking_count;

void chaos_begin(uint64_t seed, bool reload);
uint16_t chaos_port(struct rng *r, bool *v6);
void chaos_reset(int fd);
void chaos_server(struct rng *r);
void chaos_look_at_closed(void);
void chaos_start(const struct actor *a);
void chaos_stop(void);
void chaos_close(void);
void chaos_fault(const char *fmt, ...) TAP_FMT(1);
void chaos_rows(const struct table *t, bool whole, bool here, uint64_t began);

#endif
