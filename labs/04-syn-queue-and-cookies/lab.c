// SPDX-License-Identifier: GPL-2.0
/* Half-open connections: what limits them, who goes first, and what a cookie costs. */
#include "lab.h"
#include "proc.h"
#include "sockdiag.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYNS 200
#define WAIT_MS 20000
#define TIMER_MS 60000
#define TRIES 20
#define ESTABLISHED 1	/* TCP_ESTABLISHED of the kernel's include/net/tcp_states.h */
#define DIAG_LAST_ACK (1u << 9)
#define TIMESTAMPS_CTL "net/ipv4/tcp_timestamps"
#define MOST_MSS 1460	/* of msstab in net/ipv4/syncookies.c */
#define KNOWN "127.0.0.9"
#define STRANGER "127.0.0.8"

static struct tun tun;

static struct stage open_stage(int backlog, uint16_t port)
{
	struct stage s = { .tun = &tun, .way = &tun_ways[0],
			   .opt = { .backlog = backlog, .port = port } };

	stage_listen(&s);
	return s;
}

static uint64_t count(const struct stage *s, const char *column)
{
	struct counts c;

	if (!counts_read(s->cookie, &c))
		bail("the listener has no counters");
	return counts_get(&c, column);
}

/* The peers reset what they began. */
static void forget(struct stage *s, size_t first, size_t n)
{
	stage_send(s, first, n, &(struct seg){ .flags = SEG_RST, .seq = 1 });
}

/* What SYNS strangers come to who never answer. */
struct outcome {
	uint64_t limit, queued, cookies, full, unproven, gone;
	size_t synacks;
};

static struct outcome flood(int backlog, uint16_t port)
{
	uint64_t cookies = netstat("SyncookiesSent"), full = netstat("TCPReqQFullDrop");
	struct stage s = open_stage(backlog, port);
	struct outcome o = { .limit = stage_gauge(&s, "synq_limit") };
	size_t first = stage_syn(&s, SYNS);

	ok(AWAIT(count(&s, "syn") == SYNS, WAIT_MS), "port %u: all SYNs have come", port);
	tun_drain(&tun);
	o.queued = diag_requests(AF_INET, port, NULL);
	o.cookies = netstat("SyncookiesSent") - cookies;
	o.full = netstat("TCPReqQFullDrop") - full;
	o.synacks = tun_synacks(&tun, first);
	o.unproven = count(&s, "syn_drop_unproven");
	o.gone = count(&s, "req_timeout") + count(&s, "req_pruned");
	is_u64(count(&s, "syn_cookie"), o.cookies, "port %u: syn_cookie", port);
	is_u64(count(&s, "syn_drop_synq"), o.full, "port %u: syn_drop_synq", port);
	forget(&s, first, SYNS);
	ok(AWAIT(!diag_requests(AF_INET, port, NULL), WAIT_MS), "port %u: all are forgotten", port);
	close(s.fd);
	return o;
}

static void combine(int backlog, int cookies, int most)
{
	static uint16_t port = 2000;
	struct outcome o;
	int tries = 0;

	sysctl_set(SYNCOOKIES_CTL, cookies);
	sysctl_set(SYN_BACKLOG_CTL, most);
	/* A machine that stands still for seconds gives the first requests up while others come. */
	do
		o = flood(backlog, port++);
	while (o.gone && ++tries < TRIES);
	lab_say("%7d %10d %15d %10lu %6lu %7lu %9lu %13lu", backlog, cookies, most, o.limit,
		o.queued, o.cookies, o.full, o.unproven);
	is_u64(o.queued, o.limit < SYNS ? o.limit : SYNS, "so many were queued");
	is_u64(o.queued + o.cookies + o.full + o.unproven, SYNS, "nothing else happened");
	is_u64(o.synacks, o.queued + o.cookies, "the others got no answer");
}

static void combinations(void)
{
	static const int backlogs[] = { 16, 128 }, most[] = { 64, 128, 1024 };

	lab_say("%d SYNs of peers that never answer, and what becomes of them:\n", SYNS);
	lab_say("                        tcp_max_                         dropped:      dropped:");
	lab_say("backlog syncookies   syn_backlog synq_limit queued cookies      full last quarter");
	for (int b = 0; b < 2; b++)
		for (int c = 0; c < 3; c++)
			for (int m = 0; m < 3; m++)
				combine(backlogs[b], c, most[m]);
	sysctl_set(SYNCOOKIES_CTL, 1);
	sysctl_set(SYN_BACKLOG_CTL, 1024);
}

