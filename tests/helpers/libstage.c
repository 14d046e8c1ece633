// SPDX-License-Identifier: GPL-2.0
/* One listener, its packet peers and its books. */
#include "stage.h"
#include "events.h"
#include "proc.h"
#include "sockdiag.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/**
 * stage_own_port() - ask for a port that a socket keeps when it is shut down and listens again
 * @s: the stage, before stage_listen()
 */
void stage_own_port(struct stage *s)
{
	static uint16_t next = 2000;

	s->opt.port = next++;
}

/**
 * stage_books() - begin to follow the books of the stage's listener
 * @s: the stage
 * @name: of the act
 */
void stage_books(struct stage *s, const char *name)
{
	char text[sizeof(s->books.name)];

	snprintf(text, sizeof(text), "%s, %s", s->way->name, name);
	books_open(&s->books, s->cookie, text);
	books_peers(&s->books, s->tun, s->port);
}

/* An MPTCP socket has a cookie of its own. */
static uint64_t tcp_cookie(const struct stage *s)
{
	union addr a;
	struct diag_sock d;

	if (!s->opt.mptcp)
		return sock_cookie(s->fd);
	sock_name(s->fd, &a);
	if (!diag_find_port(a.sa.sa_family, s->port, &d))
		bail("sock_diag does not know the subflow");
	return d.cookie;
}

/**
 * stage_listen() - open the listener that s->opt asks for
 * @s: the stage
 */
void stage_listen(struct stage *s)
{
	s->opt.addr = s->way->addr;
	s->fd = listener_open(&s->opt);
	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	s->port = sock_port(s->fd);
	s->cookie = tcp_cookie(s);
}

/**
 * stage_open() - open the listener, and its books
 * @s: the stage
 * @name: of the act
 */
void stage_open(struct stage *s, const char *name)
{
	stage_listen(s);
	stage_books(s, name);
}

/**
 * stage_close() - close the listener
 * @s: the stage
 */
void stage_close(struct stage *s)
{
	close(s->fd);
}

/**
 * stage_syn() - new peers send a SYN each
 * @s: the stage
 * @n: how many
 *
 * Return: the first one; the others follow.
 */
size_t stage_syn(struct stage *s, size_t n)
{
	size_t first = s->tun->npeers;

	while (n--)
		tun_syn(s->tun, s->way->family, s->port);
	return first;
}

/**
 * stage_send() - some peers send the same segment each
 * @s: the stage
 * @first: the first of them
 * @n: how many
 * @seg: the segment
 */
void stage_send(struct stage *s, size_t first, size_t n, const struct seg *seg)
{
	for (size_t i = first; i < first + n; i++)
		tun_segment(s->tun, i, seg);
	tun_drain(s->tun);
}

/**
 * stage_ack() - some peers end their handshakes
 * @s: the stage
 * @first: the first of them
 * @n: how many
 */
void stage_ack(struct stage *s, size_t first, size_t n)
{
	stage_send(s, first, n, &(struct seg){ .flags = SEG_ACK, .seq = 1 });
}

/**
 * stage_connect() - new peers connect, one after the other
 * @s: the stage
 * @n: how many
 */
void stage_connect(struct stage *s, size_t n)
{
	while (n--)
		stage_ack(s, stage_syn(s, 1), 1);
}

/**
 * stage_gauge() - a number of the listener's row in listeners
 * @s: the stage
 * @column: which
 *
 * Return: the number; ends the case when it is not known.
 */
uint64_t stage_gauge(const struct stage *s, const char *column)
{
	uint64_t n;

	if (!listener_u64(s->cookie, column, &n))
		bail("%s is not known", column);
	return n;
}

/**
 * stage_fill() - fill the accept queue with peers that connect
 * @s: the stage
 *
 * Return: how many it took.
 */
uint64_t stage_fill(struct stage *s)
{
	uint64_t n = stage_gauge(s, "acceptq_limit") - stage_gauge(s, "acceptq");

	stage_connect(s, n);
	if (stage_gauge(s, "acceptq") != stage_gauge(s, "acceptq_limit"))
		bail("the accept queue is not full");
	return n;
}

/**
 * stage_take() - accept a connection; a busy processor may be late with its last ACK
 * @s: the stage; the case ends when there is none
 *
 * Return: a file descriptor.
 */
int stage_take(struct stage *s)
{
	int fd = -1;

	AWAIT((fd = accept(s->fd, NULL, NULL)) >= 0 || errno != EAGAIN, BOOKS_MS);
	if (fd < 0)
		bail("accept: %s", strerror(errno));
	return fd;
}

/**
 * stage_accept() - accept connections, and reset them
 * @s: the stage
 * @n: how many; the case ends when there are fewer
 */
void stage_accept(struct stage *s, size_t n)
{
	struct linger l = { .l_onoff = 1 };

	while (n--) {
		int fd = stage_take(s);

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		close(fd);
	}
	tun_drain(s->tun);
}

/**
 * stage_sysctls() - set all sysctls that matter here as a new namespace has them, without rations
 */
void stage_sysctls(void)
{
	sysctl_set(SYNCOOKIES_CTL, 1);
	sysctl_set(SYN_BACKLOG_CTL, 4096);
	sysctl_set(SOMAXCONN_CTL, 4096);
	sysctl_set(ABORT_CTL, 0);
	sysctl_set(RETRIES_CTL, 5);
	sysctl_set(FASTOPEN_CTL, 0x202);
	if (!access("/proc/sys/" MIGRATE_CTL, F_OK))
		sysctl_set(MIGRATE_CTL, 0);
	sysctl_set("net/ipv4/tcp_invalid_ratelimit", 0);
}

/**
 * stage_ways() - play all acts in all ways, in the present namespace
 * @tun: the device
 * @acts: what to play
 * @n: how many
 */
void stage_ways(struct tun *tun, const act_fn *acts, size_t n)
{
	tun_unqueue();
	for (size_t w = 0; w < TUN_WAYS; w++)
		for (size_t i = 0; i < n; i++) {
			struct stage s = { .tun = tun, .way = &tun_ways[w] };

			stage_sysctls();
			acts[i](&s);
		}
}

/**
 * stage_play() - play all acts in all ways, in a namespace of their own, and check the sums
 * @acts: what to play
 * @n: how many
 *
 * Return: false when the kernel has no tun.
 */
bool stage_play(const act_fn *acts, size_t n)
{
	struct tun tun;

	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "packet peers");
		return false;
	}
	events_follow();
	stage_ways(&tun, acts, n);
	check_sums("at the end");
	check_exact("at the end");
	return true;
}
