// SPDX-License-Identifier: GPL-2.0
/* Every line of info against the place where the kernel says the same. module: self */
#include "format.h"
#include "mod.h"
#include "proc.h"
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char *const mibs[] = {
	"ListenOverflows", "ListenDrops", "SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed",
	"TCPReqQFullDrop", "TCPReqQFullDoCookies",
};

#define MIBS (sizeof(mibs) / sizeof(mibs[0]))

static void check_kernel(const struct info *in)
{
	char *version = file_read("/sys/module/listenq/version", NULL);
	struct utsname u;
	struct stat st;

	uname(&u);
	is_str(info_get(in, "abi"), "1", "abi");
	is_str(info_get(in, "kernel"), u.release, "kernel");
	if (stat("/proc/self/ns/net", &st))
		bail("stat of the network namespace: %s", strerror(errno));
	is_u64(info_u64(in, "netns"), st.st_ino, "netns");
	if (version) {
		version[strcspn(version, "\n")] = 0;
		is_str(info_get(in, "version"), version, "version");
	} else {
		ok(info_get(in, "version"), "version");
	}
	free(version);
}

static void check_sysctls(const char *where)
{
	static const struct { const char *key, *name; } ctl[] = {
		{ "somaxconn", SOMAXCONN_CTL },
		{ "tcp_max_syn_backlog", SYN_BACKLOG_CTL },
		{ "tcp_syncookies", SYNCOOKIES_CTL },
		{ "tcp_abort_on_overflow", "net/ipv4/tcp_abort_on_overflow" },
		{ "tcp_synack_retries", "net/ipv4/tcp_synack_retries" },
	};
	struct info *in = info_read();

	for (size_t i = 0; i < sizeof(ctl) / sizeof(ctl[0]); i++)
		is_u64(info_u64(in, ctl[i].key), sysctl_get(ctl[i].name), "%s: %s", where,
		       ctl[i].key);
	info_free(in);
}

static void check_rows(int n)
{
	for (int i = 0; i < n; i++) {
		struct table *t;
		struct info *in;

		listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 5 });
		in = info_read();
		t = table_read(LISTENERS);
		is_u64(info_u64(in, "listeners"), t->nrows, "listeners, as many as rows");
		table_free(t);
		info_free(in);
	}
}

static void check_mibs(const uint64_t *want, const char *where)
{
	struct info *in = info_read();

	for (size_t i = 0; i < MIBS; i++) {
		char key[64];

		snprintf(key, sizeof(key), "mib %s", mibs[i]);
		is_u64(info_u64(in, key), want[i], "%s: %s", where, key);
	}
	info_free(in);
}

static void check_probes(const struct info *in)
{
	for (size_t i = 0; i < in->nprobes; i++) {
		const struct probe *p = &in->probes[i];

		ok(info_probe(in, p->name) == p, "probe %s has one line", p->name);
		ok(!strcmp(p->kind, "kprobe") || !strcmp(p->kind, "kretprobe") ||
		   !strcmp(p->kind, "ftrace"), "probe %s: kind is a known one", p->name);
		ok(!strcmp(p->state, "on") || !strcmp(p->state, "absent"),
		   "probe %s: state is on or absent", p->name);
		ok(!strcmp(p->state, "on") || !p->hits, "probe %s: no hits where it is not on",
		   p->name);
		is_u64(p->missed, 0, "probe %s: missed", p->name);
	}
	ok(in->nprobes, "there are probes");
	is_str(info_get(in, "books"), "exact", "books");
}

/* A kernel address has 16 digits from ffff on; cookies and inodes are far from that. */
static void check_addresses(const char *path)
{
	char *text = file_read(path, NULL);
	regex_t re;

	regcomp(&re, "ffff[0-9a-f]{12}|0x[0-9a-f]", REG_EXTENDED | REG_NOSUB);
	ok(text && regexec(&re, text, 0, NULL, 0) == REG_NOMATCH, "%s shows no kernel address",
	   path);
	regfree(&re);
	free(text);
}

static void overflow(int n)
{
	int fd = listener_open(&(struct lopt){ .addr = "127.0.0.1", .backlog = 0 });
	uint64_t before = netstat("ListenOverflows");
	int clients[8];

	for (int i = 0; i <= n; i++)
		clients[i] = connect_to(fd, NULL);
	if (!AWAIT(netstat("ListenOverflows") >= before + n, 5000))
		bail("the accept queue does not overflow");
	for (int i = 0; i <= n; i++)
		close(clients[i]);
	close(fd);
}

static void read_mibs(uint64_t *values)
{
	for (size_t i = 0; i < MIBS; i++)
		values[i] = netstat(mibs[i]);
}

int main(void)
{
	uint64_t before[MIBS], zero[MIBS] = { 0 }, begin, loaded, from;
	struct info *in;

	overflow(3);
	read_mibs(before);
	begin = mono_ms();
	mod_load_or_bail(mod_path(false), "");
	loaded = mono_ms();
	ok(AWAIT(mono_ms() > loaded + 20, 1000), "some time passes");
	from = mono_ms();
	in = info_read();
	in_range(info_u64(in, "load_age_ms") + 1, from - loaded, mono_ms() - begin + 2,
		 "load_age_ms");
	check_kernel(in);
	check_probes(in);
	info_free(in);
	check_sysctls("here");
	check_rows(7);
	check_mibs(before, "as they stood at the load");
	overflow(2);
	check_mibs(before, "as they stood at the load, after more of them");
	check_addresses(INFO);
	for (size_t i = 0; i < nformats; i++)
		check_addresses(formats[i].path);

	new_netns();
	sysctl_set(SOMAXCONN_CTL, 77);
	sysctl_set(SYN_BACKLOG_CTL, 99);
	sysctl_set(SYNCOOKIES_CTL, 2);
	sysctl_set("net/ipv4/tcp_abort_on_overflow", 1);
	sysctl_set("net/ipv4/tcp_synack_retries", 3);
	check_sysctls("in a new namespace");
	in = info_read();
	check_kernel(in);
	is_u64(info_u64(in, "listeners"), 0, "in a new namespace: listeners");
	info_free(in);
	check_mibs(zero, "in a new namespace");
	overflow(2);
	check_mibs(zero, "in a new namespace, after some");
	mod_unload_or_bail();
	return done();
}
