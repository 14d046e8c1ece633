// SPDX-License-Identifier: GPL-2.0
// listenq: shows the accept queue and the SYN queue of each listening TCP socket.
// main() and nothing else: options, then read, model, print.

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "columns.h"
#include "error.h"
#include "model.h"
#include "options.h"
#include "print.h"
#include "read.h"
#include "text.h"

/* As ss has it: PROC_ROOT=/proc/1234 shows the network namespace of that task. */
static char *module_file(const char *name)
{
	const char *root = getenv("PROC_ROOT");
	char *path = text_format("%s/net/listenq/%s", root && *root ? root : "/proc", name);

	if (access(path, F_OK) && errno == ENOENT)
		die(EXIT_TABLE,
		    "%s: not there: load the module: modprobe listenq, or insmod its listenq.ko",
		    path);
	return path;
}

static struct table *read_module(char **path)
{
	char *info;

	*path = module_file("listeners");
	info = module_file("info");
	info_require_abi(info);
	free(info);
	return table_read(table_open(*path), *path, model_required);
}

static void show_listeners(const struct options *options)
{
	char *path = NULL;
	struct table *table = options->file ?
		table_read(table_open(options->file), options->file, model_required) :
		read_module(&path);
	struct model *model = model_new(table, options->output, options->json);

	if (options->ipv4 != options->ipv6)
		model_keep_family(model, options->ipv6);
	if (options->json)
		print_json(model);
	else
		print_table(model, !options->noheadings);
	model_free(model);
	table_free(table);
	free(path);
}

int main(int argc, char **argv)
{
	struct options options;

	/* A reader that was closed (listenq | head) ends this quietly, whoever started it. */
	signal(SIGPIPE, SIG_DFL);
	setlocale(LC_CTYPE, "");
	options_parse(&options, argc, argv);
	if (options.help)
		options_help();
	else if (options.version)
		printf("listenq %s\n", VERSION);
	else if (options.list_columns)
		columns_list();
	else
		show_listeners(&options);
	print_done();
	return EXIT_DONE;
}
