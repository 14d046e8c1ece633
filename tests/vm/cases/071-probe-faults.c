// SPDX-License-Identifier: GPL-2.0
/*
 * Each probe of listen() in turn cannot be registered, or has no such function: without an optional
 * one the module loads, info says so, and what only that one tells is a dash; without a required
 * one it refuses in one clear line. module: self
 */
#include "fault.h"
#include "mod.h"
#include "probes.h"
#include "sock.h"
#include "sockdiag.h"
#include "table.h"
#include "tap.h"
#include "truth.h"
#include "uring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 32

/* What is known of the probes: what is lost without one, or what takes its place. */
static const struct known {
	const char *name;
	bool required;
	const char *instead;	/* tells the same of all but MPTCP, and is probed in its place */
	bool loses_backlog;	/* of listen() */
	bool loses_uring_backlog;
} known[] = {
	{ .name = "__sys_listen", .loses_backlog = true },
	{ .name = "__sys_listen_socket", .loses_uring_backlog = true },
	{ .name = "__inet_listen_sk", .instead = "inet_listen" },
	{ .name = "inet_listen", .required = true },
	{ .name = "inet_csk_listen_start", .required = true },
	{ .name = "inet_csk_listen_stop" },
};

/* The two ways in which a probe can be missing. */
static const struct mode {
	const char *param, *state, *books;
	unsigned int lines;	/* in the kernel log */
} modes[] = {
	{ "refuse", "failed", "inexact", 1 },
	{ "hide", "absent", "exact", 0 },
};

static const struct known *known_of(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, name))
			return &known[i];
	return NULL;
}

static void check_row(int fd, bool no_backlog, const char *what)
{
	struct past past = { .pid = getpid(), .comm = "071-probe-fault", .backlog = 50,
			     .listens = 1 };
	struct table *t;
	size_t row;

	if (!no_backlog) {
		check_truth(fd, &past, what);
		return;
	}
	t = listeners_row(sock_cookie(fd), &row);
	check_dash(t, row, "backlog", what);
	check_u64(t, row, "max_ack_backlog", 50, what);
	check_u64(t, row, "pid", past.pid, what);
	check_str(t, row, "comm", past.comm, what);
	check_u64(t, row, "listens", 1, what);
	check_u64(t, row, "acceptq", sock_info(fd).tcpi_unacked, what);
	ok(!is_dash(t, row, "age_ms"), "%s: age_ms is known", what);
	ok(!is_dash(t, row, "somaxconn"), "%s: somaxconn is known", what);
	table_free(t);
}

static void check_lives(const struct known *k, const char *what)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 50 }), client;
	uint64_t cookie = sock_cookie(fd);
	struct table *t;

	fill_acceptq(fd, NULL, &client, 1);
	check_row(fd, k->loses_backlog, what);
	check_lost(cookie, known_probe(k->name)->counters, what);
	close(client);
	close(fd);
	t = table_read(LISTENERS);
	ok(table_find_sk(t, cookie) < 0, "%s: gone after the close", what);
	table_free(t);
	if (!uring_can_listen())
		return;
	fd = bound_socket(&(struct lopt){ .addr = "::1" });
	if (!uring_listen(fd, 50))
		check_row(fd, k->loses_uring_backlog, what);
	close(fd);
}

/* What the one in its place does not see is the second call: MPTCP does not pass it. */
static void check_mptcp(const char *what)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 7, .mptcp = true });
	struct diag_sock d;
	struct table *t;
	size_t row;

	if (fd < 0) {
		skip("no MPTCP in this kernel", "%s: MPTCP listener", what);
		return;
	}
	if (!diag_find_port(AF_INET, sock_port(fd), &d))
		bail("sock_diag does not show the MPTCP listener");
	t = listeners_row(d.cookie, &row);
	check_str(t, row, "flags", "m", what);
	check_str(t, row, "backlog", "7", what);
	check_u64(t, row, "pid", getpid(), what);
	check_u64(t, row, "listens", 1, what);
	table_free(t);
	ok(!listen(fd, 9), "%s: listen() again of MPTCP", what);
	t = listeners_row(d.cookie, &row);
	check_u64(t, row, "max_ack_backlog", 9, what);
	check_dash(t, row, "backlog", what);
	check_u64(t, row, "listens", 1, what);
	table_free(t);
	close(fd);
}

