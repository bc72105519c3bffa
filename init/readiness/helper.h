/* SPDX-License-Identifier: MIT */
/*
 * A helper: a process of its own for what PID 1 must not wait for, or must not
 * touch. It stands at the other end of a socket pair (SOCK_SEQPACKET), runs as
 * the app's user, has nothing open but what it needs, and is not dumpable, so
 * that an app of the same user gets neither at its memory nor can make it call
 * anything (PR_SET_DUMPABLE(2const); ptrace(2)).
 */
#ifndef DINIT_HELPER_H
#define DINIT_HELPER_H

#include <sys/types.h>

struct privileges;

/* What a process is to be. */
struct helper_role {
	const char *name;                    /* in ps, at most 15 bytes */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
	int kept_fd; /* a descriptor that it needs beside FD; -1: none */
	/*
	 * What it does, with its end of the socket pair as FD; when this
	 * returns the process exits with 0. It is not declared noreturn, though
	 * it may never return: before it calls a noreturn function,
	 * AddressSanitizer makes a system call that the lock-down denies.
	 */
	void (*main)(const void *plan, int fd);
	const void *plan;
};

/* The helper as its parent sees it. */
struct helper {
	pid_t pid; /* 0: reaped or none */
	int fd;    /* -1: none */
};

/*
 * Starts a helper, in the working directory, with the environment and the
 * signals of the caller. Its PLAN is a copy. 0 and OUT, or -errno.
 */
int
helper_start(const struct helper_role *role, struct helper *out);

/* Lets go of the helper, without waiting for it: it sees its FD close. */
void
helper_close(struct helper *helper);

#endif
