/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks at function entries that lose no hit: see hook.c.
 */
#ifndef LISTENQ_HOOK_H
#define LISTENQ_HOOK_H

struct lq_probe;

int lq_hook_add(struct lq_probe *p);
int lq_hook_arm(void);
void lq_hook_disarm(void);

#endif /* LISTENQ_HOOK_H */
