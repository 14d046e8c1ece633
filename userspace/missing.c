// SPDX-License-Identifier: GPL-2.0
// Why the module is not there, as far as anybody may know, and the one next step.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "missing.h"
#include "source.h"
#include "text.h"

/* With this, a file ends that scripts/sign-file of the kernel has signed. */
#define SIGNATURE "~Module signature appended~\n"

#define MANUAL "see SECURE BOOT in listenq(8)"

/* A file of this system: its root is that of the reader, wherever PROC_ROOT says that /proc is. */
static FILE *system_open(const char *name)
{
	char *path = text_format("%s/self/root%s", source_proc(), name);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

/* The first line of a file, for free(); NULL if it cannot be read. */
static char *system_line(const char *name)
{
	FILE *file = system_open(name);
	char *line = NULL;
	size_t room;

	if (!file)
		return NULL;
	if (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
	} else {
		free(line);
		line = NULL;
	}
	fclose(file);
	return line;
}

static bool system_says(const char *name, const char *word)
{
	char *line = system_line(name);
	bool says = line && strstr(line, word);

	free(line);
	return says;
}

/* Why this kernel takes only modules with a signature that it knows; NULL where it takes others. */
static const char *signed_only(void)
{
	static const char lockdown[] = "/sys/kernel/security/lockdown";

	if (system_says(lockdown, "[integrity]") || system_says(lockdown, "[confidentiality]"))
		return "lockdown";
	if (system_says("/sys/module/module/parameters/sig_enforce", "Y"))
		return "module.sig_enforce";
	return NULL;
}

/* Where modprobe would take the module from. */
struct installed {
	char *release;		/* of the kernel; NULL if modprobe's list cannot be read */
	char *file;		/* NULL if the module is not in the list */
};

static void installed_find(struct installed *at)
{
	char *release = system_line("/proc/sys/kernel/osrelease"), *name, *line = NULL;
	FILE *list = NULL;
	size_t room;

	memset(at, 0, sizeof(*at));
	if (!release)
		return;
	name = text_format("/lib/modules/%s/modules.dep", release);
	list = system_open(name);
	free(name);
	if (!list) {
		free(release);
		return;
	}
	at->release = release;
	while (!at->file && getline(&line, &room, list) > 0) {
		char *end = strchr(line, ':'), *base;

		if (!end)
			continue;
		*end = '\0';
		base = strrchr(line, '/');
		if (!strncmp(base ? base + 1 : line, "listenq.ko", strlen("listenq.ko")))
			at->file = text_format("/lib/modules/%s/%s", release, line);
	}
	free(line);
	fclose(list);
}

/* Whether it is certain that a module has no signature: that of a compressed one cannot be seen. */
static bool is_unsigned(const char *name)
{
	const size_t length = strlen(SIGNATURE);
	char end[sizeof(SIGNATURE)] = "";
	FILE *file = strstr(name, ".ko.") ? NULL : system_open(name);
	bool known = file && !fseek(file, -(long)length, SEEK_END) &&
		     fread(end, 1, length, file) == length;

	if (file)
		fclose(file);
	return known && strcmp(end, SIGNATURE);
}

/**
 * missing_module() - end with a message: the module is not loaded
 * @path: what is not there
 */
void missing_module(const char *path)
{
	const char *why = signed_only();
	struct installed at;

	installed_find(&at);
	if (why && at.file && is_unsigned(at.file))
		die(EXIT_TABLE,
		    "%s: not there: sign %s, then load it: this kernel takes signed modules only (%s): "
		    MANUAL, path, at.file, why);
	if (why && at.file)
		die(EXIT_TABLE,
		    "%s: not there: load the module: modprobe listenq; if the kernel rejects its key (%s): "
		    MANUAL, path, why);
	if (why)
		die(EXIT_TABLE,
		    "%s: not there: sign the module, then load it: this kernel takes signed ones only (%s): "
		    MANUAL, path, why);
	if (at.file)
		die(EXIT_TABLE, "%s: not there: load the module: modprobe listenq", path);
	if (at.release)
		die(EXIT_TABLE,
		    "%s: not there: load the module: insmod its listenq.ko: none is installed for kernel %s",
		    path, at.release);
	die(EXIT_TABLE, "%s: not there: load the module: modprobe listenq, or insmod its listenq.ko",
	    path);
}
