// SPDX-License-Identifier: GPL-2.0
/* Every rung of the module's start fails once: cleanly, with nothing left. module: self */
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RUNGS 5		/* of module/main.c: listenq_init */
#define MOST_RUNGS 64

static void check_works(int fd, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "flags", "l", what);
	table_free(t);
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 100000 });
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "backlog", "100000", what);
	table_free(t);
}

int main(void)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 }), rung, err;
	char params[32];

	for (rung = 1; rung < MOST_RUNGS; rung++) {
		snprintf(params, sizeof(params), "fail_at=%d", rung);
		err = mod_load(mod_path(true), params);
		if (!err)
			break;
		is_u64(err, ENOMEM, "rung %d fails as it was told to", rung);
		ok(mod_gone(), "rung %d: nothing is left", rung);
		/* What works while it is not loaded must still work. */
		ok(!listen(fd, 5), "rung %d: listen() works", rung);
	}
	is_u64(rung, RUNGS + 1, "behind the last rung it loads");
	check_works(fd, "behind the last rung");
	mod_unload_or_bail();
	ok(mod_gone(), "and unloads");
	mod_load_or_bail(mod_path(false), "");
	check_works(fd, "the production build after that");
	mod_unload_or_bail();
	return done();
}
