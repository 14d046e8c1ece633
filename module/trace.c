// SPDX-License-Identifier: GPL-2.0
/*
 * Where the tracepoints are made, and which one an event is.
 */
#include <linux/build_bug.h>

#include "event.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static_assert(LQ_VIA_HANDSHAKE == 0 && LQ_VIA_COOKIE == 1 && LQ_VIA_TFO == 2);
static_assert(LQ_CAUSE_ACCEPTQ == 0 && LQ_CAUSE_SYNQ == 1 &&
	      LQ_CAUSE_UNPROVEN == 2 && LQ_CAUSE_OTHER == 3);

/* What a reader has lost is his alone. */
static void trace_lost(const struct lq_event *e, u32 netns)
{
}

#define LQ_EVENT_TRACE(name) \
	case LQ_EV_##name: \
		trace_##name(e, netns); \
		break;

/**
 * lq_event_trace() - tell an event to whoever traces it
 * @e: the event
 * @netns: inode number of the namespace
 *
 * Context: any.
 */
void lq_event_trace(const struct lq_event *e, u32 netns)
{
	switch (e->kind) {
	LQ_EVENTS(LQ_EVENT_TRACE)
	}
}
