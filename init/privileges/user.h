/* SPDX-License-Identifier: MIT */
/*
 * Finds the ids for USER[:GROUP] by the rules of Docker, in files as described
 * by passwd(5) and group(5), and changes the ids of this process. NSS is not
 * asked, as static binaries have none.
 */
#ifndef DINIT_USER_H
#define DINIT_USER_H

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
	gid_t groups[USER_GROUPS_MAX];              /* supplementary ones */
	char home[sizeof("HOME=") + USER_HOME_MAX]; /* with "HOME=" before it */
};

/*
 * Resolves SPEC, which is USER or USER:GROUP. A name must be in the files. A
 * number need not be there, and is at most 2^31-1. There are supplementary
 * groups only if SPEC names no group. The home is "/" if the files have none. 0
 * and OUT, or -EINVAL and PROBLEM.
 */
int
user_resolve(const char *spec, const struct user_files *files, struct user *out,
    struct problem *problem);

/*
 * These set the supplementary groups of this process to those of USER, and its
 * real, effective and saved gid or uid. The process must have one thread only.
 * 0 or -errno.
 */
int
user_set_groups(const struct user *user);
int
user_set_gid(gid_t gid);
int
user_set_uid(uid_t uid);

#endif
