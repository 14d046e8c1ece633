// SPDX-License-Identifier: GPL-2.0
/* counters, closed and latency: header lines, who may read them, and rows for each listener. */
#include "books.h"
#include "proc.h"
#include "sock.h"
#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTENERS_N 7

static const char *const closed_front[] = {
	"closed_ms", "pid", "comm", "acceptq_peak", "synq_peak", "synq_left",
};

#define FRONT (sizeof(closed_front) / sizeof(closed_front[0]))

static void check_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("stat %s: %s", path, strerror(errno));
	is_u64(st.st_mode & 07777, 0444, "%s: everybody may read it", path);
}

static void check_header(const char *path, const char *const *want, size_t n)
{
	struct table *t = table_read(path);

	is_u64(t->ncols, n, "%s: number of columns", path);
	for (size_t i = 0; i < n && i < t->ncols; i++)
		is_str(t->cols[i], want[i], "%s: column %zu", path, i + 1);
	table_free(t);
}

static void check_headers(void)
{
	const char *want[64];
	char bucket[WAITS_BUCKETS][8];
	size_t n = 0;

	want[n++] = "sk";
	want[n++] = "local";
	for (size_t i = 0; i < counts_ncolumns; i++)
		want[n++] = counts_columns[i];
	check_header(COUNTERS, want, n);
	n = 2;
	for (size_t i = 0; i < FRONT; i++)
		want[n++] = closed_front[i];
	for (size_t i = 0; i < counts_ncolumns; i++)
		want[n++] = counts_columns[i];
	check_header(CLOSED, want, n);
	n = 2;
	want[n++] = "queue";
	want[n++] = "count";
	want[n++] = "sum_us";
	want[n++] = "max_us";
	for (int i = 0; i < WAITS_BUCKETS; i++) {
		snprintf(bucket[i], sizeof(bucket[i]), "b%d", i);
		want[n++] = bucket[i];
	}
	check_header(LATENCY, want, n);
}

/* So many rows have this listener's sk and local. */
static void check_rows(const char *path, int fd, uint64_t want)
{
	struct table *t = table_read(path);
	char local[ADDR_TEXT], sk[20];
	uint64_t n = 0;

	sock_text(fd, local);
	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)sock_cookie(fd));
	for (size_t i = 0; i < t->nrows; i++)
		n += !strcmp(table_cell(t, i, "sk"), sk) &&
		     !strcmp(table_cell(t, i, "local"), local);
	is_u64(n, want, "%s: rows of %s", path, local);
	is_u64(t->nrows, want * LISTENERS_N, "%s: all rows", path);
	table_free(t);
}

static void check_zero(int fd)
{
	static const struct waits zero;
	struct waits synq, acceptq;
	struct counts c;

	if (!ok(counts_read(sock_cookie(fd), &c), "a new listener has a row"))
		return;
	for (size_t i = 0; i < counts_ncolumns; i++)
		is_u64(c.v[i], 0, "a new listener: %s", counts_columns[i]);
	waits_read(sock_cookie(fd), "synq", &synq);
	waits_read(sock_cookie(fd), "acceptq", &acceptq);
	ok(!memcmp(&synq, &zero, sizeof(zero)), "a new listener: no wait in synq");
	ok(!memcmp(&acceptq, &zero, sizeof(zero)), "a new listener: no wait in acceptq");
}

static void check_closed(void)
{
	struct table *t = table_read(CLOSED);

	is_u64(t->nrows, LISTENERS_N, CLOSED ": all that closed");
	table_free(t);
	t = table_read(COUNTERS);
	is_u64(t->nrows, 0, COUNTERS ": none is left");
	table_free(t);
}

int main(void)
{
	static const char *const addrs[] = { "127.0.0.1", "::1", "::" };
	int fds[LISTENERS_N];

	new_netns();
	for (int i = 0; i < LISTENERS_N; i++)
		fds[i] = listener_open(&(struct lopt){ .addr = addrs[i % 3], .backlog = 5 });
	check_mode(COUNTERS);
	check_mode(CLOSED);
	check_mode(LATENCY);
	check_headers();
	for (int i = 0; i < LISTENERS_N; i++) {
		check_rows(COUNTERS, fds[i], 1);
		check_rows(LATENCY, fds[i], 2);
	}
	check_zero(fds[0]);
	for (int i = 0; i < LISTENERS_N; i++)
		close(fds[i]);
	check_closed();
	return done();
}
