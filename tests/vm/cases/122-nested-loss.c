// SPDX-License-Identifier: GPL-2.0
/*
 * Softirqs that land inside the handlers of kprobes: packets are steered to a processor that does
 * little but call a probed function, and timers fire there. Plain kprobes on the packet path, put
 * there by the kernel's own kprobe_events, lose hits; our hooks on the same functions, in the same
 * run, lose none, by the count of the peers.
 */
#define _GNU_SOURCE
#include "books.h"
#include "knob.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define GROUP "nested"
#define STEERED "/sys/class/net/tun0/queues/rx-0/rps_cpus"
#define PEERS 200	/* of a round; even, also as a debug kernel's part */
#define ROUNDS_MS 20000
#define SOON_MS 60000
/* What a plain kprobe notes of each call: the more, the longer its handler runs. */
#define NOTES 100

/* Shared with the process that calls what is probed. */
struct caller {
	atomic_bool stop;
	atomic_ulong listens, accepted;
};

struct lost {
	uint64_t hits, missed;
};

static struct tun tun;
static struct caller *caller;
static pid_t owner;

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bail("cannot stay on processor %d: %s", cpu, strerror(errno));
}

static void plain_off(void)
{
	if (getpid() != owner)
		return;
	file_write(TRACING "events/" GROUP "/enable", "0");
	file_write(TRACING "kprobe_events", "");
}

static void plain_add(const char *name, const char *what)
{
	char text[1000];
	int fd = open(TRACING "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);
	int n = snprintf(text, sizeof(text), "p:" GROUP "/%s %s%s\n", name, name, what);

	if (fd < 0 || write(fd, text, n) != n)
		bail("no kprobe on %s: %s", name, strerror(errno));
	close(fd);
}

/* On every function that is hooked, and one on listen(), with a handler that takes its time. */
static bool plain_on(const struct info *in)
{
	char notes[NOTES * 6 + 1] = "";

	if (access(TRACING "kprobe_events", W_OK))
		return false;
	owner = getpid();
	atexit(plain_off);
	for (size_t i = 0; i < in->nprobes; i++)
		if (!strcmp(in->probes[i].kind, "ftrace") && probe_on(in, in->probes[i].name))
			plain_add(in->probes[i].name, "");
	for (int i = 0; i < NOTES; i++)
		memcpy(notes + 6 * i, " $comm", 7);
	plain_add("__sys_listen", notes);
	if (!file_write(TRACING "buffer_size_kb", "64") ||
	    !file_write(TRACING "events/" GROUP "/enable", "1"))
		bail("the kprobes cannot be enabled: %s", strerror(errno));
	return true;
}

/* One of them, as the kernel counts it; zeroes if there is none. */
static struct lost plain_read(const char *name)
{
	char *text = file_read(TRACING "kprobe_profile", NULL), *save = NULL, *line, word[64];
	struct lost l = { 0 };
	unsigned long long hits, missed;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%63s %llu %llu", word, &hits, &missed) == 3 &&
		    !strcmp(word, name))
			l = (struct lost){ hits, missed };
	free(text);
	return l;
}

static uint64_t plain_lost(const struct info *in)
{
	uint64_t n = 0;

	for (size_t i = 0; i < in->nprobes; i++)
		n += plain_read(in->probes[i].name).missed;
	return n;
}

/* listen() is what the kprobes are on; accept() ends requests outside of softirqs. */
static void call(int up, void *arg)
{
	int listener = *(int *)arg, fd;
	int own = bound_socket(&(struct lopt){ .addr = "127.0.0.1" });
	struct linger l = { .l_onoff = 1 };

	stay_on(1);
	get_u64(up);
	while (!caller->stop) {
		if (listen(own, 5))
			bail("listen: %s", strerror(errno));
		caller->listens++;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		close(fd);
		caller->accepted++;
	}
	put_u64(up, 0);
}

/* One at a time, so that each is a softirq of its own. */
static void connect_one(struct stage *s, int family, bool completes)
{
	size_t peer = tun_syn(s->tun, family, s->port);
	unsigned long accepted = caller->accepted;

	if (!AWAIT((tun_drain(s->tun), s->tun->peers[peer].synacks), SOON_MS))
		bail("no SYN-ACK for peer %zu", peer);
	if (!completes)
		return;
	tun_send(s->tun, peer, SEG_ACK);
	if (!AWAIT(caller->accepted > accepted, SOON_MS))
		bail("the connection of peer %zu is not accepted", peer);
}

