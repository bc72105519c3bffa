/* SPDX-License-Identifier: MIT */
/*
 * What COMMAND may do: its user and groups, its capabilities, whether it can
 * gain privileges, its seccomp filter. All of it is worked out before the
 * fork, by a process that is then thrown away with its heap, and only applied
 * after it.
 */
#ifndef DINIT_PRIVILEGES_H
#define DINIT_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/problem.h"
#include "privileges/seccomp_filter.h"
#include "privileges/user.h"

/* As the user wrote it; NULL or false: no change. */
struct privileges_request {
	const char *user;      /* USER[:GROUP] */
	const char *keep_caps; /* list, "all" or "none" */
	const char *drop_caps; /* list or "all" */
	const char *seccomp;   /* path of a profile */
	bool no_new_privs;
};

/*
 * If they are not, nothing of privileges.c has to run, so that PID 1 does not
 * have it in memory.
 */
static inline bool
privileges_are_requested(const struct privileges_request *request)
{
	return request->user != NULL || request->keep_caps != NULL ||
	    request->drop_caps != NULL || request->seccomp != NULL ||
	    request->no_new_privs;
}

/* Ready to be applied: no name left to look up. */
struct privileges {
	bool changes_user;
	bool keeps_groups; /* they cannot be changed, and need not be */
	struct user user;

	bool changes_capabilities;
	bool keeps_capabilities; /* a list was given: across the user too */
	uint64_t kept;           /* capabilities, bit N for number N */
	uint64_t dropped;        /* from the bounding set */

	bool no_new_privs;
	struct seccomp_filter filter;

	struct problem problem;
};

/*
 * Works REQUEST out. 0 and OUT, in memory that a fork shares and that is
 * written by another process (NULL: nothing was asked for); or -EINVAL and
 * PROBLEM. COMMAND is not to get around its restrictions by way of the caller:
 * where it is not to gain privileges the caller does not from here on either,
 * and where it gets a filter the caller is not dumpable any more.
 */
int
privileges_prepare(const struct privileges_request *request,
    const struct privileges **out, struct problem *problem);

/*
 * Becomes the user, in this order: groups, gid, uid; then capabilities,
 * no-new-privs; then proof that there is no way back. For a process with one
 * thread. 0, or -errno and what was being done in *STEP, for "cannot ...".
 */
int
privileges_apply(const struct privileges *privileges, const char **step);

/*
 * Puts the seccomp filter on, last of all: what it forbids cannot be done any
 * more. 0 or -errno.
 */
int
privileges_apply_filter(const struct privileges *privileges);

/* Lets go of what privileges_prepare gave. */
void
privileges_release(const struct privileges *privileges);

#endif
