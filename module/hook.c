// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks at function entries, for the packet path.
 *
 * A kprobe at a function entry is a callback of ftrace, too, but one that is
 * skipped while another kprobe's handler runs on that CPU: on x86, where
 * handlers run with interrupts on, a softirq that arrives there loses its hits
 * (arch/x86/kernel/kprobes/ftrace.c:kprobe_ftrace_handler). So here ftrace
 * calls us itself, with nothing in between that could refuse: a handler may be
 * interrupted by another one, and every handler is written for that.
 *
 * There is one ftrace_ops for all functions: arming patches them together, and
 * disarming waits once. It is permanent, so that kernel.ftrace_enabled=0 is
 * refused while we count (kernel/trace/ftrace.c:ftrace_enable_sysctl) instead
 * of stopping us in silence.
 */
#include <linux/ftrace.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "compat.h"
#include "fault.h"
#include "hook.h"
#include "probe.h"

/*
 * Where a function's call of ftrace may be, behind its address: at once, or
 * behind an instruction or two for indirect branches.
 */
static const unsigned int offsets[] = { 0, 4, 8 };

#define LQ_SLOT_BITS	8
#define LQ_SLOTS	BIT(LQ_SLOT_BITS)
static_assert(LQ_SLOTS >= 2 * ARRAY_SIZE(offsets) * LQ_PROBES_MAX);

/**
 * struct lq_slot - which row a call belongs to
 * @ip: address that ftrace tells; 0 if the slot is free
 * @probe: the row
 *
 * Written before we are armed and after we are disarmed; only read meanwhile.
 */
struct lq_slot {
	unsigned long ip;
	struct lq_probe *probe;
};

static struct lq_slot lq_slots[LQ_SLOTS];
static unsigned int lq_hooks;

/* Kprobes that have told their address; they go together, which is faster. */
static struct kprobe *lq_resolved[LQ_PROBES_MAX];
static unsigned int lq_nresolved;
static bool lq_hooks_armed;

static void notrace on_function(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *ops,
				struct lq_compat_fregs *regs)
{
	unsigned int i = hash_long(ip, LQ_SLOT_BITS);

	/* Never full, so there is an end. */
	while (lq_slots[i].ip != ip) {
		if (!lq_slots[i].ip)
			return;
		i = (i + 1) % LQ_SLOTS;
	}
	preempt_disable_notrace();
	this_cpu_inc(lq_probe_hits[lq_slots[i].probe->index]);
	lq_slots[i].probe->hit(regs);
	preempt_enable_notrace();
}

static struct ftrace_ops lq_hook_ops = {
	.func = on_function,
	.flags = LQ_COMPAT_HOOK_FLAGS | FTRACE_OPS_FL_PERMANENT,
};

static void slot_add(unsigned long ip, struct lq_probe *p)
{
	unsigned int i = hash_long(ip, LQ_SLOT_BITS);

	while (lq_slots[i].ip)
		i = (i + 1) % LQ_SLOTS;
	lq_slots[i] = (struct lq_slot){ .ip = ip, .probe = p };
}

/**
 * lq_hook_add() - one more function to hook
 * @p: its row; armed by lq_hook_arm()
 *
 * Only the kprobes tell a module the address of a symbol. One that is
 * registered disabled patches nothing.
 *
 * Return: 0, -ENOENT if the kernel has no such symbol, or another error.
 */
int lq_hook_add(struct lq_probe *p)
{
	unsigned long addr;
	unsigned int i;
	int err;

	p->rp.kp.symbol_name = p->symbol;
	p->rp.kp.flags = KPROBE_FLAG_DISABLED;
	err = register_kprobe(&p->rp.kp);
	if (err)
		return err;
	lq_resolved[lq_nresolved++] = &p->rp.kp;
	addr = (unsigned long)p->rp.kp.addr;
	err = ftrace_set_filter_ip(&lq_hook_ops, addr, 0, 0);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		slot_add(addr + offsets[i], p);
	lq_hooks++;
	return 0;
}

/**
 * lq_hook_arm() - hook all functions that were added
 *
 * Return: 0, or an error with none hooked.
 */
int lq_hook_arm(void)
{
	int err;

	unregister_kprobes(lq_resolved, lq_nresolved);
	lq_nresolved = 0;
	/* Without a filter, ftrace would call us for each function there is. */
	if (!lq_hooks)
		return 0;
	err = lq_fault_probe("register_ftrace_function");
	if (!err)
		err = register_ftrace_function(&lq_hook_ops);
	lq_hooks_armed = !err;
	return err;
}

/**
 * lq_hook_disarm() - unhook them all, and forget them
 *
 * When it returns no handler runs any more and none will
 * (kernel/trace/ftrace.c:ftrace_shutdown waits for all tasks to pass a point
 * outside of any callback, as ours is not in the kernel itself).
 */
void lq_hook_disarm(void)
{
	if (lq_hooks_armed)
		unregister_ftrace_function(&lq_hook_ops);
	lq_hooks_armed = false;
	/* Frees the filter. */
	ftrace_set_filter(&lq_hook_ops, NULL, 0, 1);
	memset(lq_slots, 0, sizeof(lq_slots));
	lq_hooks = 0;
}
