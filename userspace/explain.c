// SPDX-License-Identifier: GPL-2.0
// explain: the limits of a listener as arithmetic, with the rules of the kernel that make them.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "explain.h"
#include "rows.h"
#include "source.h"
#include "text.h"

/**
 * fact_number() - a number that is known of a listener
 * @facts: of which
 * @name: a column of listeners or counters
 * @value: set if it is known
 *
 * Return: whether it is known.
 */
bool fact_number(const struct facts *facts, const char *name, uint64_t *value)
{
	return table_number(facts->table, facts->row, name, value);
}

/**
 * fact_count() - a counter of a listener
 * @facts: of which
 * @name: a column of counters
 *
 * Return: its value, 0 if it is not known.
 */
uint64_t fact_count(const struct facts *facts, const char *name)
{
	uint64_t value = 0;

	fact_number(facts, name, &value);
	return value;
}

static const char *fact_text(const struct facts *facts, const char *name)
{
	return table_text(facts->table, facts->row, name);
}

/**
 * fact_requested() - the backlog that the program asked for
 * @facts: of which listener
 * @backlog: set if it is known, to what it is for the kernel: unsigned, 32 bits
 *
 * Return: whether it is known.
 */
bool fact_requested(const struct facts *facts, uint64_t *backlog)
{
	const char *cell = fact_text(facts, "backlog");

	if (!strcmp(cell, "-"))
		return false;
	*backlog = (uint32_t)strtol(cell, NULL, 10);
	return true;
}

/**
 * fact_clamped() - did the program get less than it asked for?
 * @facts: of which listener
 *
 * Return: true when that is known.
 */
bool fact_clamped(const struct facts *facts)
{
	uint64_t backlog, limit;

	return fact_requested(facts, &backlog) && fact_number(facts, "max_ack_backlog", &limit) &&
	       backlog > limit;
}

/**
 * fact_full() - is a queue at its limit now?
 * @facts: of which listener
 * @depth: the column that has the depth
 * @limit: the column that has the limit
 *
 * Return: true when that is known.
 */
bool fact_full(const struct facts *facts, const char *depth, const char *limit)
{
	return text_full(fact_text(facts, depth), fact_text(facts, limit));
}

static void print_time(const char *before, uint64_t ms, const char *after)
{
	char *text = text_duration(ms > UINT64_MAX / 1000 ? UINT64_MAX : ms * 1000);

	printf("%s%s%s", before, text, after);
	free(text);
}

static void explain_depth(const struct facts *facts, const char *queue, const char *depth,
			  const char *limit, const char *peak)
{
	uint64_t most, holds;

	printf("%s: %s of %s now, %s at most so far.\n", queue, fact_text(facts, depth),
	       fact_text(facts, limit), fact_text(facts, peak));
	if (fact_number(facts, peak, &most) && fact_number(facts, limit, &holds) && most > holds)
		printf("  It has held more than it should: two CPUs looked at it in the same moment,\n"
		       "  or its limit was another one then.\n");
}

static void explain_arithmetic(const struct facts *facts)
{
	const char *arrow = text_arrow();
	uint64_t backlog;

	if (!fact_requested(facts, &backlog))
		printf("  requested: not known");
	else if (*fact_text(facts, "backlog") == '-')
		printf("  requested %s, to the kernel %llu", fact_text(facts, "backlog"),
		       (unsigned long long)backlog);
	else
		printf("  requested %llu", (unsigned long long)backlog);
	if (strcmp(fact_text(facts, "somaxconn"), "-"))
		printf(" %s somaxconn %s", arrow, fact_text(facts, "somaxconn"));
	printf(" %s limit %s %s holds %s\n", arrow, fact_text(facts, "max_ack_backlog"), arrow,
	       fact_text(facts, "acceptq_limit"));
}

static void explain_acceptq(const struct facts *facts)
{
	const char *spells = fact_text(facts, "full_count");
	uint64_t limit, holds, ms;

	explain_depth(facts, "Accept queue", "acceptq", "acceptq_limit", "acceptq_peak");
	explain_arithmetic(facts);
	if (fact_clamped(facts))
		printf("  net/socket.c: __sys_listen takes the lesser of what was requested and\n"
		       "  net.core.somaxconn, and does not tell the program.\n");
	if (fact_number(facts, "max_ack_backlog", &limit) &&
	    fact_number(facts, "acceptq_limit", &holds) && holds == limit + 1)
		printf("  include/net/sock.h: sk_acceptq_is_full refuses when there are more than\n"
		       "  the limit, so one more fits.\n");
	if (fact_number(facts, "full_ms", &ms) && ms) {
		print_time("  It was full for ", ms, " in all, in ");
		printf("%s spell%s.\n", spells, strcmp(spells, "1") ? "s" : "");
	}
	if (fact_number(facts, "oldest_ms", &ms))
		print_time("  The connection at its head has waited for ", ms, ".\n");
}

