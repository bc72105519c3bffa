/* SPDX-License-Identifier: MIT */
/*
 * Finds system calls that dinit needs and the seccomp filter of the engine
 * denies, before COMMAND runs; and adds to messages about an error what the
 * user can do about it.
 */
#ifndef DINIT_DENIAL_H
#define DINIT_DENIAL_H

#include <stdbool.h>

/* What the system calls are needed for. */
enum denial_need {
	DENIAL_LOOP = 1,        /* the event loop, always */
	DENIAL_CHECKS = 2,      /* health checks */
	DENIAL_NOTIFY = 4,      /* notifications of COMMAND */
	DENIAL_FILES = 8,       /* a readiness file */
	DENIAL_PRIVILEGES = 16, /* privileges_prepare */
	DENIAL_PROFILE = 32,    /* privileges_prepare with a profile */
	DENIAL_ANSWERS = 64     /* answers on a port (--ready-listen) */
};

/* Enough room for any hint. */
#define DENIAL_HINT_MAX 80

/*
 * Tries the system calls for NEEDS, a set of enum denial_need, but not those
 * that dinit makes during its start anyway. Returns 0 if none is denied; or the
 * error that the filter gives, -EPERM or -ENOSYS, and the name of the denied
 * call in *CALL.
 */
int
denial_find(unsigned int needs, const char **call);

/*
 * Writes what the user can do about ERROR, which is -errno: allow a system call
 * in the engine's seccomp profile, or raise a limit. HINT continues the message
 * about the error, and is "" if there is nothing to advise. FORKS is true if a
 * fork has failed. This must not be called after the lock-down, when dinit's
 * own filter denies system calls.
 */
void
denial_format_hint(int error, bool forks, char hint[DENIAL_HINT_MAX]);

/*
 * Logs the error because of which dinit does not start: "cannot VERB OBJECT",
 * why, and the hint of denial_format_hint for ERROR and FORKS. Returns ERROR.
 */
int
denial_log_failure(const char *verb, const char *object, int error, bool forks);

#endif
