// SPDX-License-Identifier: GPL-2.0
// The options table, and what derives from it. A new option is a new row.

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "options.h"

struct option_row {
	char letter;		/* 0: it has none */
	const char *name;
	const char *argument;	/* NULL: it takes none, and its member is a bool */
	size_t member;		/* of struct options */
	const char *help;
};

static const struct option_row rows[] = {
	{ '4', "ipv4", NULL, offsetof(struct options, ipv4), "only IPv4 sockets" },
	{ '6', "ipv6", NULL, offsetof(struct options, ipv6), "only IPv6 sockets" },
	{ 'n', "numeric", NULL, offsetof(struct options, numeric),
	  "no names for ports: always so, for those used to ss" },
	{ 'H', "noheadings", NULL, offsetof(struct options, noheadings), "no header line" },
	{ 0, "output", "LIST", offsetof(struct options, output),
	  "these columns, by comma; +LIST: behind the default" },
	{ 0, "list-columns", NULL, offsetof(struct options, list_columns),
	  "name and explain the columns" },
	{ 0, "json", NULL, offsetof(struct options, json),
	  "JSON, with the columns of /proc" },
	{ 'f', "file", "FILE", offsetof(struct options, file),
	  "read a saved table; - is standard input" },
	{ 'h', "help", NULL, offsetof(struct options, help), "this text" },
	{ 'V', "version", NULL, offsetof(struct options, version), "version of the reader" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define LONG_BASE 256	/* what getopt_long() returns for row 0's long name */
#define HINT "try: listenq --help"

static void usage_error(int what, const char *word)
{
	char letter[] = { '-', optopt, '\0' };

	/* optopt is a row's number for a long option, 0 for an unknown one. */
	if (optopt > 0 && optopt < LONG_BASE)
		word = letter;
	if (what == ':')
		die(EXIT_USAGE, "option '%s' needs an argument: " HINT, word);
	if (optopt >= LONG_BASE)
		die(EXIT_USAGE, "option '%s' takes no argument: " HINT, word);
	die(EXIT_USAGE, "unknown option '%s': " HINT, word);
}

static void apply(struct options *options, const struct option_row *row)
{
	char *member = (char *)options + row->member;

	if (row->argument)
		*(const char **)member = optarg;
	else
		*(bool *)member = true;
}

/**
 * options_parse() - read the command line, or end with a message
 * @options: filled in
 * @argc: from main()
 * @argv: from main()
 */
void options_parse(struct options *options, int argc, char **argv)
{
	char letters[2 * ROWS + 2] = ":";
	struct option names[ROWS + 1];
	char *end = letters + 1;
	int found;

	memset(options, 0, sizeof(*options));
	memset(names, 0, sizeof(names));
	for (size_t i = 0; i < ROWS; i++) {
		names[i].name = rows[i].name;
		names[i].has_arg = rows[i].argument ? required_argument : no_argument;
		names[i].val = LONG_BASE + i;
		if (rows[i].letter)
			*end++ = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			*end++ = ':';
	}
	*end = '\0';
	opterr = 0;
	while ((found = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		size_t i = found - LONG_BASE;

		if (found == '?' || found == ':')
			usage_error(found, argv[optind - 1]);
		if (found < LONG_BASE)
			for (i = 0; rows[i].letter != found; i++)
				;
		apply(options, &rows[i]);
	}
	if (optind < argc)
		die(EXIT_USAGE, "unexpected argument '%s': " HINT, argv[optind]);
}

/**
 * options_help() - print what --help shows
 */
void options_help(void)
{
	printf("Usage: listenq [OPTION]...\n"
	       "Show the accept queue and the SYN queue of each listening TCP socket.\n"
	       "\n");
	for (size_t i = 0; i < ROWS; i++) {
		char left[32];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		if (rows[i].letter)
			printf("  -%c, %-16s %s\n", rows[i].letter, left, rows[i].help);
		else
			printf("      %-16s %s\n", left, rows[i].help);
	}
	printf("\n"
	       "A '!' marks a backlog that was clamped and a queue that is full.\n"
	       "Exit status: 0 done, 2 wrong usage, 3 module not loaded or table not readable.\n"
	       "More: man 8 listenq\n");
}
