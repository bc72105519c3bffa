/* SPDX-License-Identifier: MIT */
/* Waits until descriptors are readable, even if a filter denies ppoll(2). */
#ifndef DINIT_POLL_H
#define DINIT_POLL_H

#include <poll.h>
#include <stdint.h>

/*
 * Waits until one of FDS shows what its .events ask for, until LEFT_NS is over
 * (INT64_MAX: without end), or until a signal handler has run. What FDS show is
 * in their .revents.
 *
 * Returns 0; or -errno at once if it cannot wait, because a filter denies both
 * ppoll(2) and poll(2). In that case it says that all FDS are readable: the
 * caller has to try, without waiting, and to sleep in between.
 */
int
poll_readable(struct pollfd *fds, nfds_t count, int64_t left_ns);

#endif
