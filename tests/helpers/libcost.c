// SPDX-License-Identifier: GPL-2.0
/* What something costs: the clock, the median, and what interrupts take from a program. */
#include "cost.h"
#include "tap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 9
#define ROUNDS 1000000

/**
 * cost_now() - CLOCK_MONOTONIC
 *
 * Return: nanoseconds.
 */
uint64_t cost_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Two instructions a round. */
static void two_million(void)
{
	unsigned int n = ROUNDS;

#ifdef __x86_64__
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(n) : : "cc");
#else
	__asm__ volatile("1: subs %w0, %w0, #1; b.ne 1b" : "+r"(n) : : "cc");
#endif
}

/**
 * cost_loop() - what a loop of two million instructions costs, without interrupts
 *
 * Return: the least of some tries.
 */
uint64_t cost_loop(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t begin = cost_now(), cost;

		two_million();
		cost = cost_now() - begin;
		if (cost < least)
			least = cost;
	}
	return least;
}

/**
 * cost_empty() - what measuring itself costs
 *
 * Return: to be taken from each measured cost.
 */
uint64_t cost_empty(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < 100 * TRIES; i++) {
		uint64_t begin = cost_now(), cost = cost_now() - begin;

		if (cost < least)
			least = cost;
	}
	return least;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/**
 * cost_median() - the middle one of measured costs, less what measuring costs
 * @samples: sorted afterwards
 * @n: how many, not 0
 *
 * Return: the median. Timer interrupts fall into a few samples only, and do not move it.
 */
uint64_t cost_median(uint64_t *samples, size_t n)
{
	uint64_t empty = cost_empty();

	qsort(samples, n, sizeof(*samples), by_size);
	return samples[n / 2] > empty ? samples[n / 2] - empty : 0;
}

/**
 * cost_stolen() - what all others cost in a span of time: interrupts, softirqs, other programs
 * @from: begin, of cost_now(); until then this sleeps
 * @to: end; until then this spins and looks how often it was not running
 *
 * Return: the cost.
 */
uint64_t cost_stolen(uint64_t from, uint64_t to)
{
	struct timespec at = { .tv_sec = from / 1000000000, .tv_nsec = from % 1000000000 };
	uint64_t round = cost_empty(), last, now, sum = 0;

	if (cost_now() >= from)
		bail("too late for what was to be measured");
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL))
		;
	for (last = cost_now(); last < to; last = now) {
		now = cost_now();
		/* The loop around the clock is a few instructions; an interrupt is hundreds. */
		if (now - last > 2 * round + 50)
			sum += now - last - round;
	}
	return sum;
}

/**
 * cost_say() - print a figure for the table
 * @phase: what was loaded
 * @name: what was done
 * @cost: of one
 */
void cost_say(const char *phase, const char *name, uint64_t cost)
{
	printf("figure %s %s %" PRIu64 "\n", phase, name, cost);
	fflush(stdout);
}
