// SPDX-License-Identifier: GPL-2.0
/*
 * The depth of both queues of a listener over time, as its events tell it. It is printed as lines
 * that begin with "#= ", of which tests/vm/timeline draws the picture of a lab.
 */
#include "lab.h"
#include "events.h"
#include "waits.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MOST 8
#define LOOK_MS 50

/* What is so since then; @what has the name of the counter that has moved. */
struct point {
	uint64_t us, acceptq, synq;
	char what[32];
};

/* Of the listener's row. */
struct row {
	char local[ADDR_TEXT];
	uint64_t acceptq_peak, acceptq_limit, synq_peak, synq_limit;
};

static struct {
	struct stream *stream;
	pthread_t follower;
	atomic_bool over;
	struct tally told;
	struct row row;
	struct point *points;
	size_t npoints, nnotes;
	uint64_t requests;
	struct { uint64_t us; const char *text; } notes[NOTES_MOST];
} line;

static void row_read(struct row *r)
{
	static const char *const columns[] = {
		"acceptq_peak", "acceptq_limit", "synq_peak", "synq_limit",
	};
	uint64_t *const numbers[] = {
		&r->acceptq_peak, &r->acceptq_limit, &r->synq_peak, &r->synq_limit,
	};
	size_t row;
	struct table *t = listeners_row(line.told.cookie, &row);

	snprintf(r->local, sizeof(r->local), "%s", table_cell(t, row, "local"));
	for (size_t i = 0; i < 4; i++)
		if (!cell_u64(t, row, columns[i], numbers[i]))
			bail("%s is not known", columns[i]);
	table_free(t);
}

static void add_point(uint64_t us, uint64_t acceptq, uint64_t synq, const char *what)
{
	struct point *p;

	line.points = realloc(line.points, (line.npoints + 1) * sizeof(*p));
	if (!line.points)
		bail("no memory");
	p = &line.points[line.npoints++];
	*p = (struct point){ .us = us, .acceptq = acceptq, .synq = synq };
	snprintf(p->what, sizeof(p->what), "%s", what);
}

/* The number of a detail that the event must have: "acceptq=". */
static uint64_t number(const struct event *e, const char *key)
{
	const char *found = strstr(e->detail, key);
	uint64_t n;

	if (!found || sscanf(found + strlen(key), "%" SCNu64, &n) != 1)
		bail("%s without a number in %s", e->name, key);
	return n;
}

/*
 * What comes into a queue tells how deep that is with it, and accept() how deep without it. What
 * else leaves the SYN queue does not: it is one less then.
 */
static void take(const struct event *e)
{
	const struct point *last = &line.points[line.npoints - 1];
	uint64_t acceptq = last->acceptq, synq;
	char what[sizeof(last->what)];
	const char *cause = strstr(e->detail, "cause=");

	if (strtoull(e->sk, NULL, 16) != line.told.cookie)
		return;
	tally_add(&line.told, e);
	if (!strcmp(e->name, "syn_queued"))
		line.requests++;
	else if (strstr(e->detail, "via=handshake") || !strncmp(e->name, "req_", 4))
		line.requests--;
	synq = strcmp(e->name, "syn_queued") ? line.requests : number(e, "synq=");
	if (!strcmp(e->name, "established") || !strcmp(e->name, "accept"))
		acceptq = number(e, "acceptq=");
	snprintf(what, sizeof(what), "%s%s%s", e->name, cause ? "_" : "",
		 cause ? cause + strlen("cause=") : "");
	add_point(e->ns / 1000, acceptq, synq, what);
}

static void take_all(void)
{
	struct event e;

	while (stream_next(line.stream, &e))
		take(&e);
}

/* The kernel keeps 1024 events for a reader who has something else to do. */
static void *follow(void *unused)
{
	struct event e;

	while (!atomic_load(&line.over))
		if (stream_await(line.stream, &e, LOOK_MS))
			take(&e);
	return unused;
}

/**
 * lab_timeline_begins() - begin to follow both queues of a listener
 * @cookie: its socket cookie; nothing may have happened to it yet
 */
