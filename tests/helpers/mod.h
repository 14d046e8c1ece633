/* SPDX-License-Identifier: GPL-2.0 */
/* Loading and unloading the module, and its info file. */
#ifndef LISTENQ_MOD_H
#define LISTENQ_MOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe {
	char name[64], kind[16], state[16];
	uint64_t hits, missed;
};

struct info {
	char *text;
	size_t nlines;
	char **lines;
	size_t nprobes;
	struct probe *probes;
};

const char *mod_path(bool test_build);
int mod_load(const char *path, const char *params);
int mod_unload(void);
bool mod_loaded(void);
bool mod_gone(void);
void mod_load_or_bail(const char *path, const char *params);
void mod_unload_or_bail(void);

struct info *info_read(void);
void info_free(struct info *in);
const char *info_get(const struct info *in, const char *key);
uint64_t info_u64(const struct info *in, const char *key);
const struct probe *info_probe(const struct info *in, const char *name);
bool probe_on(const struct info *in, const char *name);

int kmsg_tail(void);
unsigned int kmsg_count(int fd, const char *word1, const char *word2, char *line, size_t len);

#endif
