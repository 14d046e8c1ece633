// SPDX-License-Identifier: GPL-2.0
// The options table, and what derives from it. A new option is a new row.

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "error.h"
#include "options.h"
#include "text.h"

#define SHEETS (FOR_SHOW | FOR_LATENCY | FOR_REQUESTS | FOR_CLOSED | FOR_COUNTERS)
#define ROW_FILTERS (SHEETS | FOR_CHECK | FOR_EXPLAIN | FOR_TOP)
#define LOCAL_FILTERS (ROW_FILTERS | FOR_EVENTS)
#define TABLES (SHEETS | FOR_AUDIT)
#define EVERY (-1)

struct option_row {
	int commands;		/* mask of those that take it */
	char letter;		/* 0: it has none */
	const char *name;
	const char *argument;	/* NULL: it takes none, and its member is a bool */
	size_t member;		/* of struct options */
	const char *help;
};

/* A name may be there twice if it takes an argument in both or in none. */
static const struct option_row rows[] = {
	{ LOCAL_FILTERS, '4', "ipv4", NULL, offsetof(struct options, ipv4), "only IPv4 sockets" },
	{ LOCAL_FILTERS, '6', "ipv6", NULL, offsetof(struct options, ipv6), "only IPv6 sockets" },
	{ LOCAL_FILTERS, 'p', "port", "PORTS", offsetof(struct options, ports),
	  "only these local ports, by comma" },
	{ LOCAL_FILTERS, 0, "address", "ADDR", offsetof(struct options, address),
	  "only this local address" },
	{ ROW_FILTERS, 0, "process", "NAME", offsetof(struct options, process),
	  "only of this process, by pid or name" },
	{ ROW_FILTERS & ~FOR_CLOSED, 0, "cgroup", "CGROUP", offsetof(struct options, cgroup),
	  "only of this cgroup, by path or id" },
	{ FOR_SHOW | FOR_TOP, 0, "full", NULL, offsetof(struct options, full),
	  "only where a queue is full" },
	{ FOR_SHOW | FOR_CLOSED | FOR_COUNTERS | FOR_TOP, 0, "dropping", NULL,
	  offsetof(struct options, dropping), "only where something was dropped" },
	{ FOR_CHECK, 0, "acceptq", "LEVEL", offsetof(struct options, acceptq),
	  "accept queue this full: 80% of its limit, or 100" },
	{ FOR_CHECK, 0, "synq", "LEVEL", offsetof(struct options, synq),
	  "SYN queue this full" },
	{ FOR_CHECK, 0, "drops", NULL, offsetof(struct options, drops),
	  "something was dropped since listen()" },
	{ SHEETS | FOR_TOP, 0, "sort", "COLUMN", offsetof(struct options, sort),
	  "largest number first; texts in order" },
	{ FOR_TOP, 'b', "batch", NULL, offsetof(struct options, batch),
	  "one table after another, for a file or a pipe" },
	{ TABLES, 'n', "numeric", NULL, offsetof(struct options, numeric),
	  "no names for ports: always so, for those used to ss" },
	{ TABLES | FOR_EVENTS, 'H', "noheadings", NULL, offsetof(struct options, noheadings),
	  "no header line" },
	{ TABLES, 0, "output", "LIST", offsetof(struct options, output),
	  "these columns, by comma; +LIST: behind the default" },
	{ FOR_METRICS, 0, "output", "FILE", offsetof(struct options, output),
	  "replace this file, at once" },
	{ TABLES | FOR_TOP, 0, "list-columns", NULL, offsetof(struct options, list_columns),
	  "name and explain the columns" },
	{ TABLES | FOR_CHECK | FOR_EXPLAIN | FOR_EVENTS | FOR_TOP, 0, "json", NULL,
	  offsetof(struct options, json),
	  "JSON, with the columns of /proc" },
	{ TABLES, 0, "raw", NULL, offsetof(struct options, raw),
	  "tabs between cells, with the columns of /proc" },
	{ SHEETS | FOR_EVENTS, 'f', "file", "FILE", offsetof(struct options, file),
	  "read a saved table; - is standard input" },
	{ EVERY, 'd', "dir", "DIR", offsetof(struct options, dir),
	  "read a saved copy of /proc/net/listenq" },
	{ EVERY, 'N', "netns", "NS", offsetof(struct options, netns),
	  "in this network namespace: name, path or pid" },
	{ SHEETS | FOR_AUDIT | FOR_CHECK | FOR_METRICS, 'A', "all-netns", NULL,
	  offsetof(struct options, all),
	  "in all network namespaces" },
	{ EVERY, 'h', "help", NULL, offsetof(struct options, help), "this text" },
	{ EVERY, 'V', "version", NULL, offsetof(struct options, version),
	  "version of the reader" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define LONG_BASE 256	/* what getopt_long() returns for row 0's long name */
#define LETTERS (2 * ROWS + 3)

/* The options of some commands, as getopt_long() wants them. */
struct spelling {
	char letters[LETTERS];
	struct option names[ROWS + 1];
};

static const char *hint(const struct options *options)
{
	static char text[64];

	snprintf(text, sizeof(text), "try: listenq %s%s--help",
		 options->named ? options->command->name : "", options->named ? " " : "");
	return text;
}

static void usage_error(const struct options *options, int what, const char *word)
{
	char letter[] = { '-', optopt, '\0' };

	/* optopt is a row's number for a long option, 0 for an unknown one. */
	if (optopt > 0 && optopt < LONG_BASE)
		word = letter;
	if (what == ':')
		die(EXIT_USAGE, "option '%s' needs an argument: %s", word, hint(options));
	if (optopt >= LONG_BASE)
		die(EXIT_USAGE, "option '%s' takes no argument: %s", word, hint(options));
	die(EXIT_USAGE, "unknown option '%s': %s", word, hint(options));
}

static void apply(struct options *options, const struct option_row *row)
{
	char *member = (char *)options + row->member;

	if (row->argument)
		*(const char **)member = optarg;
	else
		*(bool *)member = true;
}

static const struct option_row *row_of(const struct options *options, int letter)
{
	const struct option_row *row = rows;

	while (row->letter != letter || !(row->commands & options->command->bit))
		row++;
	return row;
}

static bool is_spelt(const struct spelling *spelling, const char *name)
{
	for (const struct option *option = spelling->names; option->name; option++)
		if (!strcmp(option->name, name))
			return true;
	return false;
}

/* before is what the letters begin with: "+" makes the parser stop at the first plain word. */
static void spell(struct spelling *spelling, int mask, const char *before)
{
	char *end = stpcpy(spelling->letters, before);
	size_t n = 0;

	memset(spelling->names, 0, sizeof(spelling->names));
	for (size_t i = 0; i < ROWS; i++) {
		if (!(rows[i].commands & mask) || is_spelt(spelling, rows[i].name))
			continue;
		spelling->names[n].name = rows[i].name;
		spelling->names[n].has_arg = rows[i].argument ? required_argument : no_argument;
		spelling->names[n++].val = LONG_BASE + i;
		if (rows[i].letter)
			*end++ = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			*end++ = ':';
	}
	*end = '\0';
}

/* Who types a number has a port in mind. */
static void unknown_command(const char *word)
{
	uint64_t port;

	if (text_number(word, &port))
		die(EXIT_USAGE, "unknown command '%s': try: listenq -p %s, or listenq explain %s",
		    word, word, word);
	die(EXIT_USAGE, "unknown command '%s': try: listenq --help", word);
}

/* The first word that is no option and no argument of one names the command, and is taken out. */
static int take_command(struct options *options, int argc, char **argv)
{
	struct spelling spelling;
	const struct command *command;

	options->command = commands;
	spell(&spelling, EVERY, "+:");
	while (getopt_long(argc, argv, spelling.letters, spelling.names, NULL) != -1)
		;
	if (optind >= argc)
		return argc;
	for (command = commands; command->name; command++)
		if (!strcmp(command->name, argv[optind]))
			break;
	if (!command->name)
		unknown_command(argv[optind]);
	options->command = command;
	options->named = true;
	memmove(argv + optind, argv + optind + 1, (argc - optind) * sizeof(*argv));
	return argc - 1;
}

static void exclude(const char *one, bool given, const char *other, bool other_given)
{
	if (given && other_given)
		die(EXIT_USAGE, "%s and %s together: choose one of them", one, other);
}

/**
 * options_parse() - read the command line, or end with a message
 * @options: filled in
 * @argc: from main()
 * @argv: from main(); the command is taken out
 */
void options_parse(struct options *options, int argc, char **argv)
{
	struct spelling spelling;
	int found;

	memset(options, 0, sizeof(*options));
	opterr = 0;
	argc = take_command(options, argc, argv);
	optind = 0;	/* from the beginning */
	spell(&spelling, options->command->bit, ":");
	while ((found = getopt_long(argc, argv, spelling.letters, spelling.names, NULL)) != -1) {
		if (found == '?' || found == ':')
			usage_error(options, found, argv[optind - 1]);
		apply(options, found >= LONG_BASE ? &rows[found - LONG_BASE] :
						    row_of(options, found));
	}
	if (optind < argc && options->command->operand)
		options->operand = argv[optind++];
	if (optind < argc && options->operand && strstr(options->command->operand, " ["))
		options->operand2 = argv[optind++];
	if (optind < argc)
		die(EXIT_USAGE, "unexpected argument '%s': %s", argv[optind], hint(options));
	exclude("--json", options->json, "--raw", options->raw);
	exclude("--file", options->file, "--dir", options->dir);
	exclude("--netns", options->netns, "--all-netns", options->all);
	exclude(options->all ? "--all-netns" : "--netns", options->netns || options->all,
		options->file ? "--file" : "--dir", options->file || options->dir);
}

static void help_options(int mask)
{
	for (size_t i = 0; i < ROWS; i++) {
		char left[32];

		if (!(rows[i].commands & mask))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		if (rows[i].letter)
			printf("  -%c, %-16s %s\n", rows[i].letter, left, rows[i].help);
		else
			printf("      %-16s %s\n", left, rows[i].help);
	}
}

static void help_command(const struct command *command)
{
	printf("Usage: listenq %s [OPTION]...%s%s\n"
	       "Show %s.\n", command->name, command->operand ? " " : "",
	       command->operand ? command->operand : "", command->help);
	help_options(command->bit);
}

/**
 * options_help() - print what --help shows: of a command, or of all of them
 * @options: the command line
 */
void options_help(const struct options *options)
{
	if (options->named) {
		help_command(options->command);
		return;
	}
	printf("Usage: listenq [COMMAND] [OPTION]...\n"
	       "Show the queues in which connections wait for accept(), and what got lost there.\n"
	       "\n");
	for (const struct command *command = commands; command->name; command++)
		printf("  %-10s %s\n", command->name, command->help);
	printf("\n"
	       "Without a command it is show. The options of each: listenq COMMAND --help\n"
	       "A '!' marks a backlog that was clamped, a queue that is full, and losses.\n"
	       "Exit status: 0 done, 1 audit or check found something, 2 wrong usage,\n"
	       "3 module not loaded or table not readable.\n"
	       "More: man 8 listenq\n");
}