/* The sysctls that have a part in the limit of the SYN queue, and what becomes of the second. */
struct sysctls {
	uint64_t cookies;	/* 0 also in a kernel that has none */
	uint64_t most;		/* tcp_max_syn_backlog */
	uint64_t unproven;	/* how many peers it leaves room for that are not known */
};

static void explain_rule(const struct sysctls *sysctls, uint64_t limit, uint64_t holds)
{
	if (sysctls->cookies == 2 && !holds)
		printf("  net.ipv4.tcp_syncookies = 2: tcp_conn_request answers every SYN with a\n"
		       "  cookie and puts none into this queue.\n");
	else if (!sysctls->cookies && holds == sysctls->unproven && holds <= limit)
		printf("  net.ipv4.tcp_syncookies = 0: tcp_conn_request keeps the last quarter of\n"
		       "  net.ipv4.tcp_max_syn_backlog for peers that it knows to be alive:\n"
		       "  %llu - %llu + 1 = %llu for all others.\n",
		       (unsigned long long)sysctls->most, (unsigned long long)sysctls->most / 4,
		       (unsigned long long)holds);
	else if (holds == limit || holds == limit + 1)
		printf("  The backlog is the limit of this queue, too: %llu.\n"
		       "  inet_csk_reqsk_queue_is_full refuses %s it, so %llu fit.\n",
		       (unsigned long long)limit, holds == limit ? "at" : "at more than",
		       (unsigned long long)holds);
	else
		printf("  The rule that makes this limit is not known.\n");
}

static void explain_folklore(const struct sysctls *sysctls, uint64_t holds)
{
	if (sysctls->cookies)
		printf("  net.ipv4.tcp_max_syn_backlog, %llu, is not its limit, whatever is written\n"
		       "  of it: it counts only where tcp_syncookies is 0.\n",
		       (unsigned long long)sysctls->most);
	else if (holds != sysctls->unproven)
		printf("  net.ipv4.tcp_max_syn_backlog, %llu, is not its limit: with tcp_syncookies\n"
		       "  at 0, it would begin to count at %llu.\n",
		       (unsigned long long)sysctls->most, (unsigned long long)sysctls->unproven);
}

static void explain_limit(const struct facts *facts)
{
	struct sysctls sysctls = { 0, 0, 0 };
	uint64_t holds, limit;

	if (!fact_number(facts, "synq_limit", &holds) ||
	    !fact_number(facts, "max_ack_backlog", &limit) ||
	    !info_number(facts->info, "tcp_max_syn_backlog", &sysctls.most)) {
		printf("  Its limit is not known.\n");
		return;
	}
	info_number(facts->info, "tcp_syncookies", &sysctls.cookies);
	sysctls.unproven = sysctls.most - sysctls.most / 4 + 1;
	explain_rule(&sysctls, limit, holds);
	explain_folklore(&sysctls, holds);
}

static void explain_synq(const struct facts *facts)
{
	explain_depth(facts, "SYN queue", "synq", "synq_limit", "synq_peak");
	explain_limit(facts);
	if (!strcmp(fact_text(facts, "synq_full"), "cookie"))
		printf("  Past its limit, a SYN is answered with a cookie.\n");
	else if (!strcmp(fact_text(facts, "synq_full"), "drop"))
		printf("  Past its limit, a SYN is dropped.\n");
	if (fact_full(facts, "acceptq", "acceptq_limit"))
		printf("  As long as the accept queue is full, tcp_conn_request drops every SYN,\n"
		       "  whatever there is room for here.\n");
}

static void print_verdict(const struct facts *facts)
{
	const char *word, *words;
	char *next, *newline;

	explain_verdict(facts, &word, &words, &next);
	newline = strchr(next, '\n');
	printf("Verdict: %s\nNext step: %.*s\n", words,
	       (int)(newline ? newline - next : (ptrdiff_t)strlen(next)), next);
	if (newline)
		printf("  %s\n", newline + 1);
	free(next);
}

