// SPDX-License-Identifier: GPL-2.0
/* The test build's faults on purpose, and what the kernel log says. */
#include "fault.h"
#include "mod.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAIL_ALLOC "/sys/module/listenq/parameters/fail_alloc"

/**
 * fault_arm() - let an allocation of the module fail
 * @nth: 1 for the next one
 */
void fault_arm(unsigned int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", nth);
	if (!file_write(FAIL_ALLOC, text))
		bail("cannot write %s to " FAIL_ALLOC ": %s", text, strerror(errno));
}

/**
 * fault_disarm() - no more faults
 *
 * Return: true when the allocation had come, and failed.
 */
bool fault_disarm(void)
{
	char *text = file_read(FAIL_ALLOC, NULL);
	long left;

	if (!text)
		bail("cannot read " FAIL_ALLOC ": %s", strerror(errno));
	left = strtol(text, NULL, 10);
	free(text);
	fault_arm(0);
	return !left;
}

/**
 * klog_begin() - begin to follow the kernel log
 * @k: set; what has been logged so far does not count
 */
void klog_begin(struct klog *k)
{
	*k = (struct klog){ .fd = kmsg_tail(), .room = 4096, .text = calloc(1, 4096) };
	if (!k->text)
		bail("out of memory");
}

static void follow(struct klog *k)
{
	char record[8192], *line;
	ssize_t got;
	size_t n;

	/* EPIPE: some was overwritten before we came; the rest follows. */
	while ((got = read(k->fd, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		record[got] = 0;
		line = strchr(record, ';');
		line = line ? line + 1 : record;
		line[strcspn(line, "\n")] = 0;
		n = strlen(line);
		if (k->len + n + 2 > k->room) {
			k->room = 2 * k->room + n;
			k->text = realloc(k->text, k->room);
			if (!k->text)
				bail("out of memory for %zu bytes of the kernel log", k->room);
		}
		k->len += sprintf(k->text + k->len, "%s\n", line);
	}
}

/**
 * klog_find() - look for a line in the log, up to its present end
 * @k: from klog_begin()
 * @regex: extended; ^ and $ are the ends of a line
 *
 * Return: where the text that matches begins; NULL when there is none.
 */
const char *klog_find(struct klog *k, const char *regex)
{
	regmatch_t m;
	regex_t re;
	int no;

	follow(k);
	if (regcomp(&re, regex, REG_EXTENDED | REG_NEWLINE))
		bail("bad regular expression '%s'", regex);
	no = regexec(&re, k->text, 1, &m, 0);
	regfree(&re);
	return no ? NULL : k->text + m.rm_so;
}

/**
 * klog_lines() - count lines of the log
 * @k: from klog_begin()
 * @word1: text that a line must have
 * @word2: another one
 *
 * Return: how many lines have both.
 */
unsigned int klog_lines(struct klog *k, const char *word1, const char *word2)
{
	const char *line, *end;
	unsigned int n = 0;

	follow(k);
	for (line = k->text; *line; line = end + 1) {
		const char *hit1 = strstr(line, word1), *hit2 = strstr(line, word2);

		end = strchr(line, '\n');
		n += hit1 && hit1 < end && hit2 && hit2 < end;
	}
	return n;
}

/**
 * klog_show() - repeat lines of the log as diagnostics
 * @k: from klog_begin()
 * @from: where to begin, in the text of @k
 * @lines: how many
 */
void klog_show(const struct klog *k, const char *from, unsigned int lines)
{
	for (; lines && from && from < k->text + k->len; lines--) {
		size_t n = strcspn(from, "\n");

		diag("| %.*s", (int)n, from);
		from += n + 1;
	}
}

/**
 * klog_end() - stop following
 * @k: from klog_begin()
 */
void klog_end(struct klog *k)
{
	close(k->fd);
	free(k->text);
}
