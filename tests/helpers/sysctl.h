/* SPDX-License-Identifier: GPL-2.0 */
/* Sysctls of the present network namespace, and small files like them. */
#ifndef LISTENQ_SYSCTL_H
#define LISTENQ_SYSCTL_H

#include <stdbool.h>

#define SOMAXCONN_CTL "net/core/somaxconn"
#define SYN_BACKLOG_CTL "net/ipv4/tcp_max_syn_backlog"
#define SYNCOOKIES_CTL "net/ipv4/tcp_syncookies"

bool file_write(const char *path, const char *text);
void sysctl_set(const char *name, long value);
long sysctl_get(const char *name);

#endif
