/* SPDX-License-Identifier: GPL-2.0 */
/* Listeners and clients of every kind, what the kernel's own calls say of them, and waiting. */
#ifndef LISTENQ_SOCK_H
#define LISTENQ_SOCK_H

#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define ADDR_TEXT 80

union addr {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage ss;
};

/* What is asked of a listener; zeroes are defaults, tfo and defer are off at 0. */
struct lopt {
	const char *addr;	/* "127.0.0.1", "::"; the family follows from it */
	uint16_t port;		/* 0: the kernel chooses */
	int backlog;
	bool v6only, reuseport, mptcp;
	const char *dev;
	int tfo, defer;
};

/* Waits until COND holds, looking every 2 ms; false when MS milliseconds did not bring it. */
#define AWAIT(cond, ms) ({						\
	uint64_t end_ = mono_ms() + (ms);				\
	bool held_;							\
									\
	while (!(held_ = (cond)) && mono_ms() < end_)			\
		poll(NULL, 0, 2);					\
	held_ || (cond);						\
})

uint64_t mono_ms(void);
void addr_make(union addr *a, const char *text, uint16_t port);
socklen_t addr_len(const union addr *a);
void addr_text(const union addr *a, char *text);
int bound_socket(const struct lopt *o);
int listener_open(const struct lopt *o);
uint64_t sock_cookie(int fd);
uint64_t sock_inode(int fd);
uint16_t sock_port(int fd);
void sock_name(int fd, union addr *a);
void sock_text(int fd, char *text);
struct tcp_info sock_info(int fd);
int connect_nb(const union addr *a);
int connect_to(int listener, const char *addr);
int connect_from(uint16_t port, uint16_t to);
int sock_error(int fd);
int tcp_state(int fd);
void fill_acceptq(int listener, const char *addr, int *clients, int n);
void raise_nofile(unsigned int n);
bool netstat_find(const char *name, uint64_t *value);
uint64_t netstat(const char *name);

#endif
