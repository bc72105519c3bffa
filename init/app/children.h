/* SPDX-License-Identifier: MIT */
/*
 * Reaping, and signalling the app, its group and everything left. Only dinit's
 * own: as PID 1 that is the whole PID namespace, otherwise dinit's descendants,
 * never anybody else's process.
 */
#ifndef DINIT_CHILDREN_H
#define DINIT_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Those we answer for. */
struct family {
	bool is_init; /* dinit is PID 1 of its namespace */
	pid_t app;    /* COMMAND, leader of its group; 0: reaped or none */
	int app_fd;   /* autoreap.h: its pidfd; -1: SIGCHLD tells */
};

/* True if the kernel reaps, so that only the end of COMMAND is news. */
static inline bool
children_kernel_reaps(const struct family *family)
{
	return family->app_fd >= 0;
}

/* A child that changed. */
struct child_change {
	pid_t pid;
	int stop_signal; /* the signal that stopped it; 0: it ended */
	int exit_status; /* if it ended: 128+N for signal N */
	int error;       /* -errno: the kernel does not say how it ended */
};

/*
 * Lets the kernel reap while COMMAND lives, where it can and dinit is PID 1:
 * nothing but COMMAND's end is news then. For those who need not know of
 * orphans nor of stops. The caller watches app_fd afterwards. True: nothing of
 * it, as COMMAND has ended already (or may have, where it cannot be asked);
 * ignored, its SIGCHLD is lost, so the caller has to ask for news by himself.
 */
bool
children_leave_to_kernel(struct family *family);

/*
 * The next child that ended or stopped. Its pid, and the group it leads, are
 * safe to signal by the functions below until children_reap.
 * 1 and OUT; 0: none at the moment; -ECHILD: there are no children.
 */
int
children_next(const struct family *family, struct child_change *out);

/*
 * Takes in CHANGE, as children_next gave it. From COMMAND's end on dinit
 * reaps in any case.
 */
void
children_reap(struct family *family, const struct child_change *change);

/* True if dinit has a child, running or not yet reaped. */
bool
children_exist(void);

/*
 * True if there is anybody whom children_signal_all could reach: as PID 1 any
 * other process of the namespace, those that came in from outside too.
 */
bool
children_is_anybody_left(const struct family *family);

/* SIGNO to COMMAND alone; nothing once it is reaped. 0 or -errno. */
int
children_signal_app(const struct family *family, int signo);

/* SIGNO to COMMAND's process group. 0 or -errno. */
int
children_signal_group(const struct family *family, int signo);

/*
 * SIGNO to COMMAND's group and everything else there is: as PID 1 kill(-1),
 * with the processes that came in from outside; otherwise every descendant.
 * 0 or -errno (some processes may have been reached all the same); as PID 1
 * -ESRCH: there is nobody else.
 */
int
children_signal_all(const struct family *family, int signo);

/*
 * As children_signal_all, but not to the members of COMMAND's group that were
 * there at TOLD, in clock_boot_ticks. The kernel dates processes by the tick:
 * one that started in the very tick is taken to have been there. Without a
 * /proc of this PID namespace nobody can be told apart: all get it.
 */
int
children_signal_rest(const struct family *family, int64_t told, int signo);

#endif
