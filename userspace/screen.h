/* SPDX-License-Identifier: GPL-2.0 */
/* The terminal: taken over and given back, and the keys pressed on it. */
#ifndef LISTENQ_SCREEN_H
#define LISTENQ_SCREEN_H

#include <stddef.h>
#include <stdint.h>

/* What screen_wait() returns; a plain key is its character. */
enum screen_key {
	KEY_NONE = -1,		/* the time is up, or the terminal has changed */
	KEY_END = -2,		/* nobody is there any more */
	KEY_ESCAPE = 27,
	KEY_UP = 0x100,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
};

void screen_enter(void);
void screen_leave(void);
void screen_size(size_t *lines, size_t *places);
void screen_draw(const char *text, size_t lines, size_t places);
int screen_wait(uint64_t until_ms);
uint64_t screen_clock(void);

#endif
