/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Peers without a TCP stack, behind a tun device: they send a SYN, see the SYN-ACK, and answer it
 * with what the case wants, or never. Listeners are at TUN_V4 and TUN_V6.
 */
#ifndef LISTENQ_TUN_H
#define LISTENQ_TUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUN_V4 "10.10.0.1"
#define TUN_V6 "fd0a::1"

#define SEG_FIN 0x01
#define SEG_SYN 0x02
#define SEG_RST 0x04
#define SEG_ACK 0x10

struct peer {
	int family;
	uint16_t port, dport;
	uint32_t seq, ack;	/* of the SYN; next expected from the listener */
	size_t data;		/* bytes sent with the SYN */
	bool away;		/* no route leads to it */
	unsigned int synacks, resets;
};

/* A segment; its numbers are relative to the SYN's, and to the next one expected. */
struct seg {
	uint8_t flags;
	int32_t seq, ack;
	size_t data;
};

/* How packets reach a listener: where it is bound, and the family they are of. */
struct way {
	const char *name, *addr;
	int family;
};

#define TUN_WAYS 3

extern const struct way tun_ways[TUN_WAYS];

struct tun {
	int fd;
	size_t npeers, room;
	struct peer *peers;
	uint64_t write_ns;	/* what the last write() of a packet took */
};

bool tun_open(struct tun *t);
void tun_close(struct tun *t);
void tun_unqueue(void);
size_t tun_syn(struct tun *t, int family, uint16_t dport);
size_t tun_syn_data(struct tun *t, int family, uint16_t dport, size_t data);
size_t tun_syn_away(struct tun *t, int family, uint16_t dport);
void tun_send(struct tun *t, size_t peer, uint8_t flags);
void tun_segment(struct tun *t, size_t peer, const struct seg *s);
void tun_icmp(struct tun *t, size_t peer, bool fatal);
void tun_drain(struct tun *t);
void tun_text(const struct tun *t, size_t peer, bool mapped, char *text);
size_t tun_synacks(const struct tun *t, size_t from);
size_t tun_resent(const struct tun *t, uint16_t dport);
void tun_peer_addr(const struct tun *t, size_t peer, void *addr);
void tun_routes(bool there);

#endif
