// SPDX-License-Identifier: GPL-2.0
// Groups of rows, in the order of their addresses, and what they come to together.

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "group.h"

static const char *local_of(const struct table *table, size_t row)
{
	return table_text(table, row, "local");
}

static int compare_locals(const void *a, const void *b, void *table)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	int side = strcmp(local_of(table, left), local_of(table, right));

	return side ? side : (left > right) - (left < right);
}

/**
 * groups_new() - find the rows of each local address
 * @table: which rows; must outlive the groups
 *
 * Return: the groups, for groups_free().
 */
struct groups *groups_new(const struct table *table)
{
	struct groups *groups = need(calloc(1, sizeof(*groups)));
	size_t rows = table->nrows;

	groups->table = table;
	groups->order = need(calloc(rows + 1, sizeof(*groups->order)));
	groups->start = need(calloc(rows + 1, sizeof(*groups->start)));
	for (size_t row = 0; row < rows; row++)
		groups->order[row] = row;
	qsort_r(groups->order, rows, sizeof(*groups->order), compare_locals, (void *)table);
	for (size_t i = 0; i < rows; i++)
		if (!i || strcmp(local_of(table, groups->order[i]),
				 local_of(table, groups->order[i - 1])))
			groups->start[groups->n++] = i;
	groups->start[groups->n] = rows;
	return groups;
}

/**
 * groups_free() - give their memory back
 * @groups: from groups_new()
 */
void groups_free(struct groups *groups)
{
	free(groups->order);
	free(groups->start);
	free(groups);
}

/**
 * group_local() - the address of a group
 * @groups: from groups_new()
 * @group: which one
 *
 * Return: address and port, as the table has them.
 */
const char *group_local(const struct groups *groups, size_t group)
{
	return local_of(groups->table, groups->order[groups->start[group]]);
}

/**
 * group_sum() - a column of a group, added up
 * @groups: from groups_new()
 * @group: which one
 * @column: its name
 * @sum: set if it is known
 *
 * Return: whether it is known of every row.
 */
bool group_sum(const struct groups *groups, size_t group, const char *column, uint64_t *sum)
{
	*sum = 0;
	for (size_t i = groups->start[group]; i < groups->start[group + 1]; i++) {
		uint64_t value;

		if (!table_number(groups->table, groups->order[i], column, &value) ||
		    __builtin_add_overflow(*sum, value, sum))
			return false;
	}
	return true;
}

/**
 * group_max() - the largest number that a column of a group has
 * @groups: from groups_new()
 * @group: which one
 * @column: its name
 * @max: set if it is known
 *
 * Return: whether it is known of any row.
 */
bool group_max(const struct groups *groups, size_t group, const char *column, uint64_t *max)
{
	bool any = false;

	for (size_t i = groups->start[group]; i < groups->start[group + 1]; i++) {
		uint64_t value;

		if (!table_number(groups->table, groups->order[i], column, &value))
			continue;
		if (!any || value > *max)
			*max = value;
		any = true;
	}
	return any;
}
