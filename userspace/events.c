// SPDX-License-Identifier: GPL-2.0
// events: what happens to listeners, as it happens; a line each for people, or as JSON Lines.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "print.h"
#include "read.h"
#include "rows.h"
#include "source.h"
#include "text.h"

/* The words of a line, by which it begins; behind them are the details, KEY=VALUE. */
enum word { TIME, SK, LOCAL, EVENT, REMOTE, WORDS };

static const char *const names[WORDS] = { "time_ns", "sk", "local", "event", "remote" };

/* What follows a line in the course of being printed. */
struct event {
	const char *word[WORDS];
	char *details;		/* "" if it has none */
};

/* The details that are numbers; socket cookies are not, though they may look like some. */
static const char *const numbers[] = {
	"backlog", "somaxconn", "max_ack_backlog", "pending", "synq", "acceptq", "waited_us", "n",
};

/* In this order for people, each column as wide as its widest cell so far. */
static struct { enum word word; int width; const char *heading; } columns[] = {
	{ TIME, 12, "TIME" }, { EVENT, 14, "EVENT" }, { LOCAL, 16, "LOCAL" },
	{ REMOTE, 16, "REMOTE" },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Readable when a signal has come that ends this. */
static int signals;

static void catch_signals(void)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (signals < 0)
		die(EXIT_TABLE, "cannot wait for signals: %s", strerror(errno));
}

/* What was printed is seen before this waits for more; false when no more is wanted. */
static bool await_more(int fd)
{
	struct pollfd ends[] = {
		{ .fd = fd, .events = POLLIN }, { .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	print_flush();
	while (poll(ends, sizeof(ends) / sizeof(ends[0]), -1) < 0)
		if (errno != EINTR)
			die(EXIT_TABLE, "cannot wait for events: %s", strerror(errno));
	/* Nobody reads the pipe any more: end as the next line would. */
	if (ends[2].revents & POLLERR)
		raise(SIGPIPE);
	return !ends[1].revents;
}

static bool is_place(const char *word)
{
	return !strcmp(word, "-") || strchr(word, ':');
}

static bool is_details(const char *details)
{
	while (*details) {
		size_t length = strcspn(details, " ");
		size_t key = strcspn(details, "= ");

		if (!key || details[key] != '=' || key + 1 == length)
			return false;
		details += length + (details[length] && details[length + 1]);
		if (*details == ' ')
			return false;
	}
	return true;
}

/* Takes a line apart; false when it is not one of an event. */
static bool take_apart(char *line, struct event *event)
{
	uint64_t number;

	for (int i = 0; i < WORDS; i++) {
		event->word[i] = strsep(&line, " ");
		if (!event->word[i] || !*event->word[i])
			return false;
	}
	event->details = line ? line : "";
	return text_number(event->word[TIME], &number) && is_place(event->word[LOCAL]) &&
	       is_place(event->word[REMOTE]) &&
	       strspn(event->word[SK], "0123456789abcdef-") == strlen(event->word[SK]) &&
	       (!line || *line) && is_details(event->details);
}

static void people_line(const char *const cells[COLUMNS], const char *last)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		int width = strlen(cells[i]);

		if (width > columns[i].width)
			columns[i].width = width;
		width = columns[i].width;
		if (i + 1 < COLUMNS)
			printf("%*s ", i ? -width : width, cells[i]);
		else if (*last)
			printf("%*s %s\n", -width, cells[i], last);
		else
			puts(cells[i]);
	}
}

static void print_headings(void)
{
	const char *cells[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = columns[i].heading;
	people_line(cells, "DETAILS");
}

/* The time in seconds, as dmesg has it. */
static void print_people(const struct event *event)
{
	const char *cells[COLUMNS];
	uint64_t ns = 0;
	char time[32];

	text_number(event->word[TIME], &ns);
	snprintf(time, sizeof(time), "%llu.%06llu", (unsigned long long)ns / 1000000000,
		 (unsigned long long)ns / 1000 % 1000000);
	for (size_t i = 0; i < COLUMNS; i++)
		cells[i] = i ? event->word[columns[i].word] : time;
	people_line(cells, event->details);
}

static bool is_number(const char *key)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(key, numbers[i]))
			return true;
	return false;
}

static void print_member(const char *key, const char *value, bool number)
{
	char *end;

	print_json_text(key);
	fputs(": ", stdout);
	strtoll(value, &end, 10);
	if (!strcmp(value, "-"))
		fputs("null", stdout);
	else if (number && !*end)
		fputs(value, stdout);
	else
		print_json_text(value);
}

static void print_object(const struct event *event)
{
	char *rest = event->details, *value;

	putchar('{');
	for (int i = 0; i < WORDS; i++) {
		if (i)
			fputs(", ", stdout);
		print_member(names[i], event->word[i], i == TIME);
	}
	while (*event->details && (value = strsep(&rest, " "))) {
		const char *key = strsep(&value, "=");

		fputs(", ", stdout);
		print_member(key, value, is_number(key));
	}
	puts("}");
}

/* Returns how many events the line says were lost. */
static uint64_t lost_by(const struct event *event)
{
	uint64_t n = 0;

	if (strcmp(event->word[EVENT], "lost") || strncmp(event->details, "n=", 2))
		return 0;
	text_number(event->details + 2, &n);
	return n;
}

static uint64_t print_all(const struct options *options, struct lines *lines)
{
	struct event event;
	struct filter filter;
	uint64_t lost = 0;
	char *line;

	rows_filter(&filter, options);
	while ((line = lines_next(lines))) {
		if (!take_apart(line, &event))
			die(EXIT_TABLE, "%s: line %zu: not an event: damaged, or not of listenq",
			    lines->path, lines->number);
		lost += lost_by(&event);
		/* What was lost may have been of any listener. */
		if (strcmp(event.word[LOCAL], "-") && !rows_local(&filter, event.word[LOCAL]))
			continue;
		if (options->json)
			print_object(&event);
		else
			print_people(&event);
	}
	return lost;
}

/**
 * events_run() - print events until there are no more, or a signal ends it
 * @options: the command line
 *
 * Return: EXIT_DONE; it ends with a message when the module goes away.
 */
enum exit_code events_run(const struct options *options)
{
	struct lines lines = { .await = await_more };
	uint64_t lost;

	catch_signals();
	source_events(options, &lines);
	if (!options->json && !options->noheadings)
		print_headings();
	lost = print_all(options, &lines);
	print_flush();
	if (lost)
		fprintf(stderr, "listenq: %llu events lost: they came faster than they were read\n",
			(unsigned long long)lost);
	if (lines.ended && !options->dir && !options->file)
		die(EXIT_TABLE, "%s: no more events: the module was unloaded, or the namespace has ended",
		    lines.path);
	source_events_end(&lines);
	return EXIT_DONE;
}
