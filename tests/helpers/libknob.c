// SPDX-License-Identifier: GPL-2.0
/* What a run of a case can be told, and random numbers that a seed repeats. */
#include "knob.h"
#include "table.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value behind "NAME=" on the kernel's command line; false when it is not there. */
static bool cmdline_value(const char *name, char *value, size_t room)
{
	static const char blanks[] = "\n ";
	char *text = file_read("/proc/cmdline", NULL), *save = NULL, *word;
	size_t len = strlen(name);
	bool found = false;

	for (word = text ? strtok_r(text, blanks, &save) : NULL; word;
	     word = strtok_r(NULL, blanks, &save)) {
		if (strncmp(word, name, len) || word[len] != '=')
			continue;
		snprintf(value, room, "%s", word + len + 1);
		found = true;
	}
	free(text);
	return found;
}

/**
 * knob() - a number that the caller of the tests may set
 * @env: its name in the environment
 * @word: its name on the kernel's command line, "WORD=NUMBER"
 * @otherwise: when neither has it
 *
 * Return: the number; ends the case when what is set is none.
 */
uint64_t knob(const char *env, const char *word, uint64_t otherwise)
{
	const char *set = getenv(env);
	char value[64], *end;
	uint64_t n;

	if (!set && !cmdline_value(word, value, sizeof(value)))
		return otherwise;
	if (!set)
		set = value;
	n = strtoull(set, &end, 10);
	if (*set < '0' || *set > '9' || *end)
		bail("%s or %s= must be a number, not '%s'", env, word, set);
	return n;
}

/**
 * debug_part() - by what a case divides how much it does
 *
 * Debug kernels check every access, and what loops much takes far too long there.
 *
 * Return: 10 on these, else 1.
 */
unsigned int debug_part(void)
{
	return knob("SLOW", "slow", 1) >= 10 ? 10 : 1;
}

/**
 * boot_word() - is something on the kernel's command line
 * @word: "NAME=VALUE"
 *
 * Return: true when it is.
 */
bool boot_word(const char *word)
{
	size_t len = strcspn(word, "=");
	char name[32], value[64];

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	return word[len] && cmdline_value(name, value, sizeof(value)) &&
	       !strcmp(value, word + len + 1);
}

/**
 * rng_seed() - begin a sequence of random numbers
 * @r: set
 * @seed: the same seed gives the same sequence
 */
void rng_seed(struct rng *r, uint64_t seed)
{
	r->state = seed * 0x9e3779b97f4a7c15ull + 0x632be59bd9b4e019ull;
	/* The generator stands still at 0. */
	if (!r->state)
		r->state = 1;
}

/**
 * rng_below() - the next random number (xorshift64*)
 * @r: the sequence
 * @n: how many there are to choose from
 *
 * Return: a number from 0 to @n - 1.
 */
uint64_t rng_below(struct rng *r, uint64_t n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (r->state * 0x2545f4914f6cdd1dull >> 11) % n;
}
