// SPDX-License-Identifier: GPL-2.0
// explain, second half: what was lost, why, and the one next step.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "explain.h"
#include "text.h"

#define STUCK_MS 1000	/* a head that has waited for longer is not a burst */
#define SLOW_PART 4	/* full for a fourth of its life is not a burst either */
#define FEW 10		/* so many clients may vanish without a verdict */

static const struct {
	const char *counter, *words;
} losses[] = {
	{ "syn_drop_acceptq", "SYNs dropped because the accept queue was full" },
	{ "syn_drop_synq", "SYNs dropped because the SYN queue was full, and cookies are off" },
	{ "syn_drop_unproven", "SYNs dropped because the rest is kept for peers proven alive" },
	{ "syn_drop_other", "SYNs dropped for another reason" },
	{ "ack_overflow", "final ACKs ignored because the accept queue was full" },
	{ "ack_reset", "final ACKs answered by a reset because the accept queue was full" },
	{ "req_timeout", "requests given up because no final ACK came" },
	{ "req_pruned", "requests given up early, to make room for younger ones" },
};

#define LOSSES (sizeof(losses) / sizeof(losses[0]))

/**
 * explain_losses() - print what was lost, by cause
 * @facts: of which listener
 */
void explain_losses(const struct facts *facts)
{
	size_t known = 0, some = 0;
	uint64_t value;

	printf("Lost since counting began:\n");
	for (size_t i = 0; i < LOSSES; i++) {
		if (!fact_number(facts, losses[i].counter, &value))
			continue;
		known++;
		if (!value)
			continue;
		some++;
		printf("  %s: %llu\n", losses[i].words, (unsigned long long)value);
	}
	if (some)
		printf("  A client that tries again is counted again.\n");
	else if (known == LOSSES)
		printf("  nothing.\n");
	if (known < LOSSES)
		printf("  %snot known.\n", known ? "Some causes are " : "");
	if (fact_number(facts, "syn_cookie", &value) && value)
		printf("SYNs answered with a cookie: %llu, of which came back: %llu\n",
		       (unsigned long long)value,
		       (unsigned long long)fact_count(facts, "cookie_ok"));
}

static uint64_t lost_acceptq(const struct facts *facts)
{
	return fact_count(facts, "syn_drop_acceptq") + fact_count(facts, "ack_overflow") +
	       fact_count(facts, "ack_reset");
}

/**
 * explain_suspects() - does it look as if the program did not accept?
 * @facts: of which listener
 *
 * Return: true if its accept queue is full, and what is at the head has waited for long.
 */
bool explain_suspects(const struct facts *facts)
{
	return fact_full(facts, "acceptq", "acceptq_limit") &&
	       fact_count(facts, "oldest_ms") >= STUCK_MS;
}

/* Has it accepted something since the first look? */
static bool has_accepted(const struct facts *facts)
{
	const struct table *later = facts->later;
	uint64_t before, after;

	if (!later || !fact_number(facts, "accepted", &before))
		return false;
	for (size_t row = 0; row < later->nrows; row++)
		if (!strcmp(table_text(later, row, "sk"),
			    table_text(facts->table, facts->row, "sk")))
			return table_number(later, row, "accepted", &after) && after > before;
	return false;
}

static bool is_stuck(const struct facts *facts)
{
	return explain_suspects(facts) && !has_accepted(facts);
}

/* A longer queue would be full as well, if a little later. */
static bool is_slow(const struct facts *facts)
{
	uint64_t age_ms;

	if (explain_suspects(facts))
		return has_accepted(facts);
	return lost_acceptq(facts) && fact_number(facts, "age_ms", &age_ms) &&
	       fact_count(facts, "full_ms") >= age_ms / SLOW_PART;
}

static bool is_short_clamped(const struct facts *facts)
{
	return lost_acceptq(facts) && fact_clamped(facts);
}

static bool is_short(const struct facts *facts)
{
	return lost_acceptq(facts) || fact_full(facts, "acceptq", "acceptq_limit");
}

static bool is_unproven(const struct facts *facts)
{
	return fact_count(facts, "syn_drop_unproven") || fact_count(facts, "syn_drop_synq");
}

/* Cookies that do not come back were sent to addresses where nobody asked for them. */
static bool is_flood(const struct facts *facts)
{
	return fact_count(facts, "syn_cookie") / 2 > fact_count(facts, "cookie_ok");
}

static bool is_short_synq(const struct facts *facts)
{
	return fact_count(facts, "syn_cookie");
}

static bool is_silent(const struct facts *facts)
{
	return fact_count(facts, "req_timeout") > FEW + fact_count(facts, "from_synq") / 10;
}

