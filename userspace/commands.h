/* SPDX-License-Identifier: GPL-2.0 */
/* The commands. A new one is a row in commands[] and a file that does it. */
#ifndef LISTENQ_COMMANDS_H
#define LISTENQ_COMMANDS_H

#include "columns.h"
#include "error.h"
#include "options.h"

/* A bit for each command: an option says by a mask of them which ones take it. */
enum command_bit {
	FOR_SHOW = 1 << 0,
	FOR_LATENCY = 1 << 1,
	FOR_REQUESTS = 1 << 2,
	FOR_CLOSED = 1 << 3,
	FOR_COUNTERS = 1 << 4,
	FOR_AUDIT = 1 << 5,
	FOR_CHECK = 1 << 6,
	FOR_EXPLAIN = 1 << 7,
	FOR_METRICS = 1 << 8,
	FOR_EVENTS = 1 << 9,
	FOR_TOP = 1 << 10,
};

struct command {
	const char *name;	/* NULL ends the list */
	enum command_bit bit;
	const struct sheet *sheet;	/* the table whose columns can be named; NULL: none */
	const char *operand;	/* NULL: it takes none; "[ONE [TWO]]": it takes two */
	enum exit_code (*run)(const struct options *options);
	const char *help;
};

struct lines;
struct table;

extern const struct command commands[];

enum exit_code commands_run(struct options *options);
enum exit_code audit_run(const struct options *options);
enum exit_code check_run(const struct options *options);
enum exit_code events_run(const struct options *options);
enum exit_code explain_run(const struct options *options);
enum exit_code metrics_run(const struct options *options);
enum exit_code top_run(const struct options *options);
enum exit_code show_run(const struct options *options);
void show_table(struct table *table, const struct options *options);
void events_print(const struct options *options, struct lines *lines);

#endif
