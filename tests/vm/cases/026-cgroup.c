// SPDX-License-Identifier: GPL-2.0
/* The cgroup is the one that the socket was made in: the inode number of its folder. */
#include "sock.h"
#include "sysctl.h"
#include "table.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "/tmp/cgroup"

static uint64_t folder_id(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("stat %s: %s", path, strerror(errno));
	return st.st_ino;
}

static void check(int fd, const char *path, const char *what)
{
	struct table *t;
	size_t row;

	t = listeners_row(sock_cookie(fd), &row);
	check_u64(t, row, "cgroup", folder_id(path), what);
	table_free(t);
}

int main(void)
{
	struct lopt o = { .addr = "127.0.0.1", .backlog = 5 };
	int root, inner, early;

	mkdir(ROOT, 0755);
	if (mount("cgroup2", ROOT, "cgroup2", 0, NULL)) {
		skip("no cgroup2", "cgroup of a listener");
		return done();
	}
	root = listener_open(&o);
	early = bound_socket(&o);
	if (mkdir(ROOT "/inner", 0755) || !file_write(ROOT "/inner/cgroup.procs", "0"))
		bail("cannot move into a cgroup: %s", strerror(errno));
	inner = listener_open(&o);
	if (listen(early, 5))
		bail("listen: %s", strerror(errno));
	check(root, ROOT, "made in the root");
	check(inner, ROOT "/inner", "made in another cgroup");
	check(early, ROOT, "made in the root, listen() in another cgroup");
	if (!file_write(ROOT "/cgroup.procs", "0") || rmdir(ROOT "/inner") || umount(ROOT))
		bail("cannot leave the cgroup: %s", strerror(errno));
	return done();
}
