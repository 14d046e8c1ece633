// SPDX-License-Identifier: GPL-2.0
// The slow server of the demo, and its clients.
//   demo-server listen PORT BACKLOG   listens on 127.0.0.1 and never accepts
//   demo-server connect PORT COUNT    starts COUNT connections to it, one after another
// Both stay until they are killed.
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "demo-server: %s: %s\n", what, strerror(errno));
	return 1;
}

static int serve(const struct sockaddr_in *addr, int backlog)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return fail("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return fail("bind");
	if (listen(fd, backlog))
		return fail("listen");
	return pause();
}

/* Nonblocking: on loopback a connect() that finds room is complete when it returns. */
static int visit(const struct sockaddr_in *addr, int count)
{
	while (count-- > 0) {
		const struct sockaddr *to = (const struct sockaddr *)addr;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		if (fd < 0)
			return fail("socket");
		if (connect(fd, to, sizeof(*addr)) && errno != EINPROGRESS)
			return fail("connect");
	}
	return pause();
}

int main(int argc, char **argv)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	if (argc == 4) {
		addr.sin_port = htons(atoi(argv[2]));
		addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		if (strcmp(argv[1], "listen") == 0)
			return serve(&addr, atoi(argv[3]));
		if (strcmp(argv[1], "connect") == 0)
			return visit(&addr, atoi(argv[3]));
	}
	fprintf(stderr, "Usage: demo-server listen PORT BACKLOG | connect PORT COUNT\n");
	return 2;
}
