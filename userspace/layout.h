/* SPDX-License-Identifier: GPL-2.0 */
/* Layout: cells in columns that are as wide as their widest cell. */
#ifndef LISTENQ_LAYOUT_H
#define LISTENQ_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct layout_cell {
	char *text;		/* as it may be shown, see text_for_people() */
	size_t width;		/* places on the screen */
	bool marked;
};

struct layout_column {
	const char *name;
	bool right;		/* flush right */
	size_t width;
};

/* Built by layout_new(), filled row by row, freed by layout_free(). */
struct layout {
	size_t ncolumns;
	struct layout_column *columns;
	size_t ncells;
	size_t room;		/* cells that fit before the array must grow */
	struct layout_cell *cells;
};

struct layout *layout_new(size_t ncolumns);
void layout_column(struct layout *layout, size_t column, const char *name, bool right);
void layout_cell(struct layout *layout, char *text, bool marked);
void layout_print(const struct layout *layout, FILE *out, bool headings, bool colours);
void layout_free(struct layout *layout);

#endif
