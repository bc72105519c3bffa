/* SPDX-License-Identifier: MIT */
/*
 * How PID 1 starts a helper: a process of its own for what PID 1 must not wait
 * for or must not touch. The two talk over a socket pair (SOCK_SEQPACKET). The
 * helper runs as the app's user, with nothing open but what it needs. It is not
 * dumpable, so that an app of the same user can neither read its memory nor
 * trace it (PR_SET_DUMPABLE(2const), ptrace(2)).
 *
 * helper_start() runs in PID 1 and, from the fork on, in the helper.
 */
#ifndef DINIT_HELPER_H
#define DINIT_HELPER_H

#include <sys/types.h>

struct privileges;

/* What kind of helper to start. */
struct helper_role {
	const char *name;                    /* in ps, at most 15 bytes */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
	int kept_fd; /* stays open beside its end of the pair; -1: none */
	/*
	 * What it does. FD is its end of the socket pair. When this returns,
	 * the process exits with 0. It is not declared noreturn even where it
	 * never returns: before a call of a noreturn function, AddressSanitizer
	 * makes a system call that the lock-down denies.
	 */
	void (*main)(const void *plan, int fd);
	const void *plan;
};

/* The helper as its parent sees it. */
struct helper {
	pid_t pid; /* 0: reaped or none */
	int fd;    /* PID 1's end of the pair; -1: it is closed */
};

/*
 * Starts a helper in the caller's working directory, with the caller's
 * environment and signals. Its plan is a copy, as all memory is after fork(2).
 * 0 and OUT, or -errno.
 */
int
helper_start(const struct helper_role *role, struct helper *out);

/* Closes PID 1's end of the pair, so that the helper ends. Does not wait. */
void
helper_close(struct helper *helper);

#endif
