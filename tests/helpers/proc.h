/* SPDX-License-Identifier: GPL-2.0 */
/* Children in other namespaces or of other users, spoken to through a pair of sockets. */
#ifndef LISTENQ_PROC_H
#define LISTENQ_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int fd;		/* to speak with it */
};

/* The child's side; put and get below take its fd as they take the parent's. */
typedef void (*child_fn)(int up, void *arg);

void child_start(struct child *c, child_fn fn, void *arg);
int child_end(struct child *c);
void put_bytes(int fd, const void *data, size_t len);
void get_bytes(int fd, void *data, size_t len);
void put_u64(int fd, uint64_t value);
uint64_t get_u64(int fd);

void new_netns(void);
bool new_userns(uid_t inside, uid_t outside);
void become(uid_t uid);
void drop_cap(int cap);
void become_with_cap(uid_t uid, int cap);

#endif
