/* SPDX-License-Identifier: GPL-2.0 */
/* Columns that no table has and that are computed of those it has. */
#ifndef LISTENQ_DERIVE_H
#define LISTENQ_DERIVE_H

#include "table.h"

#define BUCKETS 27	/* b0 to b26 */

void derive_drops(struct table *table);
void derive_percentiles(struct table *table);
void derive_nothing(struct table *table);
bool latency_buckets(const struct table *table, size_t row, uint64_t *buckets);

#endif
