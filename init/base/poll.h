/* SPDX-License-Identifier: MIT */
/* Waiting until descriptors are readable, also where a filter denies that. */
#ifndef DINIT_POLL_H
#define DINIT_POLL_H

#include <poll.h>
#include <stdint.h>

/*
 * Waits until one of FDS shows what its .events ask for, until LEFT_NS is over
 * (INT64_MAX: without end), or until a signal handler has run. What FDS show is
 * in their .revents.
 *
 * Returns 0, or -errno at once if waiting is not possible, as a filter denies
 * both ppoll(2) and poll(2). Then all FDS are said to be readable: the caller
 * has to try, without waiting, and to sleep in between.
 */
int
poll_readable(struct pollfd *fds, nfds_t count, int64_t left_ns);

#endif
