// SPDX-License-Identifier: GPL-2.0
/*
 * The module goes, or the network namespace does, while readers of events sleep: in read(), in
 * poll(), in epoll_wait(), stopped, and with traffic. Each is woken, and its file is at its end.
 * module: self
 */
#define _GNU_SOURCE
#include "events.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLEEPERS 8
#define ROUNDS 5
#define WAKE_MS 10000

/* How a reader sleeps. */
enum sleeping { READ, POLL, EPOLL, STOPPED, WAYS };

static const char *const ways[WAYS] = { "read()", "poll()", "epoll_wait()", "poll(), stopped" };

static int events_of(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/net/listenq/events", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

/* Tells when it is about to sleep, and then what it woke to: 0 for the end of the file. */
struct sleeper {
	enum sleeping way;
	pid_t whose;
};

static uint64_t at_the_end(int fd)
{
	char buf[4096];
	ssize_t len;

	while ((len = read(fd, buf, sizeof(buf))) > 0)
		;
	return len < 0 ? errno : 0;
}

static void sleep_in(int up, void *arg)
{
	const struct sleeper *s = arg;
	int fd = events_of(s->whose), ep;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN };

	put_u64(up, 0);
	if (s->way == EPOLL) {
		ep = epoll_create1(EPOLL_CLOEXEC);
		epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		epoll_wait(ep, &ev, 1, -1);
	} else if (s->way != READ) {
		poll(&p, 1, -1);
	}
	put_u64(up, at_the_end(fd));
}

static char state_of(pid_t pid)
{
	char path[64], *text, state;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = file_read(path, NULL);
	state = text && strrchr(text, ')') ? strrchr(text, ')')[2] : '?';
	free(text);
	return state;
}

static void put_to_sleep(struct child *c, struct sleeper *s)
{
	child_start(c, sleep_in, s);
	get_u64(c->fd);
	if (!AWAIT(state_of(c->pid) == 'S', WAKE_MS))
		bail("a reader does not sleep");
	if (s->way != STOPPED)
		return;
	kill(c->pid, SIGSTOP);
	if (!AWAIT(state_of(c->pid) == 'T', WAKE_MS))
		bail("a reader does not stop");
}

/* A read() that has found the file gone says EIO; both are an end. */
static void check_woken(struct child *c, enum sleeping way, const char *why)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	uint64_t how;

	if (way == STOPPED)
		kill(c->pid, SIGCONT);
	if (!ok(poll(&p, 1, WAKE_MS) == 1, "%s: who sleeps in %s is woken", why, ways[way])) {
		kill(c->pid, SIGKILL);
		return;
	}
	how = get_u64(c->fd);
	ok(how == 0 || how == EIO, "%s: %s: the file is at its end", why, ways[way]);
	child_end(c);
}

static void traffic(int up, void *arg)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 3 };

	(void)arg;
	put_u64(up, 0);
	for (;;) {
		int fd = listener_open(&o), c = connect_to(fd, NULL);

		close(accept(fd, NULL, NULL));
		listen(fd, 5);
		close(fd);
		close(c);
	}
}

static void check_unload(bool busy)
{
	struct sleeper s[SLEEPERS];
	struct child c[SLEEPERS], t;
	const char *why = busy ? "unload under traffic" : "unload";

	mod_load_or_bail(mod_path(false), "");
	if (busy) {
		child_start(&t, traffic, NULL);
		get_u64(t.fd);
	}
	for (int i = 0; i < SLEEPERS; i++) {
		s[i] = (struct sleeper){ .way = i % WAYS, .whose = getpid() };
		if (!busy) {
			put_to_sleep(&c[i], &s[i]);
		} else if (s[i].way != STOPPED) {
			child_start(&c[i], sleep_in, &s[i]);
			/* It has the file open. */
			get_u64(c[i].fd);
		}
	}
	mod_unload_or_bail();
	ok(mod_gone(), "%s: with readers asleep, it goes and leaves nothing", why);
	for (int i = 0; i < SLEEPERS; i++) {
		if (!busy || s[i].way != STOPPED)
			check_woken(&c[i], s[i].way, why);
	}
	if (busy) {
		kill(t.pid, SIGKILL);
		child_end(&t);
	}
}

static void world(int up, void *arg)
{
	(void)arg;
	new_netns();
	put_u64(up, 0);
	get_u64(up);
}

static void check_netns(void)
{
	struct sleeper s[WAYS];
	struct child c[WAYS], w;

	mod_load_or_bail(mod_path(false), "");
	child_start(&w, world, NULL);
	get_u64(w.fd);
	for (int i = 0; i < WAYS; i++) {
		s[i] = (struct sleeper){ .way = i, .whose = w.pid };
		put_to_sleep(&c[i], &s[i]);
	}
	child_end(&w);
	for (int i = 0; i < WAYS; i++)
		check_woken(&c[i], s[i].way, "the namespace ends");
	mod_unload_or_bail();
	ok(mod_gone(), "the namespace ends: and the module goes and leaves nothing");
}

int main(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		check_unload(i % 2);
		check_netns();
	}
	return done();
}
