// SPDX-License-Identifier: GPL-2.0
/* listen() through io_uring, by bare system calls: one ring for the life of the process. */
#define _GNU_SOURCE
#include "uring.h"
#include "tap.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OP_LISTEN 57	/* IORING_OP_LISTEN, Linux 6.11; younger than some headers */
#define ENTRIES 4

static struct ring {
	int fd;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
} ring = { .fd = -1 };

static void *map(size_t len, off_t what)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring.fd, what);

	if (p == MAP_FAILED)
		bail("mmap of an io_uring: %s", strerror(errno));
	return p;
}

static bool ring_open(void)
{
	struct io_uring_params *p = &ring.p;

	if (ring.fd >= 0)
		return true;
	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	if (ring.fd < 0)
		return false;
	ring.sq = map(p->sq_off.array + p->sq_entries * sizeof(unsigned int), IORING_OFF_SQ_RING);
	ring.cq = map(p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
		      IORING_OFF_CQ_RING);
	ring.sqes = map(p->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	return true;
}

/**
 * uring_can_listen() - does this kernel's io_uring know listen
 *
 * Return: true when it does.
 */
bool uring_can_listen(void)
{
	struct io_uring_probe *probe;
	bool can;

	if (!ring_open())
		return false;
	probe = calloc(1, sizeof(*probe) + 256 * sizeof(struct io_uring_probe_op));
	can = !syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PROBE, probe, 256) &&
	      probe->last_op >= OP_LISTEN && (probe->ops[OP_LISTEN].flags & IO_URING_OP_SUPPORTED);
	free(probe);
	return can;
}

/**
 * uring_listen() - listen() through io_uring
 * @fd: a bound socket
 * @backlog: as for listen()
 *
 * Return: 0 or a negative errno.
 */
int uring_listen(int fd, int backlog)
{
	unsigned int *tail = (unsigned int *)(ring.sq + ring.p.sq_off.tail);
	unsigned int *array = (unsigned int *)(ring.sq + ring.p.sq_off.array);
	unsigned int mask = *(unsigned int *)(ring.sq + ring.p.sq_off.ring_mask);
	unsigned int *head = (unsigned int *)(ring.cq + ring.p.cq_off.head);
	unsigned int cmask = *(unsigned int *)(ring.cq + ring.p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring.cq + ring.p.cq_off.cqes);
	unsigned int slot = *tail & mask;
	int res;

	memset(&ring.sqes[slot], 0, sizeof(ring.sqes[slot]));
	ring.sqes[slot].opcode = OP_LISTEN;
	ring.sqes[slot].fd = fd;
	ring.sqes[slot].len = backlog;
	array[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		bail("io_uring_enter: %s", strerror(errno));
	res = cqes[*head & cmask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}
