// SPDX-License-Identifier: GPL-2.0
/*
 * Load and unload, again and again: in peace, with connections and listen() calls under way, with
 * files open and half read. module: self timeout: 300
 */
#define _GNU_SOURCE
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEACE 26
#define STRESS 12	/* with traffic, and as many with readers: 50 in all */
#define KEPT 200	/* more than one read() gives */

static int kept[KEPT];

/* Until it is killed: listeners born and closed, with connections that are accepted or not. */
static void traffic(int up, void *arg)
{
	struct lopt o = { .addr = arg, .backlog = 3 };

	put_u64(up, 0);
	for (;;) {
		int fd = listener_open(&o), c[4];

		for (int i = 0; i < 4; i++)
			c[i] = connect_to(fd, NULL);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		close(accept(fd, NULL, NULL));
		listen(fd, 5);
		if (sock_cookie(fd) & 1)
			shutdown(fd, SHUT_RDWR);
		close(fd);
		for (int i = 0; i < 4; i++)
			close(c[i]);
	}
}

static void read_all(int up, void *arg)
{
	(void)arg;
	put_u64(up, 0);
	for (;;)
		free(file_read(LISTENERS, NULL));
}

/* In a child, so that a call that never returns is a failure and not the end of the case. */
static void unload(int up, void *arg)
{
	(void)arg;
	put_u64(up, mod_unload());
}

static uint64_t unload_watched(void)
{
	struct child c;
	uint64_t err;

	child_start(&c, unload, NULL);
	err = get_u64(c.fd);
	child_end(&c);
	return err;
}

static bool all_rows(bool preload)
{
	struct table *t = table_read(LISTENERS);
	bool good = true;

	for (int i = 0; i < KEPT; i++) {
		long row = table_find_sk(t, sock_cookie(kept[i]));

		good &= row >= 0 && !strcmp(table_cell(t, row, "flags"), preload ? "l" : "-");
	}
	table_free(t);
	return good;
}

static void rounds(int n, const char *what)
{
	int loaded = 0, rows = 0, gone = 0;

	for (int i = 0; i < n; i++) {
		loaded += !mod_load(mod_path(false), "");
		rows += all_rows(true);
		gone += !unload_watched() && mod_gone();
	}
	is_u64(loaded, n, "%s: loads each time", what);
	is_u64(rows, n, "%s: shows the listeners that stay each time", what);
	is_u64(gone, n, "%s: unloads each time and leaves nothing", what);
}

static void rounds_with(child_fn fn, const char *what)
{
	static char *const addrs[] = { "127.0.0.1", "::1" };
	struct child c[2];

	for (int i = 0; i < 2; i++) {
		child_start(&c[i], fn, addrs[i]);
		get_u64(c[i].fd);
	}
	rounds(STRESS, what);
	for (int i = 0; i < 2; i++) {
		kill(c[i].pid, SIGKILL);
		child_end(&c[i]);
	}
}

static void open_files(int round)
{
	char piece[512];
	int half = open(LISTENERS, O_RDONLY), fresh = open(LISTENERS, O_RDONLY);
	int info = open(INFO, O_RDONLY);

	if (half < 0 || fresh < 0 || info < 0 || read(half, piece, sizeof(piece)) <= 0)
		bail("round %d: cannot open and read: %s", round, strerror(errno));
	is_u64(unload_watched(), 0, "round %d: unloads with files open", round);
	ok(mod_gone(), "round %d: leaves nothing", round);
	ok(read(half, piece, sizeof(piece)) <= 0, "round %d: no more of a half read file", round);
	ok(read(fresh, piece, sizeof(piece)) <= 0, "round %d: nothing of an unread file", round);
	ok(read(info, piece, sizeof(piece)) <= 0, "round %d: nothing of info", round);
	ok(pread(half, piece, 1, 0) <= 0, "round %d: nothing from the start again", round);
	close(half);
	close(fresh);
	close(info);
}

int main(void)
{
	for (int i = 0; i < KEPT; i++)
		kept[i] = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	rounds(PEACE, "in peace");
	rounds_with(traffic, "with traffic");
	rounds_with(read_all, "with readers");
	for (int i = 0; i < 5; i++) {
		mod_load_or_bail(mod_path(false), "");
		open_files(i);
	}
	return done();
}
