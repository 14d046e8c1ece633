// SPDX-License-Identifier: GPL-2.0
/* The tun device that the packet peers are behind: its addresses and the routes to them. */
#define _GNU_SOURCE
#include "sock.h"
#include "tap.h"
#include "tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
	close(fd);
}

/* A new address can be bound to once a worker of the kernel has looked at it. */
static bool may_bind_v6(int fd)
{
	union addr a;

	addr_make(&a, TUN_V6, 0);
	return !bind(fd, &a.sa, addr_len(&a));
}

static void setup_v6(void)
{
	struct in6_ifreq ifr = { .ifr6_prefixlen = 128, .ifr6_ifindex = if_nametoindex("tun0") };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	inet_pton(AF_INET6, TUN_V6, &ifr.ifr6_addr);
	if (ioctl(fd, SIOCSIFADDR, &ifr))
		bail("tun0 IPv6 address: %s", strerror(errno));
	/* net/ipv6/addrconf.c:addrconf_dad_work */
	if (!AWAIT(may_bind_v6(fd), 30000))
		bail("tun0 IPv6 address cannot be used: %s", strerror(errno));
	close(fd);
}

/**
 * tun_routes() - make or take away the routes to the peers
 * @there: which of both
 */
void tun_routes(bool there)
{
	char name[] = "tun0";
	struct rtentry v4 = { .rt_flags = RTF_UP, .rt_dev = name };
	struct in6_rtmsg v6 = { .rtmsg_flags = RTF_UP, .rtmsg_dst_len = 64, .rtmsg_metric = 1,
				.rtmsg_ifindex = if_nametoindex(name) };
	int fd4 = socket(AF_INET, SOCK_DGRAM, 0), fd6 = socket(AF_INET6, SOCK_DGRAM, 0);

	set_v4(&v4.rt_dst, "10.9.0.0");
	set_v4(&v4.rt_genmask, "255.255.0.0");
	inet_pton(AF_INET6, "fd09::", &v6.rtmsg_dst);
	if (ioctl(fd4, there ? SIOCADDRT : SIOCDELRT, &v4))
		bail("tun0 route: %s", strerror(errno));
	if (ioctl(fd6, there ? SIOCADDRT : SIOCDELRT, &v6))
		bail("tun0 IPv6 route: %s", strerror(errno));
	close(fd4);
	close(fd6);
}

/**
 * tun_unqueue() - what the kernel sends to a peer is there when the call that sends it returns
 *
 * With a queue, a processor that finds the other one just sending leaves its packet to that one
 * (net/core/dev.c:__dev_xmit_skb), and a SYN-ACK comes when its answer has been sent.
 */
void tun_unqueue(void)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg tc;
		struct rtattr kind;
		char name[8];
	} q = {
		.h = { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_NEWQDISC,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE },
		.tc = { .tcm_ifindex = if_nametoindex("tun0"), .tcm_parent = TC_H_ROOT },
		.kind = { .rta_len = RTA_LENGTH(sizeof("noqueue")), .rta_type = TCA_KIND },
		.name = "noqueue",
	};
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, &q, sizeof(q), 0) != sizeof(q) ||
	    recv(fd, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer))
		bail("tun0 without a queue: %s", strerror(errno));
	if (answer.e.error)
		bail("tun0 without a queue: %s", strerror(-answer.e.error));
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
	tun_routes(true);
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
