/* SPDX-License-Identifier: MIT */
/*
 * The processes that kill(2) cannot name together, found in /proc one by one:
 * where dinit is not PID 1, its descendants outside of the app's group (never
 * anybody else's process); in a sweep, those that no stop signal has reached.
 */
#ifndef DINIT_LEFTOVERS_H
#define DINIT_LEFTOVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Which processes are meant. */
struct leftovers {
	bool everybody;     /* all of the PID namespace, not only descendants */
	pid_t spared_group; /* 0: none */
	int64_t spared_until; /* of that group only members that started before
				 or in this tick are spared: clock_boot_ticks;
				 INT64_MAX: all of them are */
};

/*
 * SIGNO to every process that WHICH means, but for the caller. Children of ours
 * must be waited for by us alone: their numbers are taken to be theirs. 0 or
 * -errno (some may have been reached all the same); -ENOENT: there is no /proc
 * of this PID namespace.
 */
int
leftovers_signal(const struct leftovers *which, int signo);

#endif
