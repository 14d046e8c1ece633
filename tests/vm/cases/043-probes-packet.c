// SPDX-License-Identifier: GPL-2.0
/*
 * 23 packets of a kind, or calls of accept(), 23 hits: for each probe on their way, and for no
 * other one.
 */
#include "hits.h"
#include "probes.h"
#include "stage.h"
#include "sysctl.h"

#include <unistd.h>

/* While requests are there, these may run at any time. */
#define TIMER " reqsk_timer_handler? tcp_rtx_synack?"
/* Parts of others of their file, where the compiler put them there. */
#define INLINED " inet_csk_reqsk_queue_add~ inet_csk_reqsk_queue_drop~"

#define QUEUED "tcp_conn_request inet_csk_reqsk_queue_hash_add"
#define COMPLETED " tcp_check_req inet_csk_complete_hashdance tcp_child_process" INLINED
#define ENDED " tcp_v#_reqsk_destructor"
#define ACCEPTED "__inet_accept inet_csk_accept" ENDED

static const struct seg reset = { .flags = SEG_RST, .seq = 1 };

static void begin(struct stage *s, struct hits *h, const char *name)
{
	if (!s->opt.backlog)
		s->opt.backlog = 100;
	stage_listen(s);
	hits_begin(h, s->way->family, "%s, %s", s->way->name, name);
}

static void end(struct stage *s, struct hits *h)
{
	hits_end(h);
	stage_close(s);
}

static size_t half_open(struct stage *s, struct hits *h)
{
	size_t first = stage_syn(s, HITS);

	hits_step(h, "SYNs", QUEUED TIMER);
	return first;
}

static void accept_all(struct stage *s, struct hits *h)
{
	stage_accept(s, HITS);
	hits_step(h, "accept()", ACCEPTED);
}

static void handshakes(struct stage *s)
{
	struct hits h;

	begin(s, &h, "handshakes");
	stage_ack(s, half_open(s, &h), HITS);
	hits_step(&h, "ACKs", COMPLETED TIMER);
	accept_all(s, &h);
	end(s, &h);
}

static void loopback(struct stage *s)
{
	int clients[HITS];
	struct hits h;

	begin(s, &h, "through the loopback device");
	fill_acceptq(s->fd, s->way->family == AF_INET ? TUN_V4 : TUN_V6, clients, HITS);
	hits_step(&h, "connections", QUEUED COMPLETED TIMER);
	for (int i = 0; i < HITS; i++)
		close(clients[i]);
	hits_step(&h, "clients close", "");
	accept_all(s, &h);
	end(s, &h);
}

static void cookies(struct stage *s)
{
	struct hits h;
	size_t first;

	sysctl_set(SYNCOOKIES_CTL, 2);
	begin(s, &h, "cookies");
	first = stage_syn(s, HITS);
	hits_step(&h, "SYNs", "tcp_conn_request" ENDED);
	stage_ack(s, first, HITS);
	hits_step(&h, "ACKs", "cookie_v#_check inet_csk_reqsk_queue_add tcp_child_process");
	accept_all(s, &h);
	end(s, &h);
}

static void fast_open(struct stage *s)
{
	size_t first = s->tun->npeers;
	struct hits h;

	s->opt.tfo = 2 * HITS;
	begin(s, &h, "Fast Open");
	for (int i = 0; i < HITS; i++)
		tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	hits_step(&h, "SYNs with data", "tcp_conn_request inet_csk_reqsk_queue_add tcp_rtx_synack?");
	for (size_t i = first; i < first + HITS; i++)
		tun_send(s->tun, i, SEG_ACK);
	hits_step(&h, "ACKs", "tcp_check_req reqsk_fastopen_remove tcp_rtx_synack?");
	accept_all(s, &h);
	end(s, &h);
}

static void resets(struct stage *s)
{
	struct hits h;
	size_t first;

	begin(s, &h, "requests that the peer ends");
	first = half_open(s, &h);
	stage_send(s, first, HITS, &reset);
	hits_step(&h, "RSTs", "tcp_check_req inet_csk_reqsk_queue_drop" ENDED TIMER);
	end(s, &h);
}

