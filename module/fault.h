/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults on purpose, in the test build only (make LISTENQ_TEST=1): a rung of
 * the init ladder that fails, a symbol that is not there. The module that
 * people load contains none of it.
 */
#ifndef LISTENQ_FAULT_H
#define LISTENQ_FAULT_H

#include <linux/types.h>

#ifdef LISTENQ_TEST
bool lq_fault_rung(void);
bool lq_fault_hidden(const char *symbol);
#else
static inline bool lq_fault_rung(void) { return false; }
static inline bool lq_fault_hidden(const char *symbol) { return false; }
#endif

#endif /* LISTENQ_FAULT_H */
