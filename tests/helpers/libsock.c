// SPDX-License-Identifier: GPL-2.0
/* Listeners and clients of every kind, and what the kernel's own calls say of them. */
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

/**
 * mono_ms() - CLOCK_MONOTONIC
 *
 * Return: milliseconds.
 */
uint64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

/**
 * addr_make() - make a socket address
 * @a: set
 * @text: IPv4 or IPv6 address
 * @port: port
 */
void addr_make(union addr *a, const char *text, uint16_t port)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &a->v6.sin6_addr) == 1) {
		a->v6.sin6_family = AF_INET6;
		a->v6.sin6_port = htons(port);
	} else {
		bail("'%s' is no address", text);
	}
}

/**
 * addr_len() - size of an address, for the system calls
 * @a: the address
 *
 * Return: bytes.
 */
socklen_t addr_len(const union addr *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->v4) : sizeof(a->v6);
}

/**
 * addr_text() - an address as the tables print it
 * @a: the address
 * @text: room for ADDR_TEXT bytes
 */
void addr_text(const union addr *a, char *text)
{
	char ip[INET6_ADDRSTRLEN];

	if (a->sa.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a->v4.sin_addr, ip, sizeof(ip));
		snprintf(text, ADDR_TEXT, "%s:%u", ip, ntohs(a->v4.sin_port));
	} else {
		inet_ntop(AF_INET6, &a->v6.sin6_addr, ip, sizeof(ip));
		snprintf(text, ADDR_TEXT, "[%s]:%u", ip, ntohs(a->v6.sin6_port));
	}
}

static void set_opt(int fd, int level, int opt, int value, const char *what)
{
	if (setsockopt(fd, level, opt, &value, sizeof(value)))
		bail("setsockopt %s: %s", what, strerror(errno));
}

/**
 * bound_socket() - a socket with all its options set and bound, not yet listening
 * @o: what is asked
 *
 * Return: the fd; -1 with errno set when the kernel has no such protocol.
 */
int bound_socket(const struct lopt *o)
{
	union addr a;
	int fd;

	addr_make(&a, o->addr, o->port);
	fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, o->mptcp ? IPPROTO_MPTCP : 0);
	if (fd < 0 && o->mptcp)
		return -1;
	if (fd < 0)
		bail("socket for %s: %s", o->addr, strerror(errno));
	if (a.sa.sa_family == AF_INET6)
		set_opt(fd, IPPROTO_IPV6, IPV6_V6ONLY, o->v6only, "IPV6_V6ONLY");
	if (o->reuseport)
		set_opt(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
	if (o->dev && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->dev, strlen(o->dev) + 1))
		bail("SO_BINDTODEVICE %s: %s", o->dev, strerror(errno));
	if (o->tfo)
		set_opt(fd, IPPROTO_TCP, TCP_FASTOPEN, o->tfo, "TCP_FASTOPEN");
	if (o->defer)
		set_opt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, o->defer, "TCP_DEFER_ACCEPT");
	if (bind(fd, &a.sa, addr_len(&a)))
		bail("bind to %s port %u: %s", o->addr, o->port, strerror(errno));
	return fd;
}

/**
 * listener_open() - a listener
 * @o: what is asked
 *
 * Return: the fd; -1 with errno set when the kernel has no such protocol.
 */
int listener_open(const struct lopt *o)
{
	int fd = bound_socket(o);

	if (fd >= 0 && listen(fd, o->backlog))
		bail("listen on %s, backlog %d: %s", o->addr, o->backlog, strerror(errno));
	return fd;
}

/**
 * sock_cookie() - SO_COOKIE
 * @fd: the socket
 *
 * Return: the cookie, the key of all tables.
 */
uint64_t sock_cookie(int fd)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len))
		bail("SO_COOKIE: %s", strerror(errno));
	return cookie;
}

/**
 * sock_inode() - inode number of a socket
 * @fd: the socket
 *
 * Return: st_ino.
 */
uint64_t sock_inode(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		bail("fstat: %s", strerror(errno));
	return st.st_ino;
}

/**
 * sock_name() - getsockname()
 * @fd: the socket
 * @a: set
 */
void sock_name(int fd, union addr *a)
{
	socklen_t len = sizeof(*a);

	if (getsockname(fd, &a->sa, &len))
		bail("getsockname: %s", strerror(errno));
}

/**
 * sock_port() - port a socket is bound to
 * @fd: the socket
 *
 * Return: the port.
 */
uint16_t sock_port(int fd)
{
	union addr a;

	sock_name(fd, &a);
	return ntohs(a.sa.sa_family == AF_INET ? a.v4.sin_port : a.v6.sin6_port);
}

