// SPDX-License-Identifier: GPL-2.0
/* What a full listener answers to a SYN and to the last ACK of a handshake. timeout: 600 */
#include "lab.h"
#include "books.h"
#include "proc.h"
#include "sock.h"
#include "stage.h"
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <string.h>
#include <unistd.h>

#define SERVER 4000
#define NOBODY 4001
#define BACKLOG 1
#define WAIT_MS 60000
#define LONG_MS 120000	/* what a timer of TCP brings on */
#define ESTABLISHED 1	/* states of the kernel's include/net/tcp_states.h */
#define SYN_SENT 2
#define LINEAR_CTL "net/ipv4/tcp_syn_linear_timeouts"
#define SYN_RETRIES_CTL "net/ipv4/tcp_syn_retries"
#define TUN_BACKLOG 4

#define COUNTED "listenq counters -p 4000 --output LOCAL,SYN,QUEUED,NO-ACCEPTQ,ACK-LOST,ESTABLISHED"
#define ENDS "ss -Htna '( sport = :%u or dport = :%u )' | sort"

/* What the kernel has counted at a full accept queue, and what listenq has. */
struct full {
	uint64_t overflows, drops;
	struct counts c;
};

static bool full_read(uint64_t cookie, struct full *f)
{
	f->overflows = netstat("ListenOverflows");
	f->drops = netstat("ListenDrops");
	return counts_read(cookie, &f->c);
}

static uint64_t causes(const struct full *f)
{
	return counts_get(&f->c, "syn_drop_acceptq") + counts_get(&f->c, "ack_overflow") +
	       counts_get(&f->c, "ack_reset");
}

static int connect_well(int listener, uint16_t port)
{
	unsigned int before = sock_info(listener).tcpi_unacked;
	int fd = connect_from(port, SERVER);

	if (!AWAIT(tcp_state(fd) == ESTABLISHED &&
		   sock_info(listener).tcpi_unacked == before + 1, WAIT_MS))
		bail("port %u is not connected", port);
	return fd;
}

static int connect_error(uint16_t port, uint16_t to)
{
	int fd = connect_from(port, to), err = 0;

	AWAIT((err = sock_error(fd)) != 0, LONG_MS);
	lab_say("connect() from port %u to port %u: %s", port, to, strerror(err));
	close(fd);
	return err;
}

static void ignored(int listener)
{
	uint64_t repeated;
	struct full f;

	lab_say("Two connections wait at a listener whose queue takes two:\n");
	connect_well(listener, 5001);
	connect_well(listener, 5002);
	lab_run("ss -Hltn 'sport = :4000'");
	lab_say("\nOne client connects to a port where nobody listens, one to the full listener.");
	lab_say("Clients may repeat their SYN once (net.ipv4.tcp_syn_retries = 1):\n");
	sysctl_set(SYN_RETRIES_CTL, 1);
	repeated = netstat("TCPSynRetrans");
	lab_run("nstat -n");
	lab_capture("tcp portrange 5003-5004");
	lab_timeline_note("5004 connects in vain");
	is_u64(connect_error(5003, NOBODY), ECONNREFUSED, "nobody listens: refused");
	is_u64(connect_error(5004, SERVER), ETIMEDOUT, "the listener is full: no answer");
	lab_captured();
	lab_say("\nMeanwhile, listenq and the kernel have counted:\n");
	lab_run(COUNTED);
	lab_run("nstat -z TcpExtListenOverflows TcpExtListenDrops TcpExtTCPSynRetrans");
	full_read(sock_cookie(listener), &f);
	is_u64(f.overflows, 2, "ListenOverflows counts each SYN of the client");
	is_u64(f.drops, 2, "ListenDrops, too");
	is_u64(causes(&f), 2, "and listenq");
	is_u64(counts_get(&f.c, "sk_drops"), 2, "and sk_drops");
	is_u64(netstat("TCPSynRetrans") - repeated, 1, "the second SYN was a repetition");
}

