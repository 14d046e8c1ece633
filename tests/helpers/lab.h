/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a lab shows: text and what programs print, compared with the file that is kept beside it;
 * and the timeline that its picture is drawn from.
 */
#ifndef LISTENQ_LAB_H
#define LISTENQ_LAB_H

#include <stdbool.h>
#include <stdint.h>

#include "tap.h"

bool lab_begins(const char *name);
void lab_say(const char *fmt, ...) TAP_FMT(1);
void lab_measured(const char *fmt, ...) TAP_FMT(1);
void lab_run(const char *fmt, ...) TAP_FMT(1);
void lab_capture(const char *filter);
void lab_captured(void);
void lab_captured_once(void);
int lab_ends(void);

void lab_timeline_begins(uint64_t cookie);
void lab_timeline_note(const char *text);
void lab_timeline_ends(void);

#endif
