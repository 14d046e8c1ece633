/* SPDX-License-Identifier: GPL-2.0 */
/* Printing a model: for people, as JSON, with tabs. Reads no file, decides no content. */
#ifndef LISTENQ_PRINT_H
#define LISTENQ_PRINT_H

#include <stdio.h>

#include "model.h"

void print_table(const struct model *model, FILE *out, bool headings);
void print_raw(const struct model *model, bool headings);
void print_json(const struct model *model);
void print_json_text(const char *text);
void print_text(const char *text, size_t length);
void print_flush(void);
void print_done(void);

#endif
