// SPDX-License-Identifier: GPL-2.0
/* TAP on stdout: each check prints at once, so that nothing is lost when a case dies half way. */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned int count, failed;
static bool in_child;

/* One write a line: a child of the case may print at the same time. */
static void line(const char *head, const char *fmt, va_list ap, const char *tail)
{
	char buf[1024];
	int n = snprintf(buf, sizeof(buf), "%s", head);

	n += vsnprintf(buf + n, sizeof(buf) - n, fmt, ap);
	if (n >= (int)sizeof(buf))
		n = sizeof(buf) - 1;
	n += snprintf(buf + n, sizeof(buf) - n, "%s", tail);
	if (n >= (int)sizeof(buf))
		n = sizeof(buf) - 1;
	buf[n] = '\n';
	if (write(STDOUT_FILENO, buf, n + 1) < 0)
		_exit(1);
}

static bool result(bool cond, const char *fmt, va_list ap, const char *tail)
{
	char head[32];

	if (!cond)
		failed++;
	snprintf(head, sizeof(head), "%s %u - ", cond ? "ok" : "not ok", ++count);
	line(head, fmt, ap, tail);
	return cond;
}

/**
 * ok() - one check
 * @cond: what must hold
 * @fmt: what was checked, printf style
 *
 * Return: @cond.
 */
bool ok(bool cond, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(cond, fmt, ap, "");
	va_end(ap);
	return cond;
}

/**
 * is_u64() - check that a number is the expected one, say both when it is not
 * @got: what was seen
 * @want: what the oracle says
 * @fmt: what was checked, printf style
 *
 * Return: true when equal.
 */
bool is_u64(uint64_t got, uint64_t want, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!result(got == want, fmt, ap, ""))
		diag("got %llu, want %llu", (unsigned long long)got, (unsigned long long)want);
	va_end(ap);
	return got == want;
}

/**
 * is_str() - check that a text is the expected one, say both when it is not
 * @got: what was seen; NULL never matches
 * @want: what the oracle says
 * @fmt: what was checked, printf style
 *
 * Return: true when equal.
 */
bool is_str(const char *got, const char *want, const char *fmt, ...)
{
	bool same = got && !strcmp(got, want);
	va_list ap;

	va_start(ap, fmt);
	if (!result(same, fmt, ap, ""))
		diag("got '%s', want '%s'", got ? got : "(nothing)", want);
	va_end(ap);
	return same;
}

/**
 * in_range() - check that a number lies between two others
 * @got: what was seen
 * @low: smallest value allowed
 * @high: largest value allowed
 * @fmt: what was checked, printf style
 *
 * Return: true when @low <= @got <= @high.
 */
bool in_range(uint64_t got, uint64_t low, uint64_t high, const char *fmt, ...)
{
	bool in = got >= low && got <= high;
	va_list ap;

	va_start(ap, fmt);
	if (!result(in, fmt, ap, ""))
		diag("got %llu, want %llu to %llu", (unsigned long long)got,
		     (unsigned long long)low, (unsigned long long)high);
	va_end(ap);
	return in;
}

/**
 * skip() - a check that this kernel cannot be asked
 * @why: the reason, shown and counted by the driver
 * @fmt: what was to be checked, printf style
 */
void skip(const char *why, const char *fmt, ...)
{
	char tail[160];
	va_list ap;

	snprintf(tail, sizeof(tail), " # SKIP %s", why);
	va_start(ap, fmt);
	result(true, fmt, ap, tail);
	va_end(ap);
}

/**
 * diag() - a line for people
 * @fmt: printf style
 */
void diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	line("# ", fmt, ap, "");
	va_end(ap);
}

/**
 * done() - print the plan
 *
 * Return: the exit status of the case: 0 when every check held and there was one.
 */
int done(void)
{
	char plan[32];
	int n = snprintf(plan, sizeof(plan), "1..%u\n", count);

	if (write(STDOUT_FILENO, plan, n) != n)
		return 1;
	return failed || !count;
}

/**
 * tap_child() - from now on this process is a helper of the case: its bail() is a diagnostic, and
 * the parent, which gets no answer, fails the case
 */
void tap_child(void)
{
	in_child = true;
}

/**
 * bail() - the case cannot go on
 * @fmt: what went wrong, printf style
 */
void bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (in_child) {
		line("# ", fmt, ap, " (in a child)");
		_exit(1);
	}
	result(false, fmt, ap, " (cannot go on)");
	va_end(ap);
	done();
	exit(1);
}
