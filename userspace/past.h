/* SPDX-License-Identifier: GPL-2.0 */
/* What top remembers of each listener from one reading to the next. */
#ifndef LISTENQ_PAST_H
#define LISTENQ_PAST_H

#include "table.h"

#define PAST_DEPTHS 6	/* so many depths of each queue are remembered */

/* All zero at first, freed by past_free(). */
struct past {
	uint64_t age_ms;	/* of the module, at the last reading */
	size_t n;
	struct past_listener *listeners;	/* in the order of their cookies */
};

void past_compare(struct past *past, struct table *table, uint64_t age_ms);
void past_free(struct past *past);

#endif
