// SPDX-License-Identifier: GPL-2.0
/*
 * While 10,000 listeners stay and thousands come and go, each one that stays is in each whole read
 * exactly once: however small the pieces, and with ten readers at once. timeout: 240
 */
#define _GNU_SOURCE
#include "knob.h"
#include "proc.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STAY_MOST 10000
#define GROUP 3000	/* of those, share one port */
#define GROUP_PORT 20000
#define READERS 10
#define CHURNERS 2
#define CHURN_OPEN 64

static size_t stay;	/* how many there are all the time */
static uint64_t cookies[STAY_MOST];
static atomic_ulong *churned;	/* shared with the churners */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* A member of the group, or an address and port of its own. */
static int open_nth(int i)
{
	char addr[32] = "127.0.0.1";
	struct lopt o = { .addr = addr, .port = GROUP_PORT, .backlog = 5, .reuseport = true };

	if (i < GROUP)
		return listener_open(&o);
	o.reuseport = false;
	if (i % 8) {
		snprintf(addr, sizeof(addr), "127.0.1.%d", 1 + i / 50);
		o.port = 30000 + i % 50;
	} else {
		strcpy(addr, "::1");
		o.port = 30000 + i;
	}
	return listener_open(&o);
}

static void churn(int up, void *arg)
{
	int fds[CHURN_OPEN];
	unsigned int n = 0;

	memset(fds, -1, sizeof(fds));
	put_u64(up, 0);
	for (;; n++) {
		struct lopt o = { .addr = n % 4 == 1 ? "::1" : "127.0.0.1", .backlog = 5 };

		/* Half of them in the group, whose members are all in one place of the kernel. */
		o.reuseport = n % 2 == 0;
		o.port = o.reuseport ? GROUP_PORT : 0;
		if (fds[n % CHURN_OPEN] >= 0)
			close(fds[n % CHURN_OPEN]);
		fds[n % CHURN_OPEN] = listener_open(&o);
		churned[(long)arg]++;
	}
}

/* How many of those that stay are not in the table exactly as often as wanted. */
static size_t faults(char *text, size_t len, bool whole)
{
	struct table *t = table_parse(text, len);
	static unsigned int seen[STAY_MOST];
	size_t bad = 0;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < t->nrows; i++) {
		uint64_t sk = strtoull(table_cell(t, i, "sk"), NULL, 16);
		uint64_t *hit = bsearch(&sk, cookies, stay, sizeof(sk), by_value);

		if (hit)
			seen[hit - cookies]++;
	}
	for (size_t i = 0; i < stay; i++)
		bad += seen[i] > 1 || (whole && !seen[i]);
	table_free(t);
	return bad;
}

static void check_whole(int fd, size_t piece, const char *what)
{
	unsigned long before = churned[0] + churned[1];
	uint64_t begin = mono_ms();
	size_t len;
	char *text = fd_read(fd, piece, &len);

	if (!ok(text, "%s: can be read", what))
		return;
	is_u64(faults(text, len, true), 0, "%s: each listener that stays once", what);
	diag("%s: %zu bytes in %llu ms, %lu came and went", what, len,
	     (unsigned long long)(mono_ms() - begin), churned[0] + churned[1] - before);
}

/* The end of a table, from anywhere: whole rows behind the first line end, none twice. */
static void check_part(int fd, off_t at)
{
	char *header = file_read(LISTENERS, NULL), *rest, *text, *row;
	size_t len;

	if (lseek(fd, at, SEEK_SET) != at)
		bail("lseek to %ld: %s", (long)at, strerror(errno));
	rest = fd_read(fd, 4096, &len);
	row = rest ? strchr(rest, '\n') : NULL;
	if (!ok(header && row && row[1], "rows can be read from byte %ld on", (long)at))
		return;
	header[strcspn(header, "\n")] = 0;
	text = malloc(strlen(header) + len + 1);
	len = sprintf(text, "%s%s", header, row);
	is_u64(faults(text, len, false), 0, "none twice from byte %ld on", (long)at);
	free(header);
	free(rest);
}

static void check_seeks(void)
{
	int fd = open(LISTENERS, O_RDONLY);
	char buf[64] = "";
	size_t len;

	check_whole(fd, 65536, "a file just opened");
	ok(!lseek(fd, 0, SEEK_SET), "back to the start");
	check_whole(fd, 65536, "the same file from the start");
	check_part(fd, 1);
	check_part(fd, 10 * (off_t)stay);
	check_part(fd, 50 * (off_t)stay + 1);
	ok(!lseek(fd, 0, SEEK_SET), "back to the start again");
	ok(pread(fd, buf, 9, 0) == 9 && !strcmp(buf, "sk local "), "pread() of the header");
	check_whole(fd, 10000, "the same file after pread()");
	ok(lseek(fd, 1 << 30, SEEK_SET) == 1 << 30, "far behind the end");
	free(fd_read(fd, 4096, &len));
	is_u64(len, 0, "there is nothing");
	ok(!lseek(fd, 0, SEEK_SET), "and back");
	check_whole(fd, 65536, "the same file after all that");
	close(fd);
}

static void check_pieces(void)
{
	static const size_t pieces[] = { 1, 7, 4096, 1 << 20 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		int fd = open(LISTENERS, O_RDONLY);
		char what[32];

		snprintf(what, sizeof(what), "in pieces of %zu", pieces[i]);
		check_whole(fd, pieces[i], what);
		close(fd);
	}
}

static void read_once(int up, void *arg)
{
	static const size_t pieces[] = { 512, 1000, 4096, 65536, 100000 };
	int fd = open(LISTENERS, O_RDONLY);
	char *text;
	size_t len;

	get_u64(up);
	text = fd_read(fd, pieces[(long)arg % 5], &len);
	put_u64(up, text ? faults(text, len, true) : SIZE_MAX);
}

static void check_readers(void)
{
	struct child c[READERS];

	for (long i = 0; i < READERS; i++)
		child_start(&c[i], read_once, (void *)i);
	for (int i = 0; i < READERS; i++)
		put_u64(c[i].fd, 0);
	for (int i = 0; i < READERS; i++) {
		is_u64(get_u64(c[i].fd), 0, "reader %d of %d: each listener that stays once", i + 1,
		       READERS);
		child_end(&c[i]);
	}
}

int main(void)
{
	struct child c[CHURNERS];

	stay = STAY_MOST / debug_part();
	raise_nofile(stay + 1000);
	churned = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < stay; i++)
		cookies[i] = sock_cookie(open_nth(i));
	qsort(cookies, stay, sizeof(cookies[0]), by_value);
	for (long i = 0; i < CHURNERS; i++) {
		child_start(&c[i], churn, (void *)i);
		get_u64(c[i].fd);
	}
	check_pieces();
	check_seeks();
	check_readers();
	ok(AWAIT(churned[0] + churned[1] > stay / 2, 30000), "thousands came and went meanwhile");
	for (int i = 0; i < CHURNERS; i++) {
		kill(c[i].pid, SIGKILL);
		child_end(&c[i]);
	}
	return done();
}
