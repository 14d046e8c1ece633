/* SPDX-License-Identifier: GPL-2.0 */
/* Which rows of a table are shown, and in which order. */
#ifndef LISTENQ_ROWS_H
#define LISTENQ_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "columns.h"
#include "options.h"
#include "table.h"

/* Built by rows_filter(); lives on one stack frame. */
struct filter {
	bool ipv4, ipv6, full, dropping;
	const char *process;	/* NULL: any */
	uint64_t cgroup;	/* 0: any */
	bool ports;		/* only those of port[] */
	bool port[UINT16_MAX + 1];
	int family;		/* of address, 0: any address */
	unsigned char address[16];
};

void rows_filter(struct filter *filter, const struct options *options);
bool rows_filtered(const struct options *options);
bool rows_local(const struct filter *filter, const char *local);
bool rows_match(const struct filter *filter, const struct table *table, size_t row);
void rows_keep(struct table *table, const struct filter *filter);
void rows_sort(struct table *table, const struct sheet *sheet, const char *column);

#endif
