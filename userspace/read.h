/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading: any /proc/net/listenq table (a header line that names the columns,
 * then rows with as many cells), info, and the kernel's own counters.
 */
#ifndef LISTENQ_READ_H
#define LISTENQ_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

/* Built by info_read(), read-only afterwards, freed by info_free(). */
struct info {
	size_t nlines;
	char **lines;
};

int table_open(const char *path);
struct table *table_read(int fd, const char *path, const char *const *required);
struct info *info_read(int fd, const char *path);
const char *info_text(const struct info *info, const char *key);
bool info_number(const struct info *info, const char *key, uint64_t *value);
void info_free(struct info *info);
struct table *netstat_read(int fd, const char *path);

#endif
