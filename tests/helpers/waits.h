/* SPDX-License-Identifier: GPL-2.0 */
/* The waits of a listener: its rows in latency, held against how long the test held somebody up. */
#ifndef LISTENQ_WAITS_H
#define LISTENQ_WAITS_H

#include "tap.h"

#include <stdbool.h>
#include <stdint.h>

#define LATENCY "/proc/net/listenq/latency"
#define WAITS_BUCKETS 27

struct waits {
	uint64_t count, sum_us, max_us;
	uint64_t b[WAITS_BUCKETS];
};

/* Each of so many waits took so long, in microseconds. */
struct span {
	uint64_t n, least, most;
};

uint64_t mono_us(void);
void hold(unsigned int ms);
void waits_read(uint64_t cookie, const char *queue, struct waits *w);
bool check_waits(const struct waits *before, const struct waits *after, const struct span *s,
		 const char *fmt, ...) TAP_FMT(4);

#endif
