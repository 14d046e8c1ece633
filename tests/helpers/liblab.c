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
#define TCPDUMP_MS 60000
#define LAST_PORT 9
#define LAST "udp dst port 9"
#define FLAGS_ONLY "sed '/UDP/d; /^$/d; s/^IP6* /  /; s/: Flags \\(\\[[^]]*\\]\\).*/ \\1/'"

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

/**
 * lab_measured() - show who runs the lab what differs from one run to the next; it is not kept
 * @fmt: printf format, of a line
 */
void lab_measured(const char *fmt, ...)
{
	char line[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	diag("~ %s", line);
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
	char all[256], *said;

	snprintf(all, sizeof(all), "(%s) or " LAST, filter);
	unlink(TCPDUMP_LOG);
	unlink(PACKETS);
	tcpdump = fork();
	if (tcpdump < 0)
		bail("fork: %s", strerror(errno));
	/* -Z: Debian's would become a user that the guest does not have. */
	if (!tcpdump) {
		if (!freopen(TCPDUMP_LOG, "w", stderr) || !freopen(PACKETS, "w", stdout))
			_exit(126);
		execl("/bin/tcpdump", "tcpdump", "-i", "lo", "-n", "-t", "-l", "-U",
		      "-Z", "root", "--immediate-mode", all, NULL);
		_exit(127);
	}
	if (!AWAIT(tcpdump_listens(), TCPDUMP_MS)) {
		said = file_read(TCPDUMP_LOG, NULL);
		bail("tcpdump does not begin: %s", said ? said : "");
	}
}

static bool last_is_there(void)
{
	char *packets = file_read(PACKETS, NULL);
	bool there = packets && strstr(packets, "UDP");

	free(packets);
	return there;
}

/* tcpdump drops what it has not read when it is told to end: a last packet says that it has. */
static void capture_end(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	union addr to;

	addr_make(&to, "127.0.0.1", LAST_PORT);
	if (fd < 0 || sendto(fd, "", 1, 0, &to.sa, addr_len(&to)) != 1)
		bail("the last packet of a capture: %s", strerror(errno));
	close(fd);
	if (!AWAIT(last_is_there(), TCPDUMP_MS))
		bail("tcpdump does not see a packet");
	kill(tcpdump, SIGINT);
	waitpid(tcpdump, NULL, 0);
}

/**
 * lab_captured() - end the capture and show it: who sent what flags to whom
 */
void lab_captured(void)
{
	capture_end();
	show_output(FLAGS_ONLY " " PACKETS);
}

/**
 * lab_captured_once() - the same; of packets that look the same, as one sent again, only the first
 */
void lab_captured_once(void)
{
	capture_end();
	show_output(FLAGS_ONLY " " PACKETS " | awk '!seen[$0]++'");
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