static bool is_other(const struct facts *facts)
{
	return fact_count(facts, "syn_drop_other");
}

static bool is_unknown(const struct facts *facts)
{
	uint64_t drops;

	return !fact_number(facts, "drops", &drops);
}

/* What was requested is only worth a step if the sysctl is what stands in its way. */
static char *next_somaxconn(const struct facts *facts)
{
	static const char *const why = "a socket keeps its limit until listen() is called again.";
	uint64_t somaxconn, backlog;

	if (!fact_requested(facts, &backlog) ||
	    !info_number(facts->info, "somaxconn", &somaxconn))
		return text_format("raise net.core.somaxconn, and restart the program:\n%s", why);
	if (somaxconn < backlog && backlog > INT32_MAX)
		return text_format("raise net.core.somaxconn from %llu, and restart the program:\n%s",
				   (unsigned long long)somaxconn, why);
	if (somaxconn < backlog)
		return text_format("raise net.core.somaxconn from %llu to %llu, and restart the program:\n%s",
				   (unsigned long long)somaxconn, (unsigned long long)backlog, why);
	return text_format("restart the program: net.core.somaxconn is %llu now, which is enough:\n%s",
			   (unsigned long long)somaxconn, why);
}

static char *next_backlog(const struct facts *facts)
{
	const char *somaxconn = info_text(facts->info, "somaxconn");

	return text_format("raise the backlog in the program's configuration, now %llu; up to %s\n"
			   "net.core.somaxconn lets it. Or accept faster.",
			   (unsigned long long)fact_count(facts, "max_ack_backlog"),
			   somaxconn ? somaxconn : "what");
}

/* The first that is true is the verdict: that comes first which explains the others. */
static const struct {
	bool (*is)(const struct facts *facts);
	const char *word;	/* for JSON; never changed */
	const char *words;
	const char *next;	/* NULL: say() says it, with numbers */
	char *(*say)(const struct facts *facts);
} verdicts[] = {
	{ is_stuck, "stuck",
	  "the program does not accept: its queue is full, and the head of it waits.",
	  "look at what the process does instead of accept(). More workers help; a larger\n"
	  "backlog only makes clients wait longer.", NULL },
	{ is_slow, "slow",
	  "the program accepts more slowly than connections come.",
	  "accept faster: with more workers, or less work between two accept(). A larger\n"
	  "backlog only makes clients wait longer.", NULL },
	{ is_short_clamped, "clamped",
	  "more connections came at once than the clamped limit allows.",
	  NULL, next_somaxconn },
	{ is_short, "backlog",
	  "more connections came at once than the backlog allows.",
	  NULL, next_backlog },
	{ is_unproven, "no_cookies",
	  "the SYN queue was full, and SYN cookies are off.",
	  "set net.ipv4.tcp_syncookies to 1: a full SYN queue loses nothing then.", NULL },
	{ is_flood, "flood",
	  "a SYN flood, or peers that cannot be reached: most cookies did not come back.",
	  "leave the cookies on; listenq requests shows where the SYNs come from.", NULL },
	{ is_short_synq, "cookies",
	  "more handshakes at once than the SYN queue holds; cookies made up for it.",
	  NULL, next_backlog },
	{ is_silent, "silent",
	  "many peers do not answer the SYN-ACK.",
	  "see listenq requests for who they are, and whether SYN-ACKs reach them.", NULL },
	{ is_other, "other",
	  "SYNs were dropped, but not for want of room.",
	  "look for memory, routes, security modules and TCP options in the kernel's log.", NULL },
	{ is_unknown, "unknown",
	  "cannot be told: what was lost is not known of this listener.",
	  "restart the program while the module is loaded.", NULL },
	{ fact_clamped, "clamped_idle",
	  "nothing dropped; the program got a smaller limit than it asked for.",
	  "none needed; raise net.core.somaxconn and restart it to give it what it wants.", NULL },
	{ NULL, "fine", "nothing dropped.", "none needed.", NULL },
};

/**
 * explain_verdict() - the verdict, and the next step
 * @facts: of which listener
 * @word: gets the verdict in one word
 * @words: gets it as a sentence
 * @next: gets what to do, for free()
 */
void explain_verdict(const struct facts *facts, const char **word, const char **words,
		     char **next)
{
	size_t i = 0;

	while (verdicts[i].is && !verdicts[i].is(facts))
		i++;
	*word = verdicts[i].word;
	*words = verdicts[i].words;
	*next = verdicts[i].next ? need(strdup(verdicts[i].next)) : verdicts[i].say(facts);
}
