/* SPDX-License-Identifier: MIT */
/*
 * Where dinit is not PID 1: its descendants outside of the app's group, found
 * in /proc. Never anybody else's process.
 */
#ifndef DINIT_LEFTOVERS_H
#define DINIT_LEFTOVERS_H

#include <sys/types.h>

/*
 * SIGNO to every descendant that is not in the group APP (0: to every one of
 * them). Children of ours must be waited for by us alone: their numbers are
 * taken to be theirs. 0 or -errno (some may have been reached all the same);
 * -ENOENT: there is no /proc of this PID namespace.
 */
int
leftovers_signal(pid_t app, int signo);

#endif