/* Half of the peers end their handshakes. To the others the timer sends again, and gives up. */
static void round_of_peers(struct stage *s)
{
	size_t n = PEERS / debug_part();

	for (size_t i = 0; i < n; i++)
		connect_one(s, i % 2 ? AF_INET : AF_INET6, i < n / 2);
	if (!AWAIT(!stage_gauge(s, "synq"), SOON_MS))
		bail("requests are left");
	tun_drain(s->tun);
}

/* How often a hook must have been called; of one that this kernel does not have, not at all. */
static void check_hook(const struct info *before, const struct info *after, const char *name,
		       uint64_t want)
{
	const struct probe *b = info_probe(before, name), *a = info_probe(after, name);
	struct lost l = plain_read(name);

	if (!b || strcmp(b->state, "on"))
		return;
	is_u64(a->hits - b->hits, want, "%s: every call was seen", name);
	diag("%s: %llu calls; a plain kprobe has seen %llu and missed %llu", name,
	     (unsigned long long)want, (unsigned long long)l.hits, (unsigned long long)l.missed);
}

/* A request either ends its handshake or expires: @half of them each. */
static void check_hooks(const struct info *before, const struct info *after, size_t half,
			size_t resent)
{
	uint64_t missed = 0;

	check_hook(before, after, "tcp_conn_request", 2 * half);
	check_hook(before, after, "inet_csk_reqsk_queue_hash_add", 2 * half);
	check_hook(before, after, "tcp_check_req", half);
	check_hook(before, after, "inet_csk_complete_hashdance", half);
	check_hook(before, after, "tcp_child_process", half);
	check_hook(before, after, "reqsk_timer_handler", resent + half);
	check_hook(before, after, "tcp_rtx_synack", resent);
	check_hook(before, after, "tcp_v4_reqsk_destructor", half);
	check_hook(before, after, "tcp_v6_reqsk_destructor", half);
	check_hook(before, after, "__inet_accept", half);
	check_hook(before, after, "__sys_listen", caller->listens);
	for (size_t i = 0; i < after->nprobes; i++)
		missed += after->probes[i].missed;
	is_u64(missed, 0, "what our probes have missed");
}

/* Where handlers of kprobes run with interrupts off, or softirqs are threads, none is nested. */
static const char *never_nested(bool steered)
{
	struct utsname u;

	uname(&u);
	if (strcmp(u.machine, "x86_64"))
		return "kprobes are breakpoints here";
	if (strstr(u.version, "PREEMPT_RT"))
		return "softirqs are threads here";
	return steered ? NULL : "packets cannot be steered";
}

static void check_plain(const char *why, uint64_t lost)
{
	if (why)
		skip(why, "plain kprobes miss some");
	else
		ok(lost, "plain kprobes miss some: %llu", (unsigned long long)lost);
}

static void play(struct stage *s)
{
	bool plain, steered = file_write(STEERED, "2");
	const char *why = never_nested(steered);
	uint64_t end = mono_ms() + ROUNDS_MS;
	struct info *before, *after;
	struct child child;
	size_t half;

	s->opt.backlog = 4096;
	stage_open(s, "softirqs inside of handlers");
	child_start(&child, call, &s->fd);
	before = info_read();
	plain = plain_on(before);
	put_u64(child.fd, 0);
	do
		round_of_peers(s);
	while (plain && !why && !plain_lost(before) && mono_ms() < end);
	caller->stop = true;
	get_u64(child.fd);
	after = info_read();
	half = tun.npeers / 2;
	books_step(&s->books, "all of it",
		   "syn=%zu syn_queued=%zu from_synq=%zu established=%zu accepted=%zu req_timeout=%zu",
		   2 * half, 2 * half, half, half, half, half);
	check_hooks(before, after, half, tun_resent(&tun, s->port));
	check_exact("all of it");
	check_plain(plain ? why : "this kernel has no kprobe_events", plain_lost(before));
	plain_off();
	child_end(&child);
	info_free(before);
	info_free(after);
	stage_close(s);
}

int main(void)
{
	struct stage s = { .tun = &tun, .way = &tun_ways[2] };

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		skip("one processor", "softirqs inside of handlers");
		return done();
	}
	caller = mmap(NULL, sizeof(*caller), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (caller == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	stay_on(0);
	/* In the namespace that /sys shows. */
	if (!tun_open(&tun)) {
		skip("no tun", "softirqs inside of handlers");
		return done();
	}
	stage_sysctls();
	sysctl_set(RETRIES_CTL, 1);
	play(&s);
	tun_close(&tun);
	return done();
}
