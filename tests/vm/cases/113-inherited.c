// SPDX-License-Identifier: GPL-2.0
/*
 * What is in the queues already when counting begins: when the module is loaded, and when a socket
 * listens again that was shut down with requests left. module: self
 */
#include "mod.h"
#include "proc.h"
#include "stage.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Before the load: 3 connections and 4 requests. */
static size_t some_before(struct stage *s)
{
	size_t first;

	s->opt.backlog = 10;
	stage_own_port(s);
	stage_listen(s);
	stage_connect(s, 3);
	first = stage_syn(s, 4);
	mod_load_or_bail(mod_path(false), "");
	return first;
}

static void check_begin(struct stage *s, const char *what, uint64_t conn, uint64_t req)
{
	struct counts c;

	if (!counts_read(s->cookie, &c))
		bail("no row in counters");
	is_u64(counts_get(&c, "conn_inherited"), conn, "%s, %s: conn_inherited", s->way->name,
	       what);
	is_u64(counts_get(&c, "req_inherited"), req, "%s, %s: req_inherited", s->way->name, what);
	check_balance(&c, "%s, %s", s->way->name, what);
}

static void again(struct stage *s, size_t left)
{
	/* At once: a request whose timer runs while nobody listens is gone. */
	if (shutdown(s->fd, SHUT_RDWR) || listen(s->fd, 10))
		bail("shutdown and listen again: %s", strerror(errno));
	if (accept_by_return())
		s->books.unknown = "accepted closed_pending";
	books_end(&s->books, "shut down", "closed_pending=%d synq_left=1", 3);
	books_again(&s->books);
	books_step(&s->books, "listens again", "req_inherited=1");
	stage_ack(s, left, 1);
	books_step(&s->books, "the ACK of a request from before",
		   "from_synq=1 established=1");
	stage_accept(s, 1);
	books_step(&s->books, "it is accepted", "accepted=1");
	stage_connect(s, 2);
	books_step(&s->books, "2 more", "syn=2 syn_queued=2 from_synq=2 established=2");
}

static void preload(struct stage *s)
{
	size_t first = some_before(s);

	check_begin(s, "loaded", 3, 4);
	stage_books(s, "there before the module");
	if (accept_by_return())
		s->books.unknown = "accepted";
	books_step(&s->books, "at first", "%s", "");
	stage_ack(s, first, 2);
	books_step(&s->books, "2 ACKs", "from_synq=2 established=2");
	stage_send(s, first + 2, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "1 RST", "req_reset=1");
	stage_accept(s, 2);
	books_step(&s->books, "2 are accepted", "accepted=2");
	again(s, first + 3);
	stage_close(s);
	mod_unload_or_bail();
}

/* A listener in its second life by the time of the load, with a request from the first one. */
static void relistened(struct stage *s)
{
	size_t first;

	s->opt.backlog = 10;
	stage_own_port(s);
	stage_listen(s);
	first = stage_syn(s, 1);
	stage_connect(s, 2);
	if (shutdown(s->fd, SHUT_RDWR) || listen(s->fd, 10))
		bail("shutdown and listen again: %s", strerror(errno));
	mod_load_or_bail(mod_path(false), "");
	check_begin(s, "loaded in its second life", 0, 1);
	stage_books(s, "second life before the module");
	if (accept_by_return())
		s->books.unknown = "accepted";
	stage_ack(s, first, 1);
	books_step(&s->books, "the ACK of the request", "from_synq=1 established=1");
	stage_close(s);
	if (accept_by_return())
		s->books.unknown = "accepted closed_pending";
	books_end(&s->books, "closed", "closed_pending=1 synq_left=0");
	mod_unload_or_bail();
}

/* Nothing is inherited by a listener that counts from its birth, or from an empty queue. */
static void nothing(struct stage *s)
{
	s->opt.backlog = 10;
	stage_listen(s);
	stage_connect(s, 2);
	stage_accept(s, 2);
	mod_load_or_bail(mod_path(false), "");
	check_begin(s, "loaded with nothing queued", 0, 0);
	stage_close(s);
	s->opt.port = 0;
	stage_listen(s);
	check_begin(s, "opened after the load", 0, 0);
	stage_close(s);
	mod_unload_or_bail();
}

static const act_fn acts[] = { preload, relistened, nothing };

int main(void)
{
	struct tun tun;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return done();
	}
	stage_ways(&tun, acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
