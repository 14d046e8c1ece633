// SPDX-License-Identifier: GPL-2.0
/*
 * Packets for a Fast Open connection that a program holds locked: the program works them off when
 * it lets go, with softirqs on. Its request is none of the SYN queue, however it ends. A send() out
 * of a page that userfaultfd withholds keeps the lock for as long as the case wants.
 */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N 5

/* A connection, locked by a thread of its own. */
struct held {
	pthread_t thread;
	int fd, uffd;
	char *page;
	size_t size;
	ssize_t sent;
};

static void *send_page(void *arg)
{
	struct held *h = arg;

	h->sent = send(h->fd, h->page, h->size, MSG_NOSIGNAL);
	return NULL;
}

static void withhold(struct held *h)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	h->size = sysconf(_SC_PAGESIZE);
	h->page = mmap(NULL, h->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (h->page == MAP_FAILED || h->uffd < 0 || ioctl(h->uffd, UFFDIO_API, &api))
		bail("userfaultfd: %s", strerror(errno));
	reg.range.start = (uintptr_t)h->page;
	reg.range.len = h->size;
	if (ioctl(h->uffd, UFFDIO_REGISTER, &reg))
		bail("UFFDIO_REGISTER: %s", strerror(errno));
}

/* Returns when the kernel has asked for the page: it holds the lock then. */
static void lock(struct held *h, int fd)
{
	struct uffd_msg msg;
	struct pollfd p;

	h->fd = fd;
	withhold(h);
	if (pthread_create(&h->thread, NULL, send_page, h))
		bail("pthread_create");
	p = (struct pollfd){ .fd = h->uffd, .events = POLLIN };
	if (poll(&p, 1, BOOKS_MS) != 1 || read(h->uffd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT)
		bail("send() does not come to the page");
}

static void unlock(struct held *h)
{
	static char data[65536];
	struct uffdio_copy copy = { .dst = (uintptr_t)h->page, .src = (uintptr_t)data,
				    .len = h->size };

	if (ioctl(h->uffd, UFFDIO_COPY, &copy))
		bail("UFFDIO_COPY: %s", strerror(errno));
	pthread_join(h->thread, NULL);
	close(h->uffd);
	munmap(h->page, h->size);
}

/* N connections that are accepted before their ACK, and locked while @flags come. */
static void locked_while(struct stage *s, uint8_t flags, const char *what)
{
	size_t first = s->tun->npeers;
	struct held held[N];

	for (int i = 0; i < N; i++) {
		tun_syn_data(s->tun, s->way->family, s->port, STAGE_DATA);
		lock(&held[i], stage_take(s));
	}
	books_step(&s->books, "accepted before their ACK",
		   "syn=%d syn_tfo=%d established=%d accepted=%d", N, N, N, N);
	for (int i = 0; i < N; i++)
		tun_send(s->tun, first + i, flags);
	books_step(&s->books, what, "%s", "");
	for (int i = 0; i < N; i++)
		unlock(&held[i]);
	books_step(&s->books, "unlocked", "%s", "");
	for (int i = 0; i < N; i++)
		close(held[i].fd);
	books_step(&s->books, "closed", "%s", "");
}

static void acks(struct stage *s)
{
	s->opt.backlog = 100;
	s->opt.tfo = 50;
	stage_open(s, "locked connections");
	locked_while(s, SEG_ACK, "the ACKs come");
	is_u64(stage_gauge(s, "tfoq"), 0, "%s: no request is left", s->books.name);
	locked_while(s, SEG_RST, "resets come");
	locked_while(s, SEG_SYN, "the SYNs come again");
	stage_connect(s, 2);
	books_step(&s->books, "others connect", "syn=2 syn_queued=2 from_synq=2 established=2");
	stage_close(s);
	books_end(&s->books, "closed", "closed_pending=2");
}

static const act_fn acts[] = { acks };

int main(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		skip("this kernel has no userfaultfd", "packets that a program works off");
		return done();
	}
	close(fd);
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
