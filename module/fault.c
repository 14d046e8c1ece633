// SPDX-License-Identifier: GPL-2.0
/*
 * Test build only: the parameters that make init fail on purpose.
 */
#include <linux/module.h>
#include <linux/string.h>

#include "fault.h"

static int fail_at;
module_param(fail_at, int, 0444);
MODULE_PARM_DESC(fail_at, "rung of the init ladder to fail, from 1");

static char *hide = "";
module_param(hide, charp, 0444);
MODULE_PARM_DESC(hide, "comma-separated symbols to treat as absent");

/**
 * lq_fault_rung() - is this the rung that shall fail?
 *
 * Counts its own calls. Context: init, so one caller at a time.
 *
 * Return: true on the call numbered fail_at.
 */
bool lq_fault_rung(void)
{
	static int rung;

	return ++rung == fail_at;
}

/**
 * lq_fault_hidden() - shall this symbol be treated as absent?
 * @symbol: name of a kernel function
 *
 * Return: true if the parameter hide names it.
 */
bool lq_fault_hidden(const char *symbol)
{
	size_t len = strlen(symbol);
	const char *at = hide;

	while ((at = strstr(at, symbol))) {
		bool begins = at == hide || at[-1] == ',';

		at += len;
		if (begins && (*at == ',' || *at == '\0'))
			return true;
	}
	return false;
}
