// SPDX-License-Identifier: GPL-2.0
/*
 * requests, entry by entry, against packets of peers that never complete, what sock_diag counts,
 * and what accept() then gives. needs: tun
 */
#include "format.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "tap.h"
#include "tun.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N 7
#define OWN_TABLE_CTL "net/ipv4/tcp_child_ehash_entries"

static struct tun tun;
static uint16_t next_port = 3000;

/* A listener, and the peers that spoke to it. */
struct server {
	const char *name;
	int fd, family;		/* of the packets */
	bool mapped;
	uint64_t cookie, began;
	char local[ADDR_TEXT];
	size_t first;
};

static struct server serve(const char *name, const char *addr, int family, int backlog, int defer)
{
	struct lopt o = { .addr = addr, .port = next_port++, .backlog = backlog, .defer = defer };
	struct server s = { .name = name, .fd = listener_open(&o), .family = family,
			    .mapped = family == AF_INET && strchr(addr, ':'),
			    .began = mono_ms(), .first = tun.npeers };

	s.cookie = sock_cookie(s.fd);
	sock_text(s.fd, s.local);
	return s;
}

static void syns(const struct server *s, int n)
{
	for (int i = 0; i < n; i++)
		tun_syn(&tun, s->family, sock_port(s->fd));
}

static size_t diag_count(const struct server *s)
{
	return diag_requests(strchr(s->local, '[') ? AF_INET6 : AF_INET, sock_port(s->fd), NULL);
}

static size_t rows_of(const struct table *t, const struct server *s, const char *queue)
{
	char sk[20];
	size_t n = 0;

	snprintf(sk, sizeof(sk), "%" PRIx64, s->cookie);
	for (size_t i = 0; i < t->nrows; i++)
		n += !strcmp(table_cell(t, i, "sk"), sk) &&
		     !strcmp(table_cell(t, i, "queue"), queue);
	return n;
}

static struct table *read_requests(void)
{
	struct table *t = table_read(TABLE("requests"));
	char fault[200];

	if (format_fault(format_of(TABLE("requests")), t, fault, sizeof(fault)))
		ok(false, "requests: %s", fault);
	return t;
}

/* Is the row of a peer's request right, and the only one with its address? */
static bool row_is(const struct server *s, const struct table *t, size_t peer, const char *acked,
		   uint64_t retrans)
{
	char remote[ADDR_TEXT], want[24];
	uint64_t age;
	long row;

	tun_text(&tun, peer, s->mapped, remote);
	row = table_find(t, "remote", remote);
	if (row < 0 || table_count(t, "remote", remote) != 1) {
		diag("%s: not one row for %s", s->name, remote);
		return false;
	}
	snprintf(want, sizeof(want), "%" PRIu64, retrans);
	return strtoull(table_cell(t, row, "sk"), NULL, 16) == s->cookie &&
	       !strcmp(table_cell(t, row, "local"), s->local) &&
	       !strcmp(table_cell(t, row, "queue"), "syn") &&
	       !strcmp(table_cell(t, row, "acked"), acked) &&
	       !strcmp(table_cell(t, row, "retrans"), want) && is_dash(t, row, "rcvq_bytes") &&
	       cell_u64(t, row, "age_ms", &age) && age <= mono_ms() - s->began + 1;
}

/* How many of the server's first @n peers have the row that they should have. */
static size_t right_rows(const struct server *s, size_t n, const char *acked, uint64_t retrans)
{
	struct table *t = read_requests();
	size_t right = 0;

	for (size_t i = 0; i < n; i++)
		right += row_is(s, t, s->first + i, acked, retrans);
	if (rows_of(t, s, "syn") != n)
		right = 0;
	table_free(t);
	return right;
}

static void check_half_open(const char *name, const char *addr, int family)
{
	struct server s = serve(name, addr, family, 100, 0);
	char remote[ADDR_TEXT];
	struct table *t;

	syns(&s, N);
	is_u64(right_rows(&s, N, "0", 0), N, "%s: a row for each half-open connection", name);
	is_u64(diag_count(&s), N, "%s: sock_diag counts as many", name);
	for (int i = 0; i < N; i++)
		tun_send(&tun, s.first + i, SEG_SYN);
	is_u64(right_rows(&s, N, "0", 1), N, "%s: a repeated SYN is answered once more", name);
	tun_send(&tun, s.first + N - 1, SEG_RST);
	is_u64(right_rows(&s, N - 1, "0", 1), N - 1, "%s: the one that was reset is gone", name);
	close(s.fd);
	t = read_requests();
	/* By the peer: the listener has no address any more. */
	tun_text(&tun, s.first, s.mapped, remote);
	ok(table_find(t, "remote", remote) < 0, "%s: closed, its requests are not shown", name);
	table_free(t);
}

