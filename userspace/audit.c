// SPDX-License-Identifier: GPL-2.0
// audit: do the books balance? Several readings, because packets are on their way while we look.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "commands.h"
#include "places.h"
#include "source.h"
#include "text.h"

#define READINGS 5
#define PAUSE_MS 100

/* Returns what one reading says, for source_free(). */
static struct table *read_once(const struct options *options, bool *exact)
{
	struct table *findings;
	struct reading reading;

	reading.info = source_info(options);
	reading.netstat = source_netstat(options);
	reading.counters = source_table(options, &counters_sheet);
	reading.listeners = source_table(options, &listeners_sheet);
	reading.closed = source_table(options, &closed_sheet);
	reading.counters_after = source_table(options, &counters_sheet);
	reading.netstat_after = source_netstat(options);
	*exact = books_exact(reading.info);
	findings = books_judge(&reading);
	source_free(reading.netstat_after);
	source_free(reading.counters_after);
	source_free(reading.closed);
	source_free(reading.listeners);
	source_free(reading.counters);
	source_free(reading.netstat);
	info_free(reading.info);
	return findings;
}

static bool verdict_is(const struct table *findings, size_t row, const char *verdict)
{
	return !strcmp(table_text(findings, row, "verdict"), verdict);
}

static size_t count(const struct table *findings, const char *verdict)
{
	size_t n = 0;

	for (size_t row = 0; row < findings->nrows; row++)
		n += verdict_is(findings, row, verdict);
	return n;
}

static bool same_text(const struct table *a, size_t i, const struct table *b, size_t k,
		      const char *name)
{
	return !strcmp(table_text(a, i, name), table_text(b, k, name));
}

static uint64_t difference(const struct table *findings, size_t row)
{
	uint64_t left = 0, right = 0;

	table_number(findings, row, "left", &left);
	table_number(findings, row, "right", &right);
	return left - right;
}

static void copy_row(struct table *to, const struct table *from, size_t row, const char *verdict)
{
	char *line = text_format("%s %s %s %s %s %s", table_text(from, row, "sk"),
				 table_text(from, row, "local"), table_text(from, row, "equation"),
				 table_text(from, row, "left"), table_text(from, row, "right"),
				 verdict ? verdict : table_text(from, row, "verdict"));

	table_add_row(to, line);
	free(line);
}

/*
 * What has balanced once has balanced. What is off stays off by the same number
 * as long as we look; packets on their way are soon somewhere else.
 */
static void merge_row(struct table *merged, const struct table *before, size_t was,
		      const struct table *now, size_t row)
{
	bool off = verdict_is(now, row, VERDICT_OFF);

	if (was != NO_COLUMN && verdict_is(before, was, VERDICT_BALANCED))
		copy_row(merged, before, was, NULL);
	else if (off && (was == NO_COLUMN || !verdict_is(before, was, VERDICT_OFF) ||
			 difference(before, was) != difference(now, row)))
		copy_row(merged, now, row, VERDICT_MOVING);
	else
		copy_row(merged, now, row, NULL);
}

/* Frees both and returns what they say together. */
static struct table *merge(struct table *before, struct table *now)
{
	struct table *merged = books_findings();
	size_t next = 0;

	for (size_t row = 0; row < now->nrows; row++) {
		size_t was = next;

		while (was < before->nrows && !(same_text(before, was, now, row, "sk") &&
						same_text(before, was, now, row, "equation")))
			was++;
		if (was < before->nrows)
			next = was + 1;
		merge_row(merged, before, was < before->nrows ? was : NO_COLUMN, now, row);
	}
	source_free(before);
	source_free(now);
	return merged;
}

static struct table *read_until_settled(const struct options *options, bool *exact)
{
	const struct timespec pause = { 0, PAUSE_MS * 1000 * 1000 };
	struct table *findings = read_once(options, exact);
	/* A saved copy does not move. */
	int readings = options->dir ? 1 : READINGS;

	while (--readings && (count(findings, VERDICT_OFF) || count(findings, VERDICT_MOVING))) {
		nanosleep(&pause, NULL);
		findings = merge(findings, read_once(options, exact));
	}
	return findings;
}

/* Where a probe missed something, nobody is told that the books balance. */
static struct table *doubt(struct table *findings)
{
	struct table *doubted = books_findings();

	for (size_t row = 0; row < findings->nrows; row++)
		copy_row(doubted, findings, row,
			 verdict_is(findings, row, VERDICT_BALANCED) ? VERDICT_UNKNOWN : NULL);
	source_free(findings);
	return doubted;
}

/* People see what needs looking at, and the kernel's counters in any case. */
static void keep_notable(struct table *findings)
{
	size_t kept = 0;

	for (size_t row = 0; row < findings->nrows; row++) {
		if (!verdict_is(findings, row, VERDICT_BALANCED) ||
		    !strcmp(table_text(findings, row, "sk"), "-"))
			findings->rows[kept++] = findings->rows[row];
		else
			free(findings->rows[row]);
	}
	findings->nrows = kept;
}

/* The audit of all namespaces. */
struct audit {
	struct table *findings;
	bool exact;
};

static void audit_one(const struct options *at, void *arg)
{
	struct audit *audit = arg;
	bool exact;
	struct table *findings = read_until_settled(at, &exact);

	if (!exact)
		findings = doubt(findings);
	audit->exact &= exact;
	places_name(findings, at);
	findings->own = findings->ncols;
	places_gather(&audit->findings, findings);
}

static void print_summary(struct table *findings, const struct options *options, bool exact)
{
	size_t balanced = count(findings, VERDICT_BALANCED);
	size_t off = count(findings, VERDICT_OFF);
	size_t unknown = count(findings, VERDICT_UNKNOWN);
	size_t moving = count(findings, VERDICT_MOVING);

	keep_notable(findings);
	show_table(findings, options);
	printf("%zu balanced, %zu off, %zu unknown, %zu moving%s\n", balanced, off, unknown, moving,
	       moving ? ", which cannot be told now: try again" : "");
	if (!exact)
		printf("books inexact: a probe missed something: see the lines probe of info\n");
}

/**
 * audit_run() - check the books
 * @options: the command line
 *
 * Return: EXIT_FOUND when an equation is off, or the module itself says that it missed something;
 * else EXIT_TABLE when a namespace had to be left out.
 */
enum exit_code audit_run(const struct options *options)
{
	struct audit audit = { .exact = true };
	bool all = places_each(options, audit_one, &audit);
	size_t off;

	off = count(audit.findings, VERDICT_OFF);
	if (options->json || options->raw)
		show_table(audit.findings, options);
	else
		print_summary(audit.findings, options, audit.exact);
	source_free(audit.findings);
	if (off || !audit.exact)
		return EXIT_FOUND;
	return all ? EXIT_DONE : EXIT_TABLE;
}
