// SPDX-License-Identifier: GPL-2.0
// Names are bytes that a stranger chose: here they become safe to show.

#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "error.h"
#include "text.h"

/**
 * text_utf8_locale() - may more than ASCII be shown?
 *
 * Return: true when the locale's encoding is UTF-8.
 */
bool text_utf8_locale(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/**
 * text_dumb_terminal() - is it one that cannot do more than print lines?
 *
 * Return: true when it says so of itself.
 */
bool text_dumb_terminal(void)
{
	const char *term = getenv("TERM");

	return term && !strcmp(term, "dumb");
}

/**
 * text_arrow() - what leads from one number to the next
 *
 * Return: an arrow, as the locale can show it.
 */
const char *text_arrow(void)
{
	return text_utf8_locale() ? "→" : "->";
}

static bool octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' &&
	       digits[1] >= '0' && digits[1] <= '7' &&
	       digits[2] >= '0' && digits[2] <= '7';
}

/**
 * text_decode() - the bytes that a cell stands for
 * @cell: text of a table; \ooo is one byte, any other backslash is itself
 * @bytes: room for strlen(@cell) bytes; gets no NUL
 *
 * Return: the number of bytes.
 */
size_t text_decode(const char *cell, unsigned char *bytes)
{
	size_t n = 0;

	while (*cell) {
		if (*cell == '\\' && octal(cell + 1)) {
			bytes[n++] = (cell[1] - '0') << 6 | (cell[2] - '0') << 3 | (cell[3] - '0');
			cell += 4;
		} else {
			bytes[n++] = *cell++;
		}
	}
	return n;
}

/**
 * text_encode() - a name as a cell of a table
 * @name: any bytes
 *
 * Return: the text, for free(), from which text_decode() makes @name again.
 */
char *text_encode(const char *name)
{
	char *cell = need(malloc(4 * strlen(name) + 1));
	char *end = cell;

	for (; *name; name++) {
		if (*name > 0x20 && *name < 0x7f && *name != '\\')
			*end++ = *name;
		else
			end += sprintf(end, "\\%03o", (unsigned char)*name);
	}
	*end = '\0';
	return cell;
}

/**
 * text_utf8_next() - take one character off a string
 * @bytes: where it begins
 * @length: bytes there are, at least 1
 * @code: gets the code point
 *
 * Overlong forms, surrogates and codes above U+10FFFF are not characters.
 *
 * Return: the bytes it takes, or 0 when there is no valid character.
 */
