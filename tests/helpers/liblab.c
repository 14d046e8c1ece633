// SPDX-License-Identifier: GPL-2.0
/* What a lab shows. */
#define _GNU_SOURCE
#include "lab.h"
#include "sock.h"
#include "table.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKETS "/tmp/packets"
#define TCPDUMP_LOG "/tmp/tcpdump.log"
#define TCPDUMP_MS 20000

static char *shown;
static size_t length;
static FILE *text;
static const char *lab;
static pid_t tcpdump;

static void show_line(const char *line)
{
	fprintf(text, "%s\n", line);
	diag("| %s", line);
}

/**
 * lab_begins() - a lab begins
 * @name: its folder
 *
 * Return: false where the programs that it needs are not there; a result says so.
 */
bool lab_begins(const char *name)
{
	static const char *const programs[] = {
		"/bin/listenq", "/bin/ss", "/bin/nstat", "/bin/tcpdump",
	};

	lab = name;
	text = open_memstream(&shown, &length);
	if (!text)
		bail("no memory");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (access(programs[i], X_OK)) {
			skip("no reader, ss, nstat or tcpdump", "lab %s", name);
			return false;
		}
	return true;
}

/**
 * lab_say() - show some text
 * @fmt: printf format; may have several lines
 */
void lab_say(const char *fmt, ...)
{
	char *words, *rest;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&words, fmt, args) < 0)
		bail("no memory");
	va_end(args);
	rest = words;
	while (rest)
		show_line(strsep(&rest, "\n"));
	free(words);
}

static void show_output(const char *command)
{
	FILE *out = popen(command, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (!out)
		bail("%s: %s", command, strerror(errno));
	while ((n = getline(&line, &room, out)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		for (n = strlen(line); n && line[n - 1] == ' '; n--)
			line[n - 1] = '\0';
		show_line(line);
	}
	free(line);
	if (pclose(out) == -1)
		bail("%s: %s", command, strerror(errno));
}

/**
 * lab_run() - run a command, and show it and what it prints
 * @fmt: printf format of it, for sh
 */
void lab_run(const char *fmt, ...)
{
	char command[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	lab_say("$ %s", command);
	show_output(command);
}

static bool tcpdump_listens(void)
{
	char *said = file_read(TCPDUMP_LOG, NULL);
	bool ready = said && strstr(said, "listening on");

	free(said);
	return ready;
}

/**
 * lab_capture() - begin to capture packets of the loopback interface
 * @filter: tcpdump's
 */
void lab_capture(const char *filter)
{
	tcpdump = fork();
	if (tcpdump < 0)
		bail("fork: %s", strerror(errno));
	if (!tcpdump) {
		if (!freopen(TCPDUMP_LOG, "w", stderr) || !freopen(PACKETS, "w", stdout))
			_exit(126);
		execl("/bin/tcpdump", "tcpdump", "-i", "lo", "-n", "-t", "-l", "-U",
		      "--immediate-mode", filter, NULL);
		_exit(127);
	}
	if (!AWAIT(tcpdump_listens(), TCPDUMP_MS))
		bail("tcpdump does not begin");
}

/**
 * lab_captured() - end the capture and show it: who sent what flags to whom
 */
void lab_captured(void)
{
	kill(tcpdump, SIGINT);
	waitpid(tcpdump, NULL, 0);
	show_output("sed 's/^IP6* /  /; s/: Flags \\(\\[[^]]*\\]\\).*/ \\1/' " PACKETS);
}

/* Kernels that differ have a file each: expected.6.12; what is left has expected. */
static char *expected(void)
{
	struct utsname kernel;
	char path[128], *file;
	int series;

	uname(&kernel);
	series = strcspn(kernel.release, ".");
	series += 1 + strcspn(kernel.release + series + 1, ".-+");
	snprintf(path, sizeof(path), "/labs/%s/expected.%.*s", lab, series, kernel.release);
	file = file_read(path, NULL);
	if (file)
		return file;
	snprintf(path, sizeof(path), "/labs/%s/expected", lab);
	file = file_read(path, NULL);
	return file ? file : strdup("");
}

static void compare(const char *want)
{
	size_t same = 0, line = 1;

	for (; shown[same] && shown[same] == want[same]; same++)
		line += shown[same] == '\n';
	if (!ok(shown[same] == want[same], "it shows what is kept beside it"))
		diag("they differ from line %zu on", line);
}

/**
 * lab_ends() - compare all that was shown, and end
 *
 * Return: the exit status of the case.
 */
int lab_ends(void)
{
	char *want = expected();

	fclose(text);
	compare(want);
	free(want);
	free(shown);
	return done();
}
