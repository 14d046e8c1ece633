// SPDX-License-Identifier: GPL-2.0
/* The life of a connection, event by event and in order, on each of its ways. */
#include "events.h"
#include "proc.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIFE_MAX 32

static struct stream *stream;

/* Where the listener of the act is; a closed socket does not say. */
static char local[ADDR_TEXT];

static void begin(struct stage *s, int backlog)
{
	s->opt.backlog = backlog;
	stage_listen(s);
	sock_text(s->fd, local);
}

/* "accept acceptq=0 waited_us=*": how long something waited is for 116-waits. */
static void life_word(const struct event *e, char *word, size_t room)
{
	const char *waited = strstr(e->detail, "waited_us=");
	size_t len = snprintf(word, room, "%s%s%s", e->name, *e->detail ? " " : "", e->detail);

	if (!waited || waited[10] == '-')
		return;
	waited = strchr(waited, ' ');
	len = strstr(word, "waited_us=") + 10 - word;
	snprintf(word + len, room - len, "*%s", waited ? waited : "");
}

/* The next event of the stage's listener; those of others are passed over. */
static bool next_of(struct stage *s, struct event *e)
{
	char sk[20];

	snprintf(sk, sizeof(sk), "%" PRIx64, s->cookie);
	while (stream_await(stream, e, BOOKS_MS))
		if (!strcmp(e->sk, sk))
			return true;
	return false;
}

/* What happens next to the listener is this, word for word, and where it should be. */
static void life(struct stage *s, const char *what, const char *const *want)
{
	struct event e;
	char word[160];

	for (; *want; want++) {
		bool peer = strncmp(*want, "listen", 6) && strncmp(*want, "relisten", 8) &&
			    strncmp(*want, "close", 5);

		if (!next_of(s, &e)) {
			ok(false, "%s, %s: nothing came in place of %s", s->way->name, what, *want);
			return;
		}
		life_word(&e, word, sizeof(word));
		is_str(word, *want, "%s, %s", s->way->name, what);
		is_str(e.local, local, "%s, %s: where it listens", s->way->name, what);
		ok(peer == !!strcmp(e.remote, "-"), "%s, %s: %s has %s peer", s->way->name, what,
		   *want, peer ? "a" : "no");
	}
}

#define LIFE(s, what, ...) life(s, what, (const char *const[]){ __VA_ARGS__, NULL })

