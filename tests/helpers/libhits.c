// SPDX-License-Identifier: GPL-2.0
/* How often each probe was hit, held against what was done since the last time. */
#include "hits.h"
#include "probes.h"
#include "sock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64		/* probes */
#define WAIT_MS 10000

/* What a step wants of one probe. */
struct wanted {
	uint64_t least, most;
	bool or_none;
};

/* Which of known_probes a step has hit as often as it wanted. */
static bool entered[MOST];

/* The word @word of a step, for the probe @name: false when it is of another one. */
static bool word_is(const char *word, size_t len, int family, const char *name)
{
	for (; len && *name; word++, name++, len--)
		if (*word != *name && !(*word == '#' && *name == (family == AF_INET ? '4' : '6')))
			return false;
	return !len && !*name;
}

static struct wanted meaning(const char *suffix)
{
	uint64_t n = strtoull(suffix + !!*suffix, NULL, 10);

	switch (*suffix) {
	case '*':
		return (struct wanted){ n * HITS, n * HITS, false };
	case '=':
		return (struct wanted){ n, n, false };
	case '~':
		return (struct wanted){ 0, HITS, true };
	case '?':
		return (struct wanted){ 0, UINT64_MAX, false };
	default:
		return (struct wanted){ HITS, HITS, false };
	}
}

static struct wanted wanted_of(const struct hits *h, const char *want, const char *name)
{
	struct wanted w = { 0 };
	size_t len;

	for (; *want; want += strcspn(want, " ")) {
		want += strspn(want, " ");
		len = strcspn(want, " *=~?");
		if (len && word_is(want, len, h->family, name))
			w = meaning(want + len);
	}
	return w;
}

/* A name that nobody knows would be wanted in vain. */
static void check_words(const struct hits *h, const char *want)
{
	for (; *want; want += strcspn(want, " ")) {
		size_t len, i;

		want += strspn(want, " ");
		len = strcspn(want, " *=~?");
		for (i = 0; len && i < known_nprobes; i++)
			if (word_is(want, len, h->family, known_probes[i].name))
				break;
		if (i == known_nprobes)
			bail("no probe is called '%.*s'", (int)len, want);
	}
}

/**
 * hits_begin() - begin to count
 * @h: set
 * @family: AF_INET or AF_INET6, of the packets
 * @fmt: what is played, printf style
 */
void hits_begin(struct hits *h, int family, const char *fmt, ...)
{
	va_list ap;

	if (known_nprobes > MOST)
		bail("more than %d probes", MOST);
	*h = (struct hits){ .family = family, .wait_ms = WAIT_MS, .before = info_read() };
	va_start(ap, fmt);
	vsnprintf(h->name, sizeof(h->name), fmt, ap);
	va_end(ap);
}

static bool has_come(const struct hits *h, const char *want, struct info **after)
{
	bool come = true;

	if (*after)
		info_free(*after);
	*after = info_read();
	for (size_t i = 0; i < h->before->nprobes; i++) {
		const struct probe *b = &h->before->probes[i];
		const struct probe *a = info_probe(*after, b->name);

		if (!strcmp(b->state, "on") && a &&
		    a->hits - b->hits < wanted_of(h, want, b->name).least)
			come = false;
	}
	return come;
}

/* One probe; false when it is not as wanted. */
static bool judge(const struct probe *b, const struct probe *a, const struct wanted *w)
{
	uint64_t hits = a->hits - b->hits;
	bool good = hits >= w->least && hits <= w->most;

	if (w->or_none && hits && hits != w->most)
		good = false;
	if (good && hits && w->most != UINT64_MAX)
		entered[known_probe(b->name) - known_probes] = true;
	return good && a->missed == b->missed;
}

/**
 * hits_step() - check what was hit since the last step, or since hits_begin()
 * @h: from hits_begin()
 * @what: what was done
 * @want: see above; probes that this kernel does not have are left out
 *
 * Return: true when all was as wanted.
 */
bool hits_step(struct hits *h, const char *what, const char *want)
{
	struct info *after = NULL;
	size_t len = 0;
	char wrong[800] = "";

	check_words(h, want);
	AWAIT(has_come(h, want, &after), h->wait_ms);
	for (size_t i = 0; i < h->before->nprobes; i++) {
		const struct probe *b = &h->before->probes[i], *a = info_probe(after, b->name);
		struct wanted w = wanted_of(h, want, b->name);

		if (strcmp(b->state, "on") || (a && judge(b, a, &w)) || len >= sizeof(wrong))
			continue;
		len += snprintf(wrong + len, sizeof(wrong) - len,
				" %s %llu, not %llu, missed %llu;", b->name,
				a ? (unsigned long long)(a->hits - b->hits) : 0,
				(unsigned long long)w.most,
				a ? (unsigned long long)(a->missed - b->missed) : 0);
	}
	if (!ok(!len, "%s: %s: hits of each probe", h->name, what))
		diag("%s", wrong);
	info_free(h->before);
	h->before = after;
	return !len;
}

/**
 * hits_end() - no further steps
 * @h: from hits_begin()
 */
void hits_end(struct hits *h)
{
	info_free(h->before);
}

/**
 * check_entered() - check that each probe of a path that is on was hit by some step, as wanted
 * @packet: of packets and accept(), or of listen()
 * @except: one that this kernel gives no means to enter; or NULL
 */
void check_entered(bool packet, const char *except)
{
	struct info *in = info_read();

	for (size_t i = 0; i < known_nprobes; i++) {
		const struct known_probe *k = &known_probes[i];

		if (k->packet != packet || !probe_on(in, k->name))
			continue;
		if (except && !strcmp(k->name, except))
			skip("nothing here can enter it", "%s is hit", k->name);
		else
			ok(entered[i], "%s is hit", k->name);
	}
	info_free(in);
}
