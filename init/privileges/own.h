/* SPDX-License-Identifier: MIT */
/*
 * The folders of --own: they are made if they are missing, given to COMMAND's
 * user, and then that user proves that it can write there. The proof counts
 * alone: on NFS the change may be denied to root and the folder be right
 * already. What is in a folder is never touched. For the worker of
 * privileges.c, which becomes that user in between.
 */
#ifndef DINIT_OWN_H
#define DINIT_OWN_H

#include <stdbool.h>
#include <stddef.h>

#define OWN_FOLDERS_MAX 16

struct problem;
struct user;

struct own_folder {
	const char *path; /* without a NUL byte at its end */
	size_t length;
	int fd;    /* of O_PATH; -1: this process may not open it */
	int error; /* why it could not be opened or given, an errno, or 0 */
};

struct own_folders {
	size_t count;
	struct own_folder list[OWN_FOLDERS_MAX];
};

/*
 * True if TEXT is a list, with commas, of absolute paths, none of which
 * consists of slashes alone.
 */
bool
own_is_valid(const char *text);

/*
 * Opens the folders of LISTS, as own_is_valid has accepted them, up to NULL. A
 * missing one is made with the mode 0755, and so are its parents, which stay
 * this process's. A link as the last step is refused; before that, only one of
 * root or of this process's user is followed. Each folder is given to USER,
 * with USER's group only if it is new: that of others may be the engine's
 * (fsGroup). USER may be NULL, and then nothing is given. Sets the umask of
 * this process. 0 and OUT, or -EINVAL and PROBLEM.
 */
int
own_give(const char *const *lists, const struct user *user,
    struct own_folders *out, struct problem *problem);

/*
 * Proves that this process can write into all FOLDERS, by whatever decides on
 * that: mode, access list, mount, server. That the disk is full does not count.
 * 0, or -EINVAL and PROBLEM.
 */
int
own_prove(const struct own_folders *folders, struct problem *problem);

#endif
