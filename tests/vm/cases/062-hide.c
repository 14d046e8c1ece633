// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel without one of the probed functions: what only that one tells is a dash, the rest goes
 * on; without the listen path the module refuses and says why. module: self
 */
#include "mod.h"
#include "probes.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "uring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int plain_listen(int fd, int backlog)
{
	return listen(fd, backlog);
}

/* What each of the optional functions alone can tell, and how to ask for it. */
static const struct hidden {
	const char *name;
	const char *instead;	/* what is probed in its place, if anything */
	int (*listen)(int fd, int backlog);
	const char *dashes[3];
} hidden[] = {
	{ "__sys_listen", NULL, plain_listen, { "backlog" } },
	{ "__sys_listen_socket", NULL, uring_listen, { "backlog" } },
	{ "__inet_listen_sk", "inet_listen", plain_listen, { NULL } },
	{ "inet_csk_listen_stop", NULL, plain_listen, { NULL } },
};

/* Columns that are known of every listener born under the module, unless something is hidden. */
static const char *const known_columns[] = {
	"sk", "local", "uid", "inode", "pid", "comm", "backlog", "somaxconn", "max_ack_backlog",
	"acceptq", "acceptq_peak", "acceptq_limit", "synq", "synq_young", "synq_peak",
	"synq_limit", "synq_full", "age_ms", "listens", "cgroup", "full_ms", "full_count", "tfoq",
	"tfoq_max",
};

static bool is_lost(const struct hidden *h, const char *col)
{
	for (int i = 0; i < 3 && h && h->dashes[i]; i++)
		if (!strcmp(h->dashes[i], col))
			return true;
	return false;
}

static void check_row(uint64_t cookie, const struct hidden *h, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(cookie, &row);
	for (size_t i = 0; i < sizeof(known_columns) / sizeof(known_columns[0]); i++) {
		const char *col = known_columns[i];

		is_u64(is_dash(t, row, col), is_lost(h, col), "%s: %s is %s", what, col,
		       is_lost(h, col) ? "not known" : "known");
	}
	table_free(t);
}

static void check_lives(const struct hidden *h)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1" });
	uint64_t cookie = sock_cookie(fd);
	struct table *t;
	size_t row;

	is_u64(h->listen(fd, 100), 0, "without %s: listen", h->name);
	check_row(cookie, h, h->name);
	check_lost(cookie, known_probe(h->name)->counters, h->name);
	is_u64(h->listen(fd, 200), 0, "without %s: listen again", h->name);
	t = listeners_row(cookie, &row);
	check_u64(t, row, "max_ack_backlog", 200, h->name);
	check_u64(t, row, "listens", 2, h->name);
	if (is_lost(h, "backlog"))
		check_dash(t, row, "backlog", h->name);
	else
		check_u64(t, row, "backlog", 200, h->name);
	table_free(t);
	ok(!shutdown(fd, SHUT_RDWR) && !h->listen(fd, 300), "without %s: a new life", h->name);
	t = listeners_row(cookie, &row);
	check_u64(t, row, "max_ack_backlog", 300, h->name);
	check_u64(t, row, "listens", 1, h->name);
	table_free(t);
	close(fd);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) < 0, "without %s: gone after the close", h->name);
	table_free(t);
}

static void check_hidden(const struct hidden *h)
{
	char params[96];
	struct info *in;
	const struct probe *p;

	snprintf(params, sizeof(params), "hide=%s", h->name);
	mod_load_or_bail(mod_path(true), params);
	in = info_read();
	p = info_probe(in, h->name);
	is_str(p ? p->state : NULL, "absent", "%s: state", h->name);
	if (h->instead)
		ok(probe_on(in, h->instead), "%s takes the place of %s", h->instead, h->name);
	info_free(in);
	check_lives(h);
	mod_unload_or_bail();
}

static void check_required(const char *symbols, const char *named, const char *named_too)
{
	int log = kmsg_tail(), err;
	char params[96], line[512] = "";

	snprintf(params, sizeof(params), "hide=%s", symbols);
	err = mod_load(mod_path(true), params);
	ok(err, "without %s it does not load", symbols);
	ok(mod_gone(), "without %s: nothing is left", symbols);
	is_u64(kmsg_count(log, "listenq", named, line, sizeof(line)), 1,
	       "without %s: one line in the kernel log names it", symbols);
	ok(strstr(line, named_too), "without %s: and all of it", symbols);
	diag("%s", line);
	close(log);
	if (!err)
		mod_unload_or_bail();
}

int main(void)
{
	bool on[sizeof(hidden) / sizeof(hidden[0])], inner_sk;
	struct info *in;

	/* What this kernel has is what there is to hide. */
	mod_load_or_bail(mod_path(true), "");
	in = info_read();
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		on[i] = probe_on(in, hidden[i].name);
	for (size_t i = 0; i < in->nprobes; i++) {
		const struct known_probe *k = known_probe(in->probes[i].name);
		bool ours = !strcmp(in->probes[i].name, "inet_csk_listen_start") ||
			    !strcmp(in->probes[i].name, "inet_listen");

		/* 073-hook-faults.c hides the others. */
		if (k && k->packet)
			continue;
		for (size_t h = 0; h < sizeof(hidden) / sizeof(hidden[0]); h++)
			ours |= !strcmp(hidden[h].name, in->probes[i].name);
		ok(ours, "this case knows what depends on %s", in->probes[i].name);
	}
	inner_sk = probe_on(in, "__inet_listen_sk");
	info_free(in);
	mod_unload_or_bail();

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (!on[i])
			skip("this kernel has no such function", "without %s", hidden[i].name);
		else if (hidden[i].listen == uring_listen && !uring_can_listen())
			skip("io_uring of this kernel cannot listen", "without %s", hidden[i].name);
		else
			check_hidden(&hidden[i]);
	}
	check_required("inet_csk_listen_start", "inet_csk_listen_start", "inet_csk_listen_start");
	if (inner_sk)
		check_required("__inet_listen_sk,inet_listen", "__inet_listen_sk", "inet_listen");
	else
		check_required("inet_listen", "inet_listen", "inet_listen");
	return done();
}
