// SPDX-License-Identifier: GPL-2.0
/*
 * The engine of the probe tables: arm, roll back, disarm in one batch, count.
 *
 * Init and exit run alone (module loading is serialised) and are the only
 * ones that change a row, one word at a time, so handlers and readers need no
 * lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "compat.h"
#include "fault.h"
#include "hook.h"
#include "moment.h"
#include "probe.h"

DEFINE_PER_CPU(u64 [LQ_PROBES_MAX], lq_probe_hits);

/* A handler could not do its work. */
static bool lq_lost;

/* The counters that need a row which is not on, as bits. */
static u64 lq_unknown;

/*
 * In the order of arming: what counts before what makes records, so that of a
 * listener with a record nothing is missed.
 */
static const struct lq_probe_table * const tables[] = {
	&lq_request_probes,
	&lq_end_probes,
	&lq_accept_probes,
	&lq_listen_probes,
};

/* Of all tables, one after the other. */
static struct lq_probe *row(unsigned int i)
{
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(tables); i -= tables[t++]->count)
		if (i < tables[t]->count)
			return &tables[t]->rows[i];
	return NULL;
}

static bool is_hook(const struct lq_probe *p)
{
	return p->kind == LQ_HOOK;
}

static struct lq_probe *row_of(const char *symbol)
{
	struct lq_probe *p;
	unsigned int i;

	for (i = 0; (p = row(i)); i++)
		if (!strcmp(p->symbol, symbol))
			return p;
	return NULL;
}

static int on_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct lq_probe *p = container_of(kp, struct lq_probe, rp.kp);

	this_cpu_inc(lq_probe_hits[p->index]);
	p->entry(NULL, regs);
	return 0;
}

NOKPROBE_SYMBOL(on_entry);

static int on_call(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = lq_compat_kretprobe(ri);
	struct lq_probe *p;

	/* NULL while the probe is being taken away under the call. */
	if (!rp)
		return 1;
	p = container_of(rp, struct lq_probe, rp);
	this_cpu_inc(lq_probe_hits[p->index]);
	return p->entry(ri->data, regs) ? 0 : 1;
}

NOKPROBE_SYMBOL(on_call);

static int on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = lq_compat_kretprobe(ri);

	if (rp)
		container_of(rp, struct lq_probe, rp)->ret(ri->data, regs);
	return 0;
}

NOKPROBE_SYMBOL(on_return);

static int arm_row(struct lq_probe *p)
{
	int err = lq_fault_probe(p->symbol);

	if (err)
		return err;
	p->rp.kp.symbol_name = p->symbol;
	if (p->kind == LQ_HOOK)
		return lq_hook_add(p);
	if (p->kind == LQ_ENTRY) {
		p->rp.kp.pre_handler = on_entry;
		return register_kprobe(&p->rp.kp);
	}
	p->rp.entry_handler = on_call;
	p->rp.handler = on_return;
	p->rp.data_size = p->data_size;
	p->rp.maxactive = p->max_calls;
	return register_kretprobe(&p->rp);
}

static int arm(struct lq_probe *p)
{
	int err;

	if (p->instead_of && lq_probe_on(p->instead_of))
		return 0;
	err = arm_row(p);
	if (!err)
		WRITE_ONCE(p->state, LQ_PROBE_ON);
	else if (err == -ENOENT)
		WRITE_ONCE(p->state, LQ_PROBE_ABSENT);
	else
		WRITE_ONCE(p->state, LQ_PROBE_FAILED);
	if (!err)
		return 0;
	if (!p->required) {
		if (err != -ENOENT)
			pr_notice("cannot probe %s (error %d): %s is not known\n",
				  p->symbol, err, p->lost);
		return 0;
	}
	pr_err("cannot probe %s%s%s (error %d), the only way to know %s: not loaded\n",
	       p->symbol, p->instead_of ? " or " : "", p->instead_of ?: "",
	       err, p->lost);
	return err;
}

/*
 * In the opposite order of arming, as the last rows rely on what the first
 * ones noted: kprobes, then return probes from the last to the first. Both
 * batches wait for the handlers that still run.
 */
static void disarm_all(void)
{
	struct kprobe *entries[LQ_PROBES_MAX];
	struct kretprobe *returns[LQ_PROBES_MAX];
	unsigned int i, n_entries = 0, n_returns = 0;
	struct lq_probe *p;

	for (i = LQ_PROBES_MAX; i--;) {
		p = row(i);
		if (!p || p->state != LQ_PROBE_ON || is_hook(p))
			continue;
		if (p->kind == LQ_ENTRY)
			entries[n_entries++] = &p->rp.kp;
		else
			returns[n_returns++] = &p->rp;
	}
	unregister_kprobes(entries, n_entries);
	unregister_kretprobes(returns, n_returns);
	lq_hook_disarm();
	lq_moment_exit();
	for (i = 0; (p = row(i)); i++)
		WRITE_ONCE(p->state, LQ_PROBE_OFF);
}

