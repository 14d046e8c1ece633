// SPDX-License-Identifier: GPL-2.0
// metrics: OpenMetrics text for Prometheus, family by family, on stdout or into a file at once.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "derive.h"
#include "group.h"
#include "places.h"
#include "print.h"
#include "source.h"
#include "text.h"

#define COUNTER 1	/* a gauge, if not */
#define MAX_OF_GROUP 2	/* the largest one, not the sum */
#define MILLISECONDS 4	/* printed as seconds */

struct family {
	const char *name;
	const char *column;	/* NULL: those of causes[], with a label */
	int flags;
	const char *help;
};

static const struct family families[] = {
	{ "accept_queue_length", "acceptq", 0, "Established connections that wait for accept()." },
	{ "accept_queue_limit", "acceptq_limit", 0, "How many the accept queue takes." },
	{ "accept_queue_peak", "acceptq_peak", MAX_OF_GROUP,
	  "The longest accept queue since listen()." },
	{ "accept_queue_oldest_seconds", "oldest_ms", MAX_OF_GROUP | MILLISECONDS,
	  "How long the head of the accept queue has waited." },
	{ "accept_queue_full_seconds", "full_ms", COUNTER | MILLISECONDS,
	  "How long the accept queue has been full." },
	{ "accept_queue_fills", "full_count", COUNTER, "How often the accept queue became full." },
	{ "syn_queue_length", "synq", 0, "Requests in SYN_RECV." },
	{ "syn_queue_limit", "synq_limit", 0, "How many the SYN queue takes." },
	{ "syn_queue_peak", "synq_peak", MAX_OF_GROUP, "The longest SYN queue since listen()." },
	{ "syns", "syn", COUNTER, "SYNs that reached the listener and had no request yet." },
	{ "drops", NULL, COUNTER, "SYNs and final ACKs dropped, by cause." },
	{ "synack_retransmits", "synack_retrans", COUNTER, "SYN-ACKs sent again." },
	{ "cookies_sent", "syn_cookie", COUNTER, "SYNs answered with a cookie." },
	{ "cookies_returned", "cookie_ok", COUNTER, "Cookies that made a connection." },
	{ "requests_timed_out", "req_timeout", COUNTER,
	  "Requests given up after their last SYN-ACK." },
	{ "connections_established", "established", COUNTER,
	  "Connections put into the accept queue." },
	{ "connections_accepted", "accepted", COUNTER, "Connections that accept() handed out." },
	{ .name = NULL }
};

/* Of the family drops: the columns that are one series each, and its label. */
static const struct {
	const char *column, *label;
} causes[] = {
	{ "syn_drop_acceptq", "syn_accept_queue" },
	{ "syn_drop_synq", "syn_syn_queue" },
	{ "syn_drop_unproven", "syn_unproven" },
	{ "syn_drop_other", "syn_other" },
	{ "ack_overflow", "ack_ignored" },
	{ "ack_reset", "ack_reset" },
};

static void print_head(FILE *out, const char *name, const char *type, bool seconds,
		       const char *help)
{
	fprintf(out, "# TYPE listenq_%s %s\n", name, type);
	if (seconds)
		fprintf(out, "# UNIT listenq_%s seconds\n", name);
	fprintf(out, "# HELP listenq_%s %s\n", name, help);
}

static void print_escaped(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		fprintf(out, text[i] == '"' || text[i] == '\\' ? "\\%c" : "%c", text[i]);
}

static void print_label(FILE *out, const char *before, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", before, name);
	print_escaped(out, value, strlen(value));
	fputc('"', out);
}

/* Begins the labels with the address, without brackets, the port, and the namespace. */
static void print_labels(FILE *out, const struct groups *groups, size_t group)
{
	const char *local = group_text(groups, group, "local");
	const char *colon = text_port(local);
	size_t length = colon ? (size_t)(colon - local) : strlen(local);

	fputs("{address=\"", out);
	if (length >= 2 && local[0] == '[' && local[length - 1] == ']')
		print_escaped(out, local + 1, length - 2);
	else
		print_escaped(out, local, length);
	fputc('"', out);
	print_label(out, ",", "port", colon ? colon + 1 : "");
	if (table_column(groups->table, "netns") != NO_COLUMN)
		print_label(out, ",", "netns", group_text(groups, group, "netns"));
}

