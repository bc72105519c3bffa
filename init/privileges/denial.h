/* SPDX-License-Identifier: MIT */
/*
 * System calls that the seccomp filter of an engine denies here: which of them
 * dinit cannot do without, asked before COMMAND runs; and what a message says
 * about an error, so that the user knows what to do.
 */
#ifndef DINIT_DENIAL_H
#define DINIT_DENIAL_H

#include <stdbool.h>

/* What the system calls are needed for. */
enum denial_need {
	DENIAL_LOOP = 1,        /* to look after COMMAND at all */
	DENIAL_CHECKS = 2,      /* health checks */
	DENIAL_NOTES = 4,       /* COMMAND's notifications */
	DENIAL_FILES = 8,       /* a readiness file */
	DENIAL_PRIVILEGES = 16, /* to work COMMAND's privileges out */
	DENIAL_PROFILE = 32     /* and a seccomp profile */
};

#define DENIAL_HINT_MAX 80

/*
 * Looks for a denied one among those system calls that NEEDS, a set of enum
 * denial_need, take and that no other part of the start meets. 0: none is;
 * or -EPERM or -ENOSYS, as the filter has it, and its name in *CALL.
 */
int
denial_find(unsigned int needs, const char **call);

/*
 * What to do about ERROR (-errno), to be said behind it: "; allow CALL in the
 * engine's seccomp profile", or which limit may be too low; "" if this is not
 * known. FORKS: a process was to be made. For before the lock-down.
 */
void
denial_format_hint(int error, bool forks, char hint[DENIAL_HINT_MAX]);

/*
 * Logs "cannot VERB OBJECT", why, and what to do about it, at level ERROR.
 * ERROR and FORKS are as above. Returns ERROR.
 */
int
denial_log_failure(const char *verb, const char *object, int error, bool forks);

#endif
