/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory for records: listener.c decides what happens to them.
 */
#ifndef LISTENQ_RECORD_H
#define LISTENQ_RECORD_H

#include <linux/types.h>

struct lq_listener;

int lq_record_init(void);
void lq_record_exit(void);
struct lq_listener *lq_record_new(bool may_sleep);
void lq_record_drop(struct lq_listener *l);

#endif /* LISTENQ_RECORD_H */
