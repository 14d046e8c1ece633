/* SPDX-License-Identifier: GPL-2.0 */
/* listen() through io_uring. */
#ifndef LISTENQ_URING_H
#define LISTENQ_URING_H

#include <stdbool.h>

bool uring_can_listen(void);
int uring_listen(int fd, int backlog);

#endif
