// SPDX-License-Identifier: GPL-2.0
// The terminal is given back however this ends: by exit(), by a signal, by ^Z until it goes on.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "screen.h"
#include "text.h"

#define ENTER "\033[?1049h\033[?25l"	/* the other screen, without a cursor */
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before;
static char typed[64];		/* read, but not asked for yet: from at to ntyped */
static size_t ntyped, at;
static volatile sig_atomic_t entered, stopped;

/* Only what a signal handler may call. */
static void give_back(void)
{
	if (!entered)
		return;
	entered = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	if (write(STDOUT_FILENO, LEAVE, strlen(LEAVE)) < 0)
		return;
}

static void take_over(void)
{
	struct termios raw = before;

	raw.c_lflag &= ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	entered = 1;
	if (write(STDOUT_FILENO, ENTER, strlen(ENTER)) < 0)
		return;
}

static void end(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void note(int number)
{
	if (number == SIGTSTP)
		stopped = 1;
}

static void handle(int number, void (*handler)(int number))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };

	sigaction(number, &action, NULL);
}

/* Seen in screen_wait() only, so that none is missed between a look and the wait. */
static void wait_mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	sigprocmask(how, &set, NULL);
}

/**
 * screen_leave() - give the terminal back
 */
void screen_leave(void)
{
	fflush(stdout);
	give_back();
}

/**
 * screen_enter() - take the terminal over, or end with a message if there is none
 */
void screen_enter(void)
{
	static const int ends[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS, SIGALRM,
	};

	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) || text_dumb_terminal())
		die(EXIT_USAGE, "no terminal here, or a dumb one: try: listenq top -b");
	/* Held back until exit() has given the terminal back: it must not go with the screen. */
	setvbuf(stderr, NULL, _IOFBF, BUFSIZ);
	atexit(give_back);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		handle(ends[i], end);
	handle(SIGWINCH, note);
	handle(SIGTSTP, note);
	handle(SIGCONT, note);
	wait_mask(SIG_BLOCK);
	take_over();
}

/**
 * screen_size() - how large it is
 * @lines: set to its height
 * @places: set to its width
 */
void screen_size(size_t *lines, size_t *places)
{
	struct winsize size = { .ws_row = 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*lines = size.ws_row ? size.ws_row : 24;
	*places = size.ws_col ? size.ws_col : 80;
}

/* Prints what of a line fits, up to its newline; escape sequences take no place. */
static const char *draw_line(const char *text, size_t places)
{
	size_t length = strcspn(text, "\n"), fits = text_fit(text, length, places);

	fwrite(text, 1, fits, stdout);
	fputs(fits < length ? "\033[0m\033[K" : "\033[K", stdout);
	return text + length;
}

/**
 * screen_draw() - show a text in place of what is there
 * @text: its lines
 * @lines: height of the screen; what is below is left out
 * @places: width of the screen; what is longer is cut
 */
void screen_draw(const char *text, size_t lines, size_t places)
{
	fputs("\033[H", stdout);
	for (text = draw_line(text, places); *text && --lines; text = draw_line(text + 1, places))
		fputs("\r\n", stdout);
	fputs("\033[J", stdout);
	fflush(stdout);
}

/**
 * screen_clock() - the time
 *
 * Return: milliseconds since some moment.
 */
uint64_t screen_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / (1000 * 1000);
}

/* A key that is a sequence is one read; nothing behind ESC is the key ESC. */
static int read_key(void)
{
	static const struct {
		const char *sequence;
		int key;
	} keys[] = {
		{ "[A", KEY_UP }, { "OA", KEY_UP }, { "[B", KEY_DOWN }, { "OB", KEY_DOWN },
		{ "[5~", KEY_PAGE_UP }, { "[6~", KEY_PAGE_DOWN }, { "[H", KEY_HOME },
		{ "[1~", KEY_HOME }, { "OH", KEY_HOME },
	};

	if (at == ntyped) {
		ssize_t got = read(STDIN_FILENO, typed, sizeof(typed) - 1);

		if (got <= 0)
			return got < 0 && errno == EINTR ? KEY_NONE : KEY_END;
		ntyped = got;
		typed[ntyped] = '\0';
		at = 0;
	}
	if (typed[at++] != KEY_ESCAPE)
		return (unsigned char)typed[at - 1];
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t n = strlen(keys[i].sequence);

		if (!strncmp(typed + at, keys[i].sequence, n)) {
			at += n;
			return keys[i].key;
		}
	}
	/* Another sequence is no key of ours. */
	if (at < ntyped)
		at = ntyped;
	return typed[ntyped - 1] == KEY_ESCAPE ? KEY_ESCAPE : KEY_NONE;
}

/* Stops as ^Z does without us, with the terminal as it was. */
static void stop(void)
{
	stopped = 0;
	give_back();
	raise(SIGSTOP);
}

/**
 * screen_wait() - wait for a key
 * @until_ms: by screen_clock(); no longer than this
 *
 * Return: a key, or one of enum screen_key.
 */
int screen_wait(uint64_t until_ms)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t now = screen_clock(), left = until_ms > now ? until_ms - now : 0;
	struct timespec timeout = { left / 1000, left % 1000 * 1000 * 1000 };
	sigset_t none;
	int ready;

	sigemptyset(&none);
	if (at < ntyped)
		return read_key();
	ready = ppoll(&input, 1, &timeout, &none);
	if (stopped)
		stop();
	if (!entered)
		take_over();
	if (ready > 0 && input.revents & POLLIN)
		return read_key();
	return ready > 0 ? KEY_END : KEY_NONE;
}
