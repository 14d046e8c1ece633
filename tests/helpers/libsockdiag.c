// SPDX-License-Identifier: GPL-2.0
/* What the kernel's own sock_diag says of TCP sockets and of requests in SYN_RECV. */
#include "sockdiag.h"
#include "sock.h"
#include "tap.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ATTR_CGROUP_ID 21	/* INET_DIAG_CGROUP_ID, younger than some headers */

/* tcp_diag is a module in some kernels; it answers for itself when it is built in. */
static void load_tcp_diag(void)
{
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", "-q", "tcp_diag", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void take(struct diag_list *l, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct rtattr *a = (struct rtattr *)(m + 1);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*m));
	struct diag_sock s = {
		.family = m->idiag_family, .state = m->idiag_state, .retrans = m->idiag_retrans,
		.port = ntohs(m->id.idiag_sport), .ifindex = m->id.idiag_if,
		.acceptq = m->idiag_rqueue, .max = m->idiag_wqueue, .uid = m->idiag_uid,
		.inode = m->idiag_inode, .expires_ms = m->idiag_expires,
		.cookie = (uint64_t)m->id.idiag_cookie[1] << 32 | m->id.idiag_cookie[0],
	};
	union addr addr = { .sa.sa_family = s.family };

	if (s.family == AF_INET) {
		addr.v4.sin_port = m->id.idiag_sport;
		memcpy(&addr.v4.sin_addr, m->id.idiag_src, 4);
	} else {
		addr.v6.sin6_port = m->id.idiag_sport;
		memcpy(&addr.v6.sin6_addr, m->id.idiag_src, 16);
	}
	addr_text(&addr, s.local);
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type == ATTR_CGROUP_ID) {
			s.has_cgroup = true;
			memcpy(&s.cgroup, RTA_DATA(a), sizeof(s.cgroup));
		} else if (a->rta_type == INET_DIAG_SKV6ONLY) {
			s.has_v6only = true;
			s.v6only = *(uint8_t *)RTA_DATA(a);
		}
	}
	if (l->n == l->room) {
		l->room = 2 * l->room + 64;
		l->s = realloc(l->s, l->room * sizeof(s));
		if (!l->s)
			bail("out of memory for %zu sockets", l->room);
	}
	l->s[l->n++] = s;
}

static bool receive(struct diag_list *l, int fd)
{
	static char buf[65536];
	ssize_t left = recv(fd, buf, sizeof(buf), 0);
	struct nlmsghdr *h = (struct nlmsghdr *)buf;

	if (left <= 0)
		bail("sock_diag: %s", strerror(errno));
	for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
		if (h->nlmsg_type == NLMSG_DONE)
			return false;
		if (h->nlmsg_type == NLMSG_ERROR)
			bail("sock_diag: %s", strerror(-((struct nlmsgerr *)NLMSG_DATA(h))->error));
		take(l, h);
	}
	return true;
}

/**
 * diag_dump() - dump TCP sockets of this network namespace
 * @l: set; to be freed
 * @family: AF_INET or AF_INET6
 * @states: DIAG_LISTEN, DIAG_SYN_RECV, DIAG_TIME_WAIT
 */
void diag_dump(struct diag_list *l, int family, unsigned int states)
{
	static bool loaded;
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP,
		       .idiag_states = states },
	};
	int fd;

	if (!loaded)
		load_tcp_diag();
	loaded = true;
	memset(l, 0, sizeof(*l));
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q))
		bail("sock_diag: %s", strerror(errno));
	while (receive(l, fd))
		;
	close(fd);
}

/**
 * diag_free() - give a dump back
 * @l: from diag_dump()
 */
void diag_free(struct diag_list *l)
{
	free(l->s);
}

/**
 * diag_total() - how many TCP sockets of this network namespace there are
 * @family: AF_INET or AF_INET6
 * @states: as for diag_dump()
 *
 * Return: their number.
 */
size_t diag_total(int family, unsigned int states)
{
	struct diag_list l;
	size_t n;

	diag_dump(&l, family, states);
	n = l.n;
	diag_free(&l);
	return n;
}

/**
 * diag_find() - find a listener by its cookie
 * @cookie: SO_COOKIE
 * @found: set
 *
 * Return: false when sock_diag knows no such listener.
 */
bool diag_find(uint64_t cookie, struct diag_sock *found)
{
	static const int families[] = { AF_INET, AF_INET6 };
	bool hit = false;

	for (int f = 0; f < 2 && !hit; f++) {
		struct diag_list l;

		diag_dump(&l, families[f], DIAG_LISTEN);
		for (size_t i = 0; i < l.n && !hit; i++)
			if (l.s[i].cookie == cookie) {
				*found = l.s[i];
				hit = true;
			}
		diag_free(&l);
	}
	return hit;
}

/**
 * diag_find_port() - find the only listener on a port
 * @family: AF_INET or AF_INET6
 * @port: the port
 * @found: set
 *
 * Return: false when there is none or more than one.
 */
bool diag_find_port(int family, uint16_t port, struct diag_sock *found)
{
	struct diag_list l;
	size_t hits = 0;

	diag_dump(&l, family, DIAG_LISTEN);
	for (size_t i = 0; i < l.n; i++)
		if (l.s[i].port == port) {
			*found = l.s[i];
			hits++;
		}
	diag_free(&l);
	return hits == 1;
}

/**
 * diag_requests() - count the requests in SYN_RECV for a port
 * @family: AF_INET or AF_INET6, of the packets
 * @port: the listener's port
 * @young: set to how many never had their SYN-ACK sent again; may be NULL
 *
 * Return: how many.
 */
size_t diag_requests(int family, uint16_t port, size_t *young)
{
	struct diag_list l;
	size_t n = 0, fresh = 0;

	diag_dump(&l, family, DIAG_SYN_RECV);
	for (size_t i = 0; i < l.n; i++)
		if (l.s[i].port == port) {
			n++;
			fresh += !l.s[i].retrans;
		}
	diag_free(&l);
	if (young)
		*young = fresh;
	return n;
}

/**
 * diag_kill() - end a request or a connection, as `ss -K` does
 * @family: AF_INET or AF_INET6
 * @local: its address here
 * @port: its port here
 * @remote: the peer's address
 * @rport: the peer's port
 *
 * Return: 0 or the errno; EOPNOTSUPP when the kernel cannot.
 */
int diag_kill(int family, const void *local, uint16_t port, const void *remote, uint16_t rport)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DESTROY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.r = { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = -1,
		       .id = { .idiag_sport = htons(port), .idiag_dport = htons(rport),
			       .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } } },
	};
	size_t len = family == AF_INET ? 4 : 16;
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char more[512];
	} answer;
	int fd;

	load_tcp_diag();
	memcpy(q.r.id.idiag_src, local, len);
	memcpy(q.r.id.idiag_dst, remote, len);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q) ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(answer.e)))
		bail("sock_diag destroy: %s", strerror(errno));
	close(fd);
	if (answer.h.nlmsg_type != NLMSG_ERROR)
		bail("sock_diag destroy is answered by type %u", answer.h.nlmsg_type);
	return -answer.e.error;
}
