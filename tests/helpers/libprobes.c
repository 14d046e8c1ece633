// SPDX-License-Identifier: GPL-2.0
/* The probes that the cases know, and what the tables show without one. */
#include "probes.h"
#include "books.h"
#include "mod.h"
#include "table.h"
#include "tap.h"
#include "waits.h"

#include <stdio.h>
#include <string.h>

#define OUTCOMES "syn_queued syn_cookie syn_tfo syn_drop_acceptq syn_drop_synq " \
	"syn_drop_unproven syn_drop_other "
#define ENDS "req_timeout req_pruned req_reset req_icmp req_other "
#define MOVES "req_migrated_in req_migrated_out conn_migrated_in conn_migrated_out "

const struct known_probe known_probes[] = {
	{ "tcp_conn_request", true, "what becomes of a SYN", OUTCOMES "syn established" },
	{ "inet_csk_reqsk_queue_hash_add", true, "which SYNs are queued",
	  ENDS "syn_queued syn_drop_other" },
	{ "tcp_peer_is_proven", true, "which SYNs are dropped for want of proof",
	  "syn_drop_unproven syn_drop_other" },
	{ "inet_csk_reqsk_queue_add", true, "which connections come by Fast Open or cookie",
	  "syn_tfo syn_drop_other cookie_ok established" },
	{ "tcp_check_req", true, "what becomes of a final ACK",
	  ENDS "ack_overflow ack_reset ack_deferred from_synq established synack_retrans" },
	{ "inet_csk_complete_hashdance", true, "which handshakes are completed",
	  "from_synq established" },
	{ "tcp_child_process", true, "which connections are established",
	  "from_synq cookie_ok established" },
	{ "cookie_v4_check", true, "what becomes of a cookie",
	  "cookie_ok cookie_bad ack_overflow established" },
	{ "cookie_v6_check", true, "what becomes of a cookie",
	  "cookie_ok cookie_bad ack_overflow established" },
	{ "inet_csk_reqsk_queue_drop", true, "which requests are reset",
	  "ack_overflow ack_reset req_reset req_icmp req_other" },
	{ "tcp_v4_err", true, "which requests end by an ICMP error",
	  "req_icmp req_reset req_other" },
	{ "tcp_v6_err", true, "which requests end by an ICMP error",
	  "req_icmp req_reset req_other" },
	{ "reqsk_timer_handler", true, "which requests time out",
	  MOVES "req_timeout req_pruned req_other" },
	{ "tcp_rtx_synack", true, "how many SYN-ACKs are sent again",
	  "synack_retrans req_pruned req_other" },
	{ "reqsk_fastopen_remove", true, "which ends are those of Fast Open",
	  "req_other syn_tfo syn_drop_other established" },
	{ "reuseport_migrate_sock", true, "what moves to another listener", MOVES },
	{ "inet_reqsk_clone", true, "what moves to another listener", MOVES ENDS },
	{ "tcp_v4_reqsk_destructor", true, "how requests end", ENDS MOVES },
	{ "tcp_v6_reqsk_destructor", true, "how requests end", ENDS MOVES },
	{ "__inet_accept", true, "which connections are accepted", "accepted closed_pending" },
	{ "inet_csk_accept", true, "which connections are accepted", "accepted closed_pending" },
	{ "__sys_listen", false, "the requested backlog is", "" },
	{ "__sys_listen_socket", false, "backlog of io_uring's listen is", "" },
	{ "__inet_listen_sk", false, "whether listen() of MPTCP succeeds is", "" },
	{ "inet_listen", false, "whether a listen() succeeds", "" },
	{ "inet_csk_listen_start", false, "the birth of a listener", "" },
	{ "inet_csk_listen_stop", false, "the moment at which a listener closes is",
	  "closed_pending" },
};

const size_t known_nprobes = sizeof(known_probes) / sizeof(known_probes[0]);

/**
 * known_probe() - find a probe among those that the cases know
 * @name: its symbol
 *
 * Return: the probe or NULL.
 */
