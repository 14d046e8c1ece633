// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of a read of each table fails once: open() or read() says ENOMEM, the next
 * read() goes on, and the table is whole. module: self
 */
#include "fault.h"
#include "format.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 200
#define OPEN 3
#define WAITING 30	/* more than the first copy of a queue has room for */

/* How many rows the table has if nothing fails. */
static size_t rows_of(const char *path)
{
	struct table *t = table_read(path);
	size_t n = t->nrows;

	table_free(t);
	return n;
}

/* A read to the end that goes on after each ENOMEM; NULL when the file cannot be opened. */
static char *read_on(const char *path, size_t piece, size_t *len, int *failed)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	ssize_t n;

	*failed = 0;
	*len = 0;
	if (fd < 0)
		return NULL;
	text = malloc(1 << 20);
	while ((n = read(fd, text + *len, piece)) != 0) {
		if (n < 0 && (errno != ENOMEM || ++*failed > 3))
			bail("read: %s", strerror(errno));
		if (n > 0)
			*len += n;
	}
	text[*len] = 0;
	close(fd);
	return text;
}

/* Returns whether there was an allocation number @n. */
static bool check_nth(const struct format *f, unsigned int n, size_t piece, size_t rows)
{
	char fault[200] = "", *text;
	struct table *t;
	bool spent;
	size_t len;
	int failed;

	fault_arm(n);
	text = read_on(f->path, piece, &len, &failed);
	if (!text) {
		is_u64(errno, ENOMEM, "%s, allocation %u: open() says ENOMEM", f->path, n);
		return ok(fault_disarm(), "for that reason");
	}
	spent = fault_disarm();
	t = table_parse(text, len);
	ok(!format_fault(f, t, fault, sizeof(fault)) && t->nrows == rows,
	   "%s, allocation %u: %zu rows, as ever (%d ENOMEM)", f->path, n, rows, failed);
	if (*fault)
		diag("%s", fault);
	table_free(t);
	return spent;
}

static void check_table(const struct format *f, size_t piece)
{
	size_t rows = rows_of(f->path);
	unsigned int n = 1;

	while (n < MOST && check_nth(f, n, piece, rows))
		n++;
	in_range(n, 3, MOST - 1, "%s: a read in pieces of %zu allocates", f->path, piece);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 2 * WAITING };
	int fds[OPEN], clients[OPEN][WAITING];

	new_netns();
	mod_load_or_bail(mod_path(true), "");
	for (int i = 0; i < OPEN; i++) {
		fds[i] = listener_open(&o);
		fill_acceptq(fds[i], NULL, clients[i], i ? WAITING : 1);
		close(listener_open(&o));
	}
	for (size_t i = 0; i < nformats; i++) {
		check_table(&formats[i], 65536);
		check_table(&formats[i], 50);
	}
	for (int i = 0; i < OPEN; i++)
		close(fds[i]);
	mod_unload_or_bail();
	ok(mod_gone(), "unloads");
	return done();
}
