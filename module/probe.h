/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A probe is one row in a table; the engine in probe.c does the rest.
 */
#ifndef LISTENQ_PROBE_H
#define LISTENQ_PROBE_H

#include <linux/kprobes.h>
#include <linux/types.h>

/* Room in the engine's tables. */
#define LQ_PROBES_MAX	32

enum lq_probe_kind {
	LQ_ENTRY,	/* kprobe: when the function is entered */
	LQ_RETURN,	/* kretprobe: when it is entered and when it returns */
};

enum lq_probe_state {
	LQ_PROBE_OFF,	/* not wanted, or not yet */
	LQ_PROBE_ON,
	LQ_PROBE_ABSENT,	/* this kernel has no such symbol */
	LQ_PROBE_FAILED,
};

/**
 * struct lq_probe - a row: what is probed, and by whom
 * @symbol: kernel function
 * @kind: see enum lq_probe_kind
 * @required: without it the module does not load
 * @instead_of: only wanted where the probe of this symbol is not on
 * @lost: what is not known without it
 * @entry: called on entry; for LQ_RETURN, false means that @ret is not wanted
 *         for this call. Preemption is off, the rest is as the function's
 *         caller left it.
 * @ret: called on return, in the same task
 * @data_size: bytes of memory of its own for each call, for LQ_RETURN
 * @max_calls: how many calls can be under way at once, for LQ_RETURN
 * @rp: the engine's; of LQ_ENTRY only rp.kp is used
 * @state: the engine's
 */
struct lq_probe {
	const char *symbol;
	enum lq_probe_kind kind;
	bool required;
	const char *instead_of;
	const char *lost;
	bool (*entry)(void *data, struct pt_regs *regs);
	void (*ret)(void *data, struct pt_regs *regs);
	size_t data_size;
	int max_calls;

	struct kretprobe rp;
	enum lq_probe_state state;
};

/**
 * struct lq_probe_report - what info says of a probe
 * @symbol: kernel function
 * @kind: kprobe or kretprobe
 * @state: on, absent or failed
 * @hits: how often the function was entered
 * @missed: how often the kernel could not call us
 */
struct lq_probe_report {
	const char *symbol;
	const char *kind;
	const char *state;
	u64 hits;
	u64 missed;
};

/* probe_listen.c */
extern struct lq_probe lq_listen_probes[];
extern const unsigned int lq_listen_probe_count;

int lq_probe_init(void);
void lq_probe_exit(void);
bool lq_probe_on(const char *symbol);
bool lq_probe_report(unsigned int i, struct lq_probe_report *out);
bool lq_probe_exact(void);

#endif /* LISTENQ_PROBE_H */
