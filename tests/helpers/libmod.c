// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading the module, its info file, and what it says in the kernel log. */
#define _GNU_SOURCE
#include "mod.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/**
 * mod_path() - where the module is
 * @test_build: the build with fail_at= and hide=
 *
 * Return: its file.
 */
const char *mod_path(bool test_build)
{
	const char *path = getenv(test_build ? "LISTENQ_TEST_KO" : "LISTENQ_KO");

	if (path)
		return path;
	return test_build ? "/listenq-test.ko" : "/listenq.ko";
}

/**
 * mod_load() - load the module
 * @path: its file
 * @params: its parameters, "" for none
 *
 * Return: 0 or the errno.
 */
int mod_load(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		bail("cannot open %s: %s", path, strerror(errno));
	if (syscall(SYS_finit_module, fd, params, 0))
		err = errno;
	close(fd);
	return err;
}

/**
 * mod_unload() - unload the module
 *
 * Return: 0 or the errno.
 */
int mod_unload(void)
{
	return syscall(SYS_delete_module, "listenq", O_NONBLOCK) ? errno : 0;
}

/**
 * mod_loaded() - is the module in the kernel
 *
 * Return: true when it is.
 */
bool mod_loaded(void)
{
	char *text = file_read("/proc/modules", NULL), *hit;
	bool there = false;

	for (hit = text; hit && (hit = strstr(hit, "listenq ")); hit++)
		if (hit == text || hit[-1] == '\n')
			there = true;
	free(text);
	return there;
}

/**
 * mod_gone() - has the module left nothing
 *
 * Return: true when neither the module nor its folder is there.
 */
bool mod_gone(void)
{
	return !mod_loaded() && access("/proc/net/listenq", F_OK) && errno == ENOENT;
}

/**
 * mod_load_or_bail() - load the module; the case ends when that fails
 * @path: its file
 * @params: its parameters
 */
void mod_load_or_bail(const char *path, const char *params)
{
	int err = mod_load(path, params);

	if (err)
		bail("cannot load %s %s: %s", path, params, strerror(err));
}

/**
 * mod_unload_or_bail() - unload the module; the case ends when that fails
 */
void mod_unload_or_bail(void)
{
	int err = mod_unload();

	if (err)
		bail("cannot unload the module: %s", strerror(err));
}

static void parse_probe(struct probe *p, const char *line)
{
	unsigned long long hits, missed;
	int end = 0;

	if (sscanf(line, "probe %63s kind=%15s state=%15s hits=%llu missed=%llu%n", p->name,
		   p->kind, p->state, &hits, &missed, &end) != 5 || line[end])
		bail("bad probe line '%s'", line);
	p->hits = hits;
	p->missed = missed;
}

/**
 * info_read() - read and parse the info file
 *
 * Return: its lines and probes, to be freed.
 */
struct info *info_read(void)
{
	struct info *in = calloc(1, sizeof(*in));
	char *line, *end;
	size_t len;

	in->text = file_read(INFO, &len);
	if (!in->text)
		bail("cannot read " INFO ": %s", strerror(errno));
	if (!len || in->text[len - 1] != '\n' || strlen(in->text) != len)
		bail(INFO " is empty or has an unfinished last line");
	in->lines = calloc(len, sizeof(char *));
	in->probes = calloc(len / 16 + 1, sizeof(struct probe));
	for (line = in->text; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = 0;
		if (!strchr(line, ' '))
			bail("bad info line '%s'", line);
		if (!strncmp(line, "probe ", 6))
			parse_probe(&in->probes[in->nprobes++], line);
		in->lines[in->nlines++] = line;
	}
	return in;
}

/**
 * info_free() - give it back
 * @in: from info_read()
 */
void info_free(struct info *in)
{
	free(in->probes);
	free(in->lines);
	free(in->text);
	free(in);
}

/**
 * info_get() - value of a key
 * @in: from info_read()
 * @key: the first word of the line, or for a counter "mib NAME"
 *
 * Return: the rest of the only line with that key; NULL when there is none or more than one.
 */
const char *info_get(const struct info *in, const char *key)
{
	size_t len = strlen(key);
	const char *value = NULL;

	for (size_t i = 0; i < in->nlines; i++) {
		if (strncmp(in->lines[i], key, len) || in->lines[i][len] != ' ')
			continue;
		if (value)
			return NULL;
		value = in->lines[i] + len + 1;
	}
	return value;
}

/**
 * info_u64() - number of a key
 * @in: from info_read()
 * @key: as for info_get()
 *
 * Return: the number; UINT64_MAX when there is no such number.
 */
uint64_t info_u64(const struct info *in, const char *key)
{
	const char *value = info_get(in, key);

	if (!value || !*value || strspn(value, "0123456789") != strlen(value))
		return UINT64_MAX;
	return strtoull(value, NULL, 10);
}

/**
 * info_probe() - find a probe
 * @in: from info_read()
 * @name: its symbol
 *
 * Return: the probe or NULL.
 */
const struct probe *info_probe(const struct info *in, const char *name)
{
	for (size_t i = 0; i < in->nprobes; i++)
		if (!strcmp(in->probes[i].name, name))
			return &in->probes[i];
	return NULL;
}

/**
 * probe_on() - is a probe there and on
 * @in: from info_read()
 * @name: its symbol
 *
 * Return: true when it is.
 */
bool probe_on(const struct info *in, const char *name)
{
	const struct probe *p = info_probe(in, name);

	return p && !strcmp(p->state, "on");
}

/**
 * kmsg_tail() - begin to follow the kernel log
 *
 * Return: an fd that stands behind everything logged so far.
 */
int kmsg_tail(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		bail("cannot follow /dev/kmsg: %s", strerror(errno));
	return fd;
}

/**
 * kmsg_count() - read the kernel log on to its end
 * @fd: from kmsg_tail()
 * @word1: text that a line must have
 * @word2: another one
 * @line: set to the last line that has both
 * @len: room there
 *
 * Return: how many lines had both.
 */
unsigned int kmsg_count(int fd, const char *word1, const char *word2, char *line, size_t len)
{
	unsigned int n = 0;
	char record[2048];
	ssize_t got;

	while ((got = read(fd, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		if (got < 0)
			continue;
		record[got] = 0;
		record[strcspn(record, "\n")] = 0;
		if (!strstr(record, word1) || !strstr(record, word2))
			continue;
		snprintf(line, len, "%s", strchr(record, ';') ? strchr(record, ';') + 1 : record);
		n++;
	}
	return n;
}
