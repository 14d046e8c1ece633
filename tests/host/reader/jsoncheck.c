// SPDX-License-Identifier: GPL-2.0
// jsoncheck <FILE: exit 0 when standard input is strict JSON, else 1.

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"

int main(void)
{
	size_t length = 0, room = 64 << 20;
	char *text = malloc(room);

	if (!text || !setlocale(LC_CTYPE, "C.UTF-8"))
		return 2;
	length = fread(text, 1, room, stdin);
	if (!feof(stdin) || !json_valid(text, length)) {
		fprintf(stderr, "jsoncheck: not JSON, or longer than 64 MiB\n");
		return 1;
	}
	free(text);
	return 0;
}
