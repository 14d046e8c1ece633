// SPDX-License-Identifier: GPL-2.0
/*
 * Each probe on the way of packets in turn, and all of them at once, cannot be put there, or has no
 * such function: the module loads, info says so, exactly what cannot be counted without it is a
 * dash, and what is shown is true. module: self timeout: 300
 */
#include "fault.h"
#include "mod.h"
#include "probes.h"
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MOST 32
#define ALL_HOOKS "refuse=register_ftrace_function"
#define ROOM 1000	/* for a parameter */

/* What IPv4 and IPv6 peers do in traffic(), and what the counters must be then. */
static const struct expected {
	const char *column;
	uint64_t n;
} expected[] = {
	{ "syn", 22 }, { "syn_queued", 16 }, { "syn_cookie", 4 }, { "syn_tfo", 2 },
	{ "syn_drop_acceptq", 0 }, { "syn_drop_synq", 0 }, { "syn_drop_unproven", 0 },
	{ "syn_drop_other", 0 }, { "ack_overflow", 0 }, { "ack_reset", 0 }, { "ack_deferred", 0 },
	{ "cookie_ok", 2 }, { "cookie_bad", 2 }, { "from_synq", 6 }, { "established", 10 },
	{ "req_timeout", 0 }, { "req_pruned", 0 }, { "req_icmp", 2 }, { "req_reset", 2 },
	{ "req_other", 0 }, { "req_migrated_in", 0 }, { "req_migrated_out", 0 },
	{ "conn_migrated_in", 0 }, { "conn_migrated_out", 0 }, { "req_inherited", 0 },
	{ "conn_inherited", 0 }, { "accepted", 6 },
};

/* What is left when it closes is worked out from others: without one of those, nobody knows. */
static const struct left {
	const char *column;
	uint64_t n;
	const char *terms[12];
} left[] = {
	{ "synq_left", 6, { "syn_queued", "from_synq", "req_timeout", "req_pruned", "req_reset",
			    "req_icmp", "req_other", "req_migrated_in", "req_migrated_out",
			    "req_inherited" } },
	{ "closed_pending", 4, { "established", "accepted", "conn_migrated_out",
				 "conn_inherited" } },
};

static const struct way both[] = {
	{ "IPv4 on [::]", "::", AF_INET },
	{ "IPv6 on [::]", "::", AF_INET6 },
};

static struct tun tun;

/* Fast Open: it is accepted, with all that wait before it, and then its ACK comes. */
static void fast_open(struct stage *s)
{
	int fds[MOST], n = 0;

	tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	while (n < MOST && (fds[n] = accept(s->fd, NULL, NULL)) >= 0)
		n++;
	tun_send(s->tun, s->tun->npeers - 1, SEG_ACK);
	while (n--)
		close(fds[n]);
}

