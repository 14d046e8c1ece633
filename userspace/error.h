/* SPDX-License-Identifier: GPL-2.0 */
/* The reader's exit codes, and the one way in which it gives up. */
#ifndef LISTENQ_ERROR_H
#define LISTENQ_ERROR_H

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FOUND = 1,		/* a check or an audit found something */
	EXIT_USAGE = 2,
	EXIT_TABLE = 3,		/* no module, no readable table of this abi, output lost, ... */
};

void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void *need(void *memory);

#endif