void lab_timeline_begins(uint64_t cookie)
{
	struct counts c;

	if (line.stream)
		bail("a lab has one timeline");
	line.stream = stream_open();
	line.told = (struct tally){ .cookie = cookie };
	if (!counts_read(cookie, &c) || counts_get(&c, "syn"))
		bail("a timeline begins right after listen()");
	row_read(&line.row);
	add_point(mono_us(), 0, 0, "begin");
	if (pthread_create(&line.follower, NULL, follow, NULL))
		bail("pthread_create");
}

/**
 * lab_timeline_note() - say in the picture what begins now
 * @text: a few words, without quotes; kept as it is until the timeline ends
 */
void lab_timeline_note(const char *text)
{
	if (line.nnotes == NOTES_MOST)
		bail("a timeline has room for %d notes", NOTES_MOST);
	line.notes[line.nnotes].text = text;
	line.notes[line.nnotes++].us = mono_us();
}

static void print_line(uint64_t us, const struct point *p, const char *what)
{
	us -= line.points[0].us;
	printf("#= %" PRIu64 ".%06" PRIu64 " %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64,
	       us / 1000000, us % 1000000, line.row.local, what, p->acceptq,
	       line.row.acceptq_limit, p->synq, line.row.synq_limit);
}

static void print_all(void)
{
	size_t n = 0;

	for (size_t i = 0; i < line.npoints; i++) {
		const struct point *p = &line.points[i];

		print_line(p->us, p, p->what);
		putchar('\n');
		while (n < line.nnotes && i + 1 < line.npoints && line.notes[n].us < p[1].us) {
			print_line(line.notes[n].us, p, "note");
			printf(" \"%s\"\n", line.notes[n++].text);
		}
	}
	fflush(stdout);
}

/* Each mark of the picture (tests/vm/timeline.gp) is one more in the counter of its name. */
static void check_marks(const struct counts *c)
{
	static const char *const marks[] = {
		"syn_drop_acceptq", "syn_drop_synq", "syn_drop_unproven", "syn_drop_other",
		"ack_overflow", "ack_reset", "syn_cookie", "synack_retrans", "req_pruned",
		"req_timeout",
	};

	for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
		uint64_t n = 0;

		for (size_t i = 0; i < line.npoints; i++)
			n += !strcmp(line.points[i].what, marks[m]);
		is_u64(n, counts_get(c, marks[m]), "the timeline marks each %s", marks[m]);
	}
}

static void check_depths(const struct counts *c)
{
	const struct point *last = &line.points[line.npoints - 1];
	uint64_t acceptq = 0, synq = 0;
	struct row row;

	for (size_t i = 0; i < line.npoints; i++) {
		acceptq = acceptq > line.points[i].acceptq ? acceptq : line.points[i].acceptq;
		synq = synq > line.points[i].synq ? synq : line.points[i].synq;
	}
	row_read(&row);
	is_u64(last->acceptq, c->acceptq, "the timeline ends with acceptq");
	is_u64(last->synq, c->synq, "and with synq");
	is_u64(acceptq, row.acceptq_peak, "its highest are acceptq_peak");
	is_u64(synq, row.synq_peak, "and synq_peak");
	is_u64(line.row.acceptq_limit, row.acceptq_limit, "acceptq_limit has stayed as it was");
	is_u64(line.row.synq_limit, row.synq_limit, "and synq_limit");
}

static bool all_told(struct counts *c, char *wrong, size_t room)
{
	if (!counts_read(line.told.cookie, c))
		bail("a timeline ends before its listener");
	take_all();
	return tally_agree(&line.told, c, wrong, room);
}

/**
 * lab_timeline_ends() - end it while the listener still listens: check it, and print it
 */
void lab_timeline_ends(void)
{
	struct counts c;
	char wrong[400];

	atomic_store(&line.over, true);
	pthread_join(line.follower, NULL);
	if (!ok(AWAIT(all_told(&c, wrong, sizeof(wrong)), BOOKS_MS),
		"the timeline has as many of each event as were counted"))
		diag("%s", wrong);
	is_u64(line.stream->lost, 0, "and none is lost");
	check_depths(&c);
	add_point(mono_us(), line.points[line.npoints - 1].acceptq,
		  line.points[line.npoints - 1].synq, "end");
	print_all();
	check_marks(&c);
	stream_close(line.stream);
	free(line.points);
}