static void explain_listener(const struct facts *facts)
{
	char *comm = text_for_people(fact_text(facts, "comm"));
	uint64_t ms;

	printf("%s, socket %s", fact_text(facts, "local"), fact_text(facts, "sk"));
	if (strcmp(fact_text(facts, "pid"), "-"))
		printf(", process %s/%s", fact_text(facts, "pid"), comm);
	if (fact_number(facts, "age_ms", &ms))
		print_time(", listening for ", ms, "");
	printf("\n\n");
	free(comm);
	explain_acceptq(facts);
	explain_synq(facts);
	explain_losses(facts);
	print_verdict(facts);
}

static bool notable(const struct facts *facts)
{
	return fact_clamped(facts) || fact_full(facts, "acceptq", "acceptq_limit") ||
	       fact_full(facts, "synq", "synq_limit") || fact_count(facts, "drops");
}

/* A number is a port if some listener has it, else it is looked for among the cookies. */
static bool has_port(const struct facts *facts, const char *port)
{
	const char *colon = text_port(fact_text(facts, "local"));

	return colon && !strcmp(colon + 1, port);
}

static bool has_cookie(const struct facts *facts, const char *sk)
{
	return !strcmp(fact_text(facts, "sk"), sk);
}

static bool chosen(const struct facts *facts, const char *operand, bool port)
{
	if (!operand)
		return notable(facts);
	return port ? has_port(facts, operand) : has_cookie(facts, operand);
}

/* Leaves those that are to be explained: without a choice, those with something to be said. */
static void keep_chosen(struct facts *facts, const char *operand)
{
	struct table *table = facts->table;
	bool port = false;
	size_t kept = 0;

	for (facts->row = 0; operand && facts->row < table->nrows; facts->row++)
		port |= has_port(facts, operand);
	for (facts->row = 0; facts->row < table->nrows; facts->row++) {
		if (chosen(facts, operand, port))
			table->rows[kept++] = table->rows[facts->row];
		else
			free(table->rows[facts->row]);
	}
	table->nrows = kept;
	if (operand && !kept)
		die(EXIT_USAGE,
		    "no listener has the port or the socket cookie '%s': see listenq --output local,sk",
		    operand);
}

static void print_words(struct facts *facts)
{
	for (facts->row = 0; facts->row < facts->table->nrows; facts->row++) {
		printf("%s", facts->row ? "\n" : "");
		explain_listener(facts);
	}
	if (!facts->table->nrows)
		printf("No listener is clamped, full or losing anything.\n"
		       "listenq explain PORT explains one all the same.\n");
}

static void print_objects(struct facts *facts, const struct options *options)
{
	static const char *const names[] = { "verdict", "next_step" };
	struct table *table = facts->table;
	const char **words = need(calloc(table->nrows + 1, sizeof(*words)));
	char **next = need(calloc(table->nrows + 1, sizeof(*next)));
	const char *cells[2], *sentence;

	for (facts->row = 0; facts->row < table->nrows; facts->row++)
		explain_verdict(facts, &words[facts->row], &sentence, &next[facts->row]);
	table_add_columns(table, names, 2);
	for (size_t row = 0; row < table->nrows; row++) {
		char *newline = strchr(next[row], '\n');

		if (newline)
			*newline = ' ';
		cells[0] = words[row];
		cells[1] = next[row];
		table_extend_row(table, row, cells, 2);
		free(next[row]);
	}
	table->own = table->ncols;
	show_table(table, options);
	free(next);
	free(words);
}

/* Returns the counters a while later if a program seems not to accept: it may, if slowly. */
static struct table *look_again(struct facts *facts, const struct options *options)
{
	const struct timespec pause = { .tv_sec = 1 };
	bool wanted = false;

	for (facts->row = 0; facts->row < facts->table->nrows; facts->row++)
		wanted |= explain_suspects(facts);
	/* A saved copy would say the same again. */
	if (!wanted || options->dir)
		return NULL;
	nanosleep(&pause, NULL);
	return source_table(options, &counters_sheet);
}

/**
 * explain_run() - explain listeners, in words or as JSON
 * @options: the command line
 *
 * Return: EXIT_DONE.
 */
enum exit_code explain_run(const struct options *options)
{
	struct facts facts;
	struct filter filter;
	struct table *later;
	struct info *info;

	rows_filter(&filter, options);
	facts.table = source_listeners(options, true);
	source_need(facts.table, "max_ack_backlog");
	info = source_info(options);
	facts.info = info;
	rows_keep(facts.table, &filter);
	keep_chosen(&facts, options->operand);
	later = look_again(&facts, options);
	facts.later = later;
	if (options->json)
		print_objects(&facts, options);
	else
		print_words(&facts);
	if (later)
		source_free(later);
	info_free(info);
	source_free(facts.table);
	return EXIT_DONE;
}
