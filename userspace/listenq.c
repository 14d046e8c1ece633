// SPDX-License-Identifier: GPL-2.0
// listenq: shows the accept queue and the SYN queue of each listening TCP socket.
// main() and nothing else: options, then the command.

#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "commands.h"
#include "options.h"
#include "print.h"

int main(int argc, char **argv)
{
	enum exit_code code = EXIT_DONE;
	struct options options;

	/* A reader that was closed (listenq | head) ends this quietly, whoever started it. */
	signal(SIGPIPE, SIG_DFL);
	setlocale(LC_CTYPE, "");
	options_parse(&options, argc, argv);
	if (options.help)
		options_help(&options);
	else if (options.version)
		printf("listenq %s\n", VERSION);
	else if (options.list_columns)
		columns_list(options.command->sheet);
	else
		code = commands_run(&options);
	print_done();
	return code;
}
