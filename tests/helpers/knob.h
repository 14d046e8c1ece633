/* SPDX-License-Identifier: GPL-2.0 */
/* What a run of a case can be told: by its environment or on the kernel's command line. */
#ifndef LISTENQ_KNOB_H
#define LISTENQ_KNOB_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

uint64_t knob(const char *env, const char *word, uint64_t otherwise);
bool boot_word(const char *word);
unsigned int debug_part(void);
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_below(struct rng *r, uint64_t n);

#endif
