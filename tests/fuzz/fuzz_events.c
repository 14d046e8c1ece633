// SPDX-License-Identifier: GPL-2.0
// Target: the lines of events, for people or as JSON. The first byte says which, and of what ports.

#include "../../userspace/commands.h"
#include "../../userspace/read.h"
#include "fuzz.h"

static struct options options;

static void use(void)
{
	struct lines lines = { .fd = 0, .path = "fuzz" };

	events_print(&options, &lines);
}

/**
 * LLVMFuzzerTestOneInput() - one input
 * @data: its bytes
 * @size: how many
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	options.json = data[0] & 1;
	options.ports = data[0] & 2 ? "80,6379,9000,65535" : NULL;
	fuzz_guard(use, data + 1, size - 1);
	return 0;
}