static void print_value(FILE *out, uint64_t value, uint64_t per_second)
{
	if (per_second == 1)
		fprintf(out, " %llu\n", (unsigned long long)value);
	else
		fprintf(out, " %llu.%0*llu\n", (unsigned long long)(value / per_second),
			per_second == 1000 ? 3 : 6, (unsigned long long)(value % per_second));
}

static void print_series(FILE *out, const struct family *family, const struct groups *groups,
			 const char *column, const char *cause)
{
	for (size_t i = 0; i < groups->n; i++) {
		uint64_t value;

		if (!(family->flags & MAX_OF_GROUP ? group_max : group_sum)
		    (groups, i, column, &value))
			continue;
		fprintf(out, "listenq_%s%s", family->name,
			family->flags & COUNTER ? "_total" : "");
		print_labels(out, groups, i);
		if (cause)
			print_label(out, ",", "cause", cause);
		fputc('}', out);
		print_value(out, value, family->flags & MILLISECONDS ? 1000 : 1);
	}
}

static void print_family(FILE *out, const struct family *family, const struct groups *groups)
{
	print_head(out, family->name, family->flags & COUNTER ? "counter" : "gauge",
		   family->flags & MILLISECONDS, family->help);
	if (family->column)
		print_series(out, family, groups, family->column, NULL);
	for (size_t i = 0; !family->column && i < sizeof(causes) / sizeof(causes[0]); i++)
		print_series(out, family, groups, causes[i].column, causes[i].label);
}

/* A sample of the histogram; le is NULL where it is no bucket. */
static void print_wait(FILE *out, const struct groups *groups, size_t group, const char *queue,
		       const char *what, const char *le, uint64_t value)
{
	fprintf(out, "listenq_wait_seconds_%s", what);
	print_labels(out, groups, group);
	print_label(out, ",", "queue", queue);
	if (le)
		print_label(out, ",", "le", le);
	fputc('}', out);
	print_value(out, value, strcmp(what, "sum") ? 1 : 1000 * 1000);
}

/* Adds up the waits of one queue of a group; returns whether all of them are known. */
static bool sum_waits(const struct groups *groups, size_t group, const char *queue,
		      uint64_t *buckets, uint64_t *sum)
{
	bool any = false;

	memset(buckets, 0, BUCKETS * sizeof(*buckets));
	*sum = 0;
	for (size_t i = groups->start[group]; i < groups->start[group + 1]; i++) {
		uint64_t more[BUCKETS], us;
		size_t row = groups->order[i];

		if (strcmp(table_text(groups->table, row, "queue"), queue))
			continue;
		if (!latency_buckets(groups->table, row, more) ||
		    !table_number(groups->table, row, "sum_us", &us))
			return false;
		for (int k = 0; k < BUCKETS; k++)
			buckets[k] += more[k];
		*sum += us;
		any = true;
	}
	return any;
}

/*
 * Every second bucket of the module's, to keep the number of series low. A wait
 * is in whole microseconds, rounded down: what is below a bound is at most it.
 */
static void print_waits(FILE *out, const struct groups *groups, const char *queue)
{
	uint64_t buckets[BUCKETS], sum;

	for (size_t group = 0; group < groups->n; group++) {
		uint64_t seen = 0;

		if (!sum_waits(groups, group, queue, buckets, &sum))
			continue;
		for (int k = 0; k < BUCKETS; k++) {
			char le[24];

			seen += buckets[k];
			snprintf(le, sizeof(le), "%.9g", (double)(1 << k) / 1e6);
			if (k % 2 == 0 && k < BUCKETS - 1)
				print_wait(out, groups, group, queue, "bucket", le, seen);
		}
		print_wait(out, groups, group, queue, "bucket", "+Inf", seen);
		print_wait(out, groups, group, queue, "sum", NULL, sum);
		print_wait(out, groups, group, queue, "count", NULL, seen);
	}
}

/* What is known of all namespaces; each table has a column netns if there may be several. */
struct figures {
	struct table *infos, *listeners, *latency;
};

