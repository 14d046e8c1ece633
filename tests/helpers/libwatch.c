// SPDX-License-Identifier: GPL-2.0
/* The actors of a chaos that read, strictly: what cannot be true of a row is a fault. */
#define _GNU_SOURCE
#include "chaos.h"
#include "format.h"
#include "mod.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *cell(const struct table *t, size_t row, const char *col)
{
	return table_cell(t, row, col);
}

static bool known(const struct table *t, size_t row, const char *col)
{
	return !is_dash(t, row, col);
}

/* Packets on other CPUs have passed the test of the limit before the first one counts. */
static uint64_t overshoot(void)
{
	static long cpus;

	if (!cpus)
		cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return cpus - 1;
}

/* Cells that are numbers always, and what they mean to each other. */
static const char *wrong_numbers(const struct table *t, size_t i)
{
	static const char *const numbers[] = {
		"uid", "inode", "acceptq", "acceptq_limit", "synq", "synq_young", "synq_limit",
		"tfoq", "tfoq_max", "max_ack_backlog",
	};
	uint64_t n, max, limit;

	for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++)
		if (!cell_u64(t, i, numbers[k], &n))
			return numbers[k];
	cell_u64(t, i, "max_ack_backlog", &max);
	cell_u64(t, i, "acceptq_limit", &limit);
	if (limit != max + 1)
		return "acceptq_limit is not max_ack_backlog + 1";
	if (strspn(cell(t, i, "sk"), "0123456789abcdef") != strlen(cell(t, i, "sk")))
		return "sk";
	if (strcmp(cell(t, i, "synq_full"), "cookie"))
		return "synq_full";
	return strrchr(cell(t, i, "local"), ':') ? NULL : "local";
}

/* What the probes tell comes together. */
static const char *wrong_past(const struct table *t, size_t i)
{
	bool now = known(t, i, "pid");
	uint64_t max, somaxconn, n;
	long long backlog;

	if (known(t, i, "age_ms") != known(t, i, "listens"))
		return "age_ms and listens are known together";
	if (known(t, i, "age_ms") && strchr(cell(t, i, "flags"), 'l'))
		return "flag l, and an age";
	if (known(t, i, "listens") && (!cell_u64(t, i, "listens", &n) || !n))
		return "listens";
	if (known(t, i, "comm") != now || known(t, i, "somaxconn") != now)
		return "pid, comm and somaxconn are known together";
	if (!now || !known(t, i, "backlog"))
		return now || !known(t, i, "backlog") ? NULL : "backlog without pid";
	backlog = strtoll(cell(t, i, "backlog"), NULL, 10);
	if (!cell_u64(t, i, "somaxconn", &somaxconn))
		return "somaxconn";
	cell_u64(t, i, "max_ack_backlog", &max);
	n = (uint32_t)backlog < somaxconn ? (uint32_t)backlog : somaxconn;
	return n == max ? NULL : "max_ack_backlog is not the clamped backlog";
}

/* Of one that stays more is known: nothing of it ever changes but its queues. */
static const char *wrong_stay(const struct table *t, size_t i, const struct chaos_stay *s)
{
	uint64_t n, limit;

	cell_u64(t, i, "max_ack_backlog", &n);
	if (n != (uint64_t)s->backlog)
		return "max_ack_backlog";
	cell_u64(t, i, "acceptq", &n);
	cell_u64(t, i, "acceptq_limit", &limit);
	if (n > limit + overshoot())
		return "acceptq is over its limit";
	cell_u64(t, i, "synq", &n);
	cell_u64(t, i, "synq_limit", &limit);
	if (n > limit + overshoot())
		return "synq is over its limit";
	if (chaos->reload)
		return NULL;
	if (!known(t, i, "pid") || !known(t, i, "age_ms") || !known(t, i, "backlog"))
		return "its past is not known";
	return strcmp(cell(t, i, "listens"), "1") ? "listens" : NULL;
}

static void fault(const struct table *t, size_t i, const char *why)
{
	char row[600];
	size_t len = 0;

	for (size_t c = 0; c < t->ncols && len < sizeof(row); c++)
		len += snprintf(row + len, sizeof(row) - len, " %s", t->cells[i * t->ncols + c]);
	chaos_fault("%s: row%s", why, row);
}

