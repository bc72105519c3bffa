/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/readiness.h"
#include "base/clock.h"
#include "base/line_file.h"
#include "readiness/readiness_wire.h"

/*
 * How often we try to make a state file while other dinits, which start at the
 * same path at the same moment, delete it.
 */
#define CLAIM_TRIES 16

/*
 * Writes the NAME under which the file is written before it is renamed. Several
 * dinits may share the directory, so NAME has our pid in it. In containers each
 * of them has pid 1, so NAME has the name of the readiness file as well. 0 or
 * -ENAMETOOLONG.
 */
static int
name_aside(const struct readiness *readiness, char name[NAME_MAX + 1])
{
	int length = snprintf(name, NAME_MAX + 1, ".%s.%d",
	    readiness_wire_file_name(readiness->path), getpid());

	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/*
 * Opens the directory NAME in PARENT_FD, and makes it first if it is missing.
 * The umask is changed only meanwhile, because COMMAND inherits it.
 */
static int
open_directory(int parent_fd, const char *name, int flags)
{
	mode_t found = umask(022);
	int made = mkdirat(parent_fd, name, 0755);
	int error = errno;
	int fd;

	umask(found);
	if (made < 0 && error != EEXIST)
		return -error;
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

/*
 * Copies the first name of PATH to NAME. Returns where the rest of PATH begins;
 * NULL: the name is too long.
 */
static const char *
next_name(const char *path, char name[NAME_MAX + 1])
{
	size_t length;

	path += strspn(path, "/");
	length = strcspn(path, "/");
	if (length > NAME_MAX)
		return NULL;
	memcpy(name, path, length);
	name[length] = '\0';
	return path + length;
}

/*
 * Opens the directory of the file and its parent directory, name by name from /
 * on, before the app runs. Afterwards nothing is looked up by a whole path any
 * more, because the app could have put something else there.
 */
static int
open_directories(struct readiness *readiness)
{
	const char *rest = readiness->path;
	char name[NAME_MAX + 1];

	readiness->directory_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (readiness->directory_fd < 0)
		return -errno;
	for (;;) {
		int fd;

		rest = next_name(rest, name);
		if (rest == NULL)
			return -ENAMETOOLONG;
		if (*rest == '\0')
			return 0;
		fd = open_directory(readiness->directory_fd, name, 0);
		if (fd < 0)
			return fd;
		if (readiness->parent_fd >= 0)
			close(readiness->parent_fd);
		readiness->parent_fd = readiness->directory_fd;
		readiness->directory_fd = fd;
	}
}

/* The lock of a living dinit: the whole file, as it never is that long. */
static const struct flock whole_file = {
	.l_type = F_WRLCK,
	.l_whence = SEEK_SET,
	.l_len = READINESS_WIRE_WAITER_BYTE,
};

/*
 * The lock of a dinit that is about to delete the file of a dead dinit: only
 * the second byte. It conflicts with the lock of a living dinit, and with that
 * of another dinit that is about to delete the file. readiness_wire_is_locked()
 * asks about the first byte, so that it sees the lock of a living dinit only.
 */
static const struct flock second_byte = {
	.l_type = F_WRLCK,
	.l_whence = SEEK_SET,
	.l_start = 1,
	.l_len = 1,
};

/*
 * Locks RANGE of FD. The kernel releases the lock when it closes the open file
 * description, which it does however dinit dies (fcntl(2)). Where the kernel
 * does not know these locks (gVisor), a lock of the process does the same, as
 * dinit opens the file only once. 0 or -errno; -EADDRINUSE: another dinit has a
 * lock that is in the way.
 */
static int
lock(int fd, struct flock range)
{
	if (fcntl(fd, F_OFD_SETLK, &range) == 0)
		return 0;
	if (errno == EINVAL && fcntl(fd, F_SETLK, &range) == 0)
		return 0;
	return errno == EAGAIN ? -EADDRINUSE : -errno;
}

/*
 * Makes RANGE the first lock of FD that is in the way of RANGE, or F_UNLCK if
 * there is none (F_OFD_GETLK in fcntl(2)). 0 or -errno.
 */
static int
find_lock(int fd, struct flock *range)
{
	if (fcntl(fd, F_OFD_GETLK, range) < 0 &&
	    (errno != EINVAL || fcntl(fd, F_GETLK, range) < 0))
		return -errno;
	return 0;
}

static int
identify(int fd, struct file_id *id)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	id->device = status.st_dev;
	id->inode = status.st_ino;
	return 0;
}

/* 1: NAME is the file ID; 0: NAME is another file or none; or -errno. */
static int
is_named(int directory_fd, const char *name, const struct file_id *id)
{
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return status.st_dev == id->device && status.st_ino == id->inode;
}

/* Deletes NAME if it is still the file ID. 0 or -errno. */
static int
delete_own(int directory_fd, const char *name, const struct file_id *id)
{
	int answer = is_named(directory_fd, name, id);

	if (answer == 1 && unlinkat(directory_fd, name, 0) < 0 &&
	    errno != ENOENT)
		return -errno;
	return answer < 0 ? answer : 0;
}

static int
write_facts(int fd, const struct readiness_facts *facts)
{
	char since[CLOCK_TEXT_MAX];
	char text[160];
	int length = clock_format_utc(facts->since, since);

	if (length < 0)
		return length;
	length = snprintf(text, sizeof(text),
	    "pid=%d\nsince=%sZ\n"
	    "ready_after_ms=%" PRId64 "\nchecks=%" PRId64 "\n",
	    facts->pid, since, facts->ready_after_ms, facts->checks);
	errno = 0;
	if (write(fd, text, (size_t)length) != length)
		return errno != 0 ? -errno : -ENOSPC;
	return 0;
}

/* Makes the file NAME. A descriptor or -errno; -EEXIST: there is one. */
static int
create_file(int directory_fd, const char *name)
{
	int fd = openat(directory_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : fd;
}

/*
 * Makes the file NAME. A file that a dead dinit of our pid has left there is
 * deleted first. A descriptor or -errno.
 */
static int
replace_file(int directory_fd, const char *name)
{
	int fd = create_file(directory_fd, name);

	if (fd == -EEXIST)
		fd = unlinkat(directory_fd, name, 0) < 0
		    ? -errno
		    : create_file(directory_fd, name);
	return fd;
}

/*
 * Makes the file NAME of mode 0644, locked and complete. A descriptor, or
 * -errno and there is no such file.
 */
static int
write_aside(int directory_fd, const char *name,
    const struct readiness_facts *facts)
{
	int fd = replace_file(directory_fd, name);
	int error;

	if (fd < 0)
		return fd;
	error = fchmod(fd, 0644) < 0 ? -errno : lock(fd, whole_file);
	if (error == 0)
		error = write_facts(fd, facts);
	if (error < 0) {
		unlinkat(directory_fd, name, 0);
		close(fd);
		return error;
	}
	return fd;
}

int
readiness_prove(const struct readiness *readiness)
{
	const struct readiness_facts facts = { .pid = 0 };
	char aside[NAME_MAX + 1];
	int error = name_aside(readiness, aside);
	int fd = error < 0
	    ? error
	    : write_aside(readiness->directory_fd, aside, &facts);

	if (fd < 0)
		return fd;
	close(fd);
	return unlinkat(readiness->directory_fd, aside, 0) < 0 ? -errno : 0;
}

/*
 * Locks FD, the file that was just made as NAME. Another dinit may find the
 * file before it is locked, take it for that of a dead dinit, lock it and
 * delete it. But if NAME is still this file once we hold the lock, no dinit
 * will delete it. 0 and ID, or -errno; -EEXIST: it was deleted before it was
 * locked.
 */
static int
lock_new(const struct readiness *readiness, const char *name, int fd,
    struct file_id *id)
{
	int error = identify(fd, id);
	int answer;

	if (error == 0)
		error = lock(fd, whole_file);
	if (error == 0 && fchmod(fd, 0644) < 0)
		error = -errno;
	if (error < 0)
		return error;
	answer = is_named(readiness->directory_fd, name, id);
	if (answer == 0)
		return -EEXIST;
	return answer < 0 ? answer : 0;
}

/*
 * Makes the state file NAME. It is always a new file, because processes that
 * wait may have the state file of an earlier run open. 0 or -errno; -EEXIST:
 * NAME exists.
 */
static int
create_state(struct readiness *readiness, const char *name)
{
	int fd = create_file(readiness->directory_fd, name);
	struct file_id id = { .inode = 0 };
	int error;

	if (fd < 0)
		return fd;
	error = lock_new(readiness, name, fd, &id);
	if (error < 0) {
		/* -EADDRINUSE: another dinit is about to delete it. */
		if (error != -EADDRINUSE)
			delete_own(readiness->directory_fd, name, &id);
		close(fd);
		return error;
	}
	readiness->state_fd = fd;
	readiness->state_id = id;
	return 0;
}

/*
 * Locks the second byte of a file that is open for reading only. Only a shared
 * lock is possible there (fcntl(2)), so we then ask whether another process has
 * a lock too. Two dinits that do this at once see each other's lock, and both
 * fail.
 */
static int
lock_shared(int fd)
{
	struct flock range = second_byte;
	int error;

	range.l_type = F_RDLCK;
	error = lock(fd, range);
	if (error < 0)
		return error;
	range.l_type = F_WRLCK;
	error = find_lock(fd, &range);
	return error < 0 || range.l_type == F_UNLCK ? error : -EADDRINUSE;
}

/*
 * Opens NAME for *ACCESS or, where that is denied, for reading. *ACCESS is then
 * how it was opened. A descriptor or -errno.
 */
static int
open_state(int directory_fd, const char *name, int *access)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(directory_fd, name, *access | flags);

	if (fd < 0 && errno == EACCES && *access != O_RDONLY) {
		*access = O_RDONLY;
		fd = openat(directory_fd, name, flags);
	}
	return fd < 0 ? -errno : fd;
}

/*
 * Deletes the state file NAME if its dinit is dead. 0: it is gone; or -errno;
 * -EADDRINUSE: its dinit lives, or another dinit is about to delete it.
 */
static int
delete_dead(int directory_fd, const char *name, int access)
{
	int fd = open_state(directory_fd, name, &access);
	struct file_id id;
	int error;

	if (fd == -ENOENT)
		return 0;
	/* A symbolic link or a socket never was the state file of a dinit. */
	if (fd == -ELOOP || fd == -ENXIO)
		return unlinkat(directory_fd, name, 0) < 0 ? -errno : 0;
	if (fd < 0)
		return fd;
	error = access == O_RDONLY ? lock_shared(fd) : lock(fd, second_byte);
	if (error == 0)
		error = identify(fd, &id);
	if (error == 0)
		error = delete_own(directory_fd, name, &id);
	close(fd);
	return error;
}

/*
 * Makes the path ours for as long as we live. A state file that is in the way
 * is opened for ACCESS, to be locked. ACCESS must be O_RDONLY under the
 * lock-down, which lets dinit open no file for writing but a new one.
 */
static int
claim(struct readiness *readiness, int access)
{
	char name[NAME_MAX + 1];
	int error = readiness_wire_name_state(readiness->path, name);

	if (error < 0)
		return error;
	for (int i = 0; i < CLAIM_TRIES; i++) {
		error = create_state(readiness, name);
		if (error != -EEXIST)
			return error;
		error = delete_dead(readiness->directory_fd, name, access);
		if (error < 0)
			return error;
	}
	return -EADDRINUSE;
}

/*
 * Makes sure that the path is still ours, which it is while our state file lies
 * there. If somebody has deleted the state file, it is made once more, unless
 * another dinit has made its own by then.
 */
static int
keep_claim(struct readiness *readiness)
{
	char name[NAME_MAX + 1];

	if (readiness->state_fd >= 0 &&
	    readiness_wire_name_state(readiness->path, name) == 0 &&
	    is_named(readiness->directory_fd, name, &readiness->state_id) == 1)
		return 0;
	if (readiness->state_fd >= 0)
		close(readiness->state_fd);
	readiness->state_fd = -1;
	return claim(readiness, O_RDONLY);
}

/*
 * Deletes a readiness file of an earlier run. If the file is locked, it belongs
 * to a living dinit whose state file somebody has deleted.
 */
static int
delete_old_file(const struct readiness *readiness)
{
	const char *name = readiness_wire_file_name(readiness->path);
	int fd = openat(readiness->directory_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is_alive = fd >= 0 && readiness_wire_is_locked(fd) == 1;

	if (fd >= 0)
		close(fd);
	if (is_alive)
		return -EADDRINUSE;
	if (unlinkat(readiness->directory_fd, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

static int
look_up_owner(struct readiness *readiness)
{
	struct stat status;

	if (fstat(readiness->directory_fd, &status) < 0)
		return -errno;
	readiness->owner = status.st_uid;
	readiness->group = status.st_gid;
	return 0;
}

int
readiness_prepare(struct readiness *readiness, const char *path)
{
	struct readiness opened = {
		.path = path,
		.parent_fd = -1,
		.directory_fd = -1,
		.file_fd = -1,
		.state_fd = -1,
	};
	int error;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (*readiness_wire_file_name(path) == '\0')
		return -EISDIR;
	error = open_directories(&opened);
	if (error == 0)
		error = look_up_owner(&opened);
	if (error == 0)
		error = claim(&opened, O_RDWR);
	if (error == 0)
		error = delete_old_file(&opened);
	if (error == 0) {
		*readiness = opened;
		return 0;
	}
	readiness_end(&opened);
	if (opened.parent_fd >= 0)
		close(opened.parent_fd);
	if (opened.directory_fd >= 0)
		close(opened.directory_fd);
	return error;
}

/* Makes the directory once more, as the app may have emptied /run. */
static int
make_directory_again(struct readiness *readiness)
{
	const char *rest = readiness->path;
	char name[NAME_MAX + 1] = "";
	char next[NAME_MAX + 1];
	int fd;

	if (readiness->parent_fd < 0)
		return -ENOENT;
	while ((rest = next_name(rest, next)) != NULL && *rest != '\0')
		memcpy(name, next, sizeof(name));
	fd = open_directory(readiness->parent_fd, name, O_NOFOLLOW);
	if (fd < 0)
		return fd;
	close(readiness->directory_fd);
	readiness->directory_fd = fd;
	return 0;
}

int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts)
{
	char aside[NAME_MAX + 1];
	int error = name_aside(readiness, aside);
	int fd;

	if (error == 0)
		error = keep_claim(readiness);
	if (error == -ENOENT && make_directory_again(readiness) == 0)
		error = keep_claim(readiness);
	if (error < 0)
		return error;
	fd = write_aside(readiness->directory_fd, aside, facts);
	if (fd < 0)
		return fd;
	error = identify(fd, &readiness->file_id);
	if (error == 0 &&
	    renameat(readiness->directory_fd, aside, readiness->directory_fd,
		readiness_wire_file_name(readiness->path)) < 0)
		error = -errno;
	if (error < 0) {
		unlinkat(readiness->directory_fd, aside, 0);
		close(fd);
		return error;
	}
	readiness->file_fd = fd;
	return 0;
}

int
readiness_withdraw(struct readiness *readiness)
{
	int error;

	if (readiness->file_fd < 0)
		return 0;
	error = delete_own(readiness->directory_fd,
	    readiness_wire_file_name(readiness->path), &readiness->file_id);
	close(readiness->file_fd);
	readiness->file_fd = -1;
	return error;
}

void
readiness_explain(const struct readiness *readiness,
    const struct readiness_reason *reason)
{
	char line[LINE_FILE_MAX];

	if (readiness->state_fd < 0)
		return;
	snprintf(line, sizeof(line),
	    READINESS_WIRE_ALIVE "%s %" PRId64 " %" PRId64 " %s", reason->state,
	    reason->since_ms, reason->limit_ms, reason->why);
	line_file_replace(readiness->state_fd, line);
}

void
readiness_give_up(const struct readiness *readiness, const char *why)
{
	if (readiness->state_fd >= 0)
		line_file_replace(readiness->state_fd, why);
}

bool
readiness_is_awaited(const struct readiness *readiness)
{
	struct flock byte = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = READINESS_WIRE_WAITER_BYTE,
		.l_len = 1,
	};

	return readiness->state_fd >= 0 &&
	    find_lock(readiness->state_fd, &byte) == 0 &&
	    byte.l_type != F_UNLCK;
}

void
readiness_end(struct readiness *readiness)
{
	char name[NAME_MAX + 1];

	if (readiness->state_fd < 0 ||
	    readiness_wire_name_state(readiness->path, name) < 0)
		return;
	delete_own(readiness->directory_fd, name, &readiness->state_id);
	close(readiness->state_fd);
	readiness->state_fd = -1;
}
