/* SPDX-License-Identifier: GPL-2.0 */
/* The test build's faults on purpose, and what the kernel log says. */
#ifndef LISTENQ_FAULT_H
#define LISTENQ_FAULT_H

#include <stdbool.h>
#include <stddef.h>

struct klog {
	int fd;
	size_t len, room;
	char *text;		/* one line each, without the kernel's prefix */
};

void fault_arm(unsigned int nth);
bool fault_disarm(void);

void klog_begin(struct klog *k);
const char *klog_find(struct klog *k, const char *regex);
unsigned int klog_lines(struct klog *k, const char *word1, const char *word2);
void klog_show(const struct klog *k, const char *from, unsigned int lines);
void klog_end(struct klog *k);

#endif
