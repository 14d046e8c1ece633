/* SPDX-License-Identifier: GPL-2.0 */
/* The model: a table of listeners checked against the contract, and the columns to show. */
#ifndef LISTENQ_MODEL_H
#define LISTENQ_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "columns.h"
#include "read.h"

struct column {
	const char *name;
	const struct view_column *view;	/* NULL: a raw column, shown as it is */
	enum raw_type type;		/* of a raw column */
	size_t source[VIEW_SOURCES];	/* indices into the table, or NO_COLUMN */
};

/* Built by model_new(); the printers only read it. The table stays the caller's. */
struct model {
	struct table *table;
	size_t ncolumns;
	struct column *columns;
};

extern const char *const model_required[];

struct model *model_new(struct table *table, const char *output, bool raw);
void model_keep_family(struct model *model, bool ipv6);
void model_free(struct model *model);

#endif