static bool timer_agrees(const struct server *s)
{
	tun_drain(&tun);
	return tun.peers[s->first].synacks > 1 &&
	       right_rows(s, 1, "0", tun.peers[s->first].synacks - 1) == 1;
}

static void check_timer(void)
{
	struct server s = serve("timer", TUN_V4, AF_INET, 100, 0);
	struct table *t;
	uint64_t age = 0;

	syns(&s, 1);
	ok(AWAIT(timer_agrees(&s), 10000), "the timer's SYN-ACKs are counted as the peer does");
	t = read_requests();
	cell_u64(t, 0, "age_ms", &age);
	in_range(age, 900, mono_ms() - s.began + 1, "its age is that of the first SYN-ACK");
	table_free(t);
	close(s.fd);
}

static void check_defer(void)
{
	struct server s = serve("TCP_DEFER_ACCEPT", TUN_V4, AF_INET, 100, 30);

	syns(&s, N);
	for (int i = 0; i < N; i++)
		tun_send(&tun, s.first + i, SEG_ACK);
	is_u64(right_rows(&s, N, "1", 0), N, "TCP_DEFER_ACCEPT: acked, and still requests");
	close(s.fd);
}

/* The accept queue's rows are what accept() then gives, in that order. */
static void check_accept_order(const struct server *s, size_t n)
{
	struct table *t = read_requests();
	uint64_t age, before = UINT64_MAX;
	size_t right = 0, i = 0;
	union addr a;

	for (size_t row = 0; row < t->nrows; row++) {
		char remote[ADDR_TEXT] = "";
		socklen_t len = sizeof(a);
		int fd;

		if (strcmp(table_cell(t, row, "queue"), "accept") ||
		    strcmp(table_cell(t, row, "local"), s->local))
			continue;
		fd = i < n ? accept(s->fd, &a.sa, &len) : -1;
		if (fd >= 0)
			addr_text(&a, remote);
		right += cell_u64(t, row, "age_ms", &age) && age <= before &&
			 age <= mono_ms() - s->began + 1 &&
			 !strcmp(table_cell(t, row, "remote"), remote);
		before = age;
		close(fd);
		i++;
	}
	is_u64(i, n, "%s: as many rows as wait for accept()", s->name);
	is_u64(right, n, "%s: in accept() order, the oldest first", s->name);
	table_free(t);
}

static void check_full(const char *name, const char *addr, int family)
{
	struct server s = serve(name, addr, family, 8, 0);
	size_t first, full = 0;

	syns(&s, 5);
	for (first = tun.npeers; full < 9 && tun.npeers < first + 20;
	     full = sock_info(s.fd).tcpi_unacked) {
		size_t peer = tun_syn(&tun, family, sock_port(s.fd));

		tun_send(&tun, peer, SEG_ACK);
	}
	is_u64(full, 9, "%s: the accept queue is full", name);
	for (int i = 0; i < 5; i++)
		tun_send(&tun, s.first + i, SEG_ACK);
	is_u64(right_rows(&s, 5, "1", 0), 5, "%s: refused ACKs are shown", name);
	check_accept_order(&s, 9);
	close(s.fd);
}

