// SPDX-License-Identifier: GPL-2.0
/* The reader in the guest. */
#define _GNU_SOURCE
#include "reader.h"
#include "proc.h"
#include "sock.h"
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS 32

#define WAIT_MS 20000

static void become_reader(char *words)
{
	char *argv[WORDS] = { READER };
	int n = 1;

	for (char *word = strtok(words, " "); word && n < WORDS - 1; word = strtok(NULL, " "))
		argv[n++] = word;
	execv(READER, argv);
	_exit(127);
}

static void become_writer(int fd, const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (dup2(file, fd) != fd)
		_exit(126);
}

/**
 * reader_start() - run the reader in the background
 * @r: pipe -1, or another number for a pipe, from which its output can then be read; uid set
 * @fmt: printf format of its arguments, with a blank between two
 */
void reader_start(struct reader *r, const char *fmt, ...)
{
	int ends[2] = { -1, -1 };
	char words[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	if (r->pipe >= 0 && pipe2(ends, O_CLOEXEC))
		bail("pipe: %s", strerror(errno));
	r->pid = fork();
	if (r->pid < 0)
		bail("fork: %s", strerror(errno));
	if (!r->pid) {
		if (ends[1] < 0)
			become_writer(STDOUT_FILENO, READER_OUT);
		else
			dup2(ends[1], STDOUT_FILENO);
		become_writer(STDERR_FILENO, READER_ERR);
		if (r->uid)
			become(r->uid);
		become_reader(words);
	}
	if (ends[1] >= 0)
		close(ends[1]);
	r->pipe = ends[0];
}

/**
 * reader_ended() - has it ended
 * @r: from reader_start()
 *
 * Return: true if it has; reader_end() is still to be called.
 */
bool reader_ended(const struct reader *r)
{
	siginfo_t si = { .si_pid = 0 };

	return !waitid(P_PID, r->pid, &si, WEXITED | WNOHANG | WNOWAIT) && si.si_pid;
}

/**
 * reader_end() - wait for its end; one that does not end is killed, and a result says so
 * @r: from reader_start()
 *
 * Return: its exit code, or 1000 and the signal.
 */
unsigned int reader_end(struct reader *r)
{
	int status = 0;

	if (!AWAIT(reader_ended(r), WAIT_MS)) {
		kill(r->pid, SIGKILL);
		ok(false, "the reader ends");
	}
	if (waitpid(r->pid, &status, 0) != r->pid)
		bail("waitpid: %s", strerror(errno));
	if (r->pipe >= 0)
		close(r->pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
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
	if (!pid) {
		become_writer(STDOUT_FILENO, out);
		become_writer(STDERR_FILENO, err);
		become_reader(words);
	}
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
