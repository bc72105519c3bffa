/* SPDX-License-Identifier: MIT */
/*
 * The controlling terminal, whose foreground dinit lends to the app: taken
 * only from dinit's own job, given back at the end. Without a terminal every
 * function does nothing.
 */
#ifndef DINIT_TERMINAL_H
#define DINIT_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	int fd;      /* close-on-exec, -1: there is none */
	pid_t group; /* dinit's own process group; 0: not of this namespace,
	                or of no terminal */
};

/*
 * Opens /dev/tty, whatever the standard descriptors are. That there is none
 * is no error.
 */
void
terminal_open(struct terminal *terminal);

/*
 * Whether the caller's own group is in the foreground. SIGTTIN must be
 * blocked. Safe between fork and exec.
 */
bool
terminal_is_in_foreground(const struct terminal *terminal);

/*
 * Makes GROUP the foreground group (tcsetpgrp(3)). SIGTTOU must be blocked.
 * Safe between fork and exec.
 */
void
terminal_set_foreground(const struct terminal *terminal, pid_t group);

/* Makes GROUP the foreground group if the caller's own group is. */
void
terminal_lend(const struct terminal *terminal, pid_t group);

/*
 * Makes dinit's group the foreground group again if GROUP, or a group that
 * is gone, has it: never takes it from another job.
 */
void
terminal_take_back(const struct terminal *terminal, pid_t group);

#endif
