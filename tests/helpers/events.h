/* SPDX-License-Identifier: GPL-2.0 */
/* The stream of events: read line by line, checked, and added up for each listener. */
#ifndef LISTENQ_EVENTS_H
#define LISTENQ_EVENTS_H

#include "books.h"
#include "sock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS "/proc/net/listenq/events"
#define EVENTS_MAX 24	/* kinds that are told apart */

/* The names, in the order of the tallies. */
extern const char *const events_names[];
extern const size_t events_nnames;

struct event {
	uint64_t ns;
	char sk[20], local[ADDR_TEXT], name[20], remote[ADDR_TEXT], detail[120];
};

/* One open file, and what of it has been read but not handed out. */
struct stream {
	int fd;
	char buf[1 << 16];
	size_t len, at;
	uint64_t last_ns, lines, lost;
};

/* How many of each kind. */
struct tally {
	uint64_t cookie, n[EVENTS_MAX];
};

struct stream *stream_open(void);
void stream_close(struct stream *s);
bool stream_next(struct stream *s, struct event *e);
bool stream_await(struct stream *s, struct event *e, unsigned int ms);

void tally_add(struct tally *t, const struct event *e);
bool tally_agree(const struct tally *t, const struct counts *c, char *wrong, size_t room);

void events_follow(void);
void events_drain(void);
bool events_agree(uint64_t cookie, const struct counts *c, char *wrong, size_t room);
bool events_agree_all(const struct counts *total, char *wrong, size_t room);

#endif
