// SPDX-License-Identifier: GPL-2.0
/* Crafted TCP packets through a tun device; the stack is done with each before write() returns. */
#define _GNU_SOURCE
#include "tun.h"
#include "cost.h"
#include "sock.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_DATA 64	/* even, for the checksum */

const struct way tun_ways[TUN_WAYS] = {
	{ "IPv4", TUN_V4, AF_INET },
	{ "IPv6", TUN_V6, AF_INET6 },
	{ "IPv4 on [::]", "::", AF_INET },
};

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

/**
 * tun_peer_addr() - the address of a peer
 * @t: the device
 * @peer: from tun_syn()
 * @addr: room for 16 bytes; set to 4 or 16 of them
 *
 * Every peer has one of its own, so that the kernel has no history of any.
 */
void tun_peer_addr(const struct tun *t, size_t peer, void *addr)
{
	const struct peer *p = &t->peers[peer];
	size_t n = peer + 1;
	uint8_t *a = addr;

	if (p->family == AF_INET) {
		memcpy(a, p->away ? "\x0a\x08" : "\x0a\x09", 2);
	} else {
		memset(a, 0, 16);
		memcpy(a, p->away ? "\xfd\x08" : "\xfd\x09", 2);
		a += 12;
	}
	a[2] = n >> 8;
	a[3] = n;
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
		tun_peer_addr(t, peer, &a.v6.sin6_addr);
	} else if (mapped) {
		memset(&a.v6.sin6_addr.s6_addr[10], 0xff, 2);
		tun_peer_addr(t, peer, &a.v6.sin6_addr.s6_addr[12]);
	} else {
		tun_peer_addr(t, peer, &a.v4.sin_addr);
	}
	/* At the same place in both. */
	a.v4.sin_port = htons(p->port);
	addr_text(&a, text);
}

/* An IP header for @len bytes of @proto, from @src to @dst; returns its size. */
static size_t ip_header(uint8_t *pkt, int family, uint8_t proto, const void *src, const void *dst,
			size_t len)
{
	if (family == AF_INET) {
		struct iphdr *h = (struct iphdr *)pkt;

		*h = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = proto,
				     .tot_len = htons(sizeof(*h) + len) };
		memcpy(&h->saddr, src, 4);
		memcpy(&h->daddr, dst, 4);
		h->check = fold(sum(h, sizeof(*h), 0));
	} else {
		struct ipv6hdr *h = (struct ipv6hdr *)pkt;

		*h = (struct ipv6hdr){ .version = 6, .nexthdr = proto, .hop_limit = 64,
				       .payload_len = htons(len) };
		memcpy(&h->saddr, src, 16);
		memcpy(&h->daddr, dst, 16);
	}
	return family == AF_INET ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
}

static void local_addr(int family, void *addr)
{
	inet_pton(family, family == AF_INET ? TUN_V4 : TUN_V6, addr);
}

static void out(struct tun *t, const uint8_t *pkt, size_t len)
{
	uint64_t begin = cost_now();

	if (write(t->fd, pkt, len) != (ssize_t)len)
		bail("write to tun0: %s", strerror(errno));
	t->write_ns = cost_now() - begin;
}

/**
 * tun_segment() - send a segment of a peer, with any flags and numbers
 * @t: the device
 * @peer: from tun_syn()
 * @s: what it is like
 */
void tun_segment(struct tun *t, size_t peer, const struct seg *s)
{
	const struct peer *p = &t->peers[peer];
	size_t addr = p->family == AF_INET ? 4 : 16, len = sizeof(struct tcphdr) + s->data, ip;
	uint8_t pkt[60 + MAX_DATA] = { 0 }, src[16], dst[16];
	struct tcphdr *th;
	uint32_t c;

	tun_peer_addr(t, peer, src);
	local_addr(p->family, dst);
	ip = ip_header(pkt, p->family, IPPROTO_TCP, src, dst, len);
	th = (struct tcphdr *)(pkt + ip);
	*th = (struct tcphdr){
		.source = htons(p->port), .dest = htons(p->dport),
		.doff = 5, .window = htons(65535),
		.seq = htonl(p->seq + s->seq), .ack_seq = htonl(p->ack + s->ack),
	};
	th->fin = !!(s->flags & SEG_FIN);
	th->syn = !!(s->flags & SEG_SYN);
	th->rst = !!(s->flags & SEG_RST);
	th->ack = !!(s->flags & SEG_ACK);
	c = sum(src, addr, sum(dst, addr, IPPROTO_TCP + len));
	th->check = fold(sum(th, len, c));
	out(t, pkt, ip + len);
}

