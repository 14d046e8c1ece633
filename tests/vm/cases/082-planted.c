// SPDX-License-Identifier: GPL-2.0
/*
 * The debug kernels find what they are there to find: each planted bug is reported, by the kernel
 * that looks for its kind, and the report names listenq. The kernel's complaints are the purpose of
 * this case, so it has a boot of its own, with panic_on_warn=0; debug=kasan or debug=kcsan on the
 * kernel's command line says which kernel it is. module: self timeout: 300 boot: planted
 */
#define _GNU_SOURCE
#include "fault.h"
#include "knob.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define LEAKS 50
#define REPORT_MS 10000
#define LEAK_MS 60000	/* it looks at nothing younger than 5 s */
#define RACE_MS 120000

static struct klog klog;

static void listen_once(void)
{
	close(listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 }));
}

static void pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		bail("cannot move to CPU %d: %s", cpu, strerror(errno));
}

static void act_listen(void)
{
	listen_once();
}

/* One order in listen(), the other one in the reader, which comes to a row. */
static void act_lock(void)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });

	table_free(table_read(LISTENERS));
	close(fd);
}

/* In a child: what sleeps in a handler may never come back. */
static void listen_pinned(int up, void *arg)
{
	(void)arg;
	/* It wakes where it fell asleep, and the handler ends on the CPU where it began. */
	pin_to(0);
	listen_once();
	put_u64(up, 0);
}

static void act_sleep(void)
{
	struct child c;

	child_start(&c, listen_pinned, NULL);
	get_u64(c.fd);
	child_end(&c);
}

static bool reported(const char *regex)
{
	return klog_find(&klog, regex);
}

static void check_report(const char *plant, const char *regex)
{
	const char *at;

	ok(AWAIT(reported(regex), REPORT_MS), "%s: the kernel reports it", plant);
	ok(AWAIT((at = klog_find(&klog, regex)) && strstr(at, "listenq"), REPORT_MS),
	   "%s: and names listenq", plant);
	klog_show(&klog, klog_find(&klog, regex), 4);
}

static void load_planted(const char *plant)
{
	char params[32];

	klog_begin(&klog);
	snprintf(params, sizeof(params), "plant=%s", plant);
	mod_load_or_bail(mod_path(true), params);
}

static void unload_planted(const char *plant)
{
	ok(!mod_unload() && mod_gone(), "%s: the module unloads", plant);
	klog_end(&klog);
}

static void check_plant(const char *plant, void (*act)(void), const char *regex)
{
	load_planted(plant);
	act();
	check_report(plant, regex);
	unload_planted(plant);
}

/* kmemleak names functions as they are when it is read: while the module is there. */
static bool leak_found(char **report)
{
	free(*report);
	file_write(KMEMLEAK, "scan");
	*report = file_read(KMEMLEAK, NULL);
	return *report && strstr(*report, "unreferenced object") && strstr(*report, "lq_") &&
	       strstr(*report, "listenq");
}

static void show_first(char *report, int lines)
{
	char *line = report ? strtok(report, "\n") : NULL;

	for (; line && lines--; line = strtok(NULL, "\n"))
		diag("| %s", line);
}

static void check_leak(void)
{
	char *report = NULL;

	if (!file_write(KMEMLEAK, "clear")) {
		ok(false, "leak: this kernel has " KMEMLEAK);
		return;
	}
	load_planted("leak");
	for (int i = 0; i < LEAKS; i++)
		listen_once();
	ok(AWAIT(leak_found(&report), LEAK_MS), "leak: kmemleak reports it and names listenq");
	show_first(report, 12);
	free(report);
	unload_planted("leak");
	file_write(KMEMLEAK, "clear");
}

static void listen_on(int up, void *arg)
{
	pin_to((long)arg);
	put_u64(up, 0);
	for (;;)
		listen_once();
}

static void check_race(void)
{
	static const char race[] = "BUG: KCSAN: data-race in .*\\[listenq\\]";
	struct child c[2];

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		bail("a race needs two CPUs");
	load_planted("race");
	for (long i = 0; i < 2; i++) {
		child_start(&c[i], listen_on, (void *)i);
		get_u64(c[i].fd);
	}
	AWAIT(reported(race), RACE_MS);
	for (int i = 0; i < 2; i++) {
		kill(c[i].pid, SIGKILL);
		child_end(&c[i]);
	}
	check_report("race", race);
	unload_planted("race");
}

int main(void)
{
	bool kasan = boot_word("debug=kasan"), kcsan = boot_word("debug=kcsan");

	if (!kasan && !kcsan)
		skip("no debug kernel", "planted bugs are found");
	/*
	 * Any report turns lockdep off, so the lock comes first; and after a sleep in a handler
	 * nothing is certain any more, so that comes last.
	 */
	if (kasan) {
		check_plant("lock", act_lock, "possible circular locking dependency");
		check_leak();
		check_plant("uaf", act_listen, "BUG: KASAN: .*use-after-free in .*");
		check_plant("sleep", act_sleep,
			    "BUG: scheduling while atomic|BUG: sleeping function called");
	}
	if (kcsan)
		check_race();
	return done();
}
