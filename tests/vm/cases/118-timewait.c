// SPDX-License-Identifier: GPL-2.0
/*
 * A SYN that opens a connection anew that is in TIME_WAIT: where the kernel remembers that (some
 * long forgot), it passes the limits of the SYN queue and is never answered by a cookie; a full
 * accept queue stops it always.
 */
#include "stage.h"
#include "sysctl.h"

#include <unistd.h>

/* @n connections that this side has closed first; returns the first of their peers. */
static size_t in_time_wait(struct stage *s, size_t n)
{
	size_t first = s->tun->npeers;
	uint64_t before = netstat("TCPTimeWaitOverflow");

	stage_connect(s, n);
	for (size_t i = 0; i < n; i++)
		close(stage_take(s));
	stage_send(s, first, n, &(struct seg){ .flags = SEG_ACK | SEG_FIN, .seq = 1, .ack = 1 });
	if (netstat("TCPTimeWaitOverflow") != before)
		bail("too many in TIME_WAIT");
	books_step(&s->books, "connections into TIME_WAIT",
		   "syn=%zu syn_queued=%zu from_synq=%zu established=%zu accepted=%zu", n, n, n, n,
		   n);
	return first;
}

/* The old peers come again, each from the same port. */
static void reopen(struct stage *s, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		s->tun->peers[i].seq += 100000;
		tun_segment(s->tun, i, &(struct seg){ .flags = SEG_SYN });
	}
	tun_drain(s->tun);
	/* These are no answers to their first SYN. */
	for (size_t i = first; i < first + n; i++)
		if (s->tun->peers[i].synacks > 1)
			s->tun->peers[i].synacks--;
}

static void past_a_full_queue(struct stage *s)
{
	size_t first, limit, refused;

	s->opt.backlog = 4;
	stage_open(s, "reopened, SYN queue full");
	first = in_time_wait(s, 3);
	sysctl_set(SYNCOOKIES_CTL, 0);
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit + 2);
	books_step(&s->books, "2 SYNs too many", "syn=%zu syn_queued=%zu syn_drop_synq=2",
		   limit + 2, limit);
	refused = netstat("TCPReqQFullDrop");
	reopen(s, first, 3);
	refused = netstat("TCPReqQFullDrop") - refused;
	books_step(&s->books, "3 reopen", "syn=3 syn_queued=%zu syn_drop_synq=%zu", 3 - refused,
		   refused);
	is_u64(stage_gauge(s, "synq"), limit + 3 - refused, "%s: synq", s->books.name);
	if (!refused) {
		stage_ack(s, first, 3);
		books_step(&s->books, "and complete", "from_synq=3 established=3");
	}
	stage_close(s);
}

static void without_cookie(struct stage *s)
{
	size_t first, sent;

	s->opt.backlog = 50;
	stage_open(s, "reopened, tcp_syncookies 2");
	first = in_time_wait(s, 3);
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_syn(s, 2);
	books_step(&s->books, "2 others", "syn=2 syn_cookie=2");
	sent = netstat("SyncookiesSent");
	reopen(s, first, 3);
	sent = netstat("SyncookiesSent") - sent;
	books_step(&s->books, "3 reopen", "syn=3 syn_queued=%zu syn_cookie=%zu", 3 - sent, sent);
	stage_close(s);
}

static void into_the_reserve(struct stage *s)
{
	size_t first, limit;

	s->opt.backlog = 128;
	stage_open(s, "reopened, last quarter of tcp_max_syn_backlog");
	first = in_time_wait(s, 3);
	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set(SYN_BACKLOG_CTL, 16);
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit + 2);
	books_step(&s->books, "2 SYNs too many", "syn=%zu syn_queued=%zu syn_drop_unproven=2",
		   limit + 2, limit);
	reopen(s, first, 3);
	books_step(&s->books, "3 reopen", "syn=3 syn_queued=3");
	stage_close(s);
}

static void accept_queue_full(struct stage *s)
{
	size_t first, full;

	s->opt.backlog = 4;
	stage_open(s, "reopened, accept queue full");
	first = in_time_wait(s, 3);
	full = stage_fill(s);
	books_step(&s->books, "filled", "syn=%zu syn_queued=%zu from_synq=%zu established=%zu",
		   full, full, full, full);
	reopen(s, first, 3);
	books_step(&s->books, "3 want to reopen", "syn=3 syn_drop_acceptq=3");
	stage_close(s);
}

static const act_fn acts[] = {
	past_a_full_queue, without_cookie, into_the_reserve, accept_queue_full,
};

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
