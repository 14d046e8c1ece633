// SPDX-License-Identifier: GPL-2.0
/* The interface of SO_BINDTODEVICE, also one with a new name, and one that went away. */
#define _GNU_SOURCE
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "tun.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void check(int fd, const char *dev, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "dev", dev, what);
	table_free(t);
}

static void rename_tun0(const char *name)
{
	struct ifreq ifr = { .ifr_name = "tun0" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		bail("flags of tun0: %s", strerror(errno));
	ifr.ifr_flags &= ~IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &ifr))
		bail("tun0 down: %s", strerror(errno));
	strcpy(ifr.ifr_newname, name);
	if (ioctl(fd, SIOCSIFNAME, &ifr))
		bail("rename tun0: %s", strerror(errno));
	close(fd);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5, .dev = "lo" };
	struct tun tun;
	int fd;

	new_netns();
	check(listener_open(&o), "lo", "bound to lo");
	o.dev = NULL;
	check(listener_open(&o), "-", "bound to no interface");
	if (!tun_open(&tun)) {
		skip("no tun", "an interface with a new name");
		skip("no tun", "an interface that went away");
		return done();
	}
	o = (struct lopt){ .addr = "0.0.0.0", .backlog = 5, .dev = "tun0" };
	fd = listener_open(&o);
	check(fd, "tun0", "bound to tun0");
	rename_tun0("ren\\aned");
	check(fd, "ren\\134aned", "after a new name with a backslash");
	tun_close(&tun);
	check(fd, "-", "after its interface went away");
	return done();
}
