/* SPDX-License-Identifier: GPL-2.0 */
/* The model: a table checked against the contract, and the columns to show. */
#ifndef LISTENQ_MODEL_H
#define LISTENQ_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "columns.h"
#include "table.h"

struct column {
	const char *name;
	const struct view_column *view;	/* NULL: a raw column, shown as it is */
	enum raw_type type;		/* of a raw column */
	size_t source[VIEW_SOURCES];	/* indices into the table, or NO_COLUMN */
};

/* Built by model_new(); the printers only read it. The table stays the caller's. */
struct model {
	struct table *table;
	const struct sheet *sheet;
	size_t ncolumns;
	struct column *columns;
};

struct choice {
	const struct view_column *view;
	const char *raw;
};

void model_check(const struct table *table, const struct sheet *sheet);
void model_choose(struct choice *choice, const struct sheet *sheet, const struct table *table,
		  const char *name);
bool model_joins(const struct sheet *sheet, const char *list);
struct model *model_new(struct table *table, const struct sheet *sheet, const char *output,
			bool raw_only);
void model_free(struct model *model);

#endif
