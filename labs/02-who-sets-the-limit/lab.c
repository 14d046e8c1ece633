// SPDX-License-Identifier: GPL-2.0
/* The number that a program passes to listen(), function by function, until it is a limit. */
#include "events.h"
#include "lab.h"
#include "proc.h"
#include "sock.h"
#include "sockdiag.h"
#include "sysctl.h"
#include "table.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define WAIT_MS 20000
#define SOMAXCONN_NOW 128	/* of the lab */
#define SYN_BACKLOG_NOW 256
#define WAITING 5

/* What a call of listen() was seen to do: at three functions of the kernel, and by listenq. */
struct seen {
	long at_syscall, at_inet;
	unsigned int starts;
	struct event event;
};

static struct stream *stream;

static void probe(const char *line)
{
	if (!file_write(TRACING "kprobe_events", line))
		bail("kprobe_events does not take '%s'", line);
}

/* The kernel's own probes, beside those of the module. */
static bool trace_begins(void)
{
	if (access(TRACING "kprobe_events", W_OK)) {
		skip("no kprobe events", "the functions of listen()");
		return false;
	}
	probe("p:lab/at_syscall __sys_listen backlog=$arg2:s32\n");
	probe("p:lab/at_inet inet_listen backlog=$arg2:s32\n");
	probe("p:lab/at_start inet_csk_listen_start\n");
	return ok(file_write(TRACING "events/lab/enable", "1"), "the functions are traced");
}

static void trace_ends(void)
{
	file_write(TRACING "events/lab/enable", "0");
	probe("-:lab/at_syscall\n");
	probe("-:lab/at_inet\n");
	probe("-:lab/at_start\n");
}

/* How often a function was traced so far, and the last backlog that it was given. */
static unsigned int traced(const char *name, long *backlog)
{
	char *text = file_read(TRACING "trace", NULL), *at = text, key[32];
	unsigned int n = 0;

	snprintf(key, sizeof(key), " %s: (", name);
	while (at && (at = strstr(at, key))) {
		at += strlen(key);
		n++;
		if (backlog && sscanf(at, "%*[^\n=]=%ld", backlog) != 1)
			bail("%s was not told a backlog", name);
	}
	free(text);
	return n;
}

static struct seen do_listen(int fd, int backlog)
{
	unsigned int starts = traced("at_start", NULL);
	struct seen s;

	if (listen(fd, backlog))
		bail("listen with %d", backlog);
	traced("at_syscall", &s.at_syscall);
	traced("at_inet", &s.at_inet);
	s.starts = traced("at_start", NULL) - starts;
	do {
		if (!stream_await(stream, &s.event, WAIT_MS))
			bail("no event of listen with %d", backlog);
	} while (!strstr(s.event.name, "listen"));
	return s;
}

static uint64_t column(int fd, const char *name)
{
	uint64_t value;

	if (!listener_u64(sock_cookie(fd), name, &value))
		bail("%s is not known", name);
	return value;
}

static void follow(int backlog)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1" });
	struct seen s = do_listen(fd, backlog);
	uint64_t limit = column(fd, "max_ack_backlog");
	struct diag_sock diag;
	char want[80];

	if (!diag_find(sock_cookie(fd), &diag))
		bail("sock_diag does not know the listener");
	lab_say("%11d %12ld %11ld %18lu %9u %13lu", backlog, s.at_syscall, s.at_inet, limit,
		diag.max, column(fd, "acceptq_limit"));
	snprintf(want, sizeof(want), "backlog=%d somaxconn=%d max_ack_backlog=%ld", backlog,
		 SOMAXCONN_NOW, s.at_inet);
	ok(!strcmp(s.event.name, "listen") && !strcmp(s.event.detail, want),
	   "listen(%d): the event says %s", backlog, want);
	is_u64(s.at_syscall, backlog, "listen(%d): it comes as it was passed", backlog);
	is_u64(limit, s.at_inet, "listen(%d): nothing changes it behind the clamp", backlog);
	is_u64(sock_info(fd).tcpi_sacked, limit, "listen(%d): TCP_INFO knows the limit", backlog);
	is_u64(diag.max, limit, "listen(%d): ss shows it", backlog);
	is_u64(s.starts, 1, "listen(%d): inet_csk_listen_start is entered", backlog);
	close(fd);
}

