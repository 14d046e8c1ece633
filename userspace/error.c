// SPDX-License-Identifier: GPL-2.0
// Every error is one line on stderr that says what to do, and an exit code.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "error.h"

/*
 * The message may quote a file name or an argument, and these may hold a
 * newline or a terminal's escape sequence: control bytes become '?'.
 */
static void say(const char *fmt, va_list args)
{
	char message[1024];

	vsnprintf(message, sizeof(message), fmt, args);
	for (char *c = message; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	fprintf(stderr, "listenq: %s\n", message);
}

/**
 * warn() - say in one line what is left out
 * @fmt: printf format of the message, without "listenq: " and newline
 */
void warn(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

/**
 * die() - say what is wrong in one line and end
 * @code: what to exit with
 * @fmt: printf format of the message, without "listenq: " and newline
 */
void die(enum exit_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(code);
}

/**
 * need() - pass on memory just allocated, or end when there was none
 * @memory: what the allocator returned
 *
 * Return: @memory, never NULL.
 */
void *need(void *memory)
{
	if (!memory)
		die(EXIT_TABLE, "out of memory: the table does not fit: free some and try again");
	return memory;
}
