// SPDX-License-Identifier: GPL-2.0
/* The waits of a listener. */
#include "waits.h"
#include "sock.h"
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/**
 * mono_us() - CLOCK_MONOTONIC
 *
 * Return: microseconds.
 */
uint64_t mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/**
 * hold() - let others wait
 * @ms: for how many milliseconds, at least
 */
void hold(unsigned int ms)
{
	uint64_t end = mono_us() + ms * 1000ull;

	AWAIT(mono_us() >= end, ms + 10000);
}

static void read_row(const struct table *t, size_t row, struct waits *w)
{
	char name[8];
	bool good = cell_u64(t, row, "count", &w->count);

	good &= cell_u64(t, row, "sum_us", &w->sum_us);
	good &= cell_u64(t, row, "max_us", &w->max_us);
	for (int i = 0; i < WAITS_BUCKETS; i++) {
		snprintf(name, sizeof(name), "b%d", i);
		good &= cell_u64(t, row, name, &w->b[i]);
	}
	if (!good)
		bail("a cell of latency holds no number");
}

/**
 * waits_read() - one row of latency
 * @cookie: the listener's
 * @queue: synq or acceptq
 * @w: set; the case ends when the listener has not exactly one row for it
 */
void waits_read(uint64_t cookie, const char *queue, struct waits *w)
{
	struct table *t = table_read(LATENCY);
	unsigned int found = 0;
	char sk[20];

	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)cookie);
	for (size_t i = 0; i < t->nrows; i++) {
		if (strcmp(table_cell(t, i, "sk"), sk) || strcmp(table_cell(t, i, "queue"), queue))
			continue;
		read_row(t, i, w);
		found++;
	}
	table_free(t);
	if (found != 1)
		bail("%u rows of latency for sk %s, %s", found, sk, queue);
}

static int bucket(uint64_t us)
{
	int k = 0;

	for (; us && k < WAITS_BUCKETS - 1; us >>= 1)
		k++;
	return k;
}

/* What is wrong with the difference of both; NULL if nothing is. */
static const char *wrong(const struct waits *before, const struct waits *after,
			 const struct span *s)
{
	uint64_t sum = after->sum_us - before->sum_us, inside = 0, all = 0;

	for (int i = 0; i < WAITS_BUCKETS; i++) {
		uint64_t n = after->b[i] - before->b[i];

		all += n;
		if (i >= bucket(s->least) && i <= bucket(s->most))
			inside += n;
	}
	if (after->count - before->count != s->n)
		return "count";
	if (all != s->n)
		return "the buckets are not as many as count";
	if (inside != s->n)
		return "buckets";
	if (sum < s->n * s->least || sum > s->n * s->most)
		return "sum_us";
	if (after->max_us < before->max_us || (s->n && after->max_us < s->least))
		return "max_us is too small";
	if (after->max_us != before->max_us && (!s->n || after->max_us > s->most))
		return "max_us is too big";
	return NULL;
}

/**
 * check_waits() - check that so many waits of such a length were counted
 * @before: the row before them
 * @after: the row after them
 * @s: how many, and how long each one was, as the test itself measured it
 * @fmt: which ones, printf style
 *
 * Return: true when they were, in the right buckets, and nothing else was.
 */
bool check_waits(const struct waits *before, const struct waits *after, const struct span *s,
		 const char *fmt, ...)
{
	/* Both clocks are read in microseconds, and cut. */
	struct span wide = { .n = s->n, .least = s->least ? s->least - 1 : 0,
			     .most = s->most + 1 };
	const char *why = wrong(before, after, &wide);
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (ok(!why, "%s: %llu waits of %llu us or more", what, (unsigned long long)s->n,
	       (unsigned long long)s->least))
		return true;
	diag("%s: %s; want %llu of %llu to %llu us", what, why, (unsigned long long)s->n,
	     (unsigned long long)s->least, (unsigned long long)s->most);
	diag("got count %llu, sum_us %llu, max_us %llu",
	     (unsigned long long)(after->count - before->count),
	     (unsigned long long)(after->sum_us - before->sum_us),
	     (unsigned long long)after->max_us);
	for (int i = 0; i < WAITS_BUCKETS; i++)
		if (after->b[i] != before->b[i])
			diag("b%d %llu", i, (unsigned long long)(after->b[i] - before->b[i]));
	return false;
}
