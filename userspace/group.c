// SPDX-License-Identifier: GPL-2.0
// Groups of rows, in the order of their addresses, and what they come to together.

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "group.h"

/* By the address; those of several namespaces, which have a name, by that first. */
static int compare_keys(const struct groups *groups, size_t left, size_t right)
{
	const struct table *table = groups->table;
	int side = strcmp(table_cell(table, left, groups->netns),
			  table_cell(table, right, groups->netns));

	return side ? side : strcmp(table_cell(table, left, groups->local),
				    table_cell(table, right, groups->local));
}

static int compare_rows(const void *a, const void *b, void *groups)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	int side = compare_keys(groups, left, right);

	return side ? side : (left > right) - (left < right);
}

/**
 * groups_new() - find the rows of each local address, in each network namespace
 * @table: which rows; must outlive the groups
 *
 * Return: the groups, for groups_free().
 */
struct groups *groups_new(const struct table *table)
{
	struct groups *groups = need(calloc(1, sizeof(*groups)));
	size_t rows = table->nrows;

	groups->table = table;
	groups->local = table_column(table, "local");
	groups->netns = table_column(table, "netns");
	groups->order = need(calloc(rows + 1, sizeof(*groups->order)));
	groups->start = need(calloc(rows + 1, sizeof(*groups->start)));
	for (size_t row = 0; row < rows; row++)
		groups->order[row] = row;
	qsort_r(groups->order, rows, sizeof(*groups->order), compare_rows, groups);
	for (size_t i = 0; i < rows; i++)
		if (!i || compare_keys(groups, groups->order[i], groups->order[i - 1]))
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
 * group_text() - what all rows of a group have
 * @groups: from groups_new()
 * @group: which one
 * @column: local or netns
 *
 * Return: that, as the table has it.
 */
const char *group_text(const struct groups *groups, size_t group, const char *column)
{
	return table_text(groups->table, groups->order[groups->start[group]], column);
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
