/* SPDX-License-Identifier: GPL-2.0 */
/* The reader in the guest: run to its end, and what it has said; or in the background. */
#ifndef LISTENQ_READER_H
#define LISTENQ_READER_H

#include <stdbool.h>
#include <sys/types.h>

#include "tap.h"

#define READER "/bin/listenq"
#define READER_OUT "/tmp/out"
#define READER_ERR "/tmp/err"

struct said {
	char *out, *err;
	int code;	/* its exit status; 1000 and the signal that ended it */
};

/* One in the background: its output in READER_OUT, or in a pipe. */
struct reader {
	pid_t pid;
	int pipe;	/* -1: READER_OUT */
	uid_t uid;
};

void reader_start(struct reader *r, const char *fmt, ...) TAP_FMT(2);
bool reader_ended(const struct reader *r);
unsigned int reader_end(struct reader *r);
void reader_file(char *path, pid_t pid);
struct said reader_says(const char *fmt, ...) TAP_FMT(1);
void said_free(struct said *said);
bool said_good(const struct said *said, const char *what);

#endif
