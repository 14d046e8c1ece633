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

/* A line has about 250 bytes; a far longer one is of a wrong file, and not read to its end. */
#define LINE_LIMIT 16384
#define CHUNK 65536

/* A file in the course of being read line by line; lives on one stack frame. */
struct lines {
	int fd;
	const char *path;
	bool (*await)(int fd);	/* waits for more, false to end; NULL: a file that is whole */
	bool live;		/* of a module that may go */
	bool ended;		/* there is no more to come */
	size_t number;		/* of the line handed out last, from 1 */
	size_t start, end;	/* the bytes of buf not handed out yet */
	char buf[CHUNK];
};

char *lines_next(struct lines *in);
int table_open(const char *path);
struct table *table_read(int fd, const char *path, const char *const *required);
struct info *info_read(int fd, const char *path);
const char *info_text(const struct info *info, const char *key);
bool info_number(const struct info *info, const char *key, uint64_t *value);
void info_free(struct info *info);
struct table *netstat_read(int fd, const char *path);

#endif