/**
 * tun_send() - send the segment that is expected next of a peer
 * @t: the device
 * @peer: from tun_syn()
 * @flags: SEG_ACK ends the handshake, SEG_RST gives it up, SEG_SYN repeats the SYN
 */
void tun_send(struct tun *t, size_t peer, uint8_t flags)
{
	struct seg s = { .flags = flags };

	if (flags & SEG_SYN)
		s.data = t->peers[peer].data;
	else
		s.seq = 1 + t->peers[peer].data;
	tun_segment(t, peer, &s);
}

/**
 * tun_icmp() - a router says that it could not bring the SYN-ACK to a peer
 * @t: the device
 * @peer: from tun_syn(), has seen a SYN-ACK
 * @fatal: for good, or perhaps only now
 */
void tun_icmp(struct tun *t, size_t peer, bool fatal)
{
	const struct peer *p = &t->peers[peer];
	bool v4 = p->family == AF_INET;
	uint8_t pkt[120] = { 0 }, src[16], dst[16], *icmp;
	struct tcphdr th = { .source = htons(p->dport), .dest = htons(p->port),
			     .seq = htonl(p->ack - 1) };
	size_t ip, quoted, len = 8 + (v4 ? 20 : 40) + 8;
	uint32_t c = 0;
	uint16_t check;

	tun_peer_addr(t, peer, src);
	local_addr(p->family, dst);
	ip = ip_header(pkt, p->family, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, src, dst, len);
	icmp = pkt + ip;
	/* Unreachable: the host or the port; the port or the address. */
	icmp[0] = v4 ? 3 : 1;
	icmp[1] = v4 ? (fatal ? 1 : 3) : (fatal ? 4 : 3);
	quoted = ip_header(icmp + 8, p->family, IPPROTO_TCP, dst, src, sizeof(th));
	memcpy(icmp + 8 + quoted, &th, 8);
	if (!v4)
		c = sum(src, 16, sum(dst, 16, IPPROTO_ICMPV6 + len));
	check = fold(sum(icmp, len, c));
	memcpy(icmp + 2, &check, 2);
	out(t, pkt, ip + len);
}

static size_t new_peer(struct tun *t, const struct peer *p)
{
	size_t n = t->npeers++;

	if (t->npeers > 65000 || p->data > MAX_DATA)
		bail("no more than 65000 peers and %d bytes", MAX_DATA);
	if (n == t->room) {
		t->room = 2 * t->room + 256;
		t->peers = realloc(t->peers, t->room * sizeof(struct peer));
		if (!t->peers)
			bail("out of memory for %zu peers", t->room);
	}
	t->peers[n] = *p;
	t->peers[n].port = 1024 + n % 60000;
	t->peers[n].seq = 1000000 + 128 * n;
	tun_send(t, n, SEG_SYN);
	tun_drain(t);
	return n;
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
	return new_peer(t, &(struct peer){ .family = family, .dport = dport, .data = data });
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

/**
 * tun_syn_away() - a SYN from where no route leads back to
 * @t: the device
 * @family: AF_INET or AF_INET6
 * @dport: the listener's port
 *
 * Return: the peer's number.
 */
size_t tun_syn_away(struct tun *t, int family, uint16_t dport)
{
	return new_peer(t, &(struct peer){ .family = family, .dport = dport, .away = true });
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

/**
 * tun_resent() - count the SYN-ACKs that came again
 * @t: the device
 * @dport: the listener's port
 *
 * Return: how many more than one the peers of that listener have seen.
 */
size_t tun_resent(const struct tun *t, uint16_t dport)
{
	size_t n = 0;

	for (size_t i = 0; i < t->npeers; i++)
		if (t->peers[i].dport == dport && t->peers[i].synacks)
			n += t->peers[i].synacks - 1;
	return n;
}