/**
 * sock_text() - what a socket is bound to, as the tables print it
 * @fd: the socket
 * @text: room for ADDR_TEXT bytes
 */
void sock_text(int fd, char *text)
{
	union addr a;

	sock_name(fd, &a);
	addr_text(&a, text);
}

/**
 * sock_info() - TCP_INFO; of a listener tcpi_unacked is the accept queue, tcpi_sacked its maximum
 * @fd: the socket
 *
 * Return: the structure.
 */
struct tcp_info sock_info(int fd)
{
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof(ti);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len))
		bail("TCP_INFO: %s", strerror(errno));
	return ti;
}

/**
 * connect_nb() - begin to connect
 * @a: to where
 *
 * Return: a non-blocking socket.
 */
int connect_nb(const union addr *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		bail("socket of a client: %s", strerror(errno));
	if (connect(fd, &a->sa, addr_len(a)) && errno != EINPROGRESS)
		bail("connect: %s", strerror(errno));
	return fd;
}

/**
 * connect_to() - begin to connect to a listener
 * @listener: the listening socket
 * @addr: destination address; NULL for what it is bound to
 *
 * Return: a non-blocking socket.
 */
int connect_to(int listener, const char *addr)
{
	union addr a;

	if (addr)
		addr_make(&a, addr, sock_port(listener));
	else
		sock_name(listener, &a);
	return connect_nb(&a);
}

/**
 * connect_from() - begin to connect on the loopback interface, from a port that is chosen
 * @port: the client's
 * @to: the server's
 *
 * Return: a non-blocking socket.
 */
int connect_from(uint16_t port, uint16_t to)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = port });
	union addr a;

	addr_make(&a, "127.0.0.1", to);
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		bail("O_NONBLOCK: %s", strerror(errno));
	if (connect(fd, &a.sa, addr_len(&a)) && errno != EINPROGRESS)
		bail("connect from port %u: %s", port, strerror(errno));
	return fd;
}

/**
 * sock_error() - SO_ERROR, which reading clears
 * @fd: the socket
 *
 * Return: an errno, or 0.
 */
int sock_error(int fd)
{
	int err;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		bail("SO_ERROR: %s", strerror(errno));
	return err;
}

/**
 * tcp_state() - state of a socket
 * @fd: the socket
 *
 * Return: 1 ESTABLISHED, 2 SYN_SENT and so on.
 */
int tcp_state(int fd)
{
	return sock_info(fd).tcpi_state;
}

/**
 * fill_acceptq() - put connections into an accept queue, and wait until they are there
 * @listener: the listening socket
 * @addr: as for connect_to()
 * @clients: set to the clients' sockets
 * @n: how many
 */
void fill_acceptq(int listener, const char *addr, int *clients, int n)
{
	unsigned int before = sock_info(listener).tcpi_unacked;

	for (int i = 0; i < n; i++)
		clients[i] = connect_to(listener, addr);
	if (!AWAIT(sock_info(listener).tcpi_unacked == before + n, 10000))
		bail("%d clients did not reach the accept queue", n);
}

/**
 * raise_nofile() - allow more open files
 * @n: how many
 */
void raise_nofile(unsigned int n)
{
	struct rlimit r = { .rlim_cur = n, .rlim_max = n };

	if (setrlimit(RLIMIT_NOFILE, &r))
		bail("RLIMIT_NOFILE %u: %s", n, strerror(errno));
}

/**
 * netstat_find() - look for a counter in /proc/net/netstat
 * @name: as in its header, for example ListenOverflows
 * @value: set to its value in this network namespace
 *
 * Return: false when this kernel does not have it.
 */
bool netstat_find(const char *name, uint64_t *value)
{
	char *text = file_read("/proc/net/netstat", NULL), *save = NULL, *names, *values;

	for (names = text ? strtok_r(text, "\n", &save) : NULL; names;
	     names = strtok_r(NULL, "\n", &save)) {
		char *s1 = NULL, *s2 = NULL, *n, *v;

		values = strtok_r(NULL, "\n", &save);
		if (!values)
			break;
		n = strtok_r(names, " ", &s1);
		v = strtok_r(values, " ", &s2);
		for (; n && v; n = strtok_r(NULL, " ", &s1), v = strtok_r(NULL, " ", &s2))
			if (!strcmp(n, name)) {
				*value = strtoull(v, NULL, 10);
				free(text);
				return true;
			}
	}
	free(text);
	return false;
}

/**
 * netstat() - one counter of /proc/net/netstat
 * @name: as in its header
 *
 * Return: its value in this network namespace; ends the case when there is none.
 */
uint64_t netstat(const char *name)
{
	uint64_t value;

	if (!netstat_find(name, &value))
		bail("/proc/net/netstat has no %s", name);
	return value;
}
