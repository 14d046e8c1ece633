// SPDX-License-Identifier: GPL-2.0
// mutate READER COUNT SEED TABLE...: feeds damaged tables to the reader. Whatever they hold,
// it must end with 0 and a clean output, or with 3, one line on stderr and no output at all.
// mutate READER COUNT SEED DIR: the same with all commands and the files of a copy of
// /proc/net/listenq, one of them damaged; audit and check may find something and end with 1, and
// events has told what was before the damage.

#include <fcntl.h>
#include <locale.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"

#define ROOM (256 << 10)
#define GROWTH 40000	/* the most that one mutation adds */

static char text[ROOM + GROWTH];
static size_t length;
static uint64_t state;

static uint32_t any(uint32_t below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 33) % below;
}

static void insert(size_t at, const char *bytes, size_t n)
{
	memmove(text + at + n, text + at, length - at);
	memcpy(text + at, bytes, n);
	length += n;
}

static void cut(size_t at, size_t n)
{
	if (n > length - at)
		n = length - at;
	memmove(text + at, text + at + n, length - at - n);
	length -= n;
}

static void mutate(void)
{
	static const char *const words[] = {
		" ", "\n", "-", "-1", "0", "4294967296",
		"18446744073709551615", "18446744073709551616",
		"-2147483648", "007", "\\012", "\\303\\244", "\\033[2J", "\\377",
		"\\40", "\\",
		"\"", "\\000", "\\302\\205", "\\342\\200\\256", " sk ", " local ",
		"[::]:1", "\r", "\t",
		"\x1b[31m",
	};
	static char run[GROWTH];
	size_t at = any(length + 1), n;

	switch (any(14)) {
	case 0:
		if (at < length)
			text[at] ^= 1 << any(8);
		break;
	case 1:
		if (at < length)
			text[at] = any(256);
		break;
	case 2:
		cut(at, any(60));
		break;
	case 3:
		if (!any(4))
			length = at;
		break;
	case 4:
		n = any(200);
		if (n > length - at)
			n = length - at;
		memcpy(run, text + at, n);
		insert(any(length + 1), run, n);
		break;
	case 5:
		n = any(8) ? any(20) : any(GROWTH);
		memset(run, " a0\n\\-"[any(6)], n);
		insert(at, run, n);
		break;
	default:
		/* Replace one cell: from the blank before it to the next. */
		n = any(sizeof(words) / sizeof(words[0]));
		while (at && text[at - 1] != ' ' && text[at - 1] != '\n')
			at--;
		if (any(4))
			cut(at, strcspn(text + at, "\n "));
		insert(at, words[n], strlen(words[n]));
	}
	text[length] = '\0';
}

static void load(const char *path)
{
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		exit(2);
	}
	length = fread(text, 1, ROOM / 2, file);
	text[length] = '\0';
	fclose(file);
}

/* An empty file in memory as the given descriptor, kept over exec. */
static void memory_file(int fd)
{
	int made = memfd_create("mutate", 0);

	if (made < 0 || dup2(made, fd) < 0) {
		perror("memfd_create");
		exit(2);
	}
	close(made);
}

static char *slurp(int fd, size_t *n)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *bytes = malloc(size + 1);

	if (!bytes || pread(fd, bytes, size, 0) != size) {
		perror("mutate: reading back");
		exit(2);
	}
	bytes[size] = '\0';
	*n = size;
	return bytes;
}

static bool lines_valid(const char *out, size_t nout)
{
	while (nout) {
		const char *newline = memchr(out, '\n', nout);
		size_t n = newline ? (size_t)(newline - out) + 1 : nout;

		if (!json_valid(out, n))
			return false;
		out += n;
		nout -= n;
	}
	return true;
}

/* What a run may do besides. */
struct leave {
	bool json, stream, find;
};

static const char *judge(int status, const char *out, size_t nout,
			 const char *err, size_t nerr, struct leave may)
{
	const char *newline = strchr(err, '\n');

	if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 3 &&
				   (WEXITSTATUS(status) != 1 || !may.find)))
		return "exit status is neither 0 nor 3";
	if (WEXITSTATUS(status) == 3) {
		if (nout && !may.stream)
			return "output in spite of an error";
		if (strncmp(err, "listenq: ", 9) || !newline || newline != err + nerr - 1)
			return "stderr is not one line of listenq's";
		return NULL;
	}
	if (nerr)
		return "success with something on stderr";
	for (size_t i = 0; i < nout; i++)
		if (out[i] != '\n' && ((unsigned char)out[i] < 0x20 || out[i] == 0x7f))
			return "a control byte in the output";
	if (!may.json || (may.stream ? lines_valid(out, nout) : json_valid(out, nout)))
		return NULL;
	return "not valid JSON";
}

enum { FD_IN = 100, FD_OUT, FD_ERR };

