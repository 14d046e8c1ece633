/* SPDX-License-Identifier: GPL-2.0 */
/* The command line: one table from which parsing and --help derive. */
#ifndef LISTENQ_OPTIONS_H
#define LISTENQ_OPTIONS_H

#include <stdbool.h>

struct options {
	bool ipv4, ipv6, numeric, noheadings, json, list_columns, help, version;
	const char *output;	/* NULL: the default columns */
	const char *file;	/* NULL: the module's file */
};

void options_parse(struct options *options, int argc, char **argv);
void options_help(void);

#endif