/* By the text of sk, and rows with the same one in the order of the file. */
static int by_sk(const void *a, const void *b)
{
	char *const *x = *(char *const *const *)a;
	char *const *y = *(char *const *const *)b;
	int order = strcmp(*x, *y);

	return order ? order : (x > y) - (x < y);
}

/*
 * A socket that is shut down and listens again while the table is read is a new listener, and where
 * it gets another port it has another place in the kernel's table, where it can be met again. So
 * any row but the first one of a socket must be of a listener born after the reading began.
 */
static void check_unique(const struct table *t, uint64_t began)
{
	char ***first = calloc(t->nrows + 1, sizeof(*first));
	uint64_t age, took = mono_ms() - began;

	for (size_t i = 0; i < t->nrows; i++)
		first[i] = &t->cells[i * t->ncols + table_col(t, "sk")];
	qsort(first, t->nrows, sizeof(*first), by_sk);
	for (size_t i = 1; i < t->nrows; i++) {
		size_t row = (first[i] - t->cells) / t->ncols;

		if (strcmp(*first[i - 1], *first[i]))
			continue;
		chaos->moved++;
		if (cell_u64(t, row, "age_ms", &age) ? age > took : !chaos->reload)
			fault(t, row, "it is there twice");
	}
	free(first);
}

static void check_stay(const struct table *t, bool whole)
{
	for (int i = 0; i < CHAOS_STAY; i++) {
		long row = table_find_sk(t, chaos->stay[i].cookie);
		const char *why;

		if (row < 0 && whole)
			chaos_fault("listener %d of those that stay has no row", i);
		why = row < 0 ? NULL : wrong_stay(t, row, &chaos->stay[i]);
		if (row >= 0 && table_count(t, "sk", cell(t, row, "sk")) != 1)
			why = "it stays, and is there twice";
		if (why)
			fault(t, row, why);
	}
}

/**
 * chaos_rows() - check all rows of a table, and count what is wrong
 * @t: the table
 * @whole: read from the start to the end, in the namespace of those that stay
 * @here: of a namespace that lives on: each listener has a past
 * @began: mono_ms() before the reading began
 */
void chaos_rows(const struct table *t, bool whole, bool here, uint64_t began)
{
	const char *why;

	for (size_t i = 0; i < t->nrows; i++) {
		why = wrong_numbers(t, i);
		if (!why)
			why = wrong_past(t, i);
		if (!why && here && !chaos->reload && strchr(cell(t, i, "flags"), 'l'))
			why = "flag l of one that is younger than the module";
		if (why)
			fault(t, i, why);
		chaos->unborn += !known(t, i, "age_ms");
	}
	chaos->tables++;
	chaos->rows += t->nrows;
	check_unique(t, began);
	check_stay(t, whole);
}

/* The module has just gone, or the namespace. */
static bool may_be_gone(void)
{
	return errno == ENOENT || errno == EIO || errno == ESRCH || errno == EINVAL;
}

static void unreadable(const char *what)
{
	if (chaos->reload && may_be_gone())
		return;
	chaos_fault("%s: %s", what, strerror(errno));
}

/* From where the file stands to its end, in pieces; with the header in front if it is not there. */
static void read_rest(int fd, size_t piece, bool from_start, uint64_t began)
{
	char *header = NULL, *row, *text;
	size_t len;

	text = fd_read(fd, piece, &len);
	if (!text) {
		unreadable("read()");
		return;
	}
	if (!from_start) {
		row = strchr(text, '\n');
		header = malloc(len + 1024);
		for (size_t i = len = 0; i < listeners_ncolumns; i++)
			len += sprintf(header + len, "%s%s", i ? " " : "", listeners_columns[i]);
		len += sprintf(header + len, "%s", row ? row : "\n");
		free(text);
		text = header;
	}
	if (len) {
		struct table *t = table_parse(text, len);

		chaos_rows(t, from_start, true, began);
		table_free(t);
	} else {
		free(text);
		chaos_fault("a table without a header");
	}
}

