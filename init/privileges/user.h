/* SPDX-License-Identifier: MIT */
/*
 * USER[:GROUP] to ids, by Docker's rules, from files as in passwd(5) and
 * group(5). Without NSS: a static binary has none.
 */
#ifndef DINIT_USER_H
#define DINIT_USER_H

#include <stddef.h>
#include <sys/types.h>

#define USER_GROUPS_MAX 256
#define USER_HOME_MAX 256

struct problem;

/*
 * Where to look. A file that is not there is as good as an empty one; whatever
 * is there must be a regular file that can be read.
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
	char home[sizeof("HOME=") + USER_HOME_MAX]; /* "HOME=..." */
};

/*
 * Resolves SPEC. A name must be in the files; a number, up to 2^31-1, need not.
 * Supplementary groups only where no group is given; home is "/" where none is
 * known. 0 and OUT, or -EINVAL and PROBLEM.
 */
int
user_resolve(const char *spec, const struct user_files *files, struct user *out,
    struct problem *problem);

#endif