size_t text_utf8_next(const unsigned char *bytes, size_t length, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = bytes[0];
	size_t n = first < 0x80 ? 1 : first >= 0xf8 ? 0 : first >= 0xf0 ? 4 :
		   first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;

	if (!n || n > length)
		return 0;
	*code = n == 1 ? first : first & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/*
 * What takes no place on the screen (controls, direction overrides, joiners)
 * could make one name look like another; a lone backslash could make a name
 * look like an escaped one.
 */
static bool showable(uint32_t code)
{
	if (code < 0x80)
		return code >= 0x20 && code != 0x7f && code != '\\';
	return text_utf8_locale() && iswprint(code) && wcwidth(code) > 0;
}

/**
 * text_for_people() - a name as a terminal may show it
 * @cell: text of a table
 *
 * Return: the decoded name, for free(); bytes that must not be shown stay \ooo.
 */
char *text_for_people(const char *cell)
{
	size_t room = strlen(cell);
	unsigned char *bytes = need(malloc(room + 1));
	size_t length = text_decode(cell, bytes);
	char *shown = need(malloc(4 * length + 1));
	char *end = shown;

	for (size_t i = 0; i < length;) {
		uint32_t code;
		size_t n = text_utf8_next(bytes + i, length - i, &code);

		if (n && showable(code)) {
			end = mempcpy(end, bytes + i, n);
			i += n;
		} else {
			end += sprintf(end, "\\%03o", bytes[i++]);
		}
	}
	*end = '\0';
	free(bytes);
	return shown;
}

/* Returns the bytes of the character that a text begins with, and the places it takes. */
static size_t next_width(const char *text, size_t length, size_t *places)
{
	uint32_t code;
	size_t n = 1;
	int width = 1;

	if (*text & 0x80)
		n = text_utf8_next((const unsigned char *)text, length, &code);
	if (*text & 0x80 && n)
		width = wcwidth(code);
	*places = width > 0 ? width : 0;
	return n ? n : 1;
}

/**
 * text_fit() - how much of a text fits
 * @text: may have colours in it, which take no place
 * @length: its bytes
 * @places: how many there are
 *
 * Return: the bytes of whole characters that fit.
 */
size_t text_fit(const char *text, size_t length, size_t places)
{
	size_t i = 0, width, n;

	while (i < length) {
		if (text[i] == '\033') {
			i += strcspn(text + i, "m") + 1;
			continue;
		}
		n = next_width(text + i, length - i, &width);
		if (width > places)
			break;
		places -= width;
		i += n;
	}
	return i;
}

/**
 * text_number() - read an unsigned number as the tables have it
 * @text: decimal, without leading zeros; may be NULL
 * @value: set if it is one
 *
 * Return: whether it is one, and fits 64 bits.
 */
bool text_number(const char *text, uint64_t *value)
{
	uint64_t number = 0;

	if (!text || !*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		unsigned int digit = (unsigned char)*text - '0';

		if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return false;
	}
	*value = number;
	return true;
}

/**
 * text_port() - where the port begins in an address
 * @local: address and port
 *
 * Return: the last colon, or NULL when there is none.
 */
const char *text_port(const char *local)
{
	return strrchr(local, ':');
}

/**
 * text_full() - is a queue full?
 * @depth: what is in it, as a table has it
 * @limit: what it takes; where nothing fits in, nothing is full
 *
 * Return: true when that is known.
 */
bool text_full(const char *depth, const char *limit)
{
	uint64_t now, most;

	return text_number(depth, &now) && text_number(limit, &most) && most && now >= most;
}

/**
 * text_duration() - a time for people: 5us, 1.5ms, 12.0s, 3m, 4h, 2d
 * @us: in microseconds
 *
 * Return: the text, for free().
 */
char *text_duration(uint64_t us)
{
	unsigned long long value = us;

	if (value < 1000)
		return text_format("%lluus", value);
	if (value < 1000 * 1000)
		return text_format("%llu.%llums", value / 1000, value / 100 % 10);
	value /= 1000 * 100;
	if (value < 60 * 10)
		return text_format("%llu.%llus", value / 10, value % 10);
	value /= 10;
	if (value < 60 * 60)
		return text_format("%llum", value / 60);
	if (value < 24 * 60 * 60)
		return text_format("%lluh", value / (60 * 60));
	return text_format("%llud", value / (24 * 60 * 60));
}

/**
 * text_rate() - how often something happens, for people: 0.4, 12, 350k
 * @milli: in thousandths a second
 *
 * Return: the text, for free().
 */
char *text_rate(uint64_t milli)
{
	unsigned long long value = milli;

	if (value && value < 10 * 1000)
		return text_format("%llu.%llu", value / 1000, value / 100 % 10);
	value /= 1000;
	if (value < 100 * 1000)
		return text_format("%llu", value);
	return text_format("%lluk", value / 1000);
}

/**
 * text_spark() - numbers as a line that goes up and down
 * @eighths: digits from 0 to 8; anything else is a gap
 *
 * Return: the text, for free(), with one place for each.
 */
char *text_spark(const char *eighths)
{
	static const char *const blocks[] = {
		"_", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█",
	};
	static const char *const ascii[] = { "_", ".", ":", "-", "=", "+", "*", "%", "#" };
	const char *const *marks = text_utf8_locale() ? blocks : ascii;
	char *text = need(malloc(4 * strlen(eighths) + 1)), *end = text;

	for (; *eighths; eighths++)
		end = stpcpy(end, *eighths >= '0' && *eighths <= '8' ? marks[*eighths - '0'] : " ");
	*end = '\0';
	return text;
}

/**
 * text_format() - printf() into memory
 * @fmt: the format
 *
 * Return: the text, for free().
 */
char *text_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	return need(length < 0 ? NULL : text);
}
