// SPDX-License-Identifier: GPL-2.0
/*
 * A listener that the kernel opens for itself: MPTCP's path manager does for an endpoint with a
 * port. needs: mptcp
 */
#include "sockdiag.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/mptcp.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT 4321

struct message {
	struct nlmsghdr h;
	struct genlmsghdr g;
	char attrs[256];
};

static void *attr(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)((char *)m + NLMSG_ALIGN(m->h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static void begin(struct message *m, int family, int cmd, int version)
{
	memset(m, 0, sizeof(*m));
	m->h.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->h.nlmsg_type = family;
	m->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->g.cmd = cmd;
	m->g.version = version;
}

/* Sends, takes the answer into @m; returns 0 or the errno that the kernel gave. */
static int ask(int fd, struct message *m)
{
	char answer[4096];
	struct nlmsghdr *h = (struct nlmsghdr *)answer;
	ssize_t len;

	if (send(fd, m, m->h.nlmsg_len, 0) < 0)
		bail("netlink: %s", strerror(errno));
	len = recv(fd, answer, sizeof(answer), 0);
	if (len < (ssize_t)NLMSG_HDRLEN)
		bail("netlink: %s", strerror(errno));
	if (h->nlmsg_type == NLMSG_ERROR)
		return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
	memcpy(m, answer, len < (ssize_t)sizeof(*m) ? (size_t)len : sizeof(*m));
	/* The kernel confirms the same question. */
	return recv(fd, answer, sizeof(answer), 0) < 0 ? errno : 0;
}

static int family_id(int fd)
{
	struct message m;
	struct nlattr *a;

	begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	attr(&m, CTRL_ATTR_FAMILY_NAME, MPTCP_PM_NAME, sizeof(MPTCP_PM_NAME));
	if (ask(fd, &m))
		return -1;
	for (size_t at = NLMSG_LENGTH(GENL_HDRLEN); at < sizeof(m); at += NLA_ALIGN(a->nla_len)) {
		a = (void *)((char *)&m + at);
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(uint16_t *)(a + 1);
		if (a->nla_len < NLA_HDRLEN)
			break;
	}
	return -1;
}

static int endpoint(int fd, int id, int cmd)
{
	uint32_t flags = MPTCP_PM_ADDR_FLAG_SIGNAL;
	uint16_t family = AF_INET, port = PORT;
	uint8_t number = 1;
	struct in_addr addr = { htonl(INADDR_LOOPBACK) };
	struct message m;
	struct nlattr *nest;

	begin(&m, id, cmd, MPTCP_PM_VER);
	nest = attr(&m, MPTCP_PM_ATTR_ADDR | NLA_F_NESTED, NULL, 0);
	attr(&m, MPTCP_PM_ADDR_ATTR_FAMILY, &family, sizeof(family));
	attr(&m, MPTCP_PM_ADDR_ATTR_ID, &number, sizeof(number));
	attr(&m, MPTCP_PM_ADDR_ATTR_ADDR4, &addr, sizeof(addr));
	attr(&m, MPTCP_PM_ADDR_ATTR_PORT, &port, sizeof(port));
	attr(&m, MPTCP_PM_ADDR_ATTR_FLAGS, &flags, sizeof(flags));
	nest->nla_len = (char *)&m + m.h.nlmsg_len - (char *)nest;
	return ask(fd, &m);
}

int main(void)
{
	int fd, id, err;
	struct diag_sock d;
	struct table *t;
	size_t row;

	new_netns();
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	id = fd < 0 ? -1 : family_id(fd);
	if (id < 0) {
		skip("no MPTCP in this kernel", "a listener of the kernel's own");
		return done();
	}
	err = endpoint(fd, id, MPTCP_PM_CMD_ADD_ADDR);
	if (err)
		bail("cannot add an MPTCP endpoint: %s", strerror(err));
	if (!diag_find_port(AF_INET, PORT, &d))
		bail("the endpoint has no listener");
	t = listeners_row(d.cookie, &row);
	check_str(t, row, "local", "127.0.0.1:4321", "endpoint");
	check_str(t, row, "flags", "mk", "endpoint");
	check_u64(t, row, "max_ack_backlog", d.max, "endpoint");
	check_u64(t, row, "acceptq_limit", d.max + 1ull, "endpoint");
	check_u64(t, row, "uid", d.uid, "endpoint");
	check_u64(t, row, "inode", d.inode, "endpoint");
	table_free(t);
	ok(!endpoint(fd, id, MPTCP_PM_CMD_DEL_ADDR), "the endpoint can be removed");
	ok(AWAIT(!diag_find_port(AF_INET, PORT, &d), 5000), "its listener is gone");
	t = table_read(LISTENERS);
	is_u64(t->nrows, 0, "and so is the row");
	table_free(t);
	return done();
}
