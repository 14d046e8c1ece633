// SPDX-License-Identifier: GPL-2.0
/*
 * The same events as tracepoints: each has its fields in tracefs, and what is traced is what is
 * counted and what the file tells. Turning them on is enough: nobody need read the file.
 */
#include "events.h"
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"

static void trace_set(const char *file, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), TRACEFS "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		bail("%s: %s", path, strerror(errno));
	close(fd);
}

static bool has_tracefs(void)
{
	if (access(TRACEFS "/trace", R_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	return !access(TRACEFS "/trace", R_OK);
}

/* Lines "... NAME: sk=..." with a word. */
static unsigned int traced(const char *text, const char *name, const char *word)
{
	unsigned int n = 0;
	char key[40];

	snprintf(key, sizeof(key), " %s: sk=", name);
	for (const char *at = text; (at = strstr(at, key)); at++) {
		const char *end = strchr(at, '\n'), *hit = strstr(at, word);

		n += hit && (!end || hit < end);
	}
	return n;
}

static void check_formats(void)
{
	for (size_t i = 0; i < events_nnames; i++) {
		char path[128], *text;

		if (!strcmp(events_names[i], "lost"))
			continue;
		snprintf(path, sizeof(path), TRACEFS "/events/listenq/%s/format", events_names[i]);
		text = file_read(path, NULL);
		ok(text && strstr(text, "u64 sk;") && strstr(text, "u32 netns;") &&
		   strstr(text, "u8 remote[16];") && strstr(text, "u16 rport;"),
		   "tracepoint %s has the fields of all", events_names[i]);
		free(text);
	}
}

/* Some of each kind that is easily made. */
static void act(struct stage *s)
{
	size_t first;

	s->opt.backlog = 2;
	stage_listen(s);
	first = stage_syn(s, 2);
	stage_send(s, first, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	tun_icmp(s->tun, first + 1, true);
	first = stage_syn(s, 1);
	tun_send(s->tun, first, SEG_SYN);
	stage_fill(s);
	stage_syn(s, 3);
	stage_ack(s, first, 1);
	stage_accept(s, 2);
	listen(s->fd, 7);
}

static void check_counts(struct stage *s, const char *text)
{
	static const struct { const char *name, *word, *column; } rows[] = {
		{ "syn_queued", "", "syn_queued" },
		{ "syn_drop", "cause=acceptq", "syn_drop_acceptq" },
		{ "established", "via=handshake", "from_synq" },
		{ "ack_overflow", "", "ack_overflow" },
		{ "req_reset", "", "req_reset" },
		{ "req_icmp", "", "req_icmp" },
		{ "accept", "waited_us=", "accepted" },
	};
	struct counts c;

	if (!ok(counts_read(s->cookie, &c), "it has a row"))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_u64(traced(text, rows[i].name, rows[i].word), counts_get(&c, rows[i].column),
		       "%s: as many traced as counted", rows[i].name);
	is_u64(traced(text, "listen", "backlog=2 "), 1, "listen() is traced");
	is_u64(traced(text, "relisten", "backlog=7 "), 1, "and a second one");
	ok(traced(text, "synack_retrans", "n=1") > 0, "a SYN-ACK that is sent again is traced");
	ok(strstr(text, "local=[::ffff:10.10.0.1]:") && strstr(text, "remote=[::ffff:10.9."),
	   "addresses are there");
}

int main(void)
{
	struct stage s = { .way = &tun_ways[0] };
	struct tun tun;
	char *text;

	new_netns();
	if (!has_tracefs() || !tun_open(&tun)) {
		skip("no tracefs or no tun", "tracepoints");
		return done();
	}
	s.tun = &tun;
	stage_sysctls();
	check_formats();
	trace_set("trace", "");
	trace_set("events/listenq/enable", "1");
	act(&s);
	/* What waits to be told is told when it is counted. */
	free(file_read(COUNTERS, NULL));
	text = file_read(TRACEFS "/trace", NULL);
	check_counts(&s, text ? text : "");
	free(text);
	trace_set("events/listenq/enable", "0");
	trace_set("trace", "");
	stage_syn(&s, 1);
	free(file_read(COUNTERS, NULL));
	text = file_read(TRACEFS "/trace", NULL);
	is_u64(traced(text, "syn_drop", ""), 0, "turned off: nothing more is traced");
	free(text);
	return done();
}
