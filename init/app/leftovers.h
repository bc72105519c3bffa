/* SPDX-License-Identifier: MIT */
/*
 * Sends a signal to processes that no single kill(2) reaches: it finds them in
 * /proc one by one. Where dinit is not PID 1, these are its descendants outside
 * of the app's process group. In a sweep, these are all processes that have not
 * got the stop signal yet.
 */
#ifndef DINIT_LEFTOVERS_H
#define DINIT_LEFTOVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Which processes get the signal. The members of SPARED_GROUP (0: none) do not,
 * unless they have started after the tick SPARED_UNTIL of clock_boot_ticks.
 */
struct leftovers {
	bool everybody; /* all of the PID namespace, not only descendants */
	pid_t spared_group;
	int64_t spared_until; /* INT64_MAX: the whole group is spared */
};

/*
 * Sends SIGNO to every process that WHICH describes, except the caller. SIGKILL
 * may also go to children of the caller that are in the spared group. Nothing
 * else may reap the caller's children meanwhile, because they are signalled by
 * their numbers. 0; -ENOENT if there is no /proc of this PID namespace; or
 * another -errno, in which case some of the processes may have got the signal.
 */
int
leftovers_signal(const struct leftovers *which, int signo);

/* Room for the names that leftovers_name writes. */
#define LEFTOVERS_NAMES_MAX 160

/* How many helpers dinit has at most. */
#define LEFTOVERS_HELPERS 4

/*
 * Returns how many descendants of the caller live besides APP, which has ended
 * (0: it is reaped), and writes what they are called to NAMES: "sh, worker",
 * each name once, with ", ..." behind those that there is room for. HELPERS,
 * which are children of the caller (0: none), are left out with their
 * descendants, and so are processes that are about to end. Returns 0 where
 * there is no /proc of this PID namespace.
 */
int
leftovers_name(pid_t app, const pid_t helpers[LEFTOVERS_HELPERS],
    char names[LEFTOVERS_NAMES_MAX]);

#endif