static void functions(void)
{
	static const int backlogs[] = {
		1, 5, 127, 128, 129, 4096, INT_MAX, 0, -1, INT_MIN,
	};

	lab_run("cat /proc/sys/net/core/somaxconn");
	lab_run("echo %d >/proc/sys/net/core/somaxconn", SOMAXCONN_NOW);
	lab_say("\nlisten(fd, N): the backlog at each function, and the limit that it becomes\n");
	lab_say("          N __sys_listen inet_listen sk_max_ack_backlog ss:Send-Q acceptq_limit");
	for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++)
		follow(backlogs[i]);
}

static void tell(int fd, int backlog, bool first)
{
	struct seen s = do_listen(fd, backlog);

	lab_say("listen(fd, %d): %s %s\n  inet_csk_listen_start is %sentered", backlog,
		s.event.name, s.event.detail, s.starts ? "" : "not ");
	is_str(s.event.name, first ? "listen" : "relisten", "listen(%d): the event", backlog);
	is_u64(s.starts, first, "listen(%d): inet_csk_listen_start", backlog);
}

static void show(uint16_t port)
{
	lab_run("ss -Hltn 'sport = :%u'", port);
	lab_run("listenq -p %u --output somaxconn,max_ack_backlog,acceptq,acceptq_limit,synq_limit",
		port);
}

/* A queue that is longer than its new limit stays as it is, and takes no more. */
static void listen_again(void)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = 4000 });
	int clients[WAITING], late;
	uint64_t overflows;

	lab_say("\nA second listen(), while %d connections wait for accept()\n", WAITING);
	tell(fd, 10, true);
	fill_acceptq(fd, NULL, clients, WAITING);
	show(4000);
	tell(fd, 3, false);
	show(4000);
	is_u64(column(fd, "acceptq"), WAITING, "nobody is thrown out");
	is_u64(column(fd, "listens"), 2, "two calls");
	overflows = netstat("ListenOverflows");
	late = connect_to(fd, NULL);
	ok(AWAIT(netstat("ListenOverflows") > overflows, WAIT_MS), "one more is not let in");
	is_u64(column(fd, "acceptq"), WAITING, "as many wait as before");
	close(late);
	for (int i = 0; i < WAITING; i++)
		close(clients[i]);
	close(fd);
}

static void raise_somaxconn(void)
{
	int fd = bound_socket(&(struct lopt){ .addr = "127.0.0.1", .port = 4001 });

	lab_say("\nA program that wants 1000 and gets %d\n", SOMAXCONN_NOW);
	tell(fd, 1000, true);
	lab_run("listenq explain 4001 | sed 1,2d");
	lab_say("\nMore is allowed now, and nothing happens\n");
	lab_run("echo 4096 >/proc/sys/net/core/somaxconn");
	show(4001);
	is_u64(sock_info(fd).tcpi_sacked, SOMAXCONN_NOW, "the socket keeps its limit");
	lab_say("\nuntil the program calls listen() again\n");
	tell(fd, 1000, false);
	show(4001);
	is_u64(sock_info(fd).tcpi_sacked, 1000, "the socket has the limit that was asked for");
	close(fd);
}

/* net/core/request_sock.c: reqsk_queue_alloc of 2.6.38. */
static unsigned int then(unsigned int backlog)
{
	unsigned int entries = backlog < SYN_BACKLOG_NOW ? backlog : SYN_BACKLOG_NOW, power = 1;

	if (entries < 8)
		entries = 8;
	while (power < entries + 1)
		power *= 2;
	return power;
}

static void syn_queue(void)
{
	static const int backlogs[] = { 0, 5, 8, 16, 100, 127, 128, 255, 1000, 4096 };

	lab_say("\nHow many the SYN queue takes; tcp_max_syn_backlog is %d\n", SYN_BACKLOG_NOW);
	lab_say("backlog Linux-2.6.38 this-kernel");
	for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++) {
		int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1",
						       .backlog = backlogs[i] });
		uint64_t limit = column(fd, "synq_limit");

		lab_say("%7d %12u %11lu", backlogs[i], then(backlogs[i]), limit);
		in_range(limit, backlogs[i], backlogs[i] + 1, "backlog %d limits the SYN queue",
			 backlogs[i]);
		close(fd);
	}
}

int main(void)
{
	if (!lab_begins("02-who-sets-the-limit"))
		return done();
	new_netns();
	sysctl_set(SYN_BACKLOG_CTL, SYN_BACKLOG_NOW);
	if (!trace_begins())
		return done();
	stream = stream_open();
	functions();
	listen_again();
	raise_somaxconn();
	stream_close(stream);
	trace_ends();
	syn_queue();
	return lab_ends();
}