/* Runs the reader with the text as its input, and judges what it does. */
static const char *try(char *const *argv, unsigned int turn, bool find, int *status)
{
	static char *const envs[][4] = {
		{ "LC_ALL=C", "ASAN_OPTIONS=exitcode=99:detect_leaks=0" },
		{ "LC_ALL=C.UTF-8", "ASAN_OPTIONS=exitcode=99:detect_leaks=0" },
	};
	posix_spawn_file_actions_t files;
	size_t nout, nerr;
	const char *verdict;
	char *out, *err;
	struct leave may = { .find = find };
	pid_t pid;

	for (char *const *arg = argv; *arg; arg++) {
		may.json |= !strcmp(*arg, "--json");
		may.stream |= !strcmp(*arg, "events");
	}
	for (int fd = FD_IN; fd <= FD_ERR; fd++)
		memory_file(fd);
	if (pwrite(FD_IN, text, length, 0) != (ssize_t)length)
		return "cannot write the table";
	posix_spawn_file_actions_init(&files);
	for (int fd = FD_IN; fd <= FD_ERR; fd++)
		posix_spawn_file_actions_adddup2(&files, fd, fd - FD_IN);
	if (posix_spawn(&pid, argv[0], &files, NULL, argv, envs[turn / 5 % 2]) ||
	    waitpid(pid, status, 0) != pid)
		return "cannot run the reader";
	posix_spawn_file_actions_destroy(&files);
	out = slurp(FD_OUT, &nout);
	err = slurp(FD_ERR, &nerr);
	verdict = judge(*status, out, nout, err, nerr, may);
	if (verdict)
		fprintf(stderr, "mutate: %s\n%s", verdict, err);
	free(out);
	free(err);
	return verdict;
}

static const char *try_table(char *reader, unsigned int turn, int *status)
{
	static char *const args[][5] = {
		{ NULL }, { "--json" }, { "-H", "--output", "+comm,sk,PID" }, { "-6" },
		{ "--json", "--output", "PROCESS,SYNQ,dev,cgroup" },
	};
	char *const *pick = args[turn % 5];
	char *argv[9] = { reader, "-f", "-", pick[0], pick[1], pick[2] };

	return try(argv, turn, false, status);
}

static void save(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(text, 1, length, file) != length || fclose(file)) {
		perror(path);
		exit(2);
	}
}

static const char *try_dir(char *reader, char *dir, unsigned int turn, int *status)
{
	static char *const args[][5] = {
		{ "show", "--output", "+DROPS,ACCEPTQ-PEAK" }, { "show", "--json", "--dropping" },
		{ "latency" }, { "latency", "--json", "--output", "+PROCESS" },
		{ "requests", "--json", "--process", "nginx" }, { "requests", "--sort", "AGE" },
		{ "closed", "--json" }, { "closed", "--sort", "PROCESS" },
		{ "counters", "--sort", "DROPS", "--output", "+DROPS" },
		{ "audit" }, { "audit", "--json" },
		{ "check", "--acceptq", "80%", "--drops" }, { "check", "--drops", "--json" },
		{ "explain" }, { "explain", "--json" }, { "metrics" }, { "top", "-b", "0.1", "1" },
		{ "top", "--json", "0.1", "1" },
		{ "events" }, { "events", "--json", "-p", "80" },
	};
	char *const *pick = args[any(sizeof(args) / sizeof(args[0]))];
	char *argv[9] = { reader, pick[0], "-d", dir, pick[1], pick[2], pick[3], pick[4] };

	return try(argv, turn, *pick[0] == 'a' || !strcmp(pick[0], "check"), status);
}

/* Damages what has been loaded. */
static void damage(void)
{
	for (unsigned int i = any(3) + 1; i && length < ROOM - GROWTH; i--)
		mutate();
}

/* One file of a directory is damaged, and whole again afterwards, from the copy beside it. */
static const char *turn_dir(char *reader, char *dir, unsigned int turn, int *status)
{
	static const char *const files[] = {
		"listeners", "counters", "closed", "latency", "requests", "info", "netstat",
		"events",
	};
	const char *file = files[any(sizeof(files) / sizeof(files[0]))];
	char path[4096], whole[4096];
	const char *verdict;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	snprintf(whole, sizeof(whole), "%s/%s.whole", dir, file);
	load(whole);
	damage();
	save(path);
	verdict = try_dir(reader, dir, turn, status);
	if (!verdict) {
		load(whole);
		save(path);
	}
	return verdict;
}

int main(int argc, char **argv)
{
	unsigned int count, good = 0;
	struct stat what;
	int status = 0;
	bool is_dir;

	if (argc < 5 || !setlocale(LC_CTYPE, "C.UTF-8")) {
		fprintf(stderr, "usage: mutate READER COUNT SEED TABLE...|DIR\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	state = strtoull(argv[3], NULL, 10);
	is_dir = !stat(argv[4], &what) && S_ISDIR(what.st_mode);
	for (unsigned int turn = 0; turn < count; turn++) {
		const char *verdict;

		if (is_dir) {
			verdict = turn_dir(argv[1], argv[4], turn, &status);
		} else {
			load(argv[4 + any(argc - 4)]);
			damage();
			verdict = try_table(argv[1], turn, &status);
		}
		if (verdict) {
			printf("# turn %u of seed %s failed; its table:\n", turn, argv[3]);
			fwrite(text, 1, length, stdout);
			return 1;
		}
		good += WEXITSTATUS(status) != 3;
	}
	/* All refused or all taken would prove little. */
	printf("# %u damaged tables: %u taken, %u refused\n", count, good, count - good);
	return count && (!good || good == count);
}
