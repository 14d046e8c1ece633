// SPDX-License-Identifier: GPL-2.0
/*
 * The file of events: who may open it, what a read() gives, when it waits, what it says it has
 * lost; many readers at once, one that never reads, and reading in odd ways.
 */
#define _GNU_SOURCE
#include "events.h"
#include "knob.h"
#include "proc.h"
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define READERS 100
#define MOST 128	/* LQ_WATCHES_MOST of module/event.c */
#define QUEUE 1024	/* LQ_WATCH_EVENTS */

static int listener;

/* @n events, each of its own number. */
static void happen(unsigned int n)
{
	while (n--)
		listen(listener, 1 + n % 100);
}

static int open_events(int flags)
{
	return open(EVENTS, O_RDONLY | O_CLOEXEC | flags);
}

static void stranger(int up, void *arg)
{
	(void)arg;
	become(1000);
	put_u64(up, open_events(0) < 0 ? errno : 0);
}

static void manager(int up, void *arg)
{
	(void)arg;
	become_with_cap(1000, CAP_NET_ADMIN);
	put_u64(up, open_events(0) < 0 ? errno : 0);
}

static void check_who(void)
{
	struct child c;

	child_start(&c, stranger, NULL);
	is_u64(get_u64(c.fd), EPERM, "who has no CAP_NET_ADMIN gets EPERM");
	child_end(&c);
	child_start(&c, manager, NULL);
	is_u64(get_u64(c.fd), 0, "who has it may open the file");
	child_end(&c);
}

static void check_read(void)
{
	int fd = open_events(O_NONBLOCK);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[4096];
	ssize_t len;

	is_u64(read(fd, buf, sizeof(buf)) < 0 ? errno : 0, EAGAIN, "nothing yet: EAGAIN");
	is_u64(poll(&p, 1, 0), 0, "nothing yet: poll() says so");
	happen(3);
	is_u64(poll(&p, 1, BOOKS_MS), 1, "poll() is woken");
	is_u64(read(fd, buf, 10) < 0 ? errno : 0, EINVAL, "no room for a line: EINVAL");
	is_u64(read(fd, buf, 0), 0, "no room at all: nothing");
	len = read(fd, buf, 150);
	ok(len > 0 && buf[len - 1] == '\n' && memchr(buf, '\n', len) == buf + len - 1,
	   "room for one line: one line");
	len = read(fd, buf, sizeof(buf));
	ok(len > 0 && buf[len - 1] == '\n', "and then the others, whole");
	is_u64(read(fd, nowhere, 4096) < 0 ? errno : 0, EAGAIN, "all is read");
	happen(1);
	is_u64(read(fd, nowhere, 4096) < 0 ? errno : 0, EFAULT, "where there is no memory: EFAULT");
	ok(read(fd, buf, sizeof(buf)) > 0, "and the line is still there");
	is_u64(lseek(fd, 0, SEEK_SET) < 0 ? errno : 0, ESPIPE, "no place to seek to");
	is_u64(pread(fd, buf, 100, 0) < 0 ? errno : 0, ESPIPE, "nor to read from");
	is_u64(write(fd, buf, 1) < 0 ? errno : 0, EBADF, "nothing to write to");
	close(fd);
}

static void waiter(int up, void *arg)
{
	int fd = open_events(0);
	char buf[4096];

	(void)arg;
	put_u64(up, 0);
	for (int i = 0; i < 3; i++) {
		ssize_t len = read(fd, buf, sizeof(buf));

		put_u64(up, len > 0 && buf[len - 1] == '\n');
	}
}

static void check_blocking(void)
{
	struct child c;

	child_start(&c, waiter, NULL);
	get_u64(c.fd);
	for (int i = 0; i < 3; i++) {
		happen(1);
		is_u64(get_u64(c.fd), 1, "who waits in read() gets event %d", i + 1);
	}
	child_end(&c);
}

static void check_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC), fd = open_events(O_NONBLOCK);
	char buf[4096];

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
		bail("epoll_ctl: %s", strerror(errno));
	is_u64(epoll_wait(ep, &ev, 1, 0), 0, "epoll: nothing yet");
	happen(1);
	is_u64(epoll_wait(ep, &ev, 1, BOOKS_MS), 1, "epoll: woken");
	ok(read(fd, buf, sizeof(buf)) > 0, "epoll: and there is one");
	is_u64(epoll_wait(ep, &ev, 1, 0), 0, "epoll: no more");
	close(fd);
	close(ep);
}