/* Peers send a SYN each, and are seen while all of them are young; a slow machine tries again. */
static void come(struct stage *s, size_t n, uint64_t synq)
{
	for (int i = 0; i < TRIES; i++) {
		size_t first = stage_syn(s, n);

		if (stage_gauge(s, "synq_young") == n && stage_gauge(s, "synq") == synq) {
			lab_say("%zu SYNs came %27lu %10zu", n, synq, n);
			return;
		}
		forget(s, first, n);
	}
	ok(false, "%zu SYNs are seen young", n);
}

static void young_and_old(void)
{
	struct stage s = open_stage(100, 4000);
	size_t first = tun.npeers, old, young;

	lab_say("\nYoung is a request whose SYN-ACK was never sent again:\n");
	lab_say("                                   synq synq_young");
	come(&s, 8, 8);
	ok(AWAIT(!stage_gauge(&s, "synq_young"), TIMER_MS), "they grow old");
	old = diag_requests(AF_INET, 4000, &young);
	lab_say("their SYN-ACK was sent again %10zu %10zu", old, young);
	is_u64(old, 8, "all of them are there");
	come(&s, 3, 11);
	forget(&s, first, tun.npeers - first);
	close(s.fd);
}

/* SYNs of new peers, until so many of them are in @column; returns the last. */
static size_t syns_until(struct stage *s, const char *column, uint64_t n)
{
	uint64_t end = count(s, column) + n;
	size_t last;

	do {
		uint64_t came = count(s, "syn");

		last = stage_syn(s, 1);
		if (!AWAIT(count(s, "syn") > came, WAIT_MS))
			bail("a SYN does not come");
	} while (count(s, column) < end);
	return last;
}

/* With more than half of the queue in use already, until it is full, and beyond. */
static void overrun(struct stage *s)
{
	size_t last;

	lab_timeline_note("SYNs until 3 cookies are sent");
	last = syns_until(s, "syn_cookie", 3);
	tun_drain(&tun);
	stage_ack(s, last, 1);
	ok(AWAIT(count(s, "cookie_ok") == 1, WAIT_MS), "a cookie comes back");
	ok(AWAIT(!stage_gauge(s, "synq_young"), TIMER_MS), "no request is young");
	sysctl_set(SYNCOOKIES_CTL, 0);
	lab_timeline_note("no cookies: SYNs until 3 are dropped");
	syns_until(s, "syn_drop_synq", 3);
	ok(AWAIT(stage_gauge(s, "synq") == 8, TIMER_MS), "half of the queue is left");
	sysctl_set(SYNCOOKIES_CTL, 1);
}

/* Eight of twelve are left where the queue takes 16, and all where it takes 64. */
static void pruning(void)
{
	struct stage narrow, wide;
	size_t first = tun.npeers;

	/* So that none goes for another reason. */
	sysctl_set(RETRIES_CTL, 10);
	narrow = open_stage(16, 4001);
	wide = open_stage(64, 4002);
	lab_timeline_begins(narrow.cookie);
	lab_timeline_note("12 SYNs");
	stage_syn(&narrow, 12);
	stage_syn(&wide, 12);
	lab_say("\n12 SYNs for each of two listeners, when each timer has fired three times:\n");
	ok(AWAIT(count(&narrow, "req_pruned") == 4, TIMER_MS), "four are pruned");
	ok(AWAIT(count(&wide, "synack_retrans") >= 36, TIMER_MS), "nobody answers the others");
	lab_run("listenq --sort local --output local,max_ack_backlog,synq,synq_young,req_pruned");
	is_u64(diag_requests(AF_INET, 4001, NULL), 8, "half of the queue is in use");
	is_u64(diag_requests(AF_INET, 4002, NULL), 12, "less than half was in use");
	overrun(&narrow);
	lab_timeline_ends();
	forget(&narrow, first, tun.npeers - first);
	close(narrow.fd);
	close(wide.fd);
	sysctl_set(RETRIES_CTL, 5);
}

static int client_from(const char *addr, uint16_t port)
{
	int fd = bound_socket(&(struct lopt){ .addr = addr });
	union addr to;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	addr_make(&to, TUN_V4, port);
	if (connect(fd, &to.sa, addr_len(&to)) && errno != EINPROGRESS)
		bail("connect from %s: %s", addr, strerror(errno));
	return fd;
}

/* A connection whose client ends it: its round trip time is remembered. */
static void visit(struct stage *s)
{
	int client = client_from(KNOWN, s->port), served = stage_take(s);
	char byte;

	shutdown(client, SHUT_WR);
	fcntl(served, F_SETFL, O_NONBLOCK);
	if (!AWAIT(read(served, &byte, 1) == 0, WAIT_MS))
		bail("the client's end is not seen");
	close(served);
	if (!AWAIT(!diag_total(AF_INET, DIAG_LAST_ACK), WAIT_MS))
		bail("the connection does not end");
	close(client);
}

