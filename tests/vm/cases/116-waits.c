// SPDX-License-Identifier: GPL-2.0
/* Waits of a known length, in both queues: each is counted, in its bucket, and no other is. */
#include "stage.h"
#include "sysctl.h"
#include "waits.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define N 3

static const unsigned int held[] = { 0, 50, 300 };	/* milliseconds */

#define HELD (sizeof(held) / sizeof(held[0]))

/* Both rows, as they stood before. */
struct rows {
	struct waits synq, acceptq;
};

static void look(const struct stage *s, struct rows *r)
{
	waits_read(s->cookie, "synq", &r->synq);
	waits_read(s->cookie, "acceptq", &r->acceptq);
}

/* So many waits in each queue since the last look. */
static void check(const struct stage *s, struct rows *r, struct span synq, struct span acceptq,
		  const char *what)
{
	struct rows now;

	look(s, &now);
	check_waits(&r->synq, &now.synq, &synq, "%s: %s, synq", s->books.name, what);
	check_waits(&r->acceptq, &now.acceptq, &acceptq, "%s: %s, acceptq", s->books.name, what);
	*r = now;
}

static const struct span none;

static void handshakes(struct stage *s)
{
	struct rows r;

	s->opt.backlog = 100;
	stage_open(s, "handshakes");
	look(s, &r);
	for (size_t i = 0; i < HELD; i++) {
		uint64_t t[6];
		size_t first;

		t[0] = mono_us();
		first = stage_syn(s, N);
		t[1] = mono_us();
		hold(held[i]);
		check(s, &r, none, none, "half open");
		t[2] = mono_us();
		stage_ack(s, first, N);
		t[3] = mono_us();
		check(s, &r, (struct span){ N, t[2] - t[1], t[3] - t[0] }, none, "queued");
		hold(held[HELD - 1 - i]);
		t[4] = mono_us();
		stage_accept(s, N);
		t[5] = mono_us();
		check(s, &r, none, (struct span){ N, t[4] - t[3], t[5] - t[2] }, "accepted");
	}
	stage_close(s);
}

/* A wait in the SYN queue that a full accept queue makes longer. */
static void overflow(struct stage *s)
{
	uint64_t t[4], full;
	struct rows r;
	size_t first;

	s->opt.backlog = 4;
	stage_open(s, "overflow");
	t[0] = mono_us();
	first = stage_syn(s, 1);
	t[1] = mono_us();
	full = stage_fill(s);
	stage_ack(s, first, 1);
	hold(50);
	stage_accept(s, full);
	look(s, &r);
	t[2] = mono_us();
	stage_ack(s, first, 1);
	t[3] = mono_us();
	check(s, &r, (struct span){ 1, t[2] - t[1], t[3] - t[0] }, none, "at last");
	stage_close(s);
}

static void cookies(struct stage *s)
{
	uint64_t t[4];
	struct rows r;
	size_t first;

	s->opt.backlog = 100;
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_open(s, "cookies");
	look(s, &r);
	first = stage_syn(s, N);
	hold(50);
	t[0] = mono_us();
	stage_ack(s, first, N);
	t[1] = mono_us();
	check(s, &r, none, none, "came back");
	hold(50);
	t[2] = mono_us();
	stage_accept(s, N);
	t[3] = mono_us();
	check(s, &r, none, (struct span){ N, t[2] - t[1], t[3] - t[0] }, "accepted");
	stage_close(s);
}

static void fast_open(struct stage *s)
{
	size_t first = s->tun->npeers;
	uint64_t t[6];
	struct rows r;

	s->opt.backlog = 100;
	s->opt.tfo = 10;
	stage_open(s, "Fast Open");
	look(s, &r);
	t[0] = mono_us();
	for (int i = 0; i < 2 * N; i++)
		tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	t[1] = mono_us();
	hold(50);
	t[2] = mono_us();
	stage_accept(s, N);
	t[3] = mono_us();
	check(s, &r, none, (struct span){ N, t[2] - t[1], t[3] - t[0] }, "accepted before the ACK");
	for (size_t i = first + N; i < first + 2 * N; i++)
		tun_send(s->tun, i, SEG_ACK);
	check(s, &r, none, none, "the ACKs of the others");
	t[4] = mono_us();
	stage_accept(s, N);
	t[5] = mono_us();
	check(s, &r, none, (struct span){ N, t[4] - t[1], t[5] - t[0] }, "accepted after it");
	stage_close(s);
}

/* They stay in the queue as long as those that live. */
static void dead_children(struct stage *s)
{
	uint64_t t[4];
	struct rows r;
	size_t first;

	s->opt.backlog = 100;
	stage_open(s, "reset while they wait");
	first = stage_syn(s, N);
	t[0] = mono_us();
	stage_ack(s, first, N);
	t[1] = mono_us();
	look(s, &r);
	stage_send(s, first, N, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	hold(50);
	check(s, &r, none, none, "still there");
	t[2] = mono_us();
	stage_accept(s, N);
	t[3] = mono_us();
	check(s, &r, none, (struct span){ N, t[2] - t[1], t[3] - t[0] }, "accepted");
	stage_close(s);
}

static atomic_uint returned;

static void *accept_one(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);

	if (fd < 0)
		bail("an accept() that blocks fails");
	close(fd);
	returned++;
	return NULL;
}

/* accept() was there first: the connection hardly waits, however long accept() did. */
static void blocking(struct stage *s)
{
	uint64_t t[2];
	pthread_t p;
	struct rows r;

	s->opt.backlog = 100;
	stage_open(s, "accept() that blocks");
	fcntl(s->fd, F_SETFL, 0);
	for (int i = 0; i < N; i++) {
		returned = 0;
		look(s, &r);
		if (pthread_create(&p, NULL, accept_one, &s->fd))
			bail("pthread_create");
		hold(50);
		t[0] = mono_us();
		stage_connect(s, 1);
		if (!AWAIT(returned, BOOKS_MS))
			bail("accept() does not return");
		t[1] = mono_us();
		pthread_join(p, NULL);
		check(s, &r, (struct span){ 1, 0, t[1] - t[0] }, (struct span){ 1, 0, t[1] - t[0] },
		      "accepted");
	}
	books_step(&s->books, "one after the other",
		   "syn=%d syn_queued=%d from_synq=%d established=%d accepted=%d", N, N, N, N, N);
	stage_close(s);
}

static const act_fn acts[] = {
	handshakes, overflow, cookies, fast_open, dead_children, blocking,
};

int main(void)
{
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
