/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What something costs, in nanoseconds of CLOCK_MONOTONIC. In a machine booted with ICOUNT=1
 * (tests/vm/boot) each instruction takes one, and sleep takes none.
 */
#ifndef LISTENQ_COST_H
#define LISTENQ_COST_H

#include <stddef.h>
#include <stdint.h>

uint64_t cost_now(void);
uint64_t cost_loop(void);
uint64_t cost_empty(void);
uint64_t cost_median(uint64_t *samples, size_t n);
uint64_t cost_stolen(uint64_t from, uint64_t to);
void cost_say(const char *phase, const char *name, uint64_t cost);

#endif
