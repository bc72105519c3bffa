/* SPDX-License-Identifier: MIT */
/*
 * Waits for children, and sends signals to the app, to its process group, or to
 * all processes that dinit is responsible for. As PID 1 these are all processes
 * of the PID namespace; otherwise they are dinit's descendants.
 */
#ifndef DINIT_CHILDREN_H
#define DINIT_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The processes that dinit is responsible for. */
struct family {
	bool is_init; /* dinit is PID 1 of its namespace */
	pid_t app;    /* COMMAND, the leader of its group; 0: reaped or none */
	int app_fd;   /* COMMAND's pidfd if the kernel reaps, otherwise -1 */
};

/* True while the kernel reaps (autoreap.h), and dinit does not. */
static inline bool
children_kernel_reaps(const struct family *family)
{
	return family->app_fd >= 0;
}

/* A child that stopped or ended. */
struct child_change {
	pid_t pid;
	int stop_signal; /* the signal that stopped it; 0: it ended */
	int exit_status; /* if it ended: 128+N for signal N */
	bool is_killed;  /* it ended by a signal */
	int error;       /* -errno: the kernel does not say how it ended */
};

/*
 * Lets the kernel reap while COMMAND lives, if dinit is PID 1 and the kernel
 * can. children_next then reports nothing but the end of COMMAND: no orphans
 * and no stops. A SIGCHLD still tells of each end.
 *
 * Returns true if COMMAND had ended before, or if that cannot be found out. The
 * kernel has then discarded the SIGCHLD that told of the end (signal(7)): the
 * caller must call children_next without waiting for a signal.
 */
bool
children_leave_to_kernel(struct family *family);

/*
 * Finds a child that has ended or stopped. Until children_reap, its number and
 * the number of the group that it leads belong to no other process, so that the
 * functions below may signal them.
 *
 * Returns 1 and OUT; 0 if no child has changed; -ECHILD if there are no
 * children; or another -errno.
 */
int
children_next(const struct family *family, struct child_change *out);

/*
 * Consumes CHANGE, which children_next has filled in: an ended child is reaped,
 * and a stop is not reported again. If the kernel reaps, CHANGE is the end of
 * COMMAND, and from then on dinit reaps again.
 */
void
children_reap(struct family *family, const struct child_change *change);

/* True if dinit has a child that runs or is not yet reaped. */
bool
children_exist(void);

/*
 * True if there is a process that children_signal_all would signal. As PID 1
 * these are all others in the namespace, including those that entered it from
 * outside (docker exec).
 */
bool
children_is_anybody_left(const struct family *family);

/* Sends SIGNO to COMMAND alone, if it is not reaped. 0 or -errno. */
int
children_signal_app(const struct family *family, int signo);

/*
 * Sends SIGNO to COMMAND's process group, if COMMAND is not reaped; and to
 * COMMAND itself, if it has moved to another group. 0 or -errno.
 */
int
children_signal_group(const struct family *family, int signo);

/*
 * Sends SIGNO to all processes that dinit is responsible for: as PID 1 by
 * kill(-1), which includes those that entered the namespace from outside;
 * otherwise to COMMAND's group and to every other descendant. 0 or -errno, in
 * which case some of them may have got the signal. As PID 1, -ESRCH means that
 * there is no other process.
 */
int
children_signal_all(const struct family *family, int signo);

/*
 * Does the same as children_signal_all, but spares those members of COMMAND's
 * group that existed at TOLD, when the group got the signal (clock_boot_ticks).
 * The kernel dates a process by the clock tick, so a process that started in
 * the tick TOLD is spared as well. Without a /proc of this PID namespace the
 * processes cannot be distinguished, and all of them get SIGNO.
 */
int
children_signal_rest(const struct family *family, int64_t told, int signo);

#endif