static void print_infos(FILE *out, const struct table *infos)
{
	bool places = table_column(infos, "netns") != NO_COLUMN;

	print_head(out, "module_info", "gauge", false, "The module and the kernel it is in.");
	for (size_t row = 0; row < infos->nrows; row++) {
		print_label(out, "listenq_module_info{", "version",
			    table_text(infos, row, "version"));
		print_label(out, ",", "kernel", table_text(infos, row, "kernel"));
		if (places)
			print_label(out, ",", "netns", table_text(infos, row, "netns"));
		fputs("} 1\n", out);
	}
	print_head(out, "books_exact", "gauge", false,
		   "1 unless a probe missed a hit or could not be armed.");
	for (size_t row = 0; row < infos->nrows; row++) {
		fputs("listenq_books_exact", out);
		if (places)
			print_label(out, "{", "netns", table_text(infos, row, "netns"));
		fprintf(out, "%s %d\n", places ? "}" : "",
			!strcmp(table_text(infos, row, "books"), "exact"));
	}
}

static void print_metrics(FILE *out, const struct figures *figures)
{
	struct groups *groups = groups_new(figures->listeners);
	struct groups *waits = groups_new(figures->latency);

	print_infos(out, figures->infos);
	for (const struct family *family = families; family->name; family++)
		print_family(out, family, groups);
	print_head(out, "wait_seconds", "histogram", true,
		   "How long connections waited in a queue.");
	print_waits(out, waits, "synq");
	print_waits(out, waits, "acceptq");
	fputs("# EOF\n", out);
	groups_free(waits);
	groups_free(groups);
}

/* Returns what info says, as a table of one row; for source_free(). */
static struct table *read_info(const struct options *options)
{
	static const char *const keys[] = { "version", "kernel", "books" };
	struct table *table = table_new(need(strdup("info")), "abi");
	struct info *info = source_info(options);
	const char *cells[3];

	for (size_t i = 0; i < 3; i++) {
		const char *text = info_text(info, keys[i]);

		cells[i] = text ? text : "";
	}
	table_add_row(table, info_text(info, "abi"));
	table_add_columns(table, keys, 3);
	table_extend_row(table, 0, cells, 3);
	info_free(info);
	return table;
}

/* Reads one namespace. One that is named by -N has a label, too: its file may be beside others. */
static void read_one(const struct options *where, void *arg)
{
	struct figures *figures = arg;
	struct options at = *where;
	struct table *listeners, *latency, *info;

	if (at.netns)
		at.place = at.netns;
	listeners = source_listeners(&at, true);
	latency = source_table(&at, &latency_sheet);
	info = read_info(&at);
	source_need(listeners, "acceptq_limit");
	places_name(listeners, &at);
	places_name(latency, &at);
	places_name(info, &at);
	places_gather(&figures->listeners, listeners);
	places_gather(&figures->latency, latency);
	places_gather(&figures->infos, info);
}

static void give_up(const char *path, const char *name)
{
	int error = errno;

	if (name)
		unlink(name);
	die(EXIT_TABLE, "%s: cannot write: %s: nothing was changed", path, strerror(error));
}

/* Who reads the file sees the old one or the new one, whole. */
static void write_file(const char *path, const char *text, size_t length)
{
	char *name = text_format("%s.XXXXXX", path);
	mode_t mask = umask(0);
	struct stat old;
	FILE *out;
	int fd;

	umask(mask);
	if (!stat(path, &old) && !S_ISREG(old.st_mode))
		die(EXIT_USAGE, "%s: not a regular file, and would be replaced: use > in place of --output",
		    path);
	fd = mkstemp(name);
	if (fd < 0)
		give_up(path, NULL);
	out = need(fdopen(fd, "w"));
	if (fwrite(text, 1, length, out) != length || fflush(out) ||
	    fchmod(fd, 0666 & ~mask) || fsync(fd))
		give_up(path, name);
	if (fclose(out) || rename(name, path))
		give_up(path, name);
	free(name);
}

/**
 * metrics_run() - print all figures as OpenMetrics text
 * @options: the command line
 *
 * Return: EXIT_DONE, or EXIT_TABLE when a namespace had to be left out.
 */
enum exit_code metrics_run(const struct options *options)
{
	struct figures figures = { NULL, NULL, NULL };
	bool all = places_each(options, read_one, &figures);
	char *text = NULL;
	size_t length;
	FILE *out = need(open_memstream(&text, &length));

	print_metrics(out, &figures);
	if (fclose(out))
		need(NULL);
	if (options->output)
		write_file(options->output, text, length);
	else
		print_text(text, length);
	free(text);
	source_free(figures.infos);
	source_free(figures.latency);
	source_free(figures.listeners);
	return all ? EXIT_DONE : EXIT_TABLE;
}
