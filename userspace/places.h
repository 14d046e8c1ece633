/* SPDX-License-Identifier: GPL-2.0 */
/* Network namespaces: the one of -N, and all of them for -A. */
#ifndef LISTENQ_PLACES_H
#define LISTENQ_PLACES_H

#include <stdbool.h>

#include "options.h"
#include "table.h"

char *places_enter(struct options *options);
bool places_each(const struct options *options,
		 void (*visit)(const struct options *at, void *arg), void *arg);
void places_name(struct table *table, const struct options *at);
void places_gather(struct table **all, struct table *table);

#endif
