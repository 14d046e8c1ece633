/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often each probe was hit, held against what was done since the last time.
 *
 * What is wanted is said in words, one for each probe that the step enters; all others must have
 * no hit. NAME is one for each of HITS events; NAME*3 three times as many, NAME=3 three in all;
 * NAME~ as many as there were events or none, where the compiler decides; NAME? any number, as of a
 * timer that may fire meanwhile. A # in a name is the family, 4 or 6.
 */
#ifndef LISTENQ_HITS_H
#define LISTENQ_HITS_H

#include "mod.h"
#include "tap.h"

#include <stdbool.h>

#define HITS 23	/* events of a step: as good as any number that nothing else comes to */

struct hits {
	char name[96];
	int family;
	unsigned int wait_ms;	/* how long a step may take to be seen */
	struct info *before;
};

void hits_begin(struct hits *h, int family, const char *fmt, ...) TAP_FMT(3);
bool hits_step(struct hits *h, const char *what, const char *want);
void hits_end(struct hits *h);
void check_entered(bool packet, const char *except);

#endif
