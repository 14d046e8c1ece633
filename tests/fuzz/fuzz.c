// SPDX-License-Identifier: GPL-2.0
// Stands in for userspace/error.c: where the reader ends with a message, a target goes on with the
// next input. What the reader has allocated by then, nobody would free: it is compiled with these
// allocators in place of those of the C library, and each input's memory is freed with it.

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "../../userspace/error.h"
#include "fuzz.h"

#define NONE SIZE_MAX

static const uint8_t *input;
static size_t input_size, position[2];
static jmp_buf out;
static void **owned;
static size_t nowned, room;

static void *own(void *memory)
{
	if (nowned == room) {
		room = room ? 2 * room : 1024;
		owned = realloc(owned, room * sizeof(*owned));
		if (!owned)
			abort();
	}
	owned[nowned++] = memory;
	return memory;
}

/* What was allocated last is nearly always freed first. */
static size_t find(const void *memory)
{
	for (size_t i = nowned; i--;)
		if (owned[i] == memory)
			return i;
	return NONE;
}

static void disown(void *memory)
{
	size_t i = find(memory);

	if (i != NONE)
		owned[i] = owned[--nowned];
}

/**
 * fuzz_malloc() - malloc() of the reader
 * @size: in bytes
 *
 * Return: the memory.
 */
void *fuzz_malloc(size_t size)
{
	return own(malloc(size));
}

/**
 * fuzz_calloc() - calloc() of the reader
 * @n: how many
 * @size: of each, in bytes
 *
 * Return: the memory.
 */
void *fuzz_calloc(size_t n, size_t size)
{
	void *memory = fuzz_malloc(n * size);

	return memory ? memset(memory, 0, n * size) : NULL;
}

/**
 * fuzz_realloc() - realloc() of the reader
 * @memory: as it has it
 * @size: in bytes
 *
 * Return: the memory.
 */
void *fuzz_realloc(void *memory, size_t size)
{
	if (memory)
		disown(memory);
	return own(realloc(memory, size));
}

/**
 * fuzz_reallocarray() - reallocarray() of the reader
 * @memory: as it has it
 * @n: how many
 * @size: of each, in bytes
 *
 * Return: the memory.
 */
void *fuzz_reallocarray(void *memory, size_t n, size_t size)
{
	return fuzz_realloc(memory, n * size);
}

/**
 * fuzz_strdup() - strdup() of the reader
 * @text: what to copy
 *
 * Return: the copy.
 */
char *fuzz_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(fuzz_malloc(size), text, size);
}

/**
 * fuzz_free() - free() of the reader
 * @memory: also what the C library allocated for it
 */
void fuzz_free(void *memory)
{
	disown(memory);
	free(memory);
}

/**
 * die() - the end of an input
 * @code: not looked at
 * @fmt: its arguments are printed, so that they are read
 */
void die(enum exit_code code, const char *fmt, ...)
{
	char message[1024];
	va_list args;

	(void)code;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	longjmp(out, 1);
}

/**
 * warn() - what the reader says, and goes on
 * @fmt: not looked at
 */
void warn(const char *fmt, ...)
{
	(void)fmt;
}

/**
 * need() - as in the reader
 * @memory: what the allocator returned
 *
 * Return: @memory, never NULL.
 */
void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/**
 * fuzz_read() - read() of the reader
 * @fd: each number reads the input from its beginning
 * @to: where to
 * @most: so many bytes at most
 *
 * Return: how many there were.
 */
ssize_t fuzz_read(int fd, void *to, size_t most)
{
	size_t n = input_size - position[fd];

	if (n > most)
		n = most;
	memcpy(to, input + position[fd], n);
	position[fd] += n;
	return n;
}

/**
 * fuzz_close() - close() of the reader
 * @fd: not looked at
 *
 * Return: 0.
 */
int fuzz_close(int fd)
{
	(void)fd;
	return 0;
}

/**
 * fuzz_guard() - run some of the reader's code on one input
 * @run: reads it from the descriptors 0 and 1, each of which has all of it
 * @data: the input
 * @size: its bytes
 */
void fuzz_guard(void (*run)(void), const uint8_t *data, size_t size)
{
	static char buffer[1 << 20];
	static FILE *nowhere;

	if (!nowhere) {
		nowhere = freopen("/dev/null", "w", stdout);
		if (!nowhere || setvbuf(nowhere, buffer, _IOFBF, sizeof(buffer)))
			abort();
	}
	input = data;
	input_size = size;
	memset(position, 0, sizeof(position));
	if (!setjmp(out))
		run();
	while (nowned)
		free(owned[--nowned]);
}
