/* SPDX-License-Identifier: GPL-2.0 */
/* A strict judge of JSON, written for the tests and independent of the reader. */
#ifndef LISTENQ_TEST_JSON_H
#define LISTENQ_TEST_JSON_H

#include <stdbool.h>
#include <stddef.h>

bool json_valid(const char *text, size_t length);

#endif
