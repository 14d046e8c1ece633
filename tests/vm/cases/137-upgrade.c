// SPDX-License-Identifier: GPL-2.0
/*
 * The module is replaced by one of another version, and by one of another abi, while readers run:
 * what each of them makes of it. These are the same module with some of its bytes changed.
 * module: self
 */
#define _GNU_SOURCE
#include "mod.h"
#include "proc.h"
#include "reader.h"
#include "stage.h"
#include "table.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 20000
#define EXCHANGES 5
#define OTHER_ABI "abi 2, but this reader knows abi 1: install the one that came with the module\n"

static char old_version[32], new_version[32];

/* Every text in the image that ends like this one, behind the end of another or a '='. */
static size_t change(char *image, size_t len, const char *from, const char *to)
{
	size_t size = strlen(from) + 1, n = 0;
	char *end = image + len;

	for (char *at = image; (at = memmem(at, end - at, from, size)); at += size)
		if (at > image && (at[-1] == '=' || !at[-1])) {
			memset(at, 0, size);
			memcpy(at, to, strlen(to));
			n++;
		}
	return n;
}

static void load_changed(const char *from, const char *to)
{
	size_t len;
	char *image = file_read(mod_path(false), &len);

	if (!image || !change(image, len, from, to))
		bail("there is no '%s' in the module", from);
	if (syscall(SYS_init_module, image, len, ""))
		bail("cannot load it with '%s': %s", to, strerror(errno));
	free(image);
}

static void exchange(const char *from, const char *to)
{
	mod_unload_or_bail();
	load_changed(from, to);
}

static uint64_t age_ms(void)
{
	struct info *in = info_read();
	uint64_t age = info_u64(in, "load_age_ms");

	info_free(in);
	return age;
}

static size_t tables(void)
{
	char *text = file_read(READER_OUT, NULL);
	size_t n = 0;

	for (const char *at = text; at && (at = strstr(at, "SYN/S")); at++)
		n++;
	free(text);
	return n;
}

static bool complains(const char *what)
{
	char *text = file_read(READER_ERR, NULL);
	bool found = text && strstr(text, what) && strchr(text, '\n') == strrchr(text, '\n');

	if (!found)
		diag("stderr: %s", text ? text : "none");
	free(text);
	return found;
}

static void top_stop(struct reader *top, const struct stage *s)
{
	int status;

	unlink(READER_OUT);
	reader_start(top, "top -b 0.1 -p %u", s->port);
	if (!AWAIT(tables(), WAIT_MS))
		bail("top prints no table");
	kill(top->pid, SIGSTOP);
	if (waitpid(top->pid, &status, WUNTRACED) != top->pid || !WIFSTOPPED(status))
		bail("top does not stop");
}

/* The third column from the right. */
static bool no_accept_rate(const char *line)
{
	char words[512], *word[32];
	size_t n = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (char *at = strtok(words, " "); at && n < 32; at = strtok(NULL, " "))
		word[n++] = at;
	return n > 3 && (!strcmp(word[n - 3], "-") || !strcmp(word[n - 3], "0"));
}

static bool no_accept_rates(void)
{
	char *text = file_read(READER_OUT, NULL), *rest = text, *line;
	bool none = text;

	while (none && (line = strsep(&rest, "\n")))
		if (*line && !strstr(line, "SYN/S") && !no_accept_rate(line)) {
			diag("%s", line);
			none = false;
		}
	free(text);
	return none;
}

/* top does not see that the module was away: all was accepted while it did not look. */
static void check_rates(struct stage *s)
{
	struct reader top = { .pipe = -1 };
	uint64_t age;
	size_t n;

	stage_connect(s, 1);
	stage_accept(s, 1);
	top_stop(&top, s);
	age = age_ms();
	exchange(old_version, new_version);
	stage_connect(s, 3);
	stage_accept(s, 3);
	if (!AWAIT(age_ms() > age + 200, WAIT_MS))
		bail("the module does not get older");
	n = tables();
	kill(top.pid, SIGCONT);
	ok(AWAIT(tables() >= n + 3, WAIT_MS), "top goes on with the new module");
	kill(top.pid, SIGINT);
	is_u64(reader_end(&top), 1000 + SIGINT, "until it is interrupted");
	ok(no_accept_rates(), "and does not take the new counters for the old ones");
}

