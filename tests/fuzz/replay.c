// SPDX-License-Identifier: GPL-2.0
// replay_NAME FILE...: runs a target once on each of these inputs, without a fuzzer.

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static uint8_t input[1 << 20];

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		size_t size;

		if (!file) {
			perror(argv[i]);
			return 2;
		}
		size = fread(input, 1, sizeof(input), file);
		fclose(file);
		fprintf(stderr, "%s\n", argv[i]);
		LLVMFuzzerTestOneInput(input, size);
	}
	return argc < 2;
}
