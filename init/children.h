/* SPDX-License-Identifier: MIT */
/*
 * Reaping, and signalling the app, its group and everything left. Only dinit's
 * own: as PID 1 that is the whole PID namespace, otherwise dinit's descendants,
 * never anybody else's process.
 */
#ifndef DINIT_CHILDREN_H
#define DINIT_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

/* Those we answer for. */
struct family {
	bool is_init; /* dinit is PID 1 of its namespace */
	pid_t app;    /* COMMAND, leader of its group; 0: reaped or none */
};

/* A child that changed. */
struct child_change {
	pid_t pid;
	bool stopped; /* by a signal; otherwise it ended */
	int status;   /* the stopping signal; exit status, 128+N for signal N */
};

/*
 * The next child that ended or stopped, still unreaped: its pid, and the
 * group it leads, cannot be reused until children_reap (wait(2), WNOWAIT).
 * 1 and OUT; 0: none at the moment; -ECHILD: there are no children.
 */
int
children_next(struct child_change *out);

/* Takes in CHANGE, as children_next gave it. */
void
children_reap(const struct child_change *change);

/* SIGNO to COMMAND alone; nothing once it is reaped. 0 or -errno. */
int
children_signal_app(const struct family *family, int signo);

/* SIGNO to COMMAND's process group. 0 or -errno. */
int
children_signal_group(const struct family *family, int signo);

/*
 * SIGNO to COMMAND's group and everything else there is: as PID 1 kill(-1),
 * with the processes that came in from outside; otherwise every descendant.
 * 0 or -errno (some processes may have been reached all the same).
 */
int
children_signal_all(const struct family *family, int signo);

#endif
