/* SPDX-License-Identifier: GPL-2.0 */
/* A whole row of listeners held against what the kernel says elsewhere. */
#ifndef LISTENQ_TRUTH_H
#define LISTENQ_TRUTH_H

#include "table.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the test knows of a listener's past; @preload: it was there before the module. */
struct past {
	bool preload;
	pid_t pid;
	const char *comm;
	int backlog;
	uint64_t listens;
};

bool check_truth(int fd, const struct past *past, const char *what);
void check_call(int fd, int backlog, uint64_t listens, const char *what);
bool check_unborn(const struct table *t, size_t row, const char *what);

#endif
