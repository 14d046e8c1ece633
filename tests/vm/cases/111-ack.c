// SPDX-License-Identifier: GPL-2.0
/* What a final ACK can come to, each alone and a known number of times: in its column alone. */
#include "stage.h"
#include "sysctl.h"

#include <unistd.h>

static void handshake(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "handshakes");
	first = stage_syn(s, 5);
	stage_ack(s, first, 5);
	books_step(&s->books, "5 SYNs and ACKs",
		   "syn=5 syn_queued=5 from_synq=5 established=5");
	stage_accept(s, 3);
	books_step(&s->books, "3 are accepted", "accepted=3");
	/* Both of these reset connections that are there already. */
	stage_send(s, first + 3, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "a connection is reset while it waits", "%s", "");
	is_u64(stage_gauge(s, "acceptq"), 2, "%s: it stays in the queue", s->books.name);
	stage_accept(s, 2);
	books_step(&s->books, "and is accepted", "accepted=2");
	stage_close(s);
}

/* The requests come first: a full accept queue takes no SYN. */
static size_t half_open_and_full(struct stage *s, size_t n)
{
	size_t first = stage_syn(s, n), full = stage_fill(s);

	books_step(&s->books, "half open, accept queue filled",
		   "syn=%zu syn_queued=%zu from_synq=%zu established=%zu", n + full, n + full, full,
		   full);
	return first;
}

static void overflow(struct stage *s)
{
	size_t first;

	s->opt.backlog = 8;
	stage_open(s, "ACKs that find the accept queue full");
	first = half_open_and_full(s, 4);
	stage_ack(s, first, 4);
	books_step(&s->books, "4 ACKs", "ack_overflow=4");
	stage_ack(s, first, 4);
	stage_ack(s, first, 4);
	books_step(&s->books, "each twice again", "ack_overflow=8");
	is_u64(stage_gauge(s, "synq"), 4, "%s: the requests stay", s->books.name);
	stage_accept(s, 3);
	books_step(&s->books, "3 are accepted", "accepted=3");
	stage_ack(s, first, 4);
	books_step(&s->books, "there is room for 3", "from_synq=3 established=3 ack_overflow=1");
	stage_close(s);
}

static void abort_on_overflow(struct stage *s)
{
	size_t first;
	unsigned int resets = 0;

	s->opt.backlog = 8;
	stage_open(s, "tcp_abort_on_overflow");
	first = half_open_and_full(s, 4);
	sysctl_set(ABORT_CTL, 1);
	stage_ack(s, first, 4);
	books_step(&s->books, "4 ACKs", "ack_reset=4 req_reset=4");
	for (size_t i = first; i < first + 4; i++)
		resets += s->tun->peers[i].resets;
	is_u64(resets, 4, "%s: the peers see a reset", s->books.name);
	is_u64(stage_gauge(s, "synq"), 0, "%s: no request is left", s->books.name);
	stage_syn(s, 2);
	books_step(&s->books, "2 SYNs", "syn=2 syn_drop_acceptq=2");
	stage_close(s);
}

static void deferred(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	s->opt.defer = 30;
	stage_open(s, "TCP_DEFER_ACCEPT");
	first = stage_syn(s, 3);
	stage_ack(s, first, 3);
	books_step(&s->books, "3 ACKs without data", "syn=3 syn_queued=3 ack_deferred=3");
	stage_ack(s, first, 3);
	books_step(&s->books, "3 again", "ack_deferred=3");
	is_u64(stage_gauge(s, "synq"), 3, "%s: the requests stay", s->books.name);
	stage_send(s, first, 2, &(struct seg){ .flags = SEG_ACK, .seq = 1, .data = STAGE_DATA });
	books_step(&s->books, "2 with data", "from_synq=2 established=2");
	stage_close(s);
}

static void cookies(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_open(s, "cookies");
	first = stage_syn(s, 6);
	stage_ack(s, first, 4);
	books_step(&s->books, "6 SYNs and 4 ACKs", "syn=6 syn_cookie=6 cookie_ok=4 established=4");
	stage_send(s, first + 4, 2, &(struct seg){ .flags = SEG_ACK, .seq = 1, .ack = 12345 });
	books_step(&s->books, "2 ACKs with a wrong cookie", "cookie_bad=2");
	stage_send(s, first + 4, 2, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "2 resets", "%s", "");
	stage_accept(s, 4);
	books_step(&s->books, "4 are accepted", "accepted=4");
	stage_close(s);
}

/* Nobody was sent a cookie: no ACK is taken for one. */
static void strays(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "ACKs of nothing");
	first = stage_syn(s, 3);
	stage_send(s, first, 3, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "3 requests, reset", "syn=3 syn_queued=3 req_reset=3");
	stage_ack(s, first, 3);
	books_step(&s->books, "3 ACKs", "%s", "");
	first = stage_syn(s, 2);
	stage_send(s, first, 2, &(struct seg){ .flags = SEG_ACK, .seq = 1, .ack = 12345 });
	books_step(&s->books, "2 requests and ACKs that are not theirs", "syn=2 syn_queued=2");
	stage_close(s);
}

/* A wrong ACK to a request, when cookies are about, is taken for a cookie. */
static void bad_when_full(struct stage *s)
{
	int limit;
	size_t first;

	s->opt.backlog = 4;
	stage_open(s, "cookies of a full SYN queue");
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit);
	first = stage_syn(s, 5);
	books_step(&s->books, "5 SYNs too many", "syn=%d syn_queued=%d syn_cookie=5", limit + 5,
		   limit);
	stage_ack(s, first, 2);
	books_step(&s->books, "2 cookies come back", "cookie_ok=2 established=2");
	stage_send(s, first + 2, 3, &(struct seg){ .flags = SEG_ACK, .seq = 1, .ack = 999 });
	books_step(&s->books, "3 come back wrong", "cookie_bad=3");
	stage_close(s);
}

static void cookie_overflow(struct stage *s)
{
	size_t first, n;

	s->opt.backlog = 3;
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_open(s, "cookies that find the accept queue full");
	first = stage_syn(s, 5);
	n = stage_fill(s);
	books_step(&s->books, "5 cookies out, accept queue filled",
		   "syn=%zu syn_cookie=%zu cookie_ok=%zu established=%zu", n + 5, n + 5, n, n);
	stage_ack(s, first, 5);
	books_step(&s->books, "5 ACKs", "ack_overflow=5");
	sysctl_set(ABORT_CTL, 1);
	stage_ack(s, first, 2);
	books_step(&s->books, "2 with tcp_abort_on_overflow", "ack_overflow=2");
	stage_accept(s, 2);
	stage_ack(s, first, 1);
	books_step(&s->books, "2 are accepted, 1 ACK again",
		   "accepted=2 cookie_ok=1 established=1");
	stage_close(s);
}

static const act_fn acts[] = {
	handshake, overflow, abort_on_overflow, deferred, cookies, strays, bad_when_full,
	cookie_overflow,
};

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
