// SPDX-License-Identifier: GPL-2.0
/* What the kernel says of its memory. */
#include "books.h"
#include "mem.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORDS_MS 30000

#define CLOSED_MOST 256	/* rows of closed */
#define RT_POOL 1024	/* LQ_POOL of the module */

/**
 * meminfo_kb() - a line of /proc/meminfo
 * @name: without the colon
 *
 * Return: kilobytes.
 */
uint64_t meminfo_kb(const char *name)
{
	char *text = file_read("/proc/meminfo", NULL), *line, *save = NULL;
	size_t len = strlen(name);
	uint64_t kb;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, name, len) && line[len] == ':') {
			kb = strtoull(line + len + 1, NULL, 10);
			free(text);
			return kb;
		}
	bail("/proc/meminfo has no %s", name);
}

/**
 * slab_read() - how many objects a slab cache has given out
 * @cache: its name
 * @s: set
 *
 * Parts of slabs that each CPU keeps for itself count as given out, so they are taken back first.
 *
 * Return: false when no cache is listed by that name: it may share one with others.
 */
bool slab_read(const char *cache, struct slab *s)
{
	unsigned long long active, total, size;
	char *text, *line, *save = NULL;
	size_t len = strlen(cache);
	bool found = false;
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache);
	file_write(path, "1");
	text = file_read("/proc/slabinfo", NULL);
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save))
		found = !strncmp(line, cache, len) && line[len] == ' ' &&
			sscanf(line + len, "%llu %llu %llu", &active, &total, &size) == 3;
	free(text);
	if (found)
		*s = (struct slab){ .active = active, .total = total, .objsize = size };
	return found;
}

/**
 * check_no_records() - check that the module has freed every record but those of `closed`, after a
 * grace period
 * @worlds: how many other namespaces there are, each with a `closed` of its own
 * @what: at what point of the case
 */
void check_no_records(unsigned int worlds, const char *what)
{
	/* On PREEMPT_RT the module keeps this many for handlers, which cannot allocate there. */
	uint64_t spare = access("/sys/kernel/realtime", F_OK) ? 0 : RT_POOL;
	struct table *t = table_read(CLOSED);
	uint64_t kept = t->nrows;
	struct slab s = { 0 };

	table_free(t);

	if (!slab_read(RECORDS, &s)) {
		skip("records share a slab cache: boot with slab_nomerge to count them",
		     "%s: all records are freed", what);
		return;
	}
	spare += worlds * CLOSED_MOST;
	AWAIT(slab_read(RECORDS, &s) && s.active <= kept + spare, RECORDS_MS);
	in_range(s.active, kept, kept + spare, "%s: all other records are freed", what);
}
