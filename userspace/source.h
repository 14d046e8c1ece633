/* SPDX-License-Identifier: GPL-2.0 */
/* Where tables come from: the module's directory, a saved copy of it, or one file. */
#ifndef LISTENQ_SOURCE_H
#define LISTENQ_SOURCE_H

#include "columns.h"
#include "options.h"
#include "read.h"

const char *source_proc(void);
struct table *source_table(const struct options *options, const struct sheet *sheet);
struct table *source_listeners(const struct options *options, bool counters);
void source_need(const struct table *table, const char *name);
struct info *source_info(const struct options *options);
struct table *source_netstat(const struct options *options);
void source_events(const struct options *options, struct lines *lines);
void source_events_end(struct lines *lines);
void source_free(struct table *table);

#endif
