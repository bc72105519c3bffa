/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/locked_file.h"
#include "readiness/readiness_wire.h"

const struct flock locked_file_whole = {
	.l_type = F_WRLCK,
	.l_whence = SEEK_SET,
	.l_len = READINESS_WIRE_WAITER_BYTE,
};

/*
 * Where the kernel does not know open file description locks (gVisor), a lock
 * of the process does the same, as dinit opens the file only once.
 */
int
locked_file_lock(int fd, const struct flock *range)
{
	if (fcntl(fd, F_OFD_SETLK, range) == 0)
		return 0;
	if (errno == EINVAL && fcntl(fd, F_SETLK, range) == 0)
		return 0;
	return errno == EAGAIN ? -EADDRINUSE : -errno;
}

int
locked_file_find_lock(int fd, struct flock *range)
{
	if (fcntl(fd, F_OFD_GETLK, range) < 0 &&
	    (errno != EINVAL || fcntl(fd, F_GETLK, range) < 0))
		return -errno;
	return 0;
}

int
locked_file_identify(int fd, struct file_id *id)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	id->device = status.st_dev;
	id->inode = status.st_ino;
	return 0;
}

int
locked_file_is_named(int directory_fd, const char *name,
    const struct file_id *id)
{
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return status.st_dev == id->device && status.st_ino == id->inode;
}

int
locked_file_delete(int directory_fd, const char *name, const struct file_id *id)
{
	int answer = locked_file_is_named(directory_fd, name, id);

	if (answer == 1 && unlinkat(directory_fd, name, 0) < 0 &&
	    errno != ENOENT)
		return -errno;
	return answer < 0 ? answer : 0;
}

int
locked_file_create(int directory_fd, const char *name)
{
	int fd = openat(directory_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}
