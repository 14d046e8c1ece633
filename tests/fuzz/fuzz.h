/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the targets of the fuzzers share. A target is a file fuzz_NAME.c with
 * LLVMFuzzerTestOneInput(), and a folder corpus/NAME with its inputs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the reader's code; where that gives up, or returns, its memory is given back. */
void fuzz_guard(void (*run)(void), const uint8_t *data, size_t size);

#endif
