// SPDX-License-Identifier: GPL-2.0
/* Sysctls: the first value of each one is put back when the process that changed it exits. */
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct saved {
	const char *name;
	long value;
} saved[16];

static size_t nsaved;
static pid_t owner;

/**
 * file_write() - write a short text into a file that exists
 * @path: its name
 * @text: what to write
 *
 * Return: false with errno set when that failed.
 */
bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text);
}

static void put(const char *name, long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	snprintf(text, sizeof(text), "%ld", value);
	if (!file_write(path, text))
		bail("cannot write %ld to %s: %s", value, path, strerror(errno));
}

static void restore(void)
{
	if (getpid() != owner)
		return;
	while (nsaved) {
		nsaved--;
		put(saved[nsaved].name, saved[nsaved].value);
	}
}

/**
 * sysctl_get() - read a sysctl
 * @name: path below /proc/sys
 *
 * Return: its value.
 */
long sysctl_get(const char *name)
{
	char path[128], *text;
	long value;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	text = file_read(path, NULL);
	if (!text)
		bail("cannot read %s: %s", path, strerror(errno));
	value = strtol(text, NULL, 10);
	free(text);
	return value;
}

/**
 * sysctl_set() - change a sysctl until this process exits
 * @name: path below /proc/sys; the text must stay
 * @value: its new value
 */
void sysctl_set(const char *name, long value)
{
	size_t i;

	if (owner != getpid()) {
		owner = getpid();
		nsaved = 0;
		atexit(restore);
	}
	for (i = 0; i < nsaved && strcmp(saved[i].name, name); i++)
		;
	if (i == nsaved) {
		if (nsaved == sizeof(saved) / sizeof(saved[0]))
			bail("too many sysctls changed");
		saved[nsaved++] = (struct saved){ name, sysctl_get(name) };
	}
	put(name, value);
}
