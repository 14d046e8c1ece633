// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of listenq on a live module: their tables are those of the files, and what they say
 * of a listener whose past is known. module: self
 */
#define _GNU_SOURCE
#include "mod.h"
#include "proc.h"
#include "reader.h"
#include "stage.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIR "/proc/net/listenq/"
#define WAIT_MS 20000
#define ROOM 1024

/* Columns that say of a known past what is known. */
#define NOW "LOCAL,PROCESS,BACKLOG,ACCEPTQ,SYNQ,FULL-SYNQ,ACCEPTQ-PEAK,SYNQ-PEAK,DROPS"
#define PAST "LOCAL,ACCEPTQ-PEAK,SYNQ-PEAK,SYNQ-LEFT,PENDING,ACCEPTED,DROPS"
#define OK_LINE "LISTENQ OK - 1 listeners | acceptq=40%;50;;0;100 synq=3;4;;0 drops=0c;0;;0\n"
#define WARNING_LINE "LISTENQ WARNING - 1 of 1 listeners: %s accept queue 5 of 5, 2 drops" \
		     " | acceptq=100%%;100;;0;100 drops=2c;0;;0\n"

/* Ages move on meanwhile. */
static bool lies_between(const struct table *said, const struct table *before,
			 const struct table *after, size_t row, const char *column)
{
	uint64_t at, low, high;
	size_t length = strlen(column);

	return length > 3 && !strcmp(column + length - 3, "_ms") &&
	       cell_u64(said, row, column, &at) && cell_u64(before, row, column, &low) &&
	       cell_u64(after, row, column, &high) && at >= low && at <= high;
}

/* The reader may have more columns behind those of the file. */
static bool same_cells(const struct table *said, const struct table *before,
		       const struct table *after)
{
	if (said->nrows != before->nrows || said->nrows != after->nrows ||
	    said->ncols < before->ncols)
		return false;
	for (size_t col = 0; col < before->ncols; col++) {
		const char *name = before->cols[col];

		if (strcmp(said->cols[col], name))
			return false;
		for (size_t row = 0; row < before->nrows; row++)
			if (strcmp(table_cell(said, row, name), table_cell(before, row, name)) &&
			    !lies_between(said, before, after, row, name))
				return false;
	}
	return true;
}

static bool raw_is_file(const char *command)
{
	char path[64];
	struct table *before, *after, *raw;
	struct said said;
	bool same;

	snprintf(path, sizeof(path), DIR "%s", strcmp(command, "show") ? command : "listeners");
	before = table_read(path);
	said = reader_says("%s --raw", command);
	after = table_read(path);
	if (said.code)
		bail("listenq %s --raw: exit status %d: %s", command, said.code, said.err);
	for (char *tab = said.out; (tab = strchr(tab, '\t'));)
		*tab = ' ';
	raw = table_parse(said.out, strlen(said.out));
	same = same_cells(raw, before, after);
	table_free(before);
	table_free(after);
	table_free(raw);
	free(said.err);
	return same;
}

/* Rows of a table are objects, of numbers as the file has them. */
static void check_json(const char *command, const char *member)
{
	struct said said = reader_says("%s --json", command);
	size_t rows = 0;

	said_good(&said, command);
	for (const char *at = said.out; (at = strstr(at, "\"sk\": \"")); at++)
		rows++;
	ok(rows && strstr(said.out, member), "%s --json has %s", command, member);
	said_free(&said);
}

static void check_tables(void)
{
	static const struct { const char *command, *member; } tables[] = {
		{ "show", "\"acceptq\": 2, \"acceptq_peak\": 3, \"acceptq_limit\": 5, " },
		{ "counters", "\"syn\": 6, " },
		{ "latency", "\"queue\": \"acceptq\", \"count\": 1, " },
		{ "requests", "\"queue\": \"syn\", " },
		{ "closed", "\"closed_pending\": 1, " },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		ok(AWAIT(raw_is_file(tables[i].command), WAIT_MS),
		   "%s --raw: cell for cell what the file has", tables[i].command);
		check_json(tables[i].command, tables[i].member);
	}
}

/* What it prints is this, with no blank but one between two words. */
static void check_says(int code, const char *want, const char *args)
{
	struct said said = reader_says("%s", args);
	char *to = said.out;

	for (const char *from = said.out; *from; from++)
		if (*from != ' ' || (from[1] != ' ' && from[1] != '\n'))
			*to++ = *from;
	*to = '\0';
	is_str(said.out, want, "listenq %s", args);
	is_u64(said.code, code, "listenq %s: exit status", args);
	said_free(&said);
}

