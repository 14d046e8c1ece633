// SPDX-License-Identifier: GPL-2.0
/* What a SYN can come to, each alone and a known number of times: in its column alone. */
#include "stage.h"
#include "sysctl.h"

#include <unistd.h>

static void queued(struct stage *s)
{
	s->opt.backlog = 100;
	stage_open(s, "queued");
	books_step(&s->books, "nothing came yet", "%s", "");
	stage_syn(s, 7);
	books_step(&s->books, "7 SYNs", "syn=7 syn_queued=7");
	is_u64(stage_gauge(s, "synq"), 7, "%s: they are in the queue", s->books.name);
	stage_close(s);
}

static void cookies_always(struct stage *s)
{
	s->opt.backlog = 100;
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_open(s, "tcp_syncookies 2");
	stage_syn(s, 7);
	books_step(&s->books, "7 SYNs", "syn=7 syn_cookie=7");
	is_u64(tun_synacks(s->tun, s->tun->npeers - 7), 7, "%s: each is answered", s->books.name);
	stage_close(s);
}

static void cookies_when_full(struct stage *s)
{
	int limit;

	s->opt.backlog = 4;
	stage_open(s, "SYN queue full, tcp_syncookies 1");
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit);
	books_step(&s->books, "filled", "syn=%d syn_queued=%d", limit, limit);
	stage_syn(s, 6);
	books_step(&s->books, "6 more", "syn=6 syn_cookie=6");
	stage_close(s);
}

static void drop_synq(struct stage *s)
{
	int limit;

	s->opt.backlog = 4;
	sysctl_set(SYNCOOKIES_CTL, 0);
	stage_open(s, "SYN queue full, tcp_syncookies 0");
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit);
	books_step(&s->books, "filled", "syn=%d syn_queued=%d", limit, limit);
	stage_syn(s, 5);
	books_step(&s->books, "5 more", "syn=5 syn_drop_synq=5");
	is_u64(tun_synacks(s->tun, s->tun->npeers - 5), 0, "%s: none is answered", s->books.name);
	stage_close(s);
}

static void drop_unproven(struct stage *s)
{
	int limit;

	s->opt.backlog = 128;
	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set(SYN_BACKLOG_CTL, 16);
	stage_open(s, "last quarter of tcp_max_syn_backlog");
	limit = stage_gauge(s, "synq_limit");
	stage_syn(s, limit);
	books_step(&s->books, "all but it", "syn=%d syn_queued=%d", limit, limit);
	stage_syn(s, 6);
	books_step(&s->books, "6 more", "syn=6 syn_drop_unproven=6");
	stage_close(s);
}

/* The accept queue is looked at before anything is made, whatever is to be made. */
static void drop_acceptq(struct stage *s)
{
	int n;

	s->opt.backlog = 2;
	s->opt.tfo = 5;
	stage_open(s, "accept queue full");
	n = stage_fill(s);
	books_step(&s->books, "filled", "syn=%d syn_queued=%d from_synq=%d established=%d", n, n, n,
		   n);
	stage_syn(s, 5);
	books_step(&s->books, "5 SYNs", "syn=5 syn_drop_acceptq=5");
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_syn(s, 4);
	books_step(&s->books, "4 with tcp_syncookies 2", "syn=4 syn_drop_acceptq=4");
	sysctl_set(SYNCOOKIES_CTL, 0);
	stage_syn(s, 3);
	books_step(&s->books, "3 with tcp_syncookies 0", "syn=3 syn_drop_acceptq=3");
	for (int i = 0; i < 2; i++)
		tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	books_step(&s->books, "2 for Fast Open", "syn=2 syn_drop_acceptq=2");
	stage_close(s);
}

static void drop_other(struct stage *s)
{
	s->opt.backlog = 100;
	stage_open(s, "no route back");
	for (int i = 0; i < 4; i++)
		tun_syn_away(s->tun, s->way->family, s->port);
	books_step(&s->books, "4 SYNs", "syn=4 syn_drop_other=4");
	sysctl_set(SYNCOOKIES_CTL, 2);
	for (int i = 0; i < 3; i++)
		tun_syn_away(s->tun, s->way->family, s->port);
	books_step(&s->books, "3 with tcp_syncookies 2", "syn=3 syn_drop_other=3");
	stage_close(s);
}

static void fast_open(struct stage *s)
{
	size_t first = s->tun->npeers;

	s->opt.backlog = 100;
	s->opt.tfo = 5;
	stage_open(s, "Fast Open");
	for (int i = 0; i < 5; i++)
		tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	books_step(&s->books, "5 SYNs with data", "syn=5 syn_tfo=5 established=5");
	is_u64(stage_gauge(s, "tfoq"), 5, "%s: they are pending", s->books.name);
	tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	books_step(&s->books, "2 past the limit", "syn=2 syn_queued=2");
	stage_accept(s, 2);
	books_step(&s->books, "2 are accepted before their ACK", "accepted=2");
	for (size_t i = first; i < first + 5; i++)
		tun_send(s->tun, i, SEG_ACK);
	books_step(&s->books, "5 ACKs", "%s", "");
	stage_accept(s, 3);
	books_step(&s->books, "3 are accepted after it", "accepted=3");
	stage_close(s);
}

static void repeated(struct stage *s)
{
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "repeated SYNs");
	first = stage_syn(s, 3);
	for (int i = 0; i < 4; i++)
		stage_send(s, first, 3, &(struct seg){ .flags = SEG_SYN });
	in_range(tun_resent(s->tun, s->port), 12, 15, "%s: each SYN is answered", s->books.name);
	books_step(&s->books, "3 SYNs, and each 4 times again", "syn=3 syn_queued=3");
	ok(counts_get(&s->books.want, "synack_retrans") >= 12, "%s: synack_retrans",
	   s->books.name);
	stage_close(s);
}

static bool heard_again(struct stage *s, size_t n)
{
	tun_drain(s->tun);
	return tun_resent(s->tun, s->port) >= n;
}

static void timer(struct stage *s)
{
	s->opt.backlog = 100;
	stage_open(s, "SYN-ACKs sent again by their timer");
	stage_syn(s, 6);
	ok(AWAIT(heard_again(s, 6), 10000), "%s: all of them are", s->books.name);
	books_step(&s->books, "6 SYNs", "syn=6 syn_queued=6");
	ok(counts_get(&s->books.want, "synack_retrans") >= 6, "%s: synack_retrans", s->books.name);
	stage_close(s);
}

static const act_fn acts[] = {
	queued, cookies_always, cookies_when_full, drop_synq, drop_unproven, drop_acceptq,
	drop_other, fast_open, repeated, timer,
};

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
