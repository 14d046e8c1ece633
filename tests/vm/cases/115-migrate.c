// SPDX-License-Identifier: GPL-2.0
/*
 * net.ipv4.tcp_migrate_req: what a listener of a SO_REUSEPORT group leaves when it ends goes to
 * another one, and the books of both say so.
 */
#include "knob.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TIMER_MS 20000

/* The one that ends listens alone, so that all comes to it; then the other one joins. */
static void begin(struct stage *s, const char *name)
{
	sysctl_set(MIGRATE_CTL, 1);
	s->opt.backlog = 10;
	s->opt.reuseport = true;
	stage_open(s, name);
}

static struct stage join(struct stage *s, int backlog)
{
	struct stage b = { .tun = s->tun, .way = s->way, .opt = s->opt };

	b.opt.port = s->port;
	b.opt.backlog = backlog;
	stage_open(&b, "the one that takes over");
	return b;
}

/* What was left, and what of it has gone to the other one since. */
static void check_left(struct stage *s, uint64_t n)
{
	struct counts c = { 0 };

	if (!ok(counts_closed(s->cookie, &c), "%s: it is in closed", s->books.name))
		return;
	is_u64(c.synq + counts_get(&c, "req_migrated_out"), n,
	       "%s: requests left and gone over", s->books.name);
	check_balance(&c, "%s: in closed", s->books.name);
}

/*
 * The timers of requests run a second after the SYN, and then take them along. A debug kernel may
 * be longer at what comes before: there, after their second run, the next one is four seconds away.
 */
static void calm(struct stage *s, size_t requests)
{
	if (debug_part() > 1 &&
	    !AWAIT((tun_drain(s->tun), tun_resent(s->tun, s->port) >= 2 * requests), TIMER_MS))
		bail("the SYN-ACKs do not come again");
}

static void connections_of(struct stage *s, unsigned int n)
{
	struct stage b;

	begin(s, "connections migrate");
	stage_connect(s, n);
	books_step(&s->books, "they connect", "syn=%u syn_queued=%u from_synq=%u established=%u", n,
		   n, n, n);
	b = join(s, 10);
	stage_close(s);
	books_end(&s->books, "closed", "conn_migrated_out=%u", n);
	books_step(&b.books, "it has them", "conn_migrated_in=%u established=%u", n, n);
	stage_accept(&b, n);
	books_step(&b.books, "all are accepted", "accepted=%u", n);
	stage_close(&b);
}

static void connections(struct stage *s)
{
	connections_of(s, 3);
}

/* Closing is the next that this CPU sees of the very request. */
static void one_connection(struct stage *s)
{
	connections_of(s, 1);
}

static void at_shutdown(struct stage *s)
{
	struct stage b;

	begin(s, "connections migrate at shutdown()");
	stage_connect(s, 2);
	books_step(&s->books, "2", "syn=2 syn_queued=2 from_synq=2 established=2");
	b = join(s, 10);
	if (shutdown(s->fd, SHUT_RD))
		bail("shutdown: %s", strerror(errno));
	books_end(&s->books, "shut down", "conn_migrated_out=2");
	books_step(&b.books, "it has them", "conn_migrated_in=2 established=2");
	stage_close(s);
	stage_close(&b);
	books_end(&b.books, "closed", "closed_pending=2");
}

/* More than its backlog allows. */
static void past_the_limit(struct stage *s)
{
	struct stage b;

	begin(s, "connections and requests migrate to a full queue");
	stage_syn(s, 2);
	stage_connect(s, 5);
	books_step(&s->books, "2 requests, 5 connections",
		   "syn=7 syn_queued=7 from_synq=5 established=5");
	calm(s, 2);
	b = join(s, 1);
	stage_close(s);
	books_step(&b.books, "it has them", "conn_migrated_in=5 established=5");
	is_u64(stage_gauge(&b, "acceptq"), 5, "%s: past its limit", b.books.name);
	stage_ack(s, s->tun->npeers - 7, 2);
	books_step(&b.books, "2 ACKs", "ack_overflow=2");
	stage_syn(&b, 1);
	books_step(&b.books, "a SYN", "syn=1 syn_drop_acceptq=1");
	check_left(s, 2);
	stage_close(&b);
}

static void requests_by_ack(struct stage *s)
{
	struct stage b;
	size_t first;

	begin(s, "requests migrate with their ACK");
	first = stage_syn(s, 4);
	books_step(&s->books, "4 SYNs", "syn=4 syn_queued=4");
	calm(s, 4);
	b = join(s, 10);
	stage_close(s);
	books_step(&b.books, "nothing yet", "%s", "");
	stage_ack(s, first, 3);
	books_step(&b.books, "3 ACKs", "req_migrated_in=3 from_synq=3 established=3");
	check_left(s, 4);
	stage_close(&b);
}

static void requests_by_timer(struct stage *s)
{
	struct stage b;
	size_t first;

	begin(s, "requests migrate with their timer");
	first = stage_syn(s, 3);
	books_step(&s->books, "3 SYNs", "syn=3 syn_queued=3");
	b = join(s, 10);
	stage_close(s);
	b.books.wait_ms = TIMER_MS;
	books_step(&b.books, "the timer runs", "req_migrated_in=3");
	is_u64(stage_gauge(&b, "synq"), 3, "%s: they are in its queue", b.books.name);
	check_left(s, 3);
	stage_ack(s, first, 2);
	books_step(&b.books, "2 ACKs", "from_synq=2 established=2");
	stage_send(s, first + 2, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&b.books, "1 RST", "req_reset=1");
	stage_close(&b);
}

static void not_asked_for(struct stage *s)
{
	struct stage b;
	size_t first;

	begin(s, "tcp_migrate_req off");
	sysctl_set(MIGRATE_CTL, 0);
	first = stage_syn(s, 2);
	stage_connect(s, 3);
	books_step(&s->books, "2 requests, 3 connections",
		   "syn=5 syn_queued=5 from_synq=3 established=3");
	b = join(s, 10);
	stage_close(s);
	books_end(&s->books, "closed", "closed_pending=3 synq_left=2");
	stage_ack(s, first, 2);
	books_step(&b.books, "nothing came", "%s", "");
	stage_close(&b);
}

static const act_fn acts[] = {
	connections, one_connection, at_shutdown, past_the_limit,
	requests_by_ack, requests_by_timer, not_asked_for,
};

int main(void)
{
	uint64_t n;

	/* Some that do not migrate have the sysctl. */
	if (access("/proc/sys/" MIGRATE_CTL, F_OK) || !netstat_find("TCPMigrateReqSuccess", &n))
		skip("this kernel migrates nothing", "tcp_migrate_req");
	else
		stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
