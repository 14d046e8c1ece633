// SPDX-License-Identifier: GPL-2.0
/* The reader in the guest. */
#define _GNU_SOURCE
#include "reader.h"
#include "table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 32

static void become_reader(char *words, const char *out, const char *err)
{
	char *argv[WORDS] = { READER };
	int n = 1;

	for (char *word = strtok(words, " "); word && n < WORDS - 1; word = strtok(NULL, " "))
		argv[n++] = word;
	if (!freopen(out, "w", stdout) || !freopen(err, "w", stderr))
		_exit(126);
	execv(READER, argv);
	_exit(127);
}

static char *take(const char *path)
{
	char *text = file_read(path, NULL);

	unlink(path);
	return text ? text : strdup("");
}

/**
 * reader_file() - the file into which a reader writes
 * @path: set to its name, in 32 bytes
 * @pid: the process that has called reader_says(); two may do so at once
 */
void reader_file(char *path, pid_t pid)
{
	snprintf(path, 32, "/tmp/out.%d", pid);
}

/**
 * reader_says() - run the reader, and wait for its end
 * @fmt: printf format of its arguments, with a blank between two
 *
 * Return: what it said, for said_free().
 */
struct said reader_says(const char *fmt, ...)
{
	char words[512], out[32], err[32];
	struct said said;
	va_list args;
	int status;
	pid_t pid;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	reader_file(out, getpid());
	snprintf(err, sizeof(err), "/tmp/err.%d", getpid());
	pid = fork();
	if (!pid)
		become_reader(words, out, err);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("the reader cannot be run: %s", strerror(errno));
	said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	said.out = take(out);
	said.err = take(err);
	return said;
}

/**
 * said_free() - give back what the reader has said
 * @said: from reader_says()
 */
void said_free(struct said *said)
{
	free(said->out);
	free(said->err);
}

/**
 * said_good() - one result: it ended well, without a word on stderr
 * @said: from reader_says()
 * @what: was asked of it
 *
 * Return: whether it did.
 */
bool said_good(const struct said *said, const char *what)
{
	if (ok(!said->code && !*said->err, "%s: ends well", what))
		return true;
	diag("exit status %d, stderr: %s", said->code, said->err);
	return false;
}
