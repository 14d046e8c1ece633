// SPDX-License-Identifier: GPL-2.0
/* Odd process names: one cell each, and the exact bytes come back. */
#define _GNU_SOURCE
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct name {
	const char *what, *bytes, *cell;
} names[] = {
	{ "plain", "plain-name", "plain-name" },
	{ "blank", "two words", "two\\040words" },
	{ "blanks around", "  x  ", "\\040\\040x\\040\\040" },
	{ "newline", "a\nb", "a\\012b" },
	{ "tab", "a\tb", "a\\011b" },
	{ "backslash", "a\\b", "a\\134b" },
	{ "an escape as text", "a\\040b", "a\\134040b" },
	{ "UTF-8", "na\xc3\xafve", "na\\303\\257ve" },
	{ "control", "\x01\x1b[2J\x7f", "\\001\\033[2J\\177" },
	{ "not UTF-8", "\xff\xfe\x80", "\\377\\376\\200" },
	{ "fifteen newlines", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
	  "\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012\\012" },
	{ "empty", "", NULL },
	{ "dash", "-", NULL },
	{ "hash", "#x", "#x" },
};

static int fds[sizeof(names) / sizeof(names[0])];

static void check_name(const struct table *t, int fd, const struct name *n)
{
	long row = table_find_sk(t, sock_cookie(fd));
	const char *cell;
	char out[80];
	size_t len;

	if (!ok(row >= 0, "%s: the row is there", n->what))
		return;
	cell = table_cell(t, row, "comm");
	if (n->cell)
		is_str(cell, n->cell, "%s: as /proc/mounts would write it", n->what);
	ok(strcmp(cell, "-"), "%s: not the sign for unknown", n->what);
	len = cell_decode(cell, out);
	ok(len != SIZE_MAX && !strcmp(out, n->bytes), "%s: the bytes come back", n->what);
	check_u64(t, row, "pid", getpid(), n->what);
	check_str(t, row, "backlog", "5", n->what);
}

static void *listen_in_thread(void *fd)
{
	prctl(PR_SET_NAME, "the-thread");
	if (listen(*(int *)fd, 5))
		bail("listen in a thread");
	return NULL;
}

/* A process has one name, whichever of its threads calls listen(). */
static void check_thread(void)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1" });
	struct table *t;
	pthread_t thread;
	size_t row;

	prctl(PR_SET_NAME, "the-process");
	pthread_create(&thread, NULL, listen_in_thread, &fd);
	pthread_join(thread, NULL);
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "comm", "the-process", "listen() in a thread");
	check_u64(t, row, "pid", getpid(), "listen() in a thread");
	table_free(t);
}

int main(void)
{
	size_t n = sizeof(names) / sizeof(names[0]);
	struct table *t;

	for (size_t i = 0; i < n; i++) {
		prctl(PR_SET_NAME, names[i].bytes);
		fds[i] = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	}
	prctl(PR_SET_NAME, "later-name");
	t = table_read(LISTENERS);
	for (size_t i = 0; i < n; i++)
		check_name(t, fds[i], &names[i]);
	table_free(t);
	check_thread();
	return done();
}
