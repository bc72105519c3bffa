/* SPDX-License-Identifier: MIT */
/*
 * The controlling terminal. dinit makes the app's process group the foreground
 * group if dinit's own group was, and takes the foreground back at the end.
 * Without a terminal the functions do nothing.
 */
#ifndef DINIT_TERMINAL_H
#define DINIT_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	int fd;      /* close-on-exec; -1: there is no terminal */
	pid_t group; /* dinit's process group; 0: there is no terminal, or the
	                group is outside of this PID namespace */
};

/*
 * Opens the controlling terminal, whatever the standard descriptors are. It is
 * no error if there is none.
 */
void
terminal_open(struct terminal *terminal);

/*
 * True if the caller's process group is the foreground group. SIGTTIN must be
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

/* Makes GROUP the foreground group if the caller's group is it now. */
void
terminal_lend(const struct terminal *terminal, pid_t group);

/*
 * Makes dinit's group the foreground group again, if the foreground group is
 * GROUP or no longer exists. Another job of the session keeps the foreground.
 */
void
terminal_take_back(const struct terminal *terminal, pid_t group);

#endif
