/* SPDX-License-Identifier: GPL-2.0 */
/* The probes that the cases know: which path each is on, and what is not known without it. */
#ifndef LISTENQ_PROBES_H
#define LISTENQ_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known_probe {
	const char *name;
	bool packet;		/* on the way of packets and accept(); else on that of listen() */
	const char *lost;	/* what the notice says of one that cannot be put there */
	const char *counters;	/* columns that are "-" without it, blanks between them */
};

extern const struct known_probe known_probes[];
extern const size_t known_nprobes;

const struct known_probe *known_probe(const char *name);
bool has_word(const char *list, const char *word);
void check_known_probes(void);
void check_lost(uint64_t cookie, const char *lost, const char *what);

#endif
