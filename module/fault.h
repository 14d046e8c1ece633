/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on purpose, in the test build only (make LISTENQ_TEST=1). The module
 * that people load contains none of it.
 */
#ifndef LISTENQ_FAULT_H
#define LISTENQ_FAULT_H

#include <linux/errno.h>
#include <linux/types.h>

#ifdef LISTENQ_TEST
bool lq_fault_rung(void);
bool lq_fault_alloc(void);
int lq_fault_probe(const char *symbol);
void lq_fault_in_handler(void);
void lq_fault_in_reader(void);
#else
static inline bool lq_fault_rung(void) { return false; }
static inline bool lq_fault_alloc(void) { return false; }
static inline int lq_fault_probe(const char *symbol) { return 0; }
static inline void lq_fault_in_handler(void) { }
static inline void lq_fault_in_reader(void) { }
#endif

/* Every allocation of ours is made through this. */
#define lq_alloc(call)	(lq_fault_alloc() ? NULL : (call))
/* The same for what returns an error in place of a pointer. */
#define lq_alloc_err(call)	(lq_fault_alloc() ? -ENOMEM : (call))

#endif /* LISTENQ_FAULT_H */