enum answer { NONE, CONNECTED, REFUSED };

/* A client whose SYN is dropped is one more in the column. */
static enum answer try_from(struct stage *s, const char *addr)
{
	uint64_t before = count(s, "syn_drop_unproven");
	int fd = client_from(addr, s->port);
	enum answer answer = NONE;

	if (AWAIT(tcp_state(fd) == ESTABLISHED ||
		  count(s, "syn_drop_unproven") > before, WAIT_MS))
		answer = tcp_state(fd) == ESTABLISHED ? CONNECTED : REFUSED;
	close(fd);
	return answer;
}

/* False where the round trip time of the visit was not remembered, as its FIN came late. */
static bool strangers_wait(uint16_t port)
{
	struct stage s = open_stage(128, port);
	uint64_t dropped, queued;
	enum answer answer;
	size_t first;

	visit(&s);
	first = stage_syn(&s, SYNS);
	ok(AWAIT(count(&s, "syn") == SYNS + 1, WAIT_MS), "all SYNs have come");
	queued = diag_requests(AF_INET, port, NULL);
	dropped = count(&s, "syn_drop_unproven");
	is_u64(try_from(&s, STRANGER), REFUSED, "a stranger gets no answer");
	answer = try_from(&s, KNOWN);
	if (answer == CONNECTED) {
		lab_say("%d SYNs of strangers: %lu queued, %lu dropped", SYNS, queued, dropped);
		lab_say(STRANGER ", who was never here: no answer");
		lab_say(KNOWN ", who was here before: connected");
		is_u64(queued, 49, "one more than three quarters of 64");
		is_u64(dropped, SYNS - 49, "all others are dropped");
	}
	forget(&s, first, SYNS);
	close(s.fd);
	return answer == CONNECTED;
}

static void last_quarter(void)
{
	uint16_t port = 4100;

	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set(SYN_BACKLOG_CTL, 64);
	sysctl_set(RETRIES_CTL, 10);
	lab_say("\nThe last quarter: backlog 128, tcp_syncookies 0, tcp_max_syn_backlog 64\n");
	while (!strangers_wait(port) && ++port < 4100 + TRIES)
		;
	ok(port < 4100 + TRIES, "who is known is let in");
	sysctl_set(RETRIES_CTL, 5);
	sysctl_set(SYN_BACKLOG_CTL, 1024);
}

static const char *has(const struct tcp_info *ti, int option)
{
	return ti->tcpi_options & option ? "yes" : "no";
}

static void options(int cookies, int timestamps)
{
	static uint16_t port = 4200;
	struct stage s;
	struct tcp_info here, there;
	int client, served;

	sysctl_set(SYNCOOKIES_CTL, cookies);
	sysctl_set(TIMESTAMPS_CTL, timestamps);
	s = open_stage(16, port++);
	client = connect_to(s.fd, NULL);
	served = stage_take(&s);
	here = sock_info(served);
	there = sock_info(client);
	is_u64(count(&s, "cookie_ok"), cookies == 2, "cookies %d, timestamps %d: a cookie?",
	       cookies, timestamps);
	lab_say("%9s %14d %10s %4s %14s %13s", cookies == 2 ? "a cookie" : "a request",
		timestamps, has(&here, TCPI_OPT_TIMESTAMPS), has(&here, TCPI_OPT_SACK),
		has(&here, TCPI_OPT_WSCALE), here.tcpi_snd_mss > MOST_MSS ? "yes" : "no");
	is_u64(here.tcpi_options, there.tcpi_options, "both ends have the same options");
	is_u64(here.tcpi_options & (TCPI_OPT_SACK | TCPI_OPT_WSCALE),
	       cookies == 2 && !timestamps ? 0 : TCPI_OPT_SACK | TCPI_OPT_WSCALE,
	       "cookies %d, timestamps %d: options", cookies, timestamps);
	close(client);
	close(served);
	close(s.fd);
}

static void costs(void)
{
	lab_run("nstat -n");
	lab_say("\nWhat a connection has that came by\n");
	lab_say("          tcp_timestamps timestamps sack window-scaling MSS over %d", MOST_MSS);
	for (int timestamps = 1; timestamps >= 0; timestamps--)
		for (int cookies = 1; cookies <= 2; cookies++)
			options(cookies, timestamps);
	lab_run("nstat -z TcpExtSyncookiesRecv TcpExtSyncookiesFailed");
}

int main(void)
{
	if (!lab_begins("04-syn-queue-and-cookies"))
		return done();
	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "lab 04");
		return done();
	}
	stage_sysctls();
	combinations();
	young_and_old();
	pruning();
	last_quarter();
	costs();
	return lab_ends();
}
