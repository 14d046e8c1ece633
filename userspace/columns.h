/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The columns: those that the tables of /proc/net/listenq publish, and those for
 * people, which are made of them. One row each; --list-columns, --output, --sort,
 * the checks, the rendering and the types in JSON derive from these.
 */
#ifndef LISTENQ_COLUMNS_H
#define LISTENQ_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "table.h"

enum raw_type {
	RAW_TEXT,
	RAW_HEX,	/* text in JSON: 64 bits do not fit its numbers */
	RAW_NUMBER,	/* unsigned, 64 bits */
	RAW_INT,	/* signed, 32 bits */
};

struct raw_column {
	const char *name;	/* as in the header line; NULL ends the list */
	enum raw_type type;
	const char *help;
};

#define VIEW_SOURCES 3

enum view_flag {
	VIEW_RIGHT = 1,		/* flush right */
	VIEW_EXTRA = 2,		/* not among the default columns */
	VIEW_RATIO = 4,		/* sorted by what the first source is of the second */
	VIEW_PLACE = 8,		/* a default column all the same, with -A */
};

struct view_column {
	const char *name;	/* NULL ends the list */
	int flags;
	const char *source[VIEW_SOURCES];	/* the raw columns it is made of */
	/* Returns the text, for free(); sets *marked where people should look. */
	char *(*render)(const char *const *cell, bool *marked);
	const char *help;
};

#define SHEET_LISTS 5
#define SHEET_REQUIRED 6

/* A table, and all that can be shown with it. The lists end with NULL. */
struct sheet {
	const char *file;	/* in /proc/net/listenq, or what a command calls its own table */
	const char *required[SHEET_REQUIRED];	/* without these columns it is another table */
	const char *join;	/* the table whose columns may be named, too; NULL: none */
	const struct raw_column *own[SHEET_LISTS];
	const struct raw_column *joined[SHEET_LISTS];
	const struct raw_column *derived;
	const struct view_column *views;
	/* Appends the derived columns, once, if those they are made of are there. */
	void (*derive)(struct table *table);
};

extern const struct sheet listeners_sheet, counters_sheet, closed_sheet, latency_sheet,
			  requests_sheet, audit_sheet, check_sheet, explain_sheet,
			  top_sheet;
extern const struct view_column listeners_views[], counters_views[], closed_views[],
				latency_views[], requests_views[], audit_views[],
				check_views[], top_views[];
extern const char *const drop_columns[];

const struct raw_column *raw_column_find(const struct sheet *sheet, const char *name,
					 int (*compare)(const char *, const char *));
const struct view_column *view_column_find(const struct sheet *sheet, const char *name,
					   int (*compare)(const char *, const char *));
bool column_is_joined(const struct sheet *sheet, const char *name);
void columns_list(const struct sheet *sheet);

#endif
