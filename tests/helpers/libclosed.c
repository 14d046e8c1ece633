// SPDX-License-Identifier: GPL-2.0
/*
 * Who reads closed all the time, so that listeners can be added up that closed long ago: each row
 * counts as it stood when it was last seen.
 */
#include "chaos.h"
#include "sock.h"

#include <stdlib.h>

#define ROOM 256

/* A row; it closed between these two times. */
struct dead {
	uint64_t sk, from, to;
	struct counts c;
};

static struct dead known[ROOM];
static size_t nknown;

static size_t read_closed(struct dead *d)
{
	uint64_t began = mono_ms(), ended, ago;
	struct table *t = table_read(CLOSED);
	size_t n = t->nrows;

	ended = mono_ms();
	if (n > ROOM)
		bail("closed has %zu rows", n);
	for (size_t i = 0; i < n; i++) {
		if (!cell_u64(t, i, "closed_ms", &ago))
			bail("closed_ms is no number");
		d[i].sk = strtoull(table_cell(t, i, "sk"), NULL, 16);
		d[i].from = began - ago - 2;
		d[i].to = ended - ago + 2;
		counts_row(t, i, &d[i].c);
	}
	table_free(t);
	return n;
}

static bool same(const struct dead *a, const struct dead *b)
{
	return a->sk == b->sk && a->from <= b->to && b->from <= a->to;
}

/* How many of the rows known have left at the front. */
static size_t gone(const struct dead *now, size_t n)
{
	for (size_t d = 0; d < nknown; d++) {
		size_t i = 0;

		while (d + i < nknown && i < n && same(&known[d + i], &now[i]))
			i++;
		if (d + i == nknown)
			return d;
	}
	return nknown;
}

static void add(struct counts *total, const struct counts *c, int sign)
{
	for (size_t i = 0; i < counts_ncolumns; i++)
		total->v[i] += c->v[i] == UNKNOWN ? 0 : sign * c->v[i];
}

/**
 * chaos_look_at_closed() - add what is new in closed to chaos->books; the same process, always
 */
void chaos_look_at_closed(void)
{
	static struct dead now[ROOM];
	struct chaos_books *b = &chaos->books;
	size_t n = read_closed(now), left = gone(now, n);

	if (nknown && left == nknown)
		b->gaps++;
	for (size_t i = left; i < nknown; i++)
		add(&b->total, &known[i].c, -1);
	for (size_t i = 0; i < n; i++) {
		add(&b->total, &now[i].c, 1);
		for (size_t k = 0; k < counts_ncolumns; k++)
			b->unknown[k] |= now[i].c.v[k] == UNKNOWN;
		known[i] = now[i];
	}
	b->rows += n - (nknown - left);
	nknown = n;
	b->looks++;
}
