/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel says of its memory. */
#ifndef LISTENQ_MEM_H
#define LISTENQ_MEM_H

#include <stdbool.h>
#include <stdint.h>

#define RECORDS "listenq_listener"	/* the module's own cache */

struct slab {
	uint64_t active, total, objsize;
};

uint64_t meminfo_kb(const char *name);
bool slab_read(const char *cache, struct slab *s);
void check_no_records(unsigned int worlds, const char *what);

#endif