static void check_data(const char *addr, const char *dial)
{
	static const size_t sizes[N] = { 0, 1, 1000, 17, 0, 1, 4096 };
	struct server s = serve(addr, addr, AF_INET, 100, 0);
	int clients[N];
	char buf[4096] = "";
	struct table *t;
	size_t row, right = 0;

	for (int i = 0; i < N; i++) {
		fill_acceptq(s.fd, dial, &clients[i], 1);
		if (sizes[i] && write(clients[i], buf, sizes[i]) != (ssize_t)sizes[i])
			bail("write of %zu bytes", sizes[i]);
		/* A FIN is no data. */
		if (i % 2 == 0)
			shutdown(clients[i], SHUT_WR);
	}
	t = read_requests();
	for (row = 0; row < t->nrows && row < N; row++) {
		uint64_t bytes = UINT64_MAX;
		char client[ADDR_TEXT];
		union addr a;

		sock_name(clients[row], &a);
		addr_text(&a, client);
		/* A mapped address ends as the IPv4 one that it is made of, port apart. */
		right += cell_u64(t, row, "rcvq_bytes", &bytes) && bytes == sizes[row] &&
			 strstr(table_cell(t, row, "remote"), strrchr(client, ':'));
	}
	is_u64(right, N, "%s: the data that waits of each, a FIN not counted", addr);
	table_free(t);
	check_accept_order(&s, N);
	for (int i = 0; i < N; i++)
		close(clients[i]);
	close(s.fd);
}

static size_t mptcp_rows(const char *local, const char *rcvq)
{
	struct table *t = read_requests();
	size_t n = 0;

	for (size_t i = 0; i < t->nrows; i++)
		n += !strcmp(table_cell(t, i, "local"), local) &&
		     !strcmp(table_cell(t, i, "rcvq_bytes"), rcvq);
	table_free(t);
	return n;
}

static void check_mptcp(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5, .mptcp = true };
	int fd = listener_open(&o), client, plain;
	char local[ADDR_TEXT];
	union addr a;

	if (fd < 0) {
		skip("no MPTCP in this kernel", "MPTCP in requests");
		return;
	}
	sock_text(fd, local);
	sock_name(fd, &a);
	plain = connect_to(fd, NULL);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
	if (connect(client, &a.sa, addr_len(&a)) || write(client, "x", 1) != 1 ||
	    write(plain, "xy", 2) != 2)
		bail("MPTCP client");
	ok(AWAIT(mptcp_rows(local, "-") == 1, 5000), "MPTCP: what waits is not known");
	is_u64(mptcp_rows(local, "2"), 1, "MPTCP: of a plain TCP client it is");
	close(plain);
	close(client);
	close(fd);
}

static void elsewhere(int up, void *arg)
{
	(void)arg;
	new_netns();
	put_u64(up, 0);
	get_u64(up);
}

static void check_other_world(void)
{
	struct server s = serve("other world", TUN_V4, AF_INET, 100, 0);
	struct child c;
	struct table *t;
	char path[64];

	child_start(&c, elsewhere, NULL);
	get_u64(c.fd);
	syns(&s, N);
	snprintf(path, sizeof(path), "/proc/%d/net/listenq/requests", c.pid);
	t = table_read(path);
	is_u64(t->nrows, 0, "another namespace shows none of this one's");
	table_free(t);
	is_u64(right_rows(&s, N, "0", 0), N, "and this one all");
	child_end(&c);
	close(s.fd);
}

static bool new_world(void)
{
	new_netns();
	if (!tun_open(&tun)) {
		skip("no tun", "requests");
		return false;
	}
	sysctl_set(SOMAXCONN_CTL, 8192);
	sysctl_set(SYN_BACKLOG_CTL, 32768);
	return true;
}

static void check_kinds(void)
{
	check_half_open("IPv4", TUN_V4, AF_INET);
	check_half_open("IPv6", TUN_V6, AF_INET6);
	check_half_open("mapped", "::", AF_INET);
	check_full("IPv4, full", TUN_V4, AF_INET);
	check_full("IPv6, full", TUN_V6, AF_INET6);
	check_full("mapped, full", "::", AF_INET);
	check_other_world();
}

/* A namespace whose connections are in a table of its own. */
static void check_own_table(void)
{
	if (access("/proc/sys/" OWN_TABLE_CTL, F_OK)) {
		skip("no " OWN_TABLE_CTL, "a table of its own");
		return;
	}
	sysctl_set(OWN_TABLE_CTL, 64);
	tun_close(&tun);
	if (!new_world())
		return;
	diag("a namespace with a table of its own");
	check_kinds();
}

int main(void)
{
	if (!new_world())
		return done();
	check_kinds();
	check_timer();
	check_defer();
	check_data("127.0.0.1", NULL);
	check_data("::1", NULL);
	check_data("::", "127.0.0.1");
	check_mptcp();
	check_own_table();
	return done();
}
