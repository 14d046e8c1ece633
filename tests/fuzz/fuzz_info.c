// SPDX-License-Identifier: GPL-2.0
// Target: info, and the kernel's netstat. The first byte says which of them it is.

#include "../../userspace/read.h"
#include "fuzz.h"

static void use_info(void)
{
	struct info *info = info_read(0, "fuzz");
	uint64_t value;

	info_text(info, "version");
	info_number(info, "mib ListenOverflows", &value);
	info_free(info);
}

static void use_netstat(void)
{
	struct table *table = netstat_read(0, "fuzz");
	uint64_t value;

	table_number(table, 0, "ListenOverflows", &value);
	table_free(table);
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
	if (size)
		fuzz_guard(data[0] % 2 ? use_netstat : use_info, data + 1, size - 1);
	return 0;
}
