/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A probe is one row in a table; the engine in probe.c does the rest.
 */
#ifndef LISTENQ_PROBE_H
#define LISTENQ_PROBE_H

#include <linux/kprobes.h>
#include <linux/percpu.h>
#include <linux/bits.h>
#include <linux/types.h>

#include "books.h"
#include "compat.h"

/* Room in the engine's tables. */
#define LQ_PROBES_MAX	32

enum lq_probe_kind {
	LQ_ENTRY,	/* kprobe: when the function is entered */
	LQ_RETURN,	/* kretprobe: when it is entered and when it returns */
	LQ_HOOK,	/* ftrace: when it is entered; loses no hit, see hook.c */
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
 * @counters: counters that are not known without it, as bits
 * @hit: called on entry, for LQ_HOOK. Preemption is off, the rest is as the
 *       function's caller left it; it may be interrupted by another one.
 * @entry: called on entry, for the others; for LQ_RETURN, false means that @ret is not wanted
 *         for this call. Preemption is off, the rest is as the function's
 *         caller left it.
 * @ret: called on return, in the same task
 * @data_size: bytes of memory of its own for each call, for LQ_RETURN
 * @max_calls: how many calls can be under way at once, for LQ_RETURN
 * @rp: the engine's; of LQ_ENTRY only rp.kp is used, of LQ_HOOK its address
 * @state: the engine's
 * @index: the engine's: number of the row among all
 */
struct lq_probe {
	const char *symbol;
	enum lq_probe_kind kind;
	bool required;
	const char *instead_of;
	const char *lost;
	u64 counters;
	void (*hit)(struct lq_compat_fregs *regs);
	bool (*entry)(void *data, struct pt_regs *regs);
	void (*ret)(void *data, struct pt_regs *regs);
	size_t data_size;
	int max_calls;

	struct kretprobe rp;
	enum lq_probe_state state;
	unsigned int index;
};

/*
 * How often each row was hit. Not allocated, so that a reader of info, who may
 * still be there when the probes have gone, has nothing that could be freed
 * under him.
 */
DECLARE_PER_CPU(u64 [LQ_PROBES_MAX], lq_probe_hits);

/**
 * lq_arg_sock() - an argument of a hooked function
 * @regs: what the hook got
 * @n: which one, from 0
 *
 * Return: the socket.
 */
static inline struct sock *lq_arg_sock(struct lq_compat_fregs *regs,
				       unsigned int n)
{
	return (struct sock *)lq_compat_arg(regs, n);
}

/**
 * lq_arg_req() - an argument of a hooked function
 * @regs: what the hook got
 * @n: which one, from 0
 *
 * Return: the request.
 */
static inline struct request_sock *lq_arg_req(struct lq_compat_fregs *regs,
					      unsigned int n)
{
	return (struct request_sock *)lq_compat_arg(regs, n);
}

/**
 * struct lq_probe_report - what info says of a probe
 * @symbol: kernel function
 * @kind: kprobe, kretprobe or ftrace
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

/**
 * struct lq_probe_table - the rows of one file
 * @rows: the rows
 * @count: how many
 */
struct lq_probe_table {
	struct lq_probe *rows;
	unsigned int count;
};

extern const struct lq_probe_table lq_request_probes;	/* probe_request.c */
extern const struct lq_probe_table lq_end_probes;	/* probe_end.c */
extern const struct lq_probe_table lq_accept_probes;	/* probe_accept.c */
extern const struct lq_probe_table lq_listen_probes;	/* probe_listen.c */

#define LQ_COUNTED(name)	BIT_ULL(LQ_N_##name)

/* How a request leaves the SYN queue, but for a completed handshake. */
#define LQ_COUNTED_ENDS \
	(LQ_COUNTED(req_timeout) | LQ_COUNTED(req_pruned) | \
	 LQ_COUNTED(req_reset) | LQ_COUNTED(req_icmp) | LQ_COUNTED(req_other))

/* A row of a hook: @without are the counters, @what is what is lost. */
#define LQ_HOOK_ROW(function, handler, without, what) \
	{ \
		.symbol = function, \
		.kind = LQ_HOOK, \
		.hit = handler, \
		.counters = without, \
		.lost = what, \
	}

int lq_probe_init(void);
void lq_probe_exit(void);
bool lq_probe_on(const char *symbol);
bool lq_probe_report(unsigned int i, struct lq_probe_report *out);
bool lq_probe_exact(void);
void lq_probe_lost(void);

#endif /* LISTENQ_PROBE_H */
