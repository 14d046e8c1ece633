/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the targets of the fuzzers share. A target is a file fuzz_NAME.c with
 * LLVMFuzzerTestOneInput(), and a folder corpus/NAME with its inputs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the reader's code; where that gives up, or returns, its memory is given back. */
void fuzz_guard(void (*run)(void), const uint8_t *data, size_t size);

/* What the reader is compiled with, see Makefile. */
void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t n, size_t size);
void *fuzz_realloc(void *memory, size_t size);
void *fuzz_reallocarray(void *memory, size_t n, size_t size);
char *fuzz_strdup(const char *text);
void fuzz_free(void *memory);
ssize_t fuzz_read(int fd, void *to, size_t most);
int fuzz_close(int fd);

#endif
