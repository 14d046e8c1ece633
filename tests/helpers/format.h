/* SPDX-License-Identifier: GPL-2.0 */
/* All the tables: their columns, and what a cell of each may look like. */
#ifndef LISTENQ_FORMAT_H
#define LISTENQ_FORMAT_H

#include "table.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE(name) "/proc/net/listenq/" name

struct format {
	const char *path;
	const char *const *columns;
	size_t ncolumns;
};

extern const struct format formats[];
extern const size_t nformats;

const struct format *format_of(const char *path);
bool format_fault(const struct format *f, const struct table *t, char *fault, size_t len);
bool format_is_time(const char *column);

#endif
