/* SPDX-License-Identifier: GPL-2.0 */
/* The tables under /proc/net/listenq: read whole, parsed by the strict rules of the format. */
#ifndef LISTENQ_TABLE_H
#define LISTENQ_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENERS "/proc/net/listenq/listeners"
#define INFO "/proc/net/listenq/info"

struct table {
	char *text;		/* the file, cut into cells */
	size_t ncols, nrows;
	char **cols;
	char **cells;		/* nrows times ncols */
};

extern const char *const listeners_columns[];
extern const size_t listeners_ncolumns;

char *file_read(const char *path, size_t *len);
char *fd_read(int fd, size_t piece, size_t *len);
struct table *table_parse(char *text, size_t len);
struct table *table_read(const char *path);
void table_free(struct table *t);
long table_col(const struct table *t, const char *name);
const char *table_cell(const struct table *t, size_t row, const char *col);
long table_find(const struct table *t, const char *col, const char *value);
long table_find_sk(const struct table *t, uint64_t cookie);
size_t table_count(const struct table *t, const char *col, const char *value);

bool cell_u64(const struct table *t, size_t row, const char *col, uint64_t *value);
bool is_dash(const struct table *t, size_t row, const char *col);
size_t cell_decode(const char *cell, char *out);

struct table *listeners_row(uint64_t cookie, size_t *row);
bool listener_u64(uint64_t cookie, const char *col, uint64_t *value);
bool check_u64(const struct table *t, size_t row, const char *col, uint64_t want, const char *what);
bool check_str(const struct table *t, size_t row, const char *col, const char *want,
	       const char *what);
bool check_dash(const struct table *t, size_t row, const char *col, const char *what);

#endif
