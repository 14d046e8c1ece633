// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of the module fails once: while it loads, in listen(), while its files are
 * opened and read, in a new namespace. Each fails cleanly or costs history, never the truth, and
 * the next attempt works. module: self timeout: 300
 */
#define _GNU_SOURCE
#include "fault.h"
#include "mem.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST 400	/* allocations that are tried of one action */
#define GROUP 40	/* on one port: more than the first copy of a bucket has room for */
#define OTHERS 10
#define KEPT (GROUP + OTHERS)
#define GROUP_PORT 4242

static int kept[KEPT];
static pid_t self;

static void open_kept(void)
{
	struct lopt o = { .addr = "127.0.0.1", .port = GROUP_PORT, .backlog = 5 };

	for (int i = 0; i < KEPT; i++) {
		o.reuseport = i < GROUP;
		if (i == GROUP)
			o.port = 0;
		kept[i] = listener_open(&o);
	}
}

/* How many of those that stay are not in the table exactly once. */
static size_t not_once(const struct table *t)
{
	size_t bad = 0;
	char sk[20];

	for (int i = 0; i < KEPT; i++) {
		snprintf(sk, sizeof(sk), "%llx", (unsigned long long)sock_cookie(kept[i]));
		bad += table_count(t, "sk", sk) != 1;
	}
	return bad;
}

static void check_table(const char *what)
{
	struct table *t = table_read(LISTENERS);

	is_u64(not_once(t), 0, "%s: each listener has one row", what);
	table_free(t);
}

/* Number of allocations of a load; each one that fails must be without a trace. */
static void check_loads(void)
{
	char params[32], what[48];
	int n, err, bad = 0, survived = 0;

	for (n = 1; n < MOST; n++) {
		snprintf(params, sizeof(params), "fail_alloc=%d", n);
		snprintf(what, sizeof(what), "load with allocation %d failed", n);
		err = mod_load(mod_path(true), params);
		if (err) {
			if (err != ENOMEM || !mod_gone() || listen(kept[0], 5)) {
				ok(false, "%s: ENOMEM, and nothing is left", what);
				bad++;
			}
			continue;
		}
		if (!fault_disarm())
			break;
		survived++;
		check_table(what);
		mod_unload_or_bail();
	}
	in_range(n, 2 + 3 + KEPT, MOST - 1, "a load allocates, and works with every one of it");
	is_u64(bad, 0, "each of %d loads with one allocation failed is refused cleanly",
	       n - 1 - survived);
	diag("%d allocations, %d of them not needed", n - 1, survived);
	check_table("after all those loads");
	check_truth(kept[0], &(struct past){ .preload = true }, "after all those loads");
	mod_unload_or_bail();
	ok(mod_gone(), "and unloads");
}

/* A listener whose record there was no memory for; false on kernels with a pool of records. */
static bool open_unborn(int *fd)
{
	struct lopt o = { .addr = "::1", .backlog = 5 };

	*fd = bound_socket(&o);
	fault_arm(1);
	ok(!listen(*fd, 5), "listen() without memory works");
	return fault_disarm();
}

static void check_listen(void)
{
	struct past past = { .pid = self, .comm = "070-alloc-fault", .backlog = 5, .listens = 1 };
	int fd, clients[2];
	struct table *t;
	bool spent;
	size_t row;

	spent = open_unborn(&fd);
	fill_acceptq(fd, NULL, clients, 2);
	past.preload = spent;
	check_truth(fd, &past, "a listener without memory for its record");

	fault_arm(1);
	ok(!listen(fd, 9), "a second listen() without memory works");
	spent = fault_disarm();
	t = listeners_row(sock_cookie(fd), &row);
	check_u64(t, row, "max_ack_backlog", 9, "second listen without memory");
	check_u64(t, row, "acceptq", 2, "second listen without memory");
	if (spent) {
		check_dash(t, row, "backlog", "second listen without memory");
		check_dash(t, row, "pid", "second listen without memory");
		check_dash(t, row, "comm", "second listen without memory");
		check_dash(t, row, "somaxconn", "second listen without memory");
	}
	table_free(t);
	ok(!listen(fd, 7), "a third listen(), with memory");
	t = listeners_row(sock_cookie(fd), &row);
	check_str(t, row, "backlog", "7", "third listen");
	check_u64(t, row, "pid", self, "third listen");
	table_free(t);
	for (int i = 0; i < 2; i++)
		close(clients[i]);
	close(fd);
}

/* The same of a listener that has a record: only the last call is forgotten. */
static void check_again(void)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	struct past past = { .pid = self, .comm = "070-alloc-fault", .backlog = 8, .listens = 3 };
	struct table *t;
	bool spent;
	size_t row;

	fault_arm(1);
	ok(!listen(fd, 6), "listen() again without memory works");
	spent = fault_disarm();
	t = listeners_row(sock_cookie(fd), &row);
	check_u64(t, row, "listens", 2, "listen() again without memory");
	ok(!is_dash(t, row, "age_ms"), "listen() again without memory: age_ms goes on");
	is_str(table_cell(t, row, "backlog"), spent ? "-" : "6",
	       "listen() again without memory: backlog");
	table_free(t);
	ok(!listen(fd, 8), "listen() with memory after that");
	check_truth(fd, &past, "listen() with memory after that");
	close(fd);
}

/* A read to the end that goes on after each ENOMEM; NULL when the file cannot be opened. */
static char *read_on(size_t piece, size_t *len, int *failed)
{
	int fd = open(LISTENERS, O_RDONLY | O_CLOEXEC);
	char *text;
	ssize_t n;

	*failed = 0;
	*len = 0;
	if (fd < 0)
		return NULL;
	text = malloc(1 << 20);
	while ((n = read(fd, text + *len, piece)) != 0) {
		if (n < 0 && (errno != ENOMEM || ++*failed > 3))
			bail("read: %s", strerror(errno));
		if (n > 0)
			*len += n;
	}
	text[*len] = 0;
	close(fd);
	return text;
}

