// SPDX-License-Identifier: GPL-2.0
// The table of commands. The first is what is done when none is named.

#include <stdlib.h>

#include "commands.h"
#include "places.h"

const struct command commands[] = {
	{ "show", FOR_SHOW, &listeners_sheet, NULL, show_run,
	  "the accept queue and the SYN queue of each listener" },
	{ "latency", FOR_LATENCY, &latency_sheet, NULL, show_run,
	  "how long connections waited in the two queues" },
	{ "requests", FOR_REQUESTS, &requests_sheet, NULL, show_run,
	  "what is in the queues now, entry by entry" },
	{ "closed", FOR_CLOSED, &closed_sheet, NULL, show_run,
	  "the listeners that closed last" },
	{ "counters", FOR_COUNTERS, &counters_sheet, NULL, show_run,
	  "what became of every SYN" },
	{ "events", FOR_EVENTS, NULL, NULL, events_run,
	  "what happens to listeners and connections, as it happens" },
	{ "audit", FOR_AUDIT, &audit_sheet, NULL, audit_run,
	  "whether the books balance, and agree with the kernel's counters" },
	{ "check", FOR_CHECK, &check_sheet, NULL, check_run,
	  "one line for a monitoring system, and exit status 1 at a threshold" },
	{ "explain", FOR_EXPLAIN, &explain_sheet, "[PORT|SK]", explain_run,
	  "a listener in words: its limits, its losses, what to do" },
	{ "metrics", FOR_METRICS, NULL, NULL, metrics_run,
	  "all figures for Prometheus, as OpenMetrics text" },
	{ "top", FOR_TOP, &top_sheet, "[INTERVAL [COUNT]]", top_run,
	  "the listeners live, with rates and the last depths" },
	{ .name = NULL }
};

/**
 * commands_run() - do what the command line says, where it says
 * @options: the command line
 *
 * Return: what to exit with.
 */
enum exit_code commands_run(struct options *options)
{
	char *net = places_enter(options);
	enum exit_code code = options->command->run(options);

	free(net);
	return code;
}
