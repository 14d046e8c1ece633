// SPDX-License-Identifier: GPL-2.0
/*
 * All listeners of a namespace, open and closed, add up to what the kernel counted there since the
 * module began to count, and to nothing that happened before or elsewhere. module: self
 */
#include "mod.h"
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <unistd.h>

#define ROUNDS 3

/* One of each cause that the kernel counts: 3 overflows by SYNs, 2 by ACKs, 1 with a reset. */
static void overflows(struct stage *s)
{
	size_t first;

	s->opt.backlog = 4;
	stage_listen(s);
	first = stage_syn(s, 3);
	for (int i = 0; i < 5; i++)
		stage_connect(s, 1);
	stage_syn(s, 3);
	stage_ack(s, first, 2);
	sysctl_set(ABORT_CTL, 1);
	stage_ack(s, first + 2, 1);
}

/* 4 cookies, and one cookie that comes back too late. */
static void cookies(struct stage *s)
{
	size_t first;

	s->opt.backlog = 2;
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_listen(s);
	first = stage_syn(s, 4);
	stage_ack(s, first, 4);
}

/* 9 SYNs for a queue that takes 2 or 3. */
static void full_queue(struct stage *s)
{
	s->opt.backlog = 2;
	sysctl_set(SYNCOOKIES_CTL, 0);
	stage_listen(s);
	stage_syn(s, 9);
}

static const act_fn acts[] = { overflows, cookies, full_queue };

#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* Every second listener closes. */
static void play(struct tun *tun)
{
	unsigned int n = 0;

	for (size_t round = 0; round < ROUNDS; round++)
		for (size_t w = 0; w < TUN_WAYS; w++)
			for (size_t i = 0; i < ACTS; i++) {
				struct stage s = { .tun = tun, .way = &tun_ways[w] };

				stage_sysctls();
				acts[i](&s);
				if (n++ % 2)
					stage_close(&s);
			}
}

static void check_known(const uint64_t *before, const char *what)
{
	unsigned int lots = ROUNDS * TUN_WAYS;
	struct counts c;
	size_t closed;

	counts_sum(&c, &closed);
	is_u64(closed, lots * ACTS / 2, "%s: listeners that closed", what);
	is_u64(counts_get(&c, "syn_drop_acceptq"), 3 * lots, "%s: syn_drop_acceptq", what);
	is_u64(counts_get(&c, "ack_overflow"), 3 * lots, "%s: ack_overflow", what);
	is_u64(counts_get(&c, "ack_reset"), lots, "%s: ack_reset", what);
	is_u64(counts_get(&c, "syn_cookie"), 4 * lots, "%s: syn_cookie", what);
	is_u64(counts_get(&c, "syn_cookie"), netstat("SyncookiesSent") - before[0],
	       "%s: SyncookiesSent", what);
	is_u64(counts_get(&c, "cookie_ok"), 3 * lots, "%s: cookie_ok", what);
	is_u64(netstat("SyncookiesRecv") - before[1], 4 * lots, "%s: SyncookiesRecv", what);
	in_range(counts_get(&c, "syn_drop_synq"), 6 * lots, 7 * lots, "%s: syn_drop_synq", what);
	check_sums(what);
}

static void elsewhere(int up, void *arg)
{
	struct counts c;
	size_t closed;
	uint64_t all = 0;

	(void)arg;
	new_netns();
	counts_sum(&c, &closed);
	for (size_t i = 0; i < counts_ncolumns; i++)
		all += c.v[i];
	put_u64(up, all + closed);
}

int main(void)
{
	uint64_t before[2];
	struct child child;
	struct tun tun;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return done();
	}
	play(&tun);
	before[0] = netstat("SyncookiesSent");
	before[1] = netstat("SyncookiesRecv");
	mod_load_or_bail(mod_path(false), "");
	check_sums("loaded");
	play(&tun);
	check_known(before, "after the load");
	child_start(&child, elsewhere, NULL);
	is_u64(get_u64(child.fd), 0, "another namespace has none of it");
	child_end(&child);
	check_exact("at the end");
	mod_unload_or_bail();
	return done();
}