/* Without waiting: a while later, the timer does what the second SYN has not done. */
static void repeated(struct stage *s)
{
	size_t first = s->tun->npeers;
	struct hits h;

	begin(s, &h, "repeated SYNs");
	h.wait_ms = 0;
	for (int i = 0; i < HITS; i++)
		stage_send(s, stage_syn(s, 1), 1, &(struct seg){ .flags = SEG_SYN });
	hits_step(&h, "each twice", QUEUED " tcp_check_req tcp_rtx_synack");
	stage_send(s, first, HITS, &reset);
	end(s, &h);
}

static void icmp(struct stage *s)
{
	struct hits h;
	size_t first;

	begin(s, &h, "ICMP errors");
	first = half_open(s, &h);
	for (size_t i = first; i < first + HITS; i++)
		tun_icmp(s->tun, i, false);
	hits_step(&h, "that may pass", "tcp_v#_err" TIMER);
	for (size_t i = first; i < first + HITS; i++)
		tun_icmp(s->tun, i, true);
	hits_step(&h, "that do not", "tcp_v#_err inet_csk_reqsk_queue_drop" ENDED TIMER);
	end(s, &h);
}

/* The first time, the SYN-ACK is sent again; the second time, the request ends. */
static void timeouts(struct stage *s)
{
	struct hits h;

	sysctl_set(RETRIES_CTL, 1);
	begin(s, &h, "tcp_synack_retries 1");
	h.wait_ms = 60000;
	stage_syn(s, HITS);
	hits_step(&h, "SYNs and a while", QUEUED " reqsk_timer_handler*2 tcp_rtx_synack" ENDED);
	end(s, &h);
}

static void unproven(struct stage *s)
{
	struct hits h;
	size_t first, n;

	s->opt.backlog = 128;
	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set(SYN_BACKLOG_CTL, 16);
	stage_listen(s);
	n = stage_gauge(s, "synq_limit");
	first = stage_syn(s, n);
	hits_begin(&h, s->way->family, "%s, last quarter of tcp_max_syn_backlog", s->way->name);
	stage_syn(s, HITS);
	hits_step(&h, "SYNs", "tcp_conn_request tcp_peer_is_proven" ENDED TIMER);
	stage_send(s, first, n, &reset);
	end(s, &h);
}

static void left_waiting(struct stage *s)
{
	struct hits h;

	begin(s, &h, "connections that nobody accepts");
	stage_ack(s, half_open(s, &h), HITS);
	hits_step(&h, "ACKs", COMPLETED TIMER);
	stage_close(s);
	hits_step(&h, "close", "inet_csk_listen_stop=1 reuseport_migrate_sock" ENDED);
	hits_end(&h);
}

/* All come to the one that listens first; the other one joins when they are there. */
static void migrate(struct stage *s)
{
	struct stage taker = *s;
	struct hits h;

	sysctl_set(MIGRATE_CTL, 1);
	s->opt.backlog = 100;
	s->opt.reuseport = true;
	stage_listen(s);
	stage_connect(s, HITS);
	taker.opt = s->opt;
	taker.opt.port = s->port;
	stage_listen(&taker);
	hits_begin(&h, s->way->family, "%s, tcp_migrate_req", s->way->name);
	stage_close(s);
	hits_step(&h, "close",
		  "inet_csk_listen_stop=1 reuseport_migrate_sock inet_reqsk_clone" ENDED INLINED);
	accept_all(&taker, &h);
	end(&taker, &h);
}

static const act_fn acts[] = {
	handshakes, loopback, cookies, fast_open, resets, repeated, icmp, timeouts, unproven,
	left_waiting, migrate,
};

int main(void)
{
	struct info *in = info_read();
	/* 5.10 has the sysctl, and nothing that asks it. */
	bool migrates = probe_on(in, "inet_reqsk_clone");

	info_free(in);
	check_known_probes();
	if (!migrates)
		skip("this kernel migrates nothing", "tcp_migrate_req");
	if (stage_play(acts, sizeof(acts) / sizeof(acts[0]) - !migrates))
		check_entered(true, NULL);
	return done();
}
