// SPDX-License-Identifier: GPL-2.0
// events: what happens to listeners, as it happens; a line each for people, or as JSON Lines.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* So many readings take what the module still holds when a signal ends this. */
#define LAST_READINGS 4

static volatile sig_atomic_t stopped;
static sigset_t ends;	/* the signals that end this */
static uint64_t lost;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* Called at each way out; what it has said once it does not say again. */
static void say_lost(void)
{
	if (lost)
		fprintf(stderr, "listenq: %llu events lost: they came faster than they were read\n",
			(unsigned long long)lost);
	lost = 0;
}

/*
 * The second one ends this at once, also while nobody takes what it writes. One that whoever
 * started this has ignored stays so.
 */
static void catch_signal(int signal)
{
	const struct sigaction action = {
		.sa_handler = stop, .sa_flags = SA_RESTART | SA_RESETHAND,
	};
	struct sigaction before;

	sigaddset(&ends, signal);
	if (!sigaction(signal, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

static bool has_more(int fd)
{
	static unsigned int left = LAST_READINGS;
	struct pollfd more = { .fd = fd, .events = POLLIN };

	return left && left-- && poll(&more, 1, 0) == 1 && more.revents & POLLIN;
}

/* What was printed is seen before this waits for more; false when no more is wanted. */
static bool await_more(int fd)
{
	struct pollfd two[] = { { .fd = fd, .events = POLLIN }, { .fd = STDOUT_FILENO } };
	sigset_t before;
	int ready = 0;

	print_flush();
	/* No signal comes between the look at the flag and the wait. */
	sigprocmask(SIG_BLOCK, &ends, &before);
	while (!stopped && !ready) {
		ready = ppoll(two, 2, NULL, &before);
		if (ready < 0 && errno != EINTR)
			die(EXIT_TABLE, "cannot wait for events: %s", strerror(errno));
		ready = ready > 0;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* Nobody reads the pipe or the socket any more: end as the next line would. */
	if (ready && two[1].revents & (POLLERR | POLLHUP))
		raise(SIGPIPE);
	return ready || has_more(fd);
}

static bool is_place(const char *word)
{
	return !strcmp(word, "-") || strchr(word, ':');
}

/* Is this key of a detail there already, in front of it or as the name of a word? */
static bool is_twice(const char *details, const char *key, size_t length)
{
	for (int i = 0; i < WORDS; i++)
		if (strlen(names[i]) == length && !memcmp(names[i], key, length))
			return true;
	for (; details < key; details += strcspn(details, " ") + 1)
		if (!strncmp(details, key, length) && details[length] == '=')
			return true;
	return false;
}

/* "KEY=VALUE ...", each key once. */
static bool is_details(const char *details)
{
	const char *at = details;

	while (*at) {
		size_t length = strcspn(at, " ");
		size_t key = strcspn(at, "= ");

		if (!key || at[key] != '=' || key + 1 == length || is_twice(details, at, key))
			return false;
		at += length + (at[length] && at[length + 1]);
		if (*at == ' ')
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

/* As JSON has integers: no plus sign, no zeros in front. */
static bool is_integer(const char *value)
{
	value += *value == '-';
	if (*value == '0')
		return !value[1];
	return *value && !value[strspn(value, "0123456789")];
}

static void print_member(const char *key, const char *value, bool number)
{
	print_json_text(key);
	fputs(": ", stdout);
	if (!strcmp(value, "-"))
		fputs("null", stdout);
	else if (number && is_integer(value))
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

/**
 * events_print() - print events, or end with a message that names the line
 * @options: the command line
 * @lines: from source_events(); read to its end
 */
void events_print(const struct options *options, struct lines *lines)
{
	struct event event;
	struct filter filter;
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

	sigemptyset(&ends);
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	atexit(say_lost);
	source_events(options, &lines);
	if (!options->json && !options->noheadings)
		print_headings();
	events_print(options, &lines);
	print_flush();
	say_lost();
	if (lines.ended && lines.live)
		die(EXIT_TABLE, "%s: no more events: the module was unloaded, or the namespace has ended",
		    lines.path);
	source_events_end(&lines);
	return EXIT_DONE;
}