/* And with the peer's own address. */
static void check_peer(struct stage *s, size_t peer)
{
	bool mapped = s->way->family == AF_INET && strchr(s->way->addr, ':');
	char text[ADDR_TEXT];
	struct event e;

	tun_text(s->tun, peer, mapped, text);
	stage_send(s, peer, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	if (ok(next_of(s, &e), "%s: the reset of a request is told", s->way->name))
		is_str(e.remote, text, "%s: who it was", s->way->name);
}

static void handshake(struct stage *s)
{
	size_t peer;

	begin(s, 5);
	LIFE(s, "listen()", "listen backlog=5 somaxconn=4096 max_ack_backlog=5");
	stage_connect(s, 2);
	LIFE(s, "handshakes", "syn_queued synq=1", "established acceptq=1 waited_us=* via=handshake",
	     "syn_queued synq=1", "established acceptq=2 waited_us=* via=handshake");
	stage_accept(s, 1);
	LIFE(s, "accept()", "accept acceptq=1 waited_us=*");
	listen(s->fd, 100000);
	LIFE(s, "a second listen()", "relisten backlog=100000 somaxconn=4096 max_ack_backlog=4096");
	peer = stage_syn(s, 1);
	LIFE(s, "one more SYN", "syn_queued synq=1");
	check_peer(s, peer);
	stage_close(s);
	LIFE(s, "close()", "close pending=1");
}

static void cookie(struct stage *s)
{
	sysctl_set(SYNCOOKIES_CTL, 2);
	begin(s, 1);
	stage_connect(s, 2);
	LIFE(s, "cookies", "listen backlog=1 somaxconn=4096 max_ack_backlog=1", "syn_cookie",
	     "established acceptq=1 waited_us=- via=cookie", "syn_cookie",
	     "established acceptq=2 waited_us=- via=cookie");
	stage_syn(s, 1);
	LIFE(s, "a SYN that finds no room", "syn_drop cause=acceptq");
	stage_close(s);
	LIFE(s, "close()", "close pending=2");
}

static void fast_open(struct stage *s)
{
	sysctl_set(FASTOPEN_CTL, 0x203);
	s->opt.tfo = 5;
	begin(s, 5);
	tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
	LIFE(s, "Fast Open", "listen backlog=5 somaxconn=4096 max_ack_backlog=5", "syn_tfo",
	     "established acceptq=1 waited_us=- via=tfo");
	stage_accept(s, 1);
	LIFE(s, "accept()", "accept acceptq=0 waited_us=*");
	stage_close(s);
}

static void overflow(struct stage *s)
{
	size_t late;

	begin(s, 0);
	late = stage_syn(s, 1);
	stage_fill(s);
	stage_ack(s, late, 1);
	stage_accept(s, 1);
	stage_ack(s, late, 1);
	LIFE(s, "full, then not", "listen backlog=0 somaxconn=4096 max_ack_backlog=0",
	     "syn_queued synq=1", "syn_cookie",
	     "established acceptq=1 waited_us=- via=cookie", "ack_overflow",
	     "accept acceptq=0 waited_us=*", "established acceptq=1 waited_us=* via=handshake");
	sysctl_set(ABORT_CTL, 1);
	stage_close(s);
}

static void abort_on_overflow(struct stage *s)
{
	size_t late;

	sysctl_set(ABORT_CTL, 1);
	begin(s, 1);
	late = stage_syn(s, 1);
	stage_fill(s);
	stage_ack(s, late, 1);
	LIFE(s, "full, reset", "listen backlog=1 somaxconn=4096 max_ack_backlog=1",
	     "syn_queued synq=1", "syn_queued synq=2",
	     "established acceptq=1 waited_us=* via=handshake", "syn_queued synq=2",
	     "established acceptq=2 waited_us=* via=handshake", "ack_reset", "req_reset");
	stage_close(s);
}

static void ends(struct stage *s)
{
	size_t first;

	sysctl_set(SYNCOOKIES_CTL, 0);
	sysctl_set(RETRIES_CTL, 1);
	begin(s, 100);
	first = stage_syn(s, 3);
	stage_send(s, first, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	tun_icmp(s->tun, first + 1, true);
	tun_send(s->tun, first + 2, SEG_SYN);
	LIFE(s, "ends", "listen backlog=100 somaxconn=4096 max_ack_backlog=100",
	     "syn_queued synq=1", "syn_queued synq=2", "syn_queued synq=3", "req_reset", "req_icmp",
	     "synack_retrans n=1", "synack_retrans n=2", "req_timeout");
	stage_close(s);
}

static void migrated(struct stage *s)
{
	struct stage b = { .tun = s->tun, .way = s->way };
	char word[160], want[160];
	struct event e;

	if (access("/proc/sys/" MIGRATE_CTL, F_OK) || accept_by_return()) {
		skip("this kernel migrates nothing", "%s: migrated", s->way->name);
		return;
	}
	sysctl_set(MIGRATE_CTL, 1);
	s->opt.reuseport = true;
	begin(s, 10);
	stage_connect(s, 1);
	b.opt = s->opt;
	b.opt.port = s->port;
	stage_listen(&b);
	stage_close(s);
	snprintf(want, sizeof(want), "migrate from=%" PRIx64 " to=%" PRIx64, s->cookie, b.cookie);
	if (ok(next_of(&b, &e), "%s: the one that takes over listens", s->way->name) &&
	    ok(next_of(&b, &e), "%s: and takes over", s->way->name)) {
		life_word(&e, word, sizeof(word));
		is_str(word, want, "%s: from whom, to whom", s->way->name);
	}
	stage_accept(&b, 1);
	LIFE(&b, "accept() of what came over", "accept acceptq=0 waited_us=*");
	stage_close(&b);
}

int main(void)
{
	static const act_fn acts[] = { handshake, cookie, fast_open, overflow, abort_on_overflow,
				       ends, migrated };
	struct tun tun;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return done();
	}
	stream = stream_open();
	stage_ways(&tun, acts, sizeof(acts) / sizeof(acts[0]));
	is_u64(stream->lost, 0, "nothing was lost");
	stream_close(stream);
	check_exact("at the end");
	return done();
}
