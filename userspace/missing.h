/* SPDX-License-Identifier: GPL-2.0 */
/* What to say when the module is not there. */
#ifndef LISTENQ_MISSING_H
#define LISTENQ_MISSING_H

void missing_module(const char *path) __attribute__((noreturn));

#endif
