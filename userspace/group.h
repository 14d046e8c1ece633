/* SPDX-License-Identifier: GPL-2.0 */
/* Rows of one local address together: the sockets of an SO_REUSEPORT group are one series. */
#ifndef LISTENQ_GROUP_H
#define LISTENQ_GROUP_H

#include "table.h"

/* Built by groups_new(); the rows of group i are order[start[i]] to order[start[i + 1] - 1]. */
struct groups {
	const struct table *table;
	size_t local, netns;	/* columns; netns is NO_COLUMN where there is one namespace */
	size_t n;
	size_t *order;
	size_t *start;
};

struct groups *groups_new(const struct table *table);
void groups_free(struct groups *groups);
const char *group_text(const struct groups *groups, size_t group, const char *column);
bool group_sum(const struct groups *groups, size_t group, const char *column, uint64_t *sum);
bool group_max(const struct groups *groups, size_t group, const char *column, uint64_t *max);

#endif
