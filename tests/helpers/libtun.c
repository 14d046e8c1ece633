// SPDX-License-Identifier: GPL-2.0
/* Crafted TCP packets through a tun device; the stack is done with each before write() returns. */
#define _GNU_SOURCE
#include "tun.h"
#include "sock.h"
#include "sysctl.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_DATA 64	/* even, for the checksum */

static bool open_device(struct tun *t)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	pid_t pid = fork();

	if (!pid) {
		execlp("modprobe", "modprobe", "-q", "tun", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return t->fd >= 0 && !ioctl(t->fd, TUNSETIFF, &ifr);
}

static void set_v4(struct sockaddr *sa, const char *ip)
{
	union addr a;

	addr_make(&a, ip, 0);
	memcpy(sa, &a.v4, sizeof(a.v4));
}

static void setup_v4(void)
{
	struct ifreq ifr = { .ifr_name = "tun0" };
	struct rtentry rt = { .rt_flags = RTF_UP, .rt_dev = ifr.ifr_name };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	set_v4(&ifr.ifr_addr, TUN_V4);
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		bail("tun0 address: %s", strerror(errno));
	set_v4(&ifr.ifr_addr, "255.255.255.255");
	if (ioctl(fd, SIOCSIFNETMASK, &ifr))
		bail("tun0 netmask: %s", strerror(errno));
	ifr.ifr_qlen = 20000;
	if (ioctl(fd, SIOCSIFTXQLEN, &ifr))
		bail("tun0 txqueuelen: %s", strerror(errno));
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		bail("tun0 up: %s", strerror(errno));
	set_v4(&rt.rt_dst, "10.9.0.0");
	set_v4(&rt.rt_genmask, "255.255.0.0");
	if (ioctl(fd, SIOCADDRT, &rt))
		bail("tun0 route: %s", strerror(errno));
	close(fd);
}

static void setup_v6(void)
{
	struct in6_ifreq ifr = { .ifr6_prefixlen = 128, .ifr6_ifindex = if_nametoindex("tun0") };
	struct in6_rtmsg rt = { .rtmsg_flags = RTF_UP, .rtmsg_dst_len = 64, .rtmsg_metric = 1,
				.rtmsg_ifindex = ifr.ifr6_ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, TUN_V6, &ifr.ifr6_addr);
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		bail("tun0 IPv6 address: %s", strerror(errno));
	inet_pton(AF_INET6, "fd09::", &rt.rtmsg_dst);
	if (ioctl(fd, SIOCADDRT, &rt))
		bail("tun0 IPv6 route: %s", strerror(errno));
	close(fd);
}

/**
 * tun_open() - make the device, in a network namespace that has none yet
 * @t: set
 *
 * Return: false when the kernel has no tun.
 */
bool tun_open(struct tun *t)
{
	memset(t, 0, sizeof(*t));
	if (!open_device(t))
		return false;
	setup_v4();
	setup_v6();
	return true;
}

/**
 * tun_close() - remove the device and its peers
 * @t: from tun_open()
 */
void tun_close(struct tun *t)
{
	close(t->fd);
	free(t->peers);
}

static uint32_t sum(const void *data, size_t len, uint32_t s)
{
	const uint8_t *p = data;

	for (; len > 1; p += 2, len -= 2)
		s += p[0] << 8 | p[1];
	return s;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return htons(~s);
}

/* Every peer has an address of its own, so that the kernel has no history of any. */
static void peer_addr(size_t n, int family, void *addr)
{
	uint8_t *p = addr;

	n++;
	if (family == AF_INET) {
		memcpy(p, "\x0a\x09", 2);
	} else {
		memset(p, 0, 16);
		memcpy(p, "\xfd\x09", 2);
		p += 12;
	}
	p[2] = n >> 8;
	p[3] = n;
}

/**
 * tun_text() - the address of a peer, as the tables print it
 * @t: the device
 * @peer: from tun_syn()
 * @mapped: of an IPv4 peer, as an IPv6 socket sees it
 * @text: room for ADDR_TEXT bytes
 */
void tun_text(const struct tun *t, size_t peer, bool mapped, char *text)
{
	const struct peer *p = &t->peers[peer];
	union addr a = { .sa.sa_family = mapped ? AF_INET6 : p->family };

	if (p->family == AF_INET6) {
		peer_addr(peer, AF_INET6, &a.v6.sin6_addr);
	} else if (mapped) {
		memset(&a.v6.sin6_addr.s6_addr[10], 0xff, 2);
		peer_addr(peer, AF_INET, &a.v6.sin6_addr.s6_addr[12]);
	} else {
		peer_addr(peer, AF_INET, &a.v4.sin_addr);
	}
	/* At the same place in both. */
	a.v4.sin_port = htons(p->port);
	addr_text(&a, text);
}

/* @data: bytes of payload, all of them 0 */
static void emit(struct tun *t, int family, const void *src, const struct tcphdr *th, size_t data)
{
	size_t ip = family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	size_t addr = family == AF_INET ? 4 : 16, seg = sizeof(*th) + data;
	uint8_t pkt[60 + MAX_DATA] = { 0 }, dst[16];
	struct tcphdr *out = (struct tcphdr *)(pkt + ip);
	uint32_t s;

	inet_pton(family, family == AF_INET ? TUN_V4 : TUN_V6, dst);
	if (family == AF_INET) {
		struct iphdr *h = (struct iphdr *)pkt;

		*h = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP,
				     .tot_len = htons(ip + seg) };
		memcpy(&h->saddr, src, 4);
		memcpy(&h->daddr, dst, 4);
		h->check = fold(sum(h, sizeof(*h), 0));
	} else {
		struct ipv6hdr *h = (struct ipv6hdr *)pkt;

		*h = (struct ipv6hdr){ .version = 6, .nexthdr = IPPROTO_TCP, .hop_limit = 64,
				       .payload_len = htons(seg) };
		memcpy(&h->saddr, src, 16);
		memcpy(&h->daddr, dst, 16);
	}
	*out = *th;
	s = sum(src, addr, sum(dst, addr, IPPROTO_TCP + seg));
	out->check = fold(sum(out, sizeof(*out), s));
	if (write(t->fd, pkt, ip + seg) != (ssize_t)(ip + seg))
		bail("write to tun0: %s", strerror(errno));
}

