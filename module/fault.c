// SPDX-License-Identifier: GPL-2.0
/*
 * Test build only: parameters that make things fail on purpose, and planted
 * bugs, each of a kind that a debug kernel must find. If it does not find
 * these, its silence about the rest means nothing.
 */
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "fault.h"

static int fail_at;
module_param(fail_at, int, 0444);
MODULE_PARM_DESC(fail_at, "rung of the init ladder to fail, from 1");

static int fail_alloc;
module_param(fail_alloc, int, 0644);
MODULE_PARM_DESC(fail_alloc, "allocation to fail, from 1: the next one; counts down");

static char *hide = "";
module_param(hide, charp, 0444);
MODULE_PARM_DESC(hide, "comma-separated symbols to treat as absent");

static char *refuse = "";
module_param(refuse, charp, 0444);
MODULE_PARM_DESC(refuse, "comma-separated symbols whose probes cannot be registered");

static char *plant = "";
module_param(plant, charp, 0444);
MODULE_PARM_DESC(plant, "bug to run in each listen(): uaf, sleep, lock, leak or race");

/* Any context; fail_alloc is what it protects. */
static DEFINE_RAW_SPINLOCK(fail_lock);

static DEFINE_RAW_SPINLOCK(plant_lock_a);
static DEFINE_RAW_SPINLOCK(plant_lock_b);
static unsigned long plant_count;

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
 * lq_fault_alloc() - is this the allocation that shall fail?
 *
 * Context: any.
 * Return: true if it is.
 */
bool lq_fault_alloc(void)
{
	unsigned long flags;
	bool fail;

	raw_spin_lock_irqsave(&fail_lock, flags);
	fail = fail_alloc > 0 && !--fail_alloc;
	raw_spin_unlock_irqrestore(&fail_lock, flags);
	return fail;
}

static bool named_in(const char *list, const char *symbol)
{
	size_t len = strlen(symbol);
	const char *at = list;

	while ((at = strstr(at, symbol))) {
		bool begins = at == list || at[-1] == ',';

		at += len;
		if (begins && (*at == ',' || *at == '\0'))
			return true;
	}
	return false;
}

/**
 * lq_fault_probe() - shall this probe fail?
 * @symbol: name of a kernel function; register_ftrace_function for all hooks
 *
 * Return: 0, or the error that registering it shall give.
 */
int lq_fault_probe(const char *symbol)
{
	if (named_in(hide, symbol))
		return -ENOENT;
	return named_in(refuse, symbol) ? -EINVAL : 0;
}

static void plant_uaf(void)
{
	unsigned long *p = kmalloc(sizeof(*p), GFP_ATOMIC);

	if (!p)
		return;
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	plant_count = READ_ONCE(*p);
}

static void plant_leak(void)
{
	void *p = kmalloc(128, GFP_ATOMIC);

	OPTIMIZER_HIDE_VAR(p);
}

static void plant_order(raw_spinlock_t *first, raw_spinlock_t *second)
{
	unsigned long flags;

	raw_spin_lock_irqsave(first, flags);
	raw_spin_lock(second);
	raw_spin_unlock(second);
	raw_spin_unlock_irqrestore(first, flags);
}

static void plant_race(void)
{
	int i;

	for (i = 0; i < 1000; i++) {
		plant_count++;
		barrier();
	}
}

/**
 * lq_fault_in_handler() - where a planted bug runs
 *
 * Context: a probe's handler.
 */
void lq_fault_in_handler(void)
{
	if (!strcmp(plant, "uaf"))
		plant_uaf();
	else if (!strcmp(plant, "sleep"))
		msleep(20);
	else if (!strcmp(plant, "lock"))
		plant_order(&plant_lock_a, &plant_lock_b);
	else if (!strcmp(plant, "leak"))
		plant_leak();
	else if (!strcmp(plant, "race"))
		plant_race();
}

/**
 * lq_fault_in_reader() - where the other half of the planted inversion runs
 *
 * Context: process.
 */
void lq_fault_in_reader(void)
{
	if (!strcmp(plant, "lock"))
		plant_order(&plant_lock_b, &plant_lock_a);
}
