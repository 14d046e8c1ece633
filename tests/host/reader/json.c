// SPDX-License-Identifier: GPL-2.0
// RFC 8259 by recursive descent; the text must be UTF-8 as mbrtowc() of C.UTF-8 sees it.

#include <ctype.h>
#include <string.h>
#include <wchar.h>

#include "json.h"

struct cursor {
	const char *at, *end;
};

static bool value(struct cursor *c, int depth);

static void blank(struct cursor *c)
{
	while (c->at < c->end && memchr(" \t\r\n", *c->at, 4))
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool word(struct cursor *c, const char *wanted)
{
	size_t length = strlen(wanted);

	if ((size_t)(c->end - c->at) < length || memcmp(c->at, wanted, length))
		return false;
	c->at += length;
	return true;
}

static bool digits(struct cursor *c)
{
	const char *start = c->at;

	while (c->at < c->end && isdigit((unsigned char)*c->at))
		c->at++;
	return c->at > start;
}

static bool number(struct cursor *c)
{
	take(c, '-');
	if (!take(c, '0') && !digits(c))
		return false;
	if (take(c, '.') && !digits(c))
		return false;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		return digits(c);
	}
	return true;
}

static bool escape(struct cursor *c)
{
	if (take(c, 'u')) {
		for (int i = 0; i < 4; i++, c->at++)
			if (c->at == c->end || !isxdigit((unsigned char)*c->at))
				return false;
		return true;
	}
	return c->at < c->end && memchr("\"\\/bfnrt", *c->at++, 8);
}

static bool string(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"') {
		mbstate_t state = { 0 };
		size_t n;

		if (take(c, '\\')) {
			if (!escape(c))
				return false;
			continue;
		}
		n = mbrtowc(NULL, c->at, c->end - c->at, &state);
		if ((unsigned char)*c->at < 0x20 || n == 0 || n > 4)
			return false;
		c->at += n;
	}
	return take(c, '"');
}

static bool list(struct cursor *c, int depth, char close, bool keyed)
{
	blank(c);
	if (take(c, close))
		return true;
	do {
		blank(c);
		if (keyed) {
			if (!string(c))
				return false;
			blank(c);
			if (!take(c, ':'))
				return false;
		}
		if (!value(c, depth + 1))
			return false;
		blank(c);
	} while (take(c, ','));
	return take(c, close);
}

static bool value(struct cursor *c, int depth)
{
	blank(c);
	if (c->at == c->end || depth > 8)
		return false;
	if (take(c, '{'))
		return list(c, depth, '}', true);
	if (take(c, '['))
		return list(c, depth, ']', false);
	if (*c->at == '"')
		return string(c);
	return word(c, "null") || word(c, "true") || word(c, "false") || number(c);
}

/**
 * json_valid() - is this one JSON value and nothing else?
 * @text: bytes
 * @length: how many
 *
 * Needs a UTF-8 locale.
 *
 * Return: true when it is.
 */
bool json_valid(const char *text, size_t length)
{
	struct cursor c = { text, text + length };

	if (!value(&c, 0))
		return false;
	blank(&c);
	return c.at == c.end;
}