static void retried(int listener)
{
	uint64_t before = netstat("ListenOverflows");
	int client, taken;

	lab_say("\nThe next client may repeat it more often, and two of its SYNs are lost:\n");
	sysctl_set(SYN_RETRIES_CTL, 6);
	lab_timeline_note("5005 connects");
	client = connect_from(5005, SERVER);
	ok(AWAIT(netstat("ListenOverflows") >= before + 2, LONG_MS), "two SYNs are dropped");
	is_u64(tcp_state(client), SYN_SENT, "connect() goes on");
	lab_run(ENDS, 5005, 5005);
	lab_say("\nThe program calls accept() once. Some time later:\n");
	lab_timeline_note("accept() once");
	taken = accept(listener, NULL, NULL);
	ok(taken >= 0, "accept()");
	ok(AWAIT(sock_info(listener).tcpi_unacked == BACKLOG + 1, LONG_MS), "one more in the queue");
	ok(AWAIT(tcp_state(client) == ESTABLISHED, WAIT_MS), "the client is connected");
	lab_run(ENDS, 5005, 5005);
	is_u64(netstat("ListenDrops"), netstat("ListenOverflows"), "no other drops");
}

/* All from port 5006 but SYNs is lost on its way to the listener. */
static void lose_acks(int listener)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5006, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SEG_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)))
		bail("SO_ATTACH_FILTER: %s", strerror(errno));
}

/* The queue has one place free; returns a client that holds itself for connected. */
static int believer(int listener)
{
	int client, none = 0;

	lose_acks(listener);
	client = connect_from(5006, SERVER);
	if (!AWAIT(tcp_state(client) == ESTABLISHED, WAIT_MS))
		bail("port 5006 is not connected");
	connect_well(listener, 5007);
	setsockopt(listener, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none));
	return client;
}

static void believes(int listener)
{
	struct counts before, now;
	uint64_t cookie = sock_cookie(listener);
	char word[8] = "";
	int client, fd;

	lab_timeline_note("5006 believes");
	fd = accept(listener, NULL, NULL);
	lab_say("\nA client whose SYN came in time, but whose final ACK finds the queue full,");
	lab_say("after it has written 4 bytes:\n");
	client = believer(listener);
	counts_read(cookie, &before);
	is_u64(write(client, "ping", 4), 4, "write() of the client is content");
	/* Its data are sent again and again. */
	ok(AWAIT(counts_read(cookie, &now) && counts_get(&now, "ack_overflow") >=
		 counts_get(&before, "ack_overflow") + 3, WAIT_MS),
	   "its ACKs are in ack_overflow");
	lab_run(ENDS, 5006, 5006);
	lab_run("listenq requests -p 4000 --output LOCAL,QUEUE,REMOTE,ACKED,RCVQ");
	lab_say("\nThe program accepts all. Some time later, the last one:\n");
	lab_timeline_note("accept() of all");
	for (int i = 0; i < 3; i++) {
		close(fd);
		fd = -1;
		ok(AWAIT((fd = accept(listener, NULL, NULL)) >= 0, LONG_MS), "accept %d", i);
	}
	ok(AWAIT(read(fd, word, sizeof(word)) == 4, LONG_MS), "it has sent 4 bytes");
	is_str(word, "ping", "they are the client's");
	lab_say("read() by the server: %s", word);
	ok(AWAIT(!sock_info(client).tcpi_unacked, WAIT_MS), "and acknowledged");
	lab_run(ENDS, 5006, 5006);
}

static int grew(const struct full *new, const struct full *old, const char *column)
{
	return counts_get(&new->c, column) - counts_get(&old->c, column);
}

static void row(const char *packet, int abort, const struct peer *p, const struct full *old,
		uint64_t cookie)
{
	struct full new;

	ok(AWAIT(full_read(cookie, &new) && causes(&new) == causes(old) + 1, WAIT_MS),
	   "%s, %d: counted once by listenq", packet, abort);
	is_u64(new.overflows - old->overflows, 1, "%s, %d: ListenOverflows", packet, abort);
	is_u64(new.drops - old->drops, 1, "%s, %d: ListenDrops", packet, abort);
	lab_say("%5d  %-9s  %-7s %15d %10d %8d %9d %8d", abort, packet,
		p->resets ? "RST" : "nothing", (int)(new.overflows - old->overflows),
		grew(&new, old, "syn_drop_acceptq"), grew(&new, old, "ack_overflow"),
		grew(&new, old, "ack_reset"), grew(&new, old, "sk_drops"));
}

