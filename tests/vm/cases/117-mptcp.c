// SPDX-License-Identifier: GPL-2.0
/* The books of MPTCP listeners: TCP's and MPTCP's clients, and packet peers. needs: mptcp, tun */
#include "proc.h"
#include "sockdiag.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLAIN 5
#define BOTH 9		/* these, and four that speak MPTCP */

static void handshakes(struct stage *s)
{
	size_t first;

	s->opt = (struct lopt){ .mptcp = true, .backlog = 100 };
	stage_open(s, "MPTCP listener");
	first = stage_syn(s, 6);
	stage_ack(s, first, 4);
	stage_send(s, first + 4, 1, &(struct seg){ .flags = SEG_RST, .seq = 1 });
	books_step(&s->books, "6 SYNs, 4 ACKs, 1 RST",
		   "syn=6 syn_queued=6 from_synq=4 established=4 req_reset=1");
	stage_accept(s, 3);
	books_step(&s->books, "3 are accepted", "accepted=3");
	stage_close(s);
	books_end(&s->books, "closed", "closed_pending=1 synq_left=1");
}

static void overflow(struct stage *s)
{
	size_t first, n;

	s->opt = (struct lopt){ .mptcp = true, .backlog = 4 };
	stage_open(s, "MPTCP listener that overflows");
	first = stage_syn(s, 2);
	n = stage_fill(s);
	stage_ack(s, first, 2);
	stage_syn(s, 3);
	books_step(&s->books, "full, 2 ACKs, 3 SYNs",
		   "syn=%zu syn_queued=%zu syn_drop_acceptq=3 from_synq=%zu established=%zu %s",
		   n + 5, n + 2, n, n, "ack_overflow=2");
	stage_close(s);
}

/* Of cookies, MPTCP does not tell which listener's connection was accepted. */
static void cookies(struct stage *s)
{
	size_t first;

	s->opt = (struct lopt){ .mptcp = true, .backlog = 100 };
	sysctl_set(SYNCOOKIES_CTL, 2);
	stage_open(s, "MPTCP listener with cookies");
	first = stage_syn(s, 5);
	stage_ack(s, first, 3);
	stage_send(s, first + 3, 2, &(struct seg){ .flags = SEG_ACK, .seq = 1, .ack = 12345 });
	s->books.unknown = "accepted";
	books_step(&s->books, "5 SYNs, 3 ACKs, 2 wrong ones",
		   "syn=5 syn_cookie=5 cookie_ok=3 cookie_bad=2 established=3");
	stage_accept(s, 1);
	books_step(&s->books, "1 is accepted", "%s", "");
	stage_close(s);
	s->books.unknown = "accepted closed_pending";
	books_end(&s->books, "closed", "%s", "");
}

static int dial(const union addr *a, bool mptcp)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, mptcp ? IPPROTO_MPTCP : 0);

	if (fd < 0 || connect(fd, &a->sa, addr_len(a)) || send(fd, "x", 1, MSG_NOSIGNAL) != 1)
		bail("%s client: %s", mptcp ? "MPTCP" : "TCP", strerror(errno));
	return fd;
}

/* Real clients, on lo; the first ones speak TCP. */
static void check_clients(const char *bound, const char *to)
{
	struct lopt o = { .addr = bound, .backlog = 50, .mptcp = true };
	int fd = listener_open(&o), clients[BOTH];
	struct diag_sock d;
	struct books b;
	union addr a;
	char name[64];

	sock_name(fd, &a);
	if (!diag_find_port(a.sa.sa_family, sock_port(fd), &d))
		bail("sock_diag does not know the subflow");
	snprintf(name, sizeof(name), "clients of %s at %s", to, bound);
	books_open(&b, d.cookie, name);
	addr_make(&a, to, sock_port(fd));
	for (int i = 0; i < BOTH; i++)
		clients[i] = dial(&a, i >= PLAIN);
	books_step(&b, "9 clients", "syn=9 syn_queued=9 from_synq=9 established=9");
	for (int i = 0; i < BOTH - 2; i++)
		close(accept(fd, NULL, NULL));
	books_step(&b, "7 are accepted", "accepted=7");
	for (int i = 0; i < BOTH; i++)
		close(clients[i]);
	close(fd);
	books_end(&b, "closed", "closed_pending=2");
}

static const act_fn acts[] = { handshakes, overflow, cookies };

int main(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0) {
		skip("no MPTCP in this kernel", "MPTCP listeners");
		return done();
	}
	close(fd);
	new_netns();
	check_clients("127.0.0.1", "127.0.0.1");
	check_clients("::1", "::1");
	check_clients("::", "127.0.0.1");
	check_sums("clients");
	check_exact("clients");
	stage_play(acts, sizeof(acts) / sizeof(acts[0]));
	return done();
}
