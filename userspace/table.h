/* SPDX-License-Identifier: GPL-2.0 */
/* A table: a header that names the columns, rows with as many cells. Knows no column's meaning. */
#ifndef LISTENQ_TABLE_H
#define LISTENQ_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_COLUMN SIZE_MAX

/* Built by table_new() and those that follow, freed by table_free(). */
struct table {
	const char *path;	/* where it came from, for messages */
	size_t own;		/* the first columns are its own, the others were joined to it */
	size_t ncols;
	char **names;
	size_t nrows;
	size_t room;		/* rows that fit before the array must grow */
	char ***rows;		/* rows[row][column], each row one allocation */
};

struct table *table_new(const char *path, const char *header);
void table_add_row(struct table *table, const char *line);
void table_add_columns(struct table *table, const char *const *names, size_t n);
void table_extend_row(struct table *table, size_t row, const char *const *cells, size_t n);
void table_join(struct table *table, const struct table *other);
bool table_move(struct table *table, struct table *other);
size_t table_count(const char *line);
size_t table_column(const struct table *table, const char *name);
const char *table_cell(const struct table *table, size_t row, size_t column);
const char *table_text(const struct table *table, size_t row, const char *name);
bool table_number(const struct table *table, size_t row, const char *name, uint64_t *value);
void table_free(struct table *table);

#endif
