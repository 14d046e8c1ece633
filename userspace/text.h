/* SPDX-License-Identifier: GPL-2.0 */
/* Text: the tables' \ooo notation, UTF-8, and what a terminal may be shown. */
#ifndef LISTENQ_TEXT_H
#define LISTENQ_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool text_utf8_locale(void);
bool text_dumb_terminal(void);
const char *text_arrow(void);
size_t text_decode(const char *cell, unsigned char *bytes);
char *text_encode(const char *name);
size_t text_utf8_next(const unsigned char *bytes, size_t length, uint32_t *code);
char *text_for_people(const char *cell);
size_t text_fit(const char *text, size_t length, size_t places);
const char *text_port(const char *local);
bool text_full(const char *depth, const char *limit);
bool text_number(const char *text, uint64_t *value);
char *text_duration(uint64_t us);
char *text_rate(uint64_t milli);
char *text_spark(const char *eighths);
char *text_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
