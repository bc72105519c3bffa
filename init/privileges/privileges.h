/* SPDX-License-Identifier: MIT */
/*
 * The privileges of COMMAND: its user and groups, its capabilities, whether it
 * can gain new privileges, and its seccomp filter. They are prepared before the
 * fork, in a worker process that takes its heap with it when it ends. After the
 * fork the new process only applies them. The helpers and the health command
 * get them as well.
 */
#ifndef DINIT_PRIVILEGES_H
#define DINIT_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "privileges/seccomp_filter.h"
#include "privileges/user.h"

/* The options as they were given. NULL or false changes nothing. */
struct privileges_request {
	const char *user;      /* USER[:GROUP] */
	const char *keep_caps; /* list, "all" or "none" */
	const char *drop_caps; /* list or "all" */
	const char *seccomp;   /* path of a profile */
	bool no_new_privs;
	const char *const *own; /* lists of folders, up to NULL: own.h */
};

/* True if REQUEST changes what COMMAND may do. */
static inline bool
privileges_change_command(const struct privileges_request *request)
{
	return request->user != NULL || request->keep_caps != NULL ||
	    request->drop_caps != NULL || request->seccomp != NULL ||
	    request->no_new_privs;
}

/* True if REQUEST names folders to give to COMMAND's user. */
static inline bool
privileges_name_folders(const struct privileges_request *request)
{
	return request->own != NULL && request->own[0] != NULL;
}

/*
 * True if REQUEST asks for anything. If it does not, nothing of privileges.c
 * needs to run, which keeps its pages out of PID 1's memory.
 */
static inline bool
privileges_are_requested(const struct privileges_request *request)
{
	return privileges_change_command(request) ||
	    privileges_name_folders(request);
}

/* Privileges that are ready to be applied: all names are looked up. */
struct privileges {
	bool changes_user;
	bool keeps_groups; /* the groups cannot be changed, but suit USER */
	struct user user;

	bool changes_capabilities;
	bool keeps_capabilities; /* KEPT survives a change of user */
	uint64_t kept;           /* a set as in capabilities.h */
	uint64_t dropped;        /* those to drop from the bounding set */

	bool no_new_privs;
	struct seccomp_filter filter;

	struct problem problem; /* why the worker could not prepare this */
};

/*
 * True if COMMAND can keep capabilities only in its ambient set. An exec by
 * root grants the whole bounding set (capabilities(7)).
 */
bool
privileges_need_ambient(const struct privileges *privileges);

/*
 * Prepares what REQUEST asks for, and gives the streams and the folders that it
 * names to COMMAND's user. Returns 0 and *OUT, which lies in shared memory and
 * is NULL if nothing is changed for COMMAND; or -EINVAL and PROBLEM.
 *
 * This also restricts the caller, so that COMMAND cannot get around its own
 * restrictions by tracing the caller: if COMMAND can gain no new privileges,
 * then from here on the caller cannot either; and if COMMAND gets a filter, the
 * caller is no longer dumpable.
 */
int
privileges_prepare(const struct privileges_request *request,
    const struct privileges **out, struct problem *problem);

/*
 * Changes the groups, the gid and the uid of this process, in this order; then
 * its capabilities and no-new-privs; and then makes sure that it cannot become
 * root again. The process must have one thread only. 0; or -errno, and *STEP is
 * what has failed: the words between "cannot" and "COMMAND".
 */
int
privileges_apply(const struct privileges *privileges, const char **step);

/*
 * Installs the seccomp filter, if there is one. This must be the last step
 * before the exec, because the filter may deny any other. 0 or -errno.
 */
int
privileges_apply_filter(const struct privileges *privileges);

/* Unmaps what privileges_prepare has returned, which may be NULL. */
void
privileges_release(const struct privileges *privileges);

#endif