static int open_table(void)
{
	int fd;

	if (chaos->reload)
		AWAIT(!access(LISTENERS, R_OK) || chaos->stop, 1000);
	fd = open(LISTENERS, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		unreadable("open()");
	return fd;
}

static void whole_step(struct rng *r)
{
	static const size_t pieces[] = { 65536, 4096, 1 << 20 };
	int fd = open_table();

	if (fd < 0)
		return;
	read_rest(fd, pieces[rng_below(r, 3)], true, mono_ms());
	close(fd);
}

static void piece_step(struct rng *r)
{
	int fd = open_table();

	if (fd < 0)
		return;
	read_rest(fd, 1 + rng_below(r, rng_below(r, 4) ? 2000 : 8), true, mono_ms());
	close(fd);
}

/* One file, wherever it was left: pread() and lseek() to anywhere, to the start, and to the end. */
static void seek_step(struct rng *r)
{
	int fd = open_table();
	char buf[300];

	for (int n = 5; n && fd >= 0; n--) {
		off_t at = rng_below(r, 3) ? rng_below(r, 30000) : 0;
		/* To seek is to read: rows are made that the next read() gives. */
		uint64_t began = mono_ms();

		if (rng_below(r, 2) && pread(fd, buf, sizeof(buf), rng_below(r, 30000)) < 0)
			unreadable("pread()");
		if (lseek(fd, at, SEEK_SET) < 0)
			unreadable("lseek()");
		else
			read_rest(fd, 1 + rng_below(r, 5000), !at, began);
	}
	if (fd >= 0)
		close(fd);
}

static void info_step(struct rng *r)
{
	struct info *in;

	(void)r;
	if (chaos->reload) {
		AWAIT(!access(INFO, R_OK) || chaos->stop, 1000);
		free(file_read(INFO, NULL));
		return;
	}
	in = info_read();
	if (info_u64(in, "abi") != 1 || info_u64(in, "listeners") < CHAOS_STAY ||
	    info_u64(in, "load_age_ms") == UINT64_MAX)
		chaos_fault("info has a wrong line");
	info_free(in);
}

/* A namespace that may end at any moment; what was read of its table by then is whole rows. */
static void abroad_step(struct rng *r)
{
	pid_t pid = chaos->world;
	uint64_t began = mono_ms();
	char path[64], *text;
	struct table *t;
	size_t len;

	if (!pid) {
		info_step(r);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/net/listenq/%s", pid,
		 rng_below(r, 4) ? "listeners" : "info");
	text = file_read(path, &len);
	if (text && len && strstr(path, "listeners")) {
		t = table_parse(text, len);
		chaos_rows(t, false, false, began);
		table_free(t);
	} else if (text) {
		free(text);
	} else if (!may_be_gone()) {
		unreadable(path);
	}
}

/* Any other table: whatever happens meanwhile, it is well-formed. */
static void table_step(struct rng *r)
{
	const struct format *f = &formats[rng_below(r, nformats)];
	char *text, wrong[200];
	struct table *t;
	size_t len;
	int fd;

	if (chaos->reload)
		AWAIT(!access(f->path, R_OK) || chaos->stop, 1000);
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	text = fd < 0 ? NULL : fd_read(fd, 1 + rng_below(r, 5000), &len);
	if (!text) {
		unreadable(f->path);
	} else {
		t = table_parse(text, len);
		if (format_fault(f, t, wrong, sizeof(wrong)))
			chaos_fault("%s", wrong);
		table_free(t);
	}
	if (fd >= 0)
		close(fd);
}

const struct actor chaos_readers[] = {
	{ .name = "reader of the whole", .step = whole_step, .least = 10 },
	{ .name = "reader of pieces", .step = piece_step, .least = 5 },
	{ .name = "reader that seeks", .step = seek_step, .least = 5 },
	{ .name = "reader of other tables", .step = table_step, .least = 10 },
	{ .name = "reader of other namespaces and info", .step = abroad_step, .least = 10 },
};

const unsigned int chaos_readers_count = sizeof(chaos_readers) / sizeof(chaos_readers[0]);
