/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waits in buckets of powers of two.
 */
#ifndef LISTENQ_HISTOGRAM_H
#define LISTENQ_HISTOGRAM_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* Bucket 0 is under 1 us, K is [2^(K-1), 2^K) us, the last one all longer. */
#define LQ_NBUCKETS	27

/**
 * struct lq_waits - how long something waited, copied for a reader
 * @count: how many waits
 * @sum_us: of all of them, in microseconds
 * @max_us: the longest
 * @buckets: how many of each length
 */
struct lq_waits {
	u64 count;
	u64 sum_us;
	u64 max_us;
	u64 buckets[LQ_NBUCKETS];
};

/**
 * lq_histogram_bucket() - where a wait is counted
 * @us: its length in microseconds
 *
 * Return: number of the bucket.
 */
static inline unsigned int lq_histogram_bucket(u64 us)
{
	return min_t(unsigned int, fls64(us), LQ_NBUCKETS - 1);
}

#endif /* LISTENQ_HISTOGRAM_H */