static void check_new_version(void)
{
	struct info *in = info_read();
	struct said said = reader_says("--version");
	char wanted[64];

	is_str(info_get(in, "version"), new_version, "the module has the new version");
	info_free(in);
	snprintf(wanted, sizeof(wanted), "listenq %s\n", old_version);
	is_str(said.out, wanted, "the reader has its own");
	said_free(&said);
	said = reader_says("show");
	said_good(&said, "the old reader with the new module");
	said_free(&said);
}

static void check_events(void)
{
	struct reader events = { .pipe = 0 };
	char heading[16];

	reader_start(&events, "events");
	if (read(events.pipe, heading, sizeof(heading)) <= 0)
		bail("events prints no heading");
	exchange(old_version, new_version);
	is_u64(reader_end(&events), 3, "events ends with the module that it reads");
	ok(complains("no more events"), "and says so");
}

static void check_other_abi(const struct stage *s)
{
	static const char *const commands[] = {
		"show", "counters", "latency", "requests", "closed", "audit", "check --drops",
		"explain", "metrics", "events", "show -A",
	};
	struct reader top = { .pipe = -1 };

	top_stop(&top, s);
	exchange("abi %d\n", "abi 2\n");
	kill(top.pid, SIGCONT);
	is_u64(reader_end(&top), 3, "top ends with a module of another abi");
	ok(complains(OTHER_ABI), "and says what to do");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct said said = reader_says("%s", commands[i]);

		ok(said.code == 3 && !*said.out && strstr(said.err, OTHER_ABI),
		   "listenq %s does not read a module of another abi", commands[i]);
		said_free(&said);
	}
}

/* Reads all the time. A table that goes meanwhile is an error, in one line; nothing else is. */
static void read_on(int up, void *arg)
{
	static const char *const commands[] = {
		"show", "requests", "metrics", "top -b 0.1 2", "-A",
	};
	uint64_t bad = 0;

	(void)arg;
	for (size_t i = 0; !poll(&(struct pollfd){ .fd = up, .events = POLLIN }, 1, 0); i++) {
		struct said said = reader_says("%s", commands[i % 5]);
		size_t length = strlen(said.err);

		if (!(said.code == 0 && !length) &&
		    !(said.code == 3 && strchr(said.err, '\n') == said.err + length - 1)) {
			diag("%s: exit status %d: %s", commands[i % 5], said.code, said.err);
			bad++;
		}
		said_free(&said);
	}
	put_u64(up, bad);
}

static void check_exchanges(void)
{
	struct child c;

	child_start(&c, read_on, NULL);
	for (int i = 0; i < EXCHANGES; i++) {
		mod_unload_or_bail();
		mod_load_or_bail(mod_path(false), "");
		exchange(old_version, new_version);
	}
	put_u64(c.fd, 0);
	is_u64(get_u64(c.fd), 0, "readers end well, or with one line, whenever the module goes");
	child_end(&c);
}

int main(void)
{
	struct stage s = { .way = &tun_ways[0], .opt.backlog = 5 };
	struct info *in;
	struct tun tun;

	mod_load_or_bail(mod_path(false), "");
	new_netns();
	if (access(READER, X_OK) || !tun_open(&tun)) {
		skip("no reader, or no tun", "an upgrade");
		mod_unload_or_bail();
		return done();
	}
	in = info_read();
	snprintf(old_version, sizeof(old_version), "%s", info_get(in, "version"));
	info_free(in);
	memcpy(new_version, old_version, sizeof(new_version));
	*new_version = *old_version == '9' ? '8' : '9';
	s.tun = &tun;
	stage_sysctls();
	stage_listen(&s);
	check_rates(&s);
	check_new_version();
	check_events();
	check_other_abi(&s);
	check_exchanges();
	mod_unload_or_bail();
	return done();
}
