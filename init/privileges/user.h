/* SPDX-License-Identifier: MIT */
/*
 * Finds the ids for USER[:GROUP] by the rules of Docker, in files as described
 * by passwd(5) and group(5), and changes the ids of this process. NSS is not
 * asked, because a static binary cannot load its modules.
 */
#ifndef DINIT_USER_H
#define DINIT_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define USER_GROUPS_MAX 256
#define USER_HOME_MAX 256

struct problem;

/*
 * The paths of the files. A file that does not exist counts as empty. One that
 * exists must be a regular file and readable.
 */
struct user_files {
	const char *passwd;
	const char *group;
};

struct user {
	uid_t uid;
	gid_t gid;
	size_t group_count;
	gid_t groups[USER_GROUPS_MAX];              /* supplementary */
	char home[sizeof("HOME=") + USER_HOME_MAX]; /* begins with "HOME="; "":
						       HOME stays as it is */
};

/* The user that a process was started as, and what came with it. */
struct user_origin {
	uid_t uid;
	gid_t gid;
	int group_count;
	const gid_t *groups; /* supplementary */
	const char *home;    /* the value of HOME; NULL: it is not set */
};

/*
 * Resolves SPEC, which is USER or USER:GROUP. A name must be in the files. A
 * number is at most 2^31-1, and need not be in the files. Only without GROUP
 * does the user get supplementary groups. The home is "/" if the files have
 * none. 0 and OUT, or -EINVAL and PROBLEM.
 */
int
user_resolve(const char *spec, const struct user_files *files, struct user *out,
    struct problem *problem);

/* True if GID is a supplementary group of USER, or its main one. */
bool
user_has_group(const struct user *user, gid_t gid);

/*
 * Lets USER have what the container gives to any user, ORIGIN being the user
 * that dinit was started as: the supplementary groups that the engine has added
 * (--group-add, fsGroup), which ORIGIN's entry in the files does not explain;
 * and a HOME that the image has set, which is not that of ORIGIN. 0, or -EINVAL
 * and PROBLEM.
 */
int
user_inherit(const struct user_origin *origin, const struct user_files *files,
    struct user *user, struct problem *problem);

/*
 * These change this process, which must have one thread only: its supplementary
 * groups to those of USER, or its real, effective and saved gid or uid. 0 or
 * -errno.
 */
int
user_set_groups(const struct user *user);
int
user_set_gid(gid_t gid);
int
user_set_uid(uid_t uid);

#endif
