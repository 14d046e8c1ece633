// SPDX-License-Identifier: GPL-2.0
/*
 * How each probe sits on this kernel and which columns stay unknown, as "# fact" lines from which
 * tests/kernels-doc writes docs/kernels.md; held against the kernel's own lists.
 */
#include "books.h"
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"
#include "waits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KPROBES "/sys/kernel/debug/kprobes/list"
#define FTRACE "/sys/kernel/tracing/enabled_functions"

/* An ordinary listener: one connection comes and is accepted, a second one waits. */
struct life {
	int fd, first, second;
};

static struct life life_begin(void)
{
	struct life l;

	l.fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
	l.first = connect_to(l.fd, NULL);
	if (!AWAIT(sock_info(l.fd).tcpi_unacked == 1, 5000))
		bail("the first connection does not arrive");
	close(accept(l.fd, NULL, NULL));
	l.second = connect_to(l.fd, NULL);
	if (!AWAIT(sock_info(l.fd).tcpi_unacked == 1, 5000))
		bail("the second connection does not arrive");
	return l;
}

static void life_end(const struct life *l)
{
	close(l->first);
	close(l->second);
	close(l->fd);
}

/* What stays unknown, in the order in which it was looked at. */
static struct unknown {
	size_t len;
	char text[512];
} unknown;

/* For "dev" and "flags" a dash is a value: none. */
static void add_unknown(const struct table *t, size_t row, const char *prefix)
{
	struct unknown *u = &unknown;

	for (size_t i = 0; i < t->ncols && u->len < sizeof(u->text); i++) {
		const char *col = t->cols[i];

		if (!strcmp(col, "dev") || !strcmp(col, "flags") || !is_dash(t, row, col))
			continue;
		u->len += snprintf(u->text + u->len, sizeof(u->text) - u->len, "%s%s%s",
				   u->len ? "," : "", prefix, col);
	}
}

/* All rows of a listener in a table. */
static void look_at(const char *path, uint64_t cookie, const char *prefix)
{
	struct table *t = table_read(path);
	size_t rows = 0;
	char sk[20];

	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)cookie);
	for (size_t i = 0; i < t->nrows; i++)
		if (!strcmp(table_cell(t, i, "sk"), sk)) {
			add_unknown(t, i, prefix);
			rows++;
		}
	ok(rows, "%s: the columns of an ordinary listener", path);
	table_free(t);
}

/* What the kernel itself says. */
struct lists {
	char *kallsyms, *kprobes, *traced;
};

/* The kprobes that the kernel has on a function: how they were put there, or NULL for none. */
static const char *attached(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = list; line && *line; line = strchr(line, '\n')) {
		const char *at, *end;

		line += *line == '\n';
		end = line + strcspn(line, "\n");
		at = strstr(line, name);
		if (!at || at > end || at[-1] != ' ' || at[len] != '+')
			continue;
		at = strchr(at, '[');
		if (at && at < end && !strncmp(at, "[FTRACE]", 8))
			return "ftrace";
		if (at && at < end && !strncmp(at, "[OPTIMIZED]", 11))
			return "jump";
		return "breakpoint";
	}
	return NULL;
}

/* Whether the kernel has a function; with SUFFIX, one that its compiler renamed: NAME.something. */
static bool in_kallsyms(const char *kallsyms, const char *name, bool suffix)
{
	size_t len = strlen(name);

	for (const char *at = kallsyms; (at = strstr(at, name)); at += len) {
		if (at < kallsyms + 3 || at[-1] != ' ' || !strchr("tT", at[-2]))
			continue;
		if (at[len] == '.' ? suffix : !suffix && isspace(at[len]))
			return true;
	}
	return false;
}

/* Whether ftrace calls somebody from a function: a line begins with its name and how many. */
static bool is_traced(const char *traced, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = traced; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && !strncmp(line + len, " (", 2))
			return true;
	}
	return false;
}

static void report_probe(const struct probe *p, bool entered, const struct lists *l)
{
	const char *how = attached(l->kprobes, p->name), *where = "list of kprobes";
	const char *kallsyms = l->kallsyms;

	if (!strcmp(p->kind, "ftrace")) {
		ok(!how, "%s is not in the kernel's list of kprobes", p->name);
		how = is_traced(l->traced, p->name) ? "ftrace" : NULL;
		where = "list of traced functions";
	}
	if (!strcmp(p->state, "on")) {
		ok(how, "%s is in the kernel's %s", p->name, where);
		ok(in_kallsyms(kallsyms, p->name, false), "%s is a function of this kernel",
		   p->name);
		diag("fact probe %s %s %s%s", p->name, p->kind, how ? how : "nowhere",
		     entered ? "" : " not-entered");
		return;
	}
	is_str(p->state, "absent", "%s is on or absent", p->name);
	ok(!how, "%s is not in the kernel's %s", p->name, where);
	ok(!in_kallsyms(kallsyms, p->name, false), "%s is no function of this kernel", p->name);
	diag("fact probe %s %s absent%s", p->name, p->kind,
	     in_kallsyms(kallsyms, p->name, true) ? " renamed" : "");
}

static void report_columns(struct life *l)
{
	uint64_t cookie = sock_cookie(l->fd);

	look_at(LISTENERS, cookie, "");
	look_at(COUNTERS, cookie, "counters.");
	look_at(LATENCY, cookie, "latency.");
	life_end(l);
	look_at(CLOSED, cookie, "closed.");
	diag("fact unknown %s", unknown.len ? unknown.text : "-");
}

int main(void)
{
	struct lists l = { file_read("/proc/kallsyms", NULL), file_read(KPROBES, NULL),
			   file_read(FTRACE, NULL) };
	struct info *before = info_read(), *after;
	struct life life = life_begin();
	struct utsname u;

	if (!l.kallsyms || !l.kprobes || !l.traced)
		bail("no /proc/kallsyms, " KPROBES " or " FTRACE);
	uname(&u);
	diag("fact release %s", u.release);
	diag("fact machine %s", u.machine);
	report_columns(&life);
	after = info_read();
	for (size_t i = 0; i < before->nprobes; i++) {
		const struct probe *b = &before->probes[i], *a = info_probe(after, b->name);

		report_probe(b, a && a->hits > b->hits, &l);
	}
	info_free(before);
	info_free(after);
	free(l.traced);
	free(l.kprobes);
	free(l.kallsyms);
	return done();
}
