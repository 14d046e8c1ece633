/* SPDX-License-Identifier: GPL-2.0 */
/* What explain knows of one listener, and the part of it that judges. */
#ifndef LISTENQ_EXPLAIN_H
#define LISTENQ_EXPLAIN_H

#include "read.h"

/* A row of listeners with its counters, and the module's info. */
struct facts {
	struct table *table;
	size_t row;
	const struct info *info;
	const struct table *later;	/* the counters after a while; NULL: not looked at again */
};

bool fact_number(const struct facts *facts, const char *name, uint64_t *value);
uint64_t fact_count(const struct facts *facts, const char *name);
bool fact_requested(const struct facts *facts, uint64_t *backlog);
bool fact_clamped(const struct facts *facts);
bool fact_full(const struct facts *facts, const char *depth, const char *limit);
bool explain_suspects(const struct facts *facts);
void explain_losses(const struct facts *facts);
void explain_verdict(const struct facts *facts, const char **word, const char **words,
		     char **next);

#endif