/**
 * lq_probe_on() - is the probe of this symbol armed?
 * @symbol: kernel function
 *
 * Context: any.
 * Return: true if it is.
 */
bool lq_probe_on(const char *symbol)
{
	const struct lq_probe *p = row_of(symbol);

	return p && READ_ONCE(p->state) == LQ_PROBE_ON;
}

/**
 * lq_probe_report() - what there is to say of a probe
 * @i: number of the row, from 0
 * @out: filled; @out->symbol is NULL for a row that is not wanted here
 *
 * Context: process.
 * Return: false behind the last row.
 */
bool lq_probe_report(unsigned int i, struct lq_probe_report *out)
{
	static const char * const states[] = {
		[LQ_PROBE_ON] = "on",
		[LQ_PROBE_ABSENT] = "absent",
		[LQ_PROBE_FAILED] = "failed",
	};
	static const char * const kinds[] = {
		[LQ_ENTRY] = "kprobe",
		[LQ_RETURN] = "kretprobe",
		[LQ_HOOK] = "ftrace",
	};
	const struct lq_probe *p = row(i);
	enum lq_probe_state state;
	int cpu;

	if (!p)
		return false;
	*out = (struct lq_probe_report){};
	state = READ_ONCE(p->state);
	if (!states[state])
		return true;
	out->symbol = p->symbol;
	out->kind = kinds[p->kind];
	out->state = states[state];
	for_each_possible_cpu(cpu)
		out->hits += READ_ONCE(per_cpu(lq_probe_hits, cpu)[i]);
	/* The kernel counts them without a lock. */
	out->missed = READ_ONCE(p->rp.kp.nmissed) + READ_ONCE(p->rp.nmissed);
	return true;
}

/**
 * lq_probe_lost() - a handler could not use what it saw
 *
 * Context: any.
 */
void lq_probe_lost(void)
{
	WRITE_ONCE(lq_lost, true);
}

/**
 * lq_probe_exact() - has every probe that is wanted seen every hit?
 *
 * Context: process.
 * Return: false as soon as one failed or missed a hit, or was not used.
 */
bool lq_probe_exact(void)
{
	struct lq_probe_report r;
	unsigned int i;

	if (READ_ONCE(lq_lost))
		return false;
	for (i = 0; lq_probe_report(i, &r); i++)
		if (r.symbol && (r.missed || !strcmp(r.state, "failed")))
			return false;
	return true;
}

/* The rows of LQ_HOOK, or the others, in their order. */
static int arm_all(bool hooks)
{
	struct lq_probe *p;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && (p = row(i)); i++)
		if (is_hook(p) == hooks)
			err = arm(p);
	return err;
}

static void hooks_failed(int err)
{
	struct lq_probe *p;
	unsigned int i;

	pr_notice("cannot hook the packet path (error %d): there are no books\n",
		  err);
	for (i = 0; (p = row(i)); i++)
		if (is_hook(p) && p->state == LQ_PROBE_ON)
			WRITE_ONCE(p->state, LQ_PROBE_FAILED);
}

/**
 * lq_probe_init() - arm every row
 *
 * Return: 0, or the error of the first required row that cannot be armed,
 * with nothing armed; -E2BIG if there are more rows than LQ_PROBES_MAX.
 */
int lq_probe_init(void)
{
	struct lq_probe *p;
	unsigned int i;
	int err;

	if (row(LQ_PROBES_MAX))
		return -E2BIG;
	lq_moment_init();
	for (i = 0; (p = row(i)); i++)
		p->index = i;
	arm_all(true);
	err = lq_hook_arm();
	if (err)
		hooks_failed(err);
	err = arm_all(false);
	for (i = 0; (p = row(i)); i++)
		if (p->state == LQ_PROBE_ABSENT || p->state == LQ_PROBE_FAILED)
			lq_unknown |= p->counters;
	if (err)
		disarm_all();
	return err;
}

/**
 * lq_books_known() - can this be counted on this kernel?
 * @n: the counter
 *
 * Context: process.
 * Return: false if a probe that it needs is not there.
 */
bool lq_books_known(enum lq_counter n)
{
	return !(READ_ONCE(lq_unknown) & BIT_ULL(n));
}

/**
 * lq_probe_exit() - disarm every row
 *
 * When it returns no handler runs any more and none will.
 */
void lq_probe_exit(void)
{
	disarm_all();
}
