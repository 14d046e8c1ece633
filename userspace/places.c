// SPDX-License-Identifier: GPL-2.0
// Namespaces are read through /proc/PID/net, which needs no privilege, and entered where no process
// is in them. Which one it is, the line netns of info tells, or the inode of what is entered.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "missing.h"
#include "places.h"
#include "source.h"
#include "text.h"

#define NAMED "/run/netns"	/* where `ip netns` has them */

/* A walk over all namespaces; lives on one stack frame. */
struct walk {
	const struct options *options;
	void (*visit)(const struct options *at, void *arg);
	void *arg;
	size_t nseen;
	uint64_t *seen;		/* their inodes */
	bool left_out;		/* one could not be entered */
};

static bool is_pid(const char *text)
{
	uint64_t pid;

	return text_number(text, &pid);
}

static void no_namespace(const char *name)
{
	die(EXIT_USAGE,
	    "no network namespace '%s': give a name of " NAMED ", a path like /proc/1/ns/net, or a pid",
	    name);
}

/* From here on, /proc/net is that of the namespace at this path. Returns 0, or an errno. */
static int enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static void enter_or_die(const char *path, const char *name)
{
	int error = enter(path);

	/* The third of these is something else than a namespace. */
	if (error == ENOENT || error == ENOTDIR || error == EINVAL)
		no_namespace(name);
	if (error)
		die(EXIT_TABLE,
		    "%s: cannot enter: %s: run it as root, or give the pid of a process in it",
		    path, strerror(error));
}

/**
 * places_enter() - go where -N says, or end with a message
 * @options: the command line; net is set if the namespace is read through /proc/PID
 *
 * Return: net, for free() when @options are not used any more.
 */
char *places_enter(struct options *options)
{
	const char *name = options->netns;
	char *path, *net = NULL;

	if (!name)
		return NULL;
	path = strchr(name, '/') ? need(strdup(name)) : text_format(NAMED "/%s", name);
	if (!strchr(name, '/') && access(path, F_OK) && is_pid(name)) {
		net = text_format("%s/%s/net", source_proc(), name);
		if (access(net, F_OK))
			no_namespace(name);
		options->net = net;
	} else {
		enter_or_die(path, name);
	}
	free(path);
	return net;
}

/* Returns whether it had not been seen. */
static bool see(struct walk *walk, uint64_t inode)
{
	for (size_t i = 0; i < walk->nseen; i++)
		if (walk->seen[i] == inode)
			return false;
	walk->seen = need(reallocarray(walk->seen, walk->nseen + 1, sizeof(*walk->seen)));
	walk->seen[walk->nseen++] = inode;
	return true;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	uint64_t left = 0, right = 0;

	text_number((*a)->d_name, &left);
	text_number((*b)->d_name, &right);
	return (left > right) - (left < right);
}

static int is_process(const struct dirent *entry)
{
	return is_pid(entry->d_name);
}

