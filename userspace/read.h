/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading: any /proc/net/listenq table (a header line that names the columns,
 * then rows with as many cells) into names and rows. Knows no column's meaning.
 */
#ifndef LISTENQ_READ_H
#define LISTENQ_READ_H

#include <stddef.h>
#include <stdint.h>

#define NO_COLUMN SIZE_MAX

/* Built by table_read(), read-only afterwards, freed by table_free(). */
struct table {
	const char *path;	/* where it came from, for messages */
	size_t ncols;
	char **names;
	size_t nrows;
	size_t room;		/* rows that fit before the array must grow */
	char ***rows;		/* rows[row][column], each row one allocation */
};

int table_open(const char *path);
struct table *table_read(int fd, const char *path, const char *const *required);
size_t table_column(const struct table *table, const char *name);
const char *table_cell(const struct table *table, size_t row, size_t column);
void table_free(struct table *table);
void info_require_abi(const char *path);

#endif