static void check_people(const struct stage *s)
{
	char place[ADDR_TEXT], args[ROOM], want[ROOM];
	unsigned int synq = stage_gauge(s, "synq_limit");

	sock_text(s->fd, place);
	snprintf(args, sizeof(args), "-H -p %u --output " NOW, s->port);
	snprintf(want, sizeof(want), "%s %d/135-reader 4 2/5 3/%u cookie 3/5 3/%u 0\n",
		 place, getpid(), synq, synq);
	check_says(0, want, args);
	snprintf(args, sizeof(args), "counters -H -p %u", s->port);
	snprintf(want, sizeof(want), "%s 6 6 0 0 0 0 0 0 0 3 1\n", place);
	check_says(0, want, args);
	snprintf(args, sizeof(args), "latency -H -p %u --output LOCAL,QUEUE,COUNT", s->port);
	snprintf(want, sizeof(want), "%s synq 3\n%s acceptq 1\n", place, place);
	check_says(0, want, args);
	snprintf(args, sizeof(args), "requests -H -p %u --output LOCAL,QUEUE,ACKED,RCVQ",
		 s->port);
	snprintf(want, sizeof(want), "%s accept - 0\n%s accept - 0\n%s syn 0 -\n%s syn 0 -\n%s syn 0 -\n",
		 place, place, place, place, place);
	check_says(0, want, args);
	snprintf(args, sizeof(args), "check --acceptq 50%% --synq 4 --drops -p %u", s->port);
	check_says(0, OK_LINE, args);
}

static void check_closed(struct stage *s)
{
	char place[ADDR_TEXT], args[ROOM], want[ROOM];

	stage_listen(s);
	sock_text(s->fd, place);
	stage_syn(s, 1);
	stage_connect(s, 2);
	stage_accept(s, 1);
	stage_close(s);
	snprintf(args, sizeof(args), "closed -H -p %u --output " PAST, s->port);
	snprintf(want, sizeof(want), "%s 2 2 1 1! 1 0\n", place);
	check_says(0, want, args);
}

/* The listener is full now, and has refused two SYNs. */
static void check_full(struct stage *s)
{
	char place[ADDR_TEXT], text[ROOM];
	struct said said;

	stage_fill(s);
	stage_syn(s, 2);
	sock_text(s->fd, place);
	snprintf(text, sizeof(text), "check --acceptq 100%% --drops -p %u", s->port);
	said = reader_says("%s", text);
	snprintf(text, sizeof(text), WARNING_LINE, place);
	is_str(said.out, text, "check finds it full");
	is_u64(said.code, 1, "and says so by its exit status");
	said_free(&said);
	said = reader_says("explain %u", s->port);
	said_good(&said, "explain");
	ok(strstr(said.out, "Accept queue: 5 of 5 now, 5 at most so far.\n"
		  "  requested 4 -> somaxconn 4096 -> limit 4 -> holds 5\n") &&
	   strstr(said.out, "  SYNs dropped because the accept queue was full: 2\n") &&
	   strstr(said.out, "\nVerdict: "), "explain has its figures, and a verdict");
	said_free(&said);
	said = reader_says("metrics");
	said_good(&said, "metrics");
	snprintf(text, sizeof(text), "\",port=\"%u\"} 5\n", s->port);
	ok(strstr(said.out, "\nlistenq_accept_queue_length{") && strstr(said.out, text),
	   "metrics has its depth");
	said_free(&said);
}

static void check_audit(void)
{
	struct said said = reader_says("audit");

	said_good(&said, "audit");
	ok(strstr(said.out, " balanced, 0 off, 0 unknown, 0 moving\n"), "all of its books balance");
	said_free(&said);
}

static void check_top(void)
{
	struct said said = reader_says("top -b 0.1 3");
	size_t tables = 0;

	said_good(&said, "top -b 0.1 3");
	for (const char *at = said.out; (at = strstr(at, "SYN/S")); at++)
		tables++;
	is_u64(tables, 3, "and shows three tables");
	said_free(&said);
}

static bool has_text(const char *path)
{
	char *text = file_read(path, NULL);
	bool has = text && *text;

	free(text);
	return has;
}

static void check_gone(void)
{
	static const char *const commands[] = {
		"", "counters", "latency", "requests", "closed", "audit", "check --drops", "explain",
		"metrics", "top -b", "-A",
	};
	char out[32];
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct said said = reader_says("top -b 0.1");

		_exit(said.code == 3 && strstr(said.err, "load the module") ? 0 : 1);
	}
	reader_file(out, pid);
	if (!AWAIT(has_text(out), WAIT_MS))
		bail("top prints nothing");
	mod_unload_or_bail();
	ok(waitpid(pid, &status, 0) == pid && !status, "top ends when the module goes");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct said said = reader_says("%s", commands[i]);

		ok(said.code == 3 && !*said.out && strstr(said.err, "load the module") &&
		   strchr(said.err, '\n') == strrchr(said.err, '\n'),
		   "listenq %s: one line, and exit status 3 without the module", commands[i]);
		said_free(&said);
	}
}

int main(void)
{
	struct stage s = { .way = &tun_ways[0], .opt.backlog = 4 }, other;
	struct tun tun;

	mod_load_or_bail(mod_path(false), "");
	new_netns();
	if (access(READER, X_OK) || !tun_open(&tun)) {
		skip("no reader, or no tun", "listenq");
		mod_unload_or_bail();
		return done();
	}
	s.tun = &tun;
	other = s;
	stage_sysctls();
	stage_listen(&s);
	stage_connect(&s, 3);
	stage_accept(&s, 1);
	stage_syn(&s, 3);
	check_people(&s);
	check_closed(&other);
	check_tables();
	check_full(&s);
	check_audit();
	check_top();
	check_gone();
	return done();
}