static int is_name(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* Calls each() with the entries of a directory; one that is not there has none. */
static void each_entry(struct walk *walk, const char *directory,
		       int (*wanted)(const struct dirent *entry),
		       void (*each)(struct walk *walk, const char *name))
{
	struct dirent **entries;
	int n = scandir(directory, &entries, wanted, wanted == is_process ? by_number : alphasort);

	for (int i = 0; i < n; i++) {
		each(walk, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/*
 * A namespace while it is read: the process in it may end meanwhile. netstat of the kernel holds
 * the namespace while it is open (fs/proc/proc_net.c:single_open_net), and what is open can be
 * opened again without the process.
 */
enum { DIRECTORY, NETSTAT, HELD };

struct held {
	int fds[HELD];
	char *paths[HELD];
};

/* Returns whether the namespace of this process is held, and the module in it. */
static bool hold(struct held *held, const char *pid)
{
	static const struct { const char *name; int flags; } files[] = {
		[DIRECTORY] = { "listenq", O_PATH | O_DIRECTORY },
		[NETSTAT] = { "netstat", O_RDONLY },
	};
	bool all = true;

	for (int i = 0; i < HELD; i++) {
		char *path = text_format("%s/%s/net/%s", source_proc(), pid, files[i].name);

		held->fds[i] = open(path, files[i].flags | O_CLOEXEC);
		held->paths[i] = text_format("/proc/self/fd/%d", held->fds[i]);
		all &= held->fds[i] >= 0;
		free(path);
	}
	return all;
}

static void release(struct held *held)
{
	for (int i = 0; i < HELD; i++) {
		if (held->fds[i] >= 0)
			close(held->fds[i]);
		free(held->paths[i]);
	}
}

/* Not from /proc/PID/ns/net, which is for those only who may trace the process. */
static bool inode_of(const struct held *held, uint64_t *inode)
{
	char *path = text_format("%s/info", held->paths[DIRECTORY]), *line = NULL;
	FILE *file = fopen(path, "re");
	bool found = false;
	size_t room;

	free(path);
	while (file && !found && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "netns ", 6) && text_number(line + 6, inode);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* A pid names the namespace of the process, unless another one has it as its name. */
static char *name_of_pid(const char *pid)
{
	char *path = text_format(NAMED "/%s", pid), *name;

	name = access(path, F_OK) ? need(strdup(pid)) :
				    text_format("%s/%s/ns/net", source_proc(), pid);
	free(path);
	return name;
}

/* Returns what -N would call the namespace that a process is in, for free(). */
static char *name_of(uint64_t inode, const char *pid)
{
	struct dirent **entries;
	char *found = NULL;
	int n = scandir(NAMED, &entries, is_name, alphasort);

	for (int i = 0; i < n; i++) {
		char *path = text_format(NAMED "/%s", entries[i]->d_name);
		struct stat what;

		if (!found && !stat(path, &what) && what.st_ino == inode)
			found = need(strdup(entries[i]->d_name));
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found ? found : name_of_pid(pid);
}

/* Calls visit() in a namespace, or in the one entered last if @held is NULL. */
static void visit_at(struct walk *walk, const struct held *held, const char *name, uint64_t inode)
{
	struct options at = *walk->options;

	at.held = held ? held->paths[DIRECTORY] : NULL;
	at.netstat = held ? held->paths[NETSTAT] : NULL;
	at.place = name;
	at.place_inode = inode;
	walk->visit(&at, walk->arg);
}

static void visit_process(struct walk *walk, const char *pid)
{
	struct held held;
	uint64_t inode;

	if (hold(&held, pid) && inode_of(&held, &inode) && see(walk, inode)) {
		char *name = name_of(inode, pid);

		visit_at(walk, &held, name, inode);
		free(name);
	}
	release(&held);
}

/* One that a process is in has been seen; one that has been deleted meanwhile is none. */
static void visit_named(struct walk *walk, const char *name)
{
	char *path = text_format(NAMED "/%s", name);
	struct stat what;
	int error;

	if (!stat(path, &what) && see(walk, what.st_ino)) {
		error = enter(path);
		if (!error) {
			visit_at(walk, NULL, name, what.st_ino);
		} else if (error == EINVAL) {
			warn("%s: left out: not a network namespace: delete it", path);
		} else if (error != ENOENT) {
			warn("%s: left out: cannot enter: %s: run this as root", path,
			     strerror(error));
			walk->left_out = true;
		}
	}
	free(path);
}

/**
 * places_each() - do something in each network namespace that is asked for
 * @options: the command line
 * @visit: called with the command line for one namespace, and @arg
 * @arg: for @visit
 *
 * With -A these are the namespaces of all processes, and those of `ip netns`, each once; else it
 * is the one that @options stand for. Ends with a message if the module is in none of them.
 *
 * Return: whether all could be entered; a message says which not.
 */
bool places_each(const struct options *options,
		 void (*visit)(const struct options *at, void *arg), void *arg)
{
	struct walk walk = { .options = options, .visit = visit, .arg = arg };

	if (!options->all) {
		visit(options, arg);
		return true;
	}
	each_entry(&walk, source_proc(), is_process, visit_process);
	if (!walk.nseen)
		missing_module(text_format("%s/PID/net/listenq", source_proc()));
	each_entry(&walk, NAMED, is_name, visit_named);
	free(walk.seen);
	return !walk.left_out;
}

/**
 * places_name() - append the columns netns and netns_inode
 * @table: what was read in a namespace
 * @at: as the visitor of places_each() got it; without -A nothing is done
 */
void places_name(struct table *table, const struct options *at)
{
	static const char *const names[] = { "netns", "netns_inode" };
	const char *cells[2];
	char *inode, *name;

	if (!at->place)
		return;
	name = text_encode(at->place);
	inode = text_format("%llu", (unsigned long long)at->place_inode);
	cells[0] = name;
	cells[1] = inode;
	table_add_columns(table, names, 2);
	for (size_t row = 0; row < table->nrows; row++)
		table_extend_row(table, row, cells, 2);
	free(inode);
	free(name);
}

/**
 * places_gather() - put the rows of a namespace behind those of others
 * @all: NULL, or the rows so far; gets them
 * @table: from source_table(), with the same columns; freed, or in @all
 */
void places_gather(struct table **all, struct table *table)
{
	if (!*all) {
		*all = table;
		return;
	}
	if (!table_move(*all, table))
		die(EXIT_TABLE, "%s: other columns than before: the module was replaced: try again",
		    table->path);
	source_free(table);
}
