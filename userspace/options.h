/* SPDX-License-Identifier: GPL-2.0 */
/* The command line: tables of commands and options, from which parsing and --help derive. */
#ifndef LISTENQ_OPTIONS_H
#define LISTENQ_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct command;

struct options {
	bool ipv4, ipv6, numeric, noheadings, json, raw, list_columns, help, version;
	bool full, dropping, drops, all, batch;
	const char *output;	/* NULL: the default columns, or standard output */
	const char *file;	/* NULL: the module's file */
	const char *dir;	/* NULL: the module's directory */
	const char *sort, *ports, *address, *process, *cgroup;	/* NULL: not given */
	const char *acceptq, *synq;	/* thresholds; NULL: not given */
	const char *netns;	/* NULL: the one this runs in */
	const char *operand, *operand2;	/* NULL: none */
	const struct command *command;
	bool named;		/* the command was on the command line */
	/* Set by places.c: */
	const char *net;	/* a namespace's /proc/net; NULL: that of this process */
	const char *held;	/* with -A: the module's directory in it, and the file netstat */
	const char *netstat;
	const char *place;	/* with -A: what -N would call the namespace; else NULL */
	uint64_t place_inode;
};

void options_parse(struct options *options, int argc, char **argv);
void options_help(const struct options *options);

#endif