/**
 * tun_send() - send a segment of a peer
 * @t: the device
 * @peer: from tun_syn()
 * @flags: SEG_ACK ends the handshake, SEG_RST gives it up, SEG_SYN repeats the SYN
 */
void tun_send(struct tun *t, size_t peer, uint8_t flags)
{
	struct peer *p = &t->peers[peer];
	struct tcphdr th = {
		.source = htons(p->port), .dest = htons(p->dport),
		.doff = 5, .window = htons(65535),
		.syn = !!(flags & SEG_SYN), .rst = !!(flags & SEG_RST), .ack = !!(flags & SEG_ACK),
		.seq = htonl(p->seq + (flags & SEG_SYN ? 0 : 1 + p->data)),
		.ack_seq = htonl(p->ack),
	};
	uint8_t src[16];

	peer_addr(peer, p->family, src);
	emit(t, p->family, src, &th, flags & SEG_SYN ? p->data : 0);
}

/**
 * tun_syn_data() - a new peer sends its SYN with data, as for TCP Fast Open
 * @t: the device
 * @family: AF_INET or AF_INET6
 * @dport: the listener's port
 * @data: bytes, at most 64
 *
 * Return: the peer's number.
 */
size_t tun_syn_data(struct tun *t, int family, uint16_t dport, size_t data)
{
	size_t n = t->npeers++;

	if (t->npeers > 65000 || data > MAX_DATA)
		bail("no more than 65000 peers and %d bytes", MAX_DATA);
	if (n == t->room) {
		t->room = 2 * t->room + 256;
		t->peers = realloc(t->peers, t->room * sizeof(struct peer));
		if (!t->peers)
			bail("out of memory for %zu peers", t->room);
	}
	t->peers[n] = (struct peer){ .family = family, .port = 1024 + n % 60000, .dport = dport,
				     .seq = 1000000 + 128 * n, .data = data };
	tun_send(t, n, SEG_SYN);
	tun_drain(t);
	return n;
}

/**
 * tun_syn() - a new peer sends its SYN
 * @t: the device
 * @family: AF_INET or AF_INET6
 * @dport: the listener's port
 *
 * Return: the peer's number.
 */
size_t tun_syn(struct tun *t, int family, uint16_t dport)
{
	return tun_syn_data(t, family, dport, 0);
}

static void heard(struct tun *t, const uint8_t *pkt, ssize_t len)
{
	bool v6 = pkt[0] >> 4 == 6;
	const uint8_t *dst = v6 ? pkt + 36 : pkt + 16;
	const struct tcphdr *th = (const struct tcphdr *)(pkt + (v6 ? 40 : 20));
	size_t n = (dst[2] << 8 | dst[3]) - 1;
	struct peer *p;

	/* The kernel also sends its own, neighbour discovery and such. */
	if (len < (v6 ? 60 : 40) || pkt[v6 ? 6 : 9] != IPPROTO_TCP || n >= t->npeers)
		return;
	p = &t->peers[n];
	if (p->port != ntohs(th->dest) || p->dport != ntohs(th->source))
		return;
	if (th->rst) {
		p->resets++;
	} else if (th->syn && th->ack && ntohl(th->ack_seq) - p->seq - 1 <= p->data) {
		p->synacks++;
		p->ack = ntohl(th->seq) + 1;
	}
}

/**
 * tun_drain() - take everything that the kernel has sent to the peers
 * @t: the device
 */
void tun_drain(struct tun *t)
{
	uint8_t pkt[2048];
	ssize_t len;

	while ((len = read(t->fd, pkt, sizeof(pkt))) > 0)
		heard(t, pkt, len);
}

/**
 * tun_synacks() - count the peers that have seen a SYN-ACK
 * @t: the device
 * @from: first peer that counts
 *
 * Return: how many.
 */
size_t tun_synacks(const struct tun *t, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < t->npeers; i++)
		n += !!t->peers[i].synacks;
	return n;
}
