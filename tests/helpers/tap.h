/* SPDX-License-Identifier: GPL-2.0 */
/* TAP on stdout for the guest cases: one line a check, the plan last. */
#ifndef LISTENQ_TAP_H
#define LISTENQ_TAP_H

#include <stdbool.h>
#include <stdint.h>

#define TAP_FMT(n) __attribute__((format(printf, n, n + 1)))

bool ok(bool cond, const char *fmt, ...) TAP_FMT(2);
bool is_u64(uint64_t got, uint64_t want, const char *fmt, ...) TAP_FMT(3);
bool is_str(const char *got, const char *want, const char *fmt, ...) TAP_FMT(3);
bool in_range(uint64_t got, uint64_t low, uint64_t high, const char *fmt, ...) TAP_FMT(4);
void skip(const char *why, const char *fmt, ...) TAP_FMT(2);
void diag(const char *fmt, ...) TAP_FMT(1);
int done(void);
void tap_child(void);
void bail(const char *fmt, ...) TAP_FMT(1) __attribute__((noreturn));

#endif
