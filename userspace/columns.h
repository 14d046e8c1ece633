/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The columns: those that /proc/net/listenq/listeners publishes, and those of the
 * table for people, which are made of them. One row each; --list-columns,
 * --output, the checks, the rendering and the types in JSON derive from these.
 */
#ifndef LISTENQ_COLUMNS_H
#define LISTENQ_COLUMNS_H

#include <stdbool.h>

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

#define VIEW_SOURCES 2

struct view_column {
	const char *name;	/* NULL ends the list */
	bool right;		/* flush right */
	const char *source[VIEW_SOURCES];	/* the raw columns it is made of */
	/* Returns the text, for free(); sets *marked where people should look. */
	char *(*render)(const char *const *cell, bool *marked);
	const char *help;
};

extern const struct raw_column raw_columns[];
extern const struct view_column view_columns[];

const struct raw_column *raw_column_find(const char *name);
void columns_list(void);

#endif
