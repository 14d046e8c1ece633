// SPDX-License-Identifier: GPL-2.0
/*
 * How each probe sits on this kernel and which columns stay unknown, as "# fact" lines from which
 * tests/kernels-doc writes docs/kernels.md; held against the kernel's own lists.
 */
#include "mod.h"
#include "sock.h"
#include "table.h"
#include "tap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#define KPROBES "/sys/kernel/debug/kprobes/list"

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

/* For "dev" and "flags" a dash is a value: none. */
static void report_columns(int fd)
{
	char unknown[512] = "";
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	for (size_t i = 0; i < t->ncols; i++) {
		const char *col = t->cols[i];
		size_t len = strlen(unknown);

		if (!strcmp(col, "dev") || !strcmp(col, "flags") || !is_dash(t, row, col))
			continue;
		snprintf(unknown + len, sizeof(unknown) - len, "%s%s", len ? "," : "", col);
	}
	diag("fact unknown %s", *unknown ? unknown : "-");
	ok(t->ncols, "the columns of an ordinary listener");
	table_free(t);
}

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

static void report_probe(const struct probe *p, bool entered, const char *list,
			 const char *kallsyms)
{
	const char *how = attached(list, p->name);

	if (!strcmp(p->state, "on")) {
		ok(how, "%s is in the kernel's list of kprobes", p->name);
		ok(in_kallsyms(kallsyms, p->name, false), "%s is a function of this kernel",
		   p->name);
		diag("fact probe %s %s %s%s", p->name, p->kind, how ? how : "nowhere",
		     entered ? "" : " not-entered");
		return;
	}
	is_str(p->state, "absent", "%s is on or absent", p->name);
	ok(!how, "%s is not in the kernel's list of kprobes", p->name);
	ok(!in_kallsyms(kallsyms, p->name, false), "%s is no function of this kernel", p->name);
	diag("fact probe %s %s absent%s", p->name, p->kind,
	     in_kallsyms(kallsyms, p->name, true) ? " renamed" : "");
}

int main(void)
{
	char *kallsyms = file_read("/proc/kallsyms", NULL), *list = file_read(KPROBES, NULL);
	struct info *before = info_read(), *after;
	struct life l = life_begin();
	struct utsname u;

	if (!kallsyms || !list)
		bail("no /proc/kallsyms or no " KPROBES);
	uname(&u);
	diag("fact release %s", u.release);
	diag("fact machine %s", u.machine);
	report_columns(l.fd);
	life_end(&l);
	after = info_read();
	for (size_t i = 0; i < before->nprobes; i++) {
		const struct probe *b = &before->probes[i], *a = info_probe(after, b->name);

		report_probe(b, a && a->hits > b->hits, list, kallsyms);
	}
	info_free(before);
	info_free(after);
	free(list);
	free(kallsyms);
	return done();
}
