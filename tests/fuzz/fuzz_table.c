// SPDX-License-Identifier: GPL-2.0
// Target: reading a table, and all that is done with one. The first byte says which table it is.

#include <stdio.h>

#include "../../userspace/columns.h"
#include "../../userspace/model.h"
#include "../../userspace/print.h"
#include "../../userspace/read.h"
#include "../../userspace/rows.h"
#include "fuzz.h"

static const struct sheet *const sheets[] = {
	&listeners_sheet, &counters_sheet, &closed_sheet, &latency_sheet, &requests_sheet,
};

#define SHEETS (sizeof(sheets) / sizeof(sheets[0]))

static const struct sheet *sheet;

static void print(struct table *table, bool raw)
{
	struct model *model = model_new(table, sheet, NULL, raw);

	if (raw) {
		print_raw(model, true);
		print_json(model);
	} else {
		print_table(model, stdout, true);
	}
	model_free(model);
}

static void use(void)
{
	static const struct options options = {
		.ports = "80,6379,9000,65535", .process = "nginx", .address = "::", .ipv6 = true,
	};
	static struct filter filter;
	struct table *table = table_read(0, "fuzz", sheet->required), *other;

	model_check(table, sheet);
	other = table_read(1, "fuzz", sheet->required);
	sheet->derive(other);
	table_join(table, other);
	for (const struct view_column *view = sheet->views; view->name; view++)
		rows_sort(table, sheet, view->name);
	print(table, false);
	print(table, true);
	rows_filter(&filter, &options);
	rows_keep(table, &filter);
	print(table, true);
	table_free(other);
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
	if (!size)
		return 0;
	sheet = sheets[data[0] % SHEETS];
	fuzz_guard(use, data + 1, size - 1);
	return 0;
}
