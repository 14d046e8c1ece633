// SPDX-License-Identifier: GPL-2.0
/*
 * `listenq events` on a live module: a connection's life as people and as programs see it, and each
 * way in which it ends. module: self
 */
#define _GNU_SOURCE
#include "events.h"
#include "mod.h"
#include "proc.h"
#include "reader.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT READER_OUT
#define ERR READER_ERR
#define WAIT_MS 20000
#define MOST 128	/* LQ_WATCHES_MOST of module/event.c */

static bool has(const char *file, const char *what)
{
	char *text = file_read(file, NULL);
	bool found = text && strstr(text, what);

	free(text);
	return found;
}

static void run_reader(struct reader *r, const char *option)
{
	unlink(OUT);
	reader_start(r, "events %s", option);
	if (!AWAIT(has(OUT, "DETAILS") || reader_ended(r), WAIT_MS))
		bail("the reader prints no heading, and does not end");
}

/* The words are there, each behind the one before. */
static bool in_order(const char *file, const char *const *words)
{
	char *text = file_read(file, NULL), *at = text;

	for (; at && *words; words++)
		at = strstr(at, *words);
	free(text);
	return at;
}

/* The pages of the manual have a life from here. */
static void show_raw(int fd)
{
	char buf[4096];
	ssize_t len = read(fd, buf, sizeof(buf) - 1);

	buf[len > 0 ? len : 0] = '\0';
	for (char *line = strtok(buf, "\n"); line; line = strtok(NULL, "\n"))
		diag("%s", line);
	close(fd);
}

static void one_life(struct stage *s)
{
	stage_listen(s);
	stage_connect(s, 1);
	stage_accept(s, 1);
	stage_close(s);
}

static void check_life(struct stage *s)
{
	static const char *const people[] = {
		" listen ", "backlog=5", " syn_queued ", "synq=1\n", " established ",
		"via=handshake\n", " accept ", "acceptq=0 ", " close ", "pending=0\n", NULL,
	};
	static const char *const json[] = {
		"{\"time_ns\": ", "\"event\": \"listen\", \"remote\": null, \"backlog\": 5,",
		"\"event\": \"syn_queued\"", "\"synq\": 1}\n", "\"event\": \"established\"",
		"\"via\": \"handshake\"}\n", "\"event\": \"accept\"", "\"event\": \"close\"",
		"\"pending\": 0}\n", NULL,
	};
	struct reader r = { .pipe = -1 };
	int raw = open(EVENTS, O_RDONLY | O_CLOEXEC);
	char *text;

	run_reader(&r, "");
	one_life(s);
	ok(AWAIT(in_order(OUT, people), WAIT_MS), "a connection's life, for people");
	show_raw(raw);
	kill(r.pid, SIGINT);
	is_u64(reader_end(&r), 0, "Ctrl-C ends it well");
	text = file_read(ERR, NULL);
	is_str(text ? text : "", "", "and without a word");
	free(text);
	unlink(OUT);
	reader_start(&r, "events --json");
	/* It prints nothing until something happens. */
	ok(AWAIT((one_life(s), in_order(OUT, json)), WAIT_MS), "a connection's life, as JSON Lines");
	kill(r.pid, SIGTERM);
	is_u64(reader_end(&r), 0, "SIGTERM ends it well");
}

static void check_pipe(void)
{
	struct reader r = { .pipe = 0 };
	char heading[16];

	reader_start(&r, "events");
	if (read(r.pipe, heading, sizeof(heading)) <= 0)
		bail("nothing comes through the pipe");
	close(r.pipe);
	r.pipe = -1;
	is_u64(reader_end(&r), 1000 + SIGPIPE, "a closed pipe ends it, though nothing happens");
}

static void check_refused(void)
{
	struct reader r = { .pipe = -1, .uid = 1000 };
	int fds[MOST];

	run_reader(&r, "");
	is_u64(reader_end(&r), 3, "without CAP_NET_ADMIN: exit status 3");
	ok(has(ERR, "run this as root\n"), "and what to do");
	for (int i = 0; i < MOST; i++)
		fds[i] = open(EVENTS, O_RDONLY | O_CLOEXEC);
	r.uid = 0;
	run_reader(&r, "");
	is_u64(reader_end(&r), 3, "too many readers: exit status 3");
	ok(has(ERR, "end one of them\n"), "and what to do");
	for (int i = 0; i < MOST; i++)
		close(fds[i]);
}

static void check_unload(void)
{
	/* A directory that is named may be the module's own all the same. */
	static const char *const options[] = { "", "-d/proc/net/listenq" };
	struct reader r = { .pipe = -1 };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (!mod_loaded())
			mod_load_or_bail(mod_path(false), "");
		run_reader(&r, options[i]);
		mod_unload_or_bail();
		is_u64(reader_end(&r), 3, "the module goes: exit status 3");
		ok(has(ERR, "listenq: /proc/net/listenq/events: no more events:"), "and why");
	}
	run_reader(&r, "");
	is_u64(reader_end(&r), 3, "there is no module: exit status 3");
	ok(has(ERR, "load the module"), "and what to do");
}

int main(void)
{
	struct stage s = { .way = &tun_ways[0], .opt.backlog = 5 };
	struct tun tun;

	mod_load_or_bail(mod_path(false), "");
	new_netns();
	if (access(READER, X_OK) || !tun_open(&tun)) {
		skip("no reader, or no tun", "listenq events");
		mod_unload_or_bail();
		return done();
	}
	s.tun = &tun;
	stage_sysctls();
	check_life(&s);
	check_pipe();
	check_refused();
	check_unload();
	return done();
}