/* A new SYN, and the ACK of @late, whose SYN came before the queue was full. */
static void rows(struct stage *s, size_t late, int abort)
{
	struct full old;
	size_t p;

	full_read(s->cookie, &old);
	p = stage_syn(s, 1);
	row("SYN", abort, &s->tun->peers[p], &old, s->cookie);
	is_u64(s->tun->peers[p].synacks + s->tun->peers[p].resets, 0, "SYN, %d: silence", abort);
	full_read(s->cookie, &old);
	stage_ack(s, late, 1);
	row("final ACK", abort, &s->tun->peers[late], &old, s->cookie);
	is_u64(s->tun->peers[late].resets, abort, "final ACK, %d: RST or not", abort);
}

static bool again(struct tun *t, size_t peer, unsigned int than)
{
	tun_drain(t);
	return t->peers[peer].synacks > than;
}

static bool timed_out(struct stage *s)
{
	struct counts c;

	tun_drain(s->tun);
	return counts_read(s->cookie, &c) && counts_get(&c, "req_timeout") > 0;
}

/* A peer whose final ACK was ignored hears the SYN-ACK again; then it is forgotten. */
static void forgotten(struct stage *s, size_t peer)
{
	const struct seg data = { .flags = SEG_ACK, .seq = 1, .data = STAGE_DATA };

	lab_say("\nThe peer whose final ACK was ignored:\n");
	if (ok(AWAIT(again(s->tun, peer, s->tun->peers[peer].synacks), LONG_MS), "a SYN-ACK"))
		lab_say("it hears the SYN-ACK again");
	sysctl_set(RETRIES_CTL, 1);
	if (ok(AWAIT(timed_out(s), LONG_MS), "its request is given up"))
		lab_say("the listener gives up its request (net.ipv4.tcp_synack_retries)");
	is_u64(s->tun->peers[peer].resets, 0, "nobody tells the peer");
	stage_send(s, peer, 1, &data);
	if (is_u64(s->tun->peers[peer].resets, 1, "its data are answered by RST"))
		lab_say("it sends its first data and hears RST");
}

static void final_acks(void)
{
	struct tun tun;
	size_t late[2];
	struct stage s = {
		.tun = &tun, .way = &tun_ways[0],
		.opt = { .backlog = TUN_BACKLOG, .port = SERVER },
	};

	if (!tun_open(&tun))
		bail("no tun");
	stage_sysctls();
	stage_listen(&s);
	late[0] = stage_syn(&s, 1);
	late[1] = stage_syn(&s, 1);
	stage_fill(&s);
	lab_say("\nWhat net.ipv4.tcp_abort_on_overflow changes:\n");
	lab_say("abort  packet     answer  ListenOverflows NO-ACCEPTQ ACK-LOST ACK-RESET SK_DROPS");
	for (int abort = 0; abort < 2; abort++) {
		sysctl_set(ABORT_CTL, abort);
		rows(&s, late[abort], abort);
	}
	sysctl_set(ABORT_CTL, 0);
	forgotten(&s, late[0]);
	stage_close(&s);
}

int main(void)
{
	const struct lopt o = { .addr = "127.0.0.1", .port = SERVER, .backlog = BACKLOG };
	int listener;

	if (!lab_begins("05-full-ignored"))
		return done();
	new_netns();
	if (!access("/proc/sys/" LINEAR_CTL, F_OK))
		sysctl_set(LINEAR_CTL, 0);
	listener = listener_open(&o);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	lab_timeline_begins(sock_cookie(listener));
	ignored(listener);
	retried(listener);
	believes(listener);
	lab_timeline_ends();
	close(listener);
	final_acks();
	check_sums("at the end");
	return lab_ends();
}