/* Each from where it was opened. */
static void check_readers(void)
{
	struct stream *s[READERS];
	unsigned int right = 0;
	struct event e;

	for (int i = 0; i < READERS; i++) {
		happen(1);
		s[i] = stream_open();
	}
	happen(7);
	for (int i = 0; i < READERS; i++) {
		uint64_t want = READERS - 1 - i + 7;

		while (s[i]->lines < want && stream_await(s[i], &e, BOOKS_MS))
			;
		right += !stream_next(s[i], &e) && s[i]->lines == want;
		stream_close(s[i]);
	}
	is_u64(right, READERS, "each of %d readers gets what happened since it came", READERS);
}

static void check_limit(void)
{
	int fds[MOST], fd;

	for (int i = 0; i < MOST; i++)
		fds[i] = open_events(0);
	ok(fds[MOST - 1] >= 0, "%d readers may be there", MOST);
	fd = open_events(0);
	is_u64(fd < 0 ? errno : 0, EUSERS, "one more may not: EUSERS");
	for (int i = 0; i < MOST; i++)
		close(fds[i]);
	fd = open_events(0);
	ok(fd >= 0, "when they have gone, there is room");
	close(fd);
}

/* Who never reads costs nobody else anything, and is told how much is missing, and where. */
static void check_lost(void)
{
	struct stream *lazy = stream_open(), *keen = stream_open();
	struct event e;

	for (int i = 0; i < 3; i++) {
		happen(QUEUE);
		while (stream_next(keen, &e))
			;
	}
	is_u64(keen->lines, 3 * QUEUE, "one reader gets all, while another never reads");
	is_u64(keen->lost, 0, "and has lost none");
	while (stream_next(lazy, &e) && strcmp(e.name, "lost"))
		;
	is_u64(lazy->lines, QUEUE, "the other one gets the first that there was room for");
	is_u64(lazy->lost, 2 * QUEUE, "and is told how many it has lost");
	happen(5);
	while (stream_next(lazy, &e))
		;
	is_u64(lazy->lines, QUEUE + 5, "and then the next");
	happen(QUEUE + 10);
	for (int i = 0; i < 500; i++)
		stream_next(lazy, &e);
	happen(3);
	while (stream_next(lazy, &e))
		;
	is_u64(lazy->lines + lazy->lost, 4 * QUEUE + 18, "lines and lost are all that there was");
	is_str(e.name, "relisten", "what comes after a gap is after it");
	stream_close(lazy);
	stream_close(keen);
}

/* Any way to read gives whole lines, or nothing. */
static void check_odd(void)
{
	int fd = open_events(O_NONBLOCK), null = open("/dev/null", O_WRONLY | O_CLOEXEC), pipes[2];
	unsigned int torn = 0, got = 0;
	char buf[8192];
	struct rng r;

	rng_seed(&r, knob("SEED", "seed", 1));
	if (pipe2(pipes, O_NONBLOCK | O_CLOEXEC))
		bail("pipe: %s", strerror(errno));
	for (int i = 0; i < 2000; i++) {
		ssize_t len;

		happen(rng_below(&r, 4));
		switch (rng_below(&r, 8)) {
		case 0:
			len = splice(fd, NULL, pipes[1], NULL, 1 + rng_below(&r, 8192),
				     SPLICE_F_NONBLOCK);
			if (len > 0 && read(pipes[0], buf, sizeof(buf)) != len)
				bail("splice of %zd bytes", len);
			break;
		case 1:
			sendfile(null, fd, NULL, 1 + rng_below(&r, 4096));
			continue;
		case 2:
			lseek(fd, rng_below(&r, 1000), rng_below(&r, 3));
			continue;
		default:
			len = read(fd, buf, rng_below(&r, rng_below(&r, 2) ? 300 : sizeof(buf)));
		}
		got += len > 0;
		torn += len > 0 && (buf[len - 1] != '\n' || *buf < '0' || *buf > '9');
	}
	is_u64(torn, 0, "of %u readings in odd ways, those that tear a line", got);
	ok(got > 100, "many of them gave something");
	close(pipes[0]);
	close(pipes[1]);
	close(null);
	close(fd);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5 };

	new_netns();
	listener = listener_open(&o);
	check_who();
	check_read();
	check_blocking();
	check_epoll();
	check_readers();
	check_limit();
	check_lost();
	check_odd();
	return done();
}
