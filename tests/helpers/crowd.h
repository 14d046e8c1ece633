/* SPDX-License-Identifier: GPL-2.0 */
/* Clients that come to a listener one by one, and what the events tell of its accept queue. */
#ifndef LISTENQ_CROWD_H
#define LISTENQ_CROWD_H

#include "events.h"

#include <stdbool.h>
#include <stdint.h>

#define CROWD_MAX 40
#define CROWD_PORT 5001		/* of the first client; each has its own */

struct guest {
	int fd, served;		/* both ends */
	bool at_once;		/* let in when it came */
	bool spoke;
	uint64_t began_us, there_us, taken_us;	/* as the program saw it */
	uint64_t dropped_ns, answered_ns, in_ns;	/* as the events tell it */
};

struct crowd {
	int listener;
	uint64_t cookie;
	struct stream *stream;
	unsigned int came, in, out;
	struct guest guests[CROWD_MAX];
};

/* The accept queue over time, added up. */
struct curve {
	uint64_t depth, began_ns, ended_ns;
	uint64_t area_ns;	/* depth times time */
	uint64_t stays_ns;	/* from established to accept, of all */
	uint64_t waited_us;	/* waited_us of all accept events */
	bool grows;
	char text[256];		/* the depths; a line for each time it grows or shrinks */
};

void crowd_open(struct crowd *c, int listener);
void crowd_close(struct crowd *c);
uint64_t crowd_dropped(const struct crowd *c);
bool crowd_arrive(struct crowd *c);
void crowd_take(struct crowd *c);
struct curve crowd_curve(struct crowd *c);
uint64_t crowd_seen_us(const struct crowd *c);

#endif