static void check_read_n(unsigned int n, size_t piece, bool *spent)
{
	int fd, failed;
	bool unborn = open_unborn(&fd);
	struct table *t;
	size_t len;
	char *text;
	long row;

	fault_arm(n);
	text = read_on(piece, &len, &failed);
	if (!text) {
		is_u64(errno, ENOMEM, "allocation %u of a read failed: open() says so", n);
		*spent = ok(fault_disarm(), "and it was that one");
		close(fd);
		return;
	}
	*spent = fault_disarm();
	t = table_parse(text, len);
	is_u64(not_once(t), 0, "allocation %u of a read failed: each listener has one row", n);
	row = table_find_sk(t, sock_cookie(fd));
	if (ok(row >= 0, "the one without a record too") && unborn)
		check_unborn(t, row, "it");
	table_free(t);
	close(fd);
}

static void check_reads(size_t piece)
{
	bool spent = true;
	unsigned int n;

	diag("in pieces of %zu", piece);
	for (n = 1; spent && n < MOST; n++)
		check_read_n(n, piece, &spent);
	in_range(n, 4, MOST - 1, "a read allocates, and works with every one of it");
}

/* The very read() that has nothing else to give says ENOMEM; the next one goes on. */
static void check_enomem(void)
{
	int fd = open(LISTENERS, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, 1 << 20), *rest;
	size_t len;
	ssize_t n;

	fault_arm(1);
	n = read(fd, text, 65536);
	ok(n > 0 && strchr(text, '\n') == text + n - 1, "no memory behind the header: it is read");
	ok(fault_disarm(), "and there was none");
	fault_arm(1);
	ok(read(fd, text + n, 65536) < 0 && errno == ENOMEM, "again none: read() says ENOMEM");
	ok(fault_disarm(), "for that reason");
	rest = fd_read(fd, 100, &len);
	if (ok(rest, "the next read() goes on")) {
		struct table *t;

		memcpy(text + n, rest, len + 1);
		t = table_parse(text, n + len);
		is_u64(not_once(t), 0, "after ENOMEM: each listener has one row");
		table_free(t);
		free(rest);
	}
	close(fd);
}

static void check_seek(void)
{
	int fd = open(LISTENERS, O_RDONLY | O_CLOEXEC);
	off_t at;
	char *rest;
	size_t len;

	fault_arm(1);
	at = lseek(fd, 1000, SEEK_SET);
	if (fault_disarm())
		ok(at < 0 && errno == ENOMEM, "lseek() without memory says ENOMEM");
	ok(lseek(fd, 1000, SEEK_SET) == 1000, "lseek() with memory after that");
	rest = fd_read(fd, 4096, &len);
	ok(rest && len && rest[len - 1] == '\n', "and reads to the end");
	free(rest);
	close(fd);
}

static void check_info(void)
{
	struct info *in;
	int fd;

	fault_arm(1);
	fd = open(INFO, O_RDONLY | O_CLOEXEC);
	ok(fd < 0 && errno == ENOMEM, "info: without memory open() says ENOMEM");
	ok(fault_disarm(), "for that reason");
	if (fd >= 0)
		close(fd);
	in = info_read();
	ok(info_u64(in, "listeners") >= KEPT, "info can be read after that");
	info_free(in);
}

static void unshare_net(int up, void *arg)
{
	(void)arg;
	put_u64(up, unshare(CLONE_NEWNET) ? errno : 0);
	get_u64(up);
}

static uint64_t make_world(struct child *c, bool *files)
{
	char path[64];
	uint64_t err;

	child_start(c, unshare_net, NULL);
	err = get_u64(c->fd);
	snprintf(path, sizeof(path), "/proc/%d/net/listenq/info", c->pid);
	*files = !access(path, R_OK);
	return err;
}

/* A namespace comes with its files, or does not come. */
static void check_netns(void)
{
	bool spent = true, files;
	struct child c;
	unsigned int n;
	uint64_t err;

	for (n = 1; spent && n < MOST; n++) {
		fault_arm(n);
		err = make_world(&c, &files);
		spent = fault_disarm();
		is_u64(err, spent ? ENOMEM : 0, "new namespace, allocation %u %s", n,
		       spent ? "failed: refused" : "is none of it: made");
		child_end(&c);
	}
	in_range(n, 4, MOST - 1, "a namespace allocates");
	err = make_world(&c, &files);
	ok(!err && files, "after that a namespace can be made, with its files");
	child_end(&c);
	/* Many, so that something that stays of each would be seen by a debug kernel. */
	for (n = 0; n < 20; n++) {
		fault_arm(1 + n % 3);
		make_world(&c, &files);
		fault_disarm();
		child_end(&c);
	}
	check_table("here, after that");
}

int main(void)
{
	struct past past = { .backlog = 5, .listens = 1, .comm = "070-alloc-fault" };
	int fd;

	self = getpid();
	past.pid = self;
	new_netns();
	open_kept();
	check_loads();
	mod_load_or_bail(mod_path(true), "");
	check_listen();
	check_again();
	check_reads(65536);
	check_reads(100);
	check_enomem();
	check_seek();
	check_info();
	check_netns();

	fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	check_truth(fd, &past, "a listener after all that");
	check_truth(kept[0], &(struct past){ .preload = true }, "one from before the module");
	close(fd);
	for (int i = 0; i < KEPT; i++)
		close(kept[i]);
	free(file_read(LISTENERS, NULL));
	check_no_records(0, "listeners closed");
	mod_unload_or_bail();
	ok(mod_gone(), "unloads");
	return done();
}
