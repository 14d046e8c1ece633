/* SPDX-License-Identifier: GPL-2.0 */
/* The books: the equations that hold for each listener, and for all of them and the kernel. */
#ifndef LISTENQ_BOOKS_H
#define LISTENQ_BOOKS_H

#include "read.h"
#include "table.h"

/* All that is needed to judge; what changes while it is read is read before and after. */
struct reading {
	struct info *info;
	struct table *netstat, *netstat_after;
	struct table *counters, *counters_after;
	struct table *listeners, *closed;
};

/* What a row of findings can say in its column verdict. */
#define VERDICT_BALANCED "balanced"
#define VERDICT_OFF "OFF"
#define VERDICT_MOVING "moving"
#define VERDICT_UNKNOWN "unknown"

struct table *books_findings(void);
struct table *books_judge(struct reading *reading);
bool books_exact(const struct info *info);

#endif
