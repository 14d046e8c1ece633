/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of a listener: one row each, in the order of the columns, which
 * only ever get more at the end. Whatever counts, sums or prints them is made
 * from this list.
 *
 * LQ_COUNTERS(X) is X(name) for each. docs/proc-format.md says what they mean.
 * sk_drops is the socket's own: it is copied, not counted.
 */
#ifndef LISTENQ_COUNTERS_H
#define LISTENQ_COUNTERS_H

#define LQ_COUNTERS(X) \
	X(syn) \
	X(syn_queued) \
	X(syn_cookie) \
	X(syn_tfo) \
	X(syn_drop_acceptq) \
	X(syn_drop_synq) \
	X(syn_drop_unproven) \
	X(syn_drop_other) \
	X(synack_retrans) \
	X(ack_overflow) \
	X(ack_reset) \
	X(ack_deferred) \
	X(cookie_ok) \
	X(cookie_bad) \
	X(from_synq) \
	X(established) \
	X(req_timeout) \
	X(req_pruned) \
	X(req_icmp) \
	X(req_reset) \
	X(req_other) \
	X(req_migrated_in) \
	X(req_migrated_out) \
	X(conn_migrated_in) \
	X(conn_migrated_out) \
	X(req_inherited) \
	X(conn_inherited) \
	X(accepted) \
	X(closed_pending) \
	X(sk_drops)

#define LQ_COUNTER_ENUM(name) LQ_N_##name,

enum lq_counter {
	LQ_COUNTERS(LQ_COUNTER_ENUM)
	LQ_NCOUNTERS,
};

#endif /* LISTENQ_COUNTERS_H */
