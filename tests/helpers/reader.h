/* SPDX-License-Identifier: GPL-2.0 */
/* The reader in the guest: run to its end, and what it has said. */
#ifndef LISTENQ_READER_H
#define LISTENQ_READER_H

#include <stdbool.h>
#include <sys/types.h>

#include "tap.h"

#define READER "/bin/listenq"

struct said {
	char *out, *err;
	int code;	/* its exit status; 1000 and the signal that ended it */
};

void reader_file(char *path, pid_t pid);
struct said reader_says(const char *fmt, ...) TAP_FMT(1);
void said_free(struct said *said);
bool said_good(const struct said *said, const char *what);

#endif
