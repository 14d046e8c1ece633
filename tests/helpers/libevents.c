// SPDX-License-Identifier: GPL-2.0
/* The stream of events, line by line. */
#include "events.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * stream_open() - open the events of this network namespace, to be read without waiting
 *
 * Return: it; ends the case when it cannot be opened.
 */
struct stream *stream_open(void)
{
	struct stream *s = calloc(1, sizeof(*s));

	s->fd = open(EVENTS, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (s->fd < 0)
		bail("%s: %s", EVENTS, strerror(errno));
	return s;
}

/**
 * stream_close() - close it
 * @s: from stream_open()
 */
void stream_close(struct stream *s)
{
	close(s->fd);
	free(s);
}

static bool fill(struct stream *s)
{
	ssize_t len = read(s->fd, s->buf, sizeof(s->buf));

	if (len < 0 && errno != EAGAIN)
		bail("%s: %s", EVENTS, strerror(errno));
	if (len > 0 && s->buf[len - 1] != '\n')
		bail("a read() of events ends within a line");
	s->at = 0;
	s->len = len > 0 ? len : 0;
	return len > 0;
}

/* The same word for each name, and details that are key=value. */
static bool well_formed(const struct event *e)
{
	char text[sizeof(e->detail)], *save = NULL, *word;
	bool known = false;

	for (size_t i = 0; i < events_nnames; i++)
		known |= !strcmp(events_names[i], e->name);
	strcpy(text, e->detail);
	for (word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
		known &= strchr(word, '=') && strchr(word, '=') != word;
	return known;
}

/**
 * stream_next() - the next event, if there is one by now
 * @s: from stream_open()
 * @e: set
 *
 * Return: false when there is none. A line that is not one, or out of order, ends the case.
 */
bool stream_next(struct stream *s, struct event *e)
{
	char *line, *end;
	int n = 0;

	if (s->at == s->len && !fill(s))
		return false;
	line = s->buf + s->at;
	end = memchr(line, '\n', s->len - s->at);
	*end = 0;
	s->at = end + 1 - s->buf;
	e->detail[0] = 0;
	if (sscanf(line, "%lu %19s %63s %19s %63s%n", &e->ns, e->sk, e->local, e->name, e->remote,
		   &n) != 5 || strlen(line + n) >= sizeof(e->detail) || (line[n] && line[n] != ' '))
		bail("'%s' is no event", line);
	strcpy(e->detail, line[n] ? line + n + 1 : "");
	if (!well_formed(e) || e->ns < s->last_ns)
		bail("'%s' is not well-formed, or out of order", line);
	s->last_ns = e->ns;
	if (strcmp(e->name, "lost"))
		s->lines++;
	else
		s->lost += strtoull(e->detail + 2, NULL, 10);
	return true;
}

/**
 * stream_await() - wait for the next event
 * @s: from stream_open()
 * @e: set
 * @ms: how long at most
 *
 * Return: false when none came.
 */
bool stream_await(struct stream *s, struct event *e, unsigned int ms)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	uint64_t end = mono_ms() + ms;

	while (!stream_next(s, e)) {
		uint64_t now = mono_ms();

		if (now >= end)
			return false;
		poll(&p, 1, end - now);
	}
	return true;
}