const struct known_probe *known_probe(const char *name)
{
	for (size_t i = 0; i < known_nprobes; i++)
		if (!strcmp(known_probes[i].name, name))
			return &known_probes[i];
	return NULL;
}

/**
 * has_word() - is a word in a list
 * @list: words with blanks between them
 * @word: what is looked for
 *
 * Return: true when it is.
 */
bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

/**
 * check_known_probes() - check that the cases know each probe that there is, and none failed
 */
void check_known_probes(void)
{
	struct info *in = info_read();

	for (size_t i = 0; i < in->nprobes; i++) {
		const struct probe *p = &in->probes[i];

		ok(known_probe(p->name), "the cases know the probe %s", p->name);
		ok(strcmp(p->state, "failed"), "the probe %s did not fail", p->name);
	}
	info_free(in);
}

/* Collects the cells that are a dash and should not be, or the other way round. */
struct dashes {
	const struct table *t;
	long row;
	size_t len;
	char wrong[600];
};

static void hold_dash(struct dashes *d, const char *col, bool lost)
{
	if (is_dash(d->t, d->row, col) == lost || d->len >= sizeof(d->wrong))
		return;
	d->len += snprintf(d->wrong + d->len, sizeof(d->wrong) - d->len, " %s is '%s'", col,
			   table_cell(d->t, d->row, col));
}

static void tell(const struct dashes *d, const char *path, const char *what)
{
	if (!ok(!d->len, "%s: %s: a dash where it is not known, and nowhere else", what, path))
		diag("%s:%s", what, d->wrong);
}

static void check_lost_counters(uint64_t cookie, const char *lost, const char *what)
{
	struct table *t = table_read(COUNTERS);
	struct dashes d = { .t = t, .row = table_find_sk(t, cookie) };

	for (size_t i = 0; d.row >= 0 && i < counts_ncolumns; i++)
		hold_dash(&d, counts_columns[i], has_word(lost, counts_columns[i]));
	ok(d.row >= 0, "%s: it has a row in counters", what);
	tell(&d, COUNTERS, what);
	table_free(t);
}

static void check_lost_waits(uint64_t cookie, const char *lost, const char *what)
{
	struct table *t = table_read(LATENCY);
	struct dashes d = { .t = t };
	size_t found = 0;
	char sk[20];

	snprintf(sk, sizeof(sk), "%llx", (unsigned long long)cookie);
	for (d.row = 0; (size_t)d.row < t->nrows; d.row++) {
		bool synq = !strcmp(table_cell(t, d.row, "queue"), "synq");

		if (strcmp(table_cell(t, d.row, "sk"), sk))
			continue;
		found++;
		for (size_t c = table_col(t, "count"); c < t->ncols; c++)
			hold_dash(&d, t->cols[c], has_word(lost, synq ? "from_synq" : "accepted"));
	}
	is_u64(found, 2, "%s: rows in latency", what);
	tell(&d, LATENCY, what);
	table_free(t);
}

static void check_lost_gauges(uint64_t cookie, const char *lost, const char *what)
{
	bool acceptq = has_word(lost, "established");
	struct dashes d = { 0 };
	struct table *t;
	size_t row;

	t = listeners_row(cookie, &row);
	d.t = t;
	d.row = row;
	hold_dash(&d, "acceptq_peak", acceptq);
	hold_dash(&d, "full_ms", acceptq);
	hold_dash(&d, "full_count", acceptq);
	hold_dash(&d, "synq_peak", has_word(lost, "syn_queued"));
	tell(&d, LISTENERS, what);
	table_free(t);
}

/**
 * check_lost() - check which cells of a listener are dashes when counters cannot be known
 * @cookie: its socket cookie
 * @lost: those counters, blanks between them
 * @what: which listener, for the description
 */
void check_lost(uint64_t cookie, const char *lost, const char *what)
{
	check_lost_counters(cookie, lost, what);
	check_lost_waits(cookie, lost, what);
	check_lost_gauges(cookie, lost, what);
}