/* One of each that is told apart: 3 handshakes, a reset, an ICMP error, 3 half open, and so on. */
static void traffic(struct stage *s)
{
	size_t first;

	fast_open(s);
	first = stage_syn(s, 8);
	stage_ack(s, first, 3);
	stage_send(s, first + 3, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	tun_icmp(s->tun, first + 4, true);
	sysctl_set(SYNCOOKIES_CTL, 2);
	first = stage_syn(s, 2);
	stage_ack(s, first, 1);
	stage_send(s, first + 1, 1, &(struct seg){ .flags = SEG_ACK, .seq = 1, .ack = 12345 });
	sysctl_set(SYNCOOKIES_CTL, 1);
}

/* All that a row says is true, if it is said. */
static bool is_true(const char *path, uint64_t cookie, char *wrong, size_t room)
{
	struct table *t = table_read(path);
	long row = table_find_sk(t, cookie);
	size_t len = 0;
	uint64_t n;

	*wrong = 0;
	if (row < 0)
		len += snprintf(wrong, room, " no row");
	for (size_t i = 0; row >= 0 && i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected *e = &expected[i];

		if (is_dash(t, row, e->column) || len >= room ||
		    (cell_u64(t, row, e->column, &n) && n == e->n))
			continue;
		len += snprintf(wrong + len, room - len, " %s is %s, not %llu;", e->column,
				table_cell(t, row, e->column), (unsigned long long)e->n);
	}
	table_free(t);
	return !len;
}

static void check_true(const char *path, uint64_t cookie, const char *what)
{
	char wrong[600];

	if (!ok(AWAIT(is_true(path, cookie, wrong, sizeof(wrong)), 5000),
		"%s: %s: what is known is true", what, path))
		diag("%s", wrong);
}

static bool any_lost(const char *lost, const char *const *columns)
{
	for (; *columns; columns++)
		if (has_word(lost, *columns))
			return true;
	return false;
}

static void check_left(uint64_t cookie, const char *lost, const char *what)
{
	struct table *t = table_read(CLOSED);
	long row = table_find_sk(t, cookie);

	for (size_t i = 0; row >= 0 && i < sizeof(left) / sizeof(left[0]); i++) {
		if (any_lost(lost, left[i].terms))
			check_dash(t, row, left[i].column, what);
		else
			check_u64(t, row, left[i].column, left[i].n, what);
	}
	table_free(t);
}

static void check_life(const char *lost, const char *what)
{
	struct stage v4 = { .tun = &tun, .way = &both[0], .opt = { .backlog = 100, .tfo = 20 } };
	struct stage v6;

	stage_sysctls();
	stage_listen(&v4);
	v6 = v4;
	v6.way = &both[1];
	traffic(&v4);
	traffic(&v6);
	check_true(COUNTERS, v4.cookie, what);
	check_lost(v4.cookie, lost, what);
	is_u64(stage_gauge(&v4, "synq"), 6, "%s: synq", what);
	is_u64(stage_gauge(&v4, "acceptq"), 4, "%s: acceptq", what);
	stage_close(&v4);
	check_true(CLOSED, v4.cookie, what);
	check_left(v4.cookie, lost, what);
}

/* @names: those that are lost, with commas between them; @state: of each of them. */
static void check_states(const char *names, const char *state, const char *what)
{
	struct info *in = info_read();
	size_t wrong = 0;

	for (size_t i = 0; i < in->nprobes; i++) {
		const struct probe *p = &in->probes[i];
		const char *at = strstr(names, p->name);
		bool is = at && (at == names || at[-1] == ',') && strchr(",", at[strlen(p->name)]);

		if (is ? strcmp(p->state, state) : !strcmp(p->state, "failed")) {
			diag("%s: %s is %s", what, p->name, p->state);
			wrong++;
		}
	}
	is_u64(wrong, 0, "%s: those are %s, and no other one failed", what, state);
	is_str(info_get(in, "books"), strcmp(state, "failed") ? "exact" : "inexact", "%s: books",
	       what);
	info_free(in);
}

static bool load(const char *params, const char *what)
{
	int err = mod_load(mod_path(true), params);

	return ok(!err, "%s: it loads", what);
}

static void check_probe(const struct known_probe *k, bool refuse)
{
	char what[96];
	struct klog log;

	snprintf(what, sizeof(what), "%s=%s", refuse ? "refuse" : "hide", k->name);
	klog_begin(&log);
	if (load(what, what)) {
		is_u64(klog_lines(&log, "listenq: ", "cannot"), refuse,
		       "%s: lines in the kernel log", what);
		is_u64(klog_lines(&log, k->name, k->lost), refuse, "%s: it says what is lost",
		       what);
		check_states(k->name, refuse ? "failed" : "absent", what);
		check_life(k->counters, what);
		mod_unload_or_bail();
	}
	klog_end(&log);
}

/* @params: what takes all of @names away; @lines: that many in the kernel log. */
static void check_all(const char *params, const char *names, const char *lost, size_t lines,
		      const char *what)
{
	struct klog log;

	klog_begin(&log);
	if (load(params, what)) {
		is_u64(klog_lines(&log, "listenq: ", "cannot"), lines,
		       "%s: lines in the kernel log", what);
		klog_show(&log, klog_find(&log, "listenq: cannot"), 1);
		check_states(names, "failed", what);
		check_life(lost, what);
		mod_unload_or_bail();
	}
	klog_end(&log);
}

/* Those that are lost at once. */
struct all {
	char names[ROOM], lost[2 * ROOM];
	size_t n;
};

static void add(struct all *a, const struct known_probe *k)
{
	size_t names = strlen(a->names), lost = strlen(a->lost);

	snprintf(a->names + names, sizeof(a->names) - names, "%s%s", names ? "," : "", k->name);
	snprintf(a->lost + lost, sizeof(a->lost) - lost, "%s ", k->counters);
	a->n++;
}

int main(void)
{
	const struct known_probe *on[MOST];
	struct all packet = { 0 }, hooks = { 0 };
	char params[ROOM + 16];
	struct info *in;

	mod_load_or_bail(mod_path(true), "");
	check_known_probes();
	in = info_read();
	for (size_t i = 0; i < in->nprobes; i++) {
		const struct known_probe *k = known_probe(in->probes[i].name);

		if (!k || !k->packet || strcmp(in->probes[i].state, "on") || packet.n == MOST)
			continue;
		on[packet.n] = k;
		add(&packet, k);
		if (!strcmp(in->probes[i].kind, "ftrace"))
			add(&hooks, k);
	}
	info_free(in);
	mod_unload_or_bail();
	in_range(packet.n, 15, MOST - 1, "there are probes to lose");

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return done();
	}
	tun_unqueue();
	for (size_t i = 0; i < packet.n; i++) {
		check_probe(on[i], true);
		check_probe(on[i], false);
	}
	snprintf(params, sizeof(params), "refuse=%s", packet.names);
	check_all(params, packet.names, packet.lost, packet.n, "each refused");
	check_all(ALL_HOOKS, hooks.names, hooks.lost, 1, ALL_HOOKS);

	/* Nothing of all that stays. */
	mod_load_or_bail(mod_path(true), "");
	check_states("", "on", "loaded again");
	check_life("", "loaded again");
	mod_unload_or_bail();
	return done();
}
