/* SPDX-License-Identifier: MIT */
/*
 * Files that belong to the process which holds their lock, and to nobody once
 * that is dead: the kernel releases the lock when it closes the open file
 * description, which it does however the process dies (fcntl(2)). A file is
 * deleted by its name only while the name is still its own. Runs in PID 1.
 */
#ifndef DINIT_LOCKED_FILE_H
#define DINIT_LOCKED_FILE_H

#include <fcntl.h>
#include <sys/types.h>

/* Identifies a file, even after its name was given to another file. */
struct file_id {
	dev_t device;
	ino_t inode;
};

/* The lock of a living dinit: the whole file, as it never is that long. */
extern const struct flock locked_file_whole;

/* Makes the file NAME. A descriptor or -errno; -EEXIST: there is one. */
int
locked_file_create(int directory_fd, const char *name);

/*
 * Locks RANGE of FD. 0 or -errno; -EADDRINUSE: another dinit has a lock that is
 * in the way.
 */
int
locked_file_lock(int fd, const struct flock *range);

/*
 * Makes RANGE the first lock of FD that is in the way of RANGE, or F_UNLCK if
 * there is none (F_OFD_GETLK in fcntl(2)). 0 or -errno.
 */
int
locked_file_find_lock(int fd, struct flock *range);

/* Fills ID in with that of the open file FD. 0 or -errno. */
int
locked_file_identify(int fd, struct file_id *id);

/* 1: NAME is the file ID; 0: NAME is another file or none; or -errno. */
int
locked_file_is_named(int directory_fd, const char *name,
    const struct file_id *id);

/* Deletes NAME if it is still the file ID. 0 or -errno. */
int
locked_file_delete(int directory_fd, const char *name,
    const struct file_id *id);

#endif