/* The rest of the probes do as they did before, but for the one in its place. */
static void check_info(const struct known *k, const struct mode *w, const char *what)
{
	struct info *in = info_read();
	const struct probe *p = info_probe(in, k->name);

	is_str(p ? p->state : NULL, w->state, "%s: state", what);
	is_str(info_get(in, "books"), w->books, "%s: books", what);
	for (size_t i = 0; i < in->nprobes; i++)
		if (strcmp(in->probes[i].name, k->name))
			ok(strcmp(in->probes[i].state, "failed"), "%s: %s did not fail", what,
			   in->probes[i].name);
	if (k->instead)
		ok(probe_on(in, k->instead), "%s: %s is on in its place", what, k->instead);
	info_free(in);
}

static void check_optional(const struct known *k, const struct mode *w, const char *what)
{
	const char *lost = known_probe(k->name)->lost;
	struct klog log;
	int err;

	klog_begin(&log);
	err = mod_load(mod_path(true), what);
	if (!ok(!err, "%s: it loads", what))
		return;
	is_u64(klog_lines(&log, "listenq: ", "cannot probe"), w->lines,
	       "%s: %s in the kernel log", what, w->lines ? "one line" : "nothing");
	if (w->lines)
		is_u64(klog_lines(&log, k->name, lost), 1, "%s: which says that %s not known",
		       what, lost);
	klog_show(&log, klog_find(&log, k->name), 1);
	klog_end(&log);
	check_info(k, w, what);
	check_lives(k, what);
	if (k->instead)
		check_mptcp(what);
	mod_unload_or_bail();
}

static void check_required(const char *name, const char *what)
{
	struct klog log;
	int err;

	klog_begin(&log);
	err = mod_load(mod_path(true), what);
	ok(err, "%s: it does not load", what);
	ok(mod_gone(), "%s: nothing is left", what);
	is_u64(klog_lines(&log, "not loaded", name), 1, "%s: one line says so", what);
	is_u64(klog_lines(&log, "listenq: ", "not loaded"), 1, "%s: and no other line does", what);
	klog_show(&log, klog_find(&log, "not loaded"), 1);
	klog_end(&log);
	if (!err)
		mod_unload_or_bail();
}

static void check_probe(const char *name)
{
	const struct known *k = known_of(name);
	char what[96];

	if (!ok(k, "this case knows what %s tells", name))
		return;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		snprintf(what, sizeof(what), "%s=%s", modes[i].param, name);
		if (k->required) {
			check_required(name, what);
			continue;
		}
		check_optional(k, &modes[i], what);
		if (!k->instead)
			continue;
		/* Without the other one, too, nothing is left that could tell. */
		snprintf(what, sizeof(what), "%s=%s,%s", modes[i].param, name, k->instead);
		check_required(name, what);
	}
}

/* Those are lost in 073-hook-faults.c. */
static bool is_packet(const char *name)
{
	const struct known_probe *k = known_probe(name);

	return k && k->packet;
}

int main(void)
{
	char names[MOST][64];
	struct info *in;
	size_t n = 0;
	int fd;

	mod_load_or_bail(mod_path(true), "");
	in = info_read();
	is_str(info_get(in, "books"), "exact", "with all probes the books are exact");
	for (size_t i = 0; i < in->nprobes && n < MOST; i++)
		if (!strcmp(in->probes[i].state, "on") && !is_packet(in->probes[i].name))
			strcpy(names[n++], in->probes[i].name);
	info_free(in);
	mod_unload_or_bail();
	in_range(n, 3, MOST - 1, "there are probes to lose");
	for (size_t i = 0; i < n; i++)
		check_probe(names[i]);

	/* Nothing of all that stays. */
	mod_load_or_bail(mod_path(true), "");
	in = info_read();
	is_str(info_get(in, "books"), "exact", "loaded again: the books are exact");
	for (size_t i = 0; i < n; i++)
		ok(probe_on(in, names[i]), "loaded again: %s is on", names[i]);
	info_free(in);
	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 50 });
	check_row(fd, false, "loaded again");
	close(fd);
	mod_unload_or_bail();
	return done();
}
