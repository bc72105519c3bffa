/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/state_file.h"
#include "base/line_file.h"
#include "readiness/readiness_wire.h"

/*
 * How often we try to make a state file while other dinits, which start at the
 * same path at the same moment, delete it.
 */
#define CLAIM_TRIES 16

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
 * Locks FD, the file that was just made as NAME. Another dinit may find the
 * file before it is locked, take it for that of a dead dinit, lock it and
 * delete it. But if NAME is still this file once we hold the lock, no dinit
 * will delete it. 0 and ID, or -errno; -EEXIST: it was deleted before it was
 * locked.
 */
static int
lock_new(int directory_fd, const char *name, int fd, struct file_id *id)
{
	int error = locked_file_identify(fd, id);
	int answer;

	if (error == 0)
		error = locked_file_lock(fd, &locked_file_whole);
	if (error == 0 && fchmod(fd, 0644) < 0)
		error = -errno;
	if (error < 0)
		return error;
	answer = locked_file_is_named(directory_fd, name, id);
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
create(struct state_file *state, int directory_fd, const char *name)
{
	int fd = locked_file_create(directory_fd, name);
	struct file_id id = { .inode = 0 };
	int error;

	if (fd < 0)
		return fd;
	error = lock_new(directory_fd, name, fd, &id);
	if (error < 0) {
		/* -EADDRINUSE: another dinit is about to delete it. */
		if (error != -EADDRINUSE)
			locked_file_delete(directory_fd, name, &id);
		close(fd);
		return error;
	}
	state->fd = fd;
	state->id = id;
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
	error = locked_file_lock(fd, &range);
	if (error < 0)
		return error;
	range.l_type = F_WRLCK;
	error = locked_file_find_lock(fd, &range);
	return error < 0 || range.l_type == F_UNLCK ? error : -EADDRINUSE;
}

/*
 * Opens NAME for *ACCESS or, where that is denied, for reading. *ACCESS is then
 * how it was opened. A descriptor or -errno.
 */
static int
open_existing(int directory_fd, const char *name, int *access)
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
	int fd = open_existing(directory_fd, name, &access);
	struct file_id id;
	int error;

	if (fd == -ENOENT)
		return 0;
	/* A symbolic link or a socket never was the state file of a dinit. */
	if (fd == -ELOOP || fd == -ENXIO)
		return unlinkat(directory_fd, name, 0) < 0 ? -errno : 0;
	if (fd < 0)
		return fd;
	error = access == O_RDONLY ? lock_shared(fd)
				   : locked_file_lock(fd, &second_byte);
	if (error == 0)
		error = locked_file_identify(fd, &id);
	if (error == 0)
		error = locked_file_delete(directory_fd, name, &id);
	close(fd);
	return error;
}

int
state_file_claim(struct state_file *state, int directory_fd, const char *path,
    int access)
{
	char name[NAME_MAX + 1];
	int error = readiness_wire_name_state(path, name);

	if (error < 0)
		return error;
	for (int i = 0; i < CLAIM_TRIES; i++) {
		error = create(state, directory_fd, name);
		if (error != -EEXIST)
			return error;
		error = delete_dead(directory_fd, name, access);
		if (error < 0)
			return error;
	}
	return -EADDRINUSE;
}

int
state_file_keep(struct state_file *state, int directory_fd, const char *path)
{
	char name[NAME_MAX + 1];

	if (state->fd >= 0 && readiness_wire_name_state(path, name) == 0 &&
	    locked_file_is_named(directory_fd, name, &state->id) == 1)
		return 0;
	if (state->fd >= 0)
		close(state->fd);
	state->fd = -1;
	return state_file_claim(state, directory_fd, path, O_RDONLY);
}

void
state_file_explain(const struct state_file *state,
    const struct state_reason *reason)
{
	char line[LINE_FILE_MAX];

	if (state->fd < 0)
		return;
	snprintf(line, sizeof(line),
	    READINESS_WIRE_ALIVE "%s %" PRId64 " %" PRId64 " %s", reason->doing,
	    reason->since_ms, reason->limit_ms, reason->why);
	line_file_replace(state->fd, line);
}

void
state_file_give_up(const struct state_file *state, const char *why)
{
	if (state->fd >= 0)
		line_file_replace(state->fd, why);
}

bool
state_file_is_awaited(const struct state_file *state)
{
	struct flock byte = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = READINESS_WIRE_WAITER_BYTE,
		.l_len = 1,
	};

	return state->fd >= 0 && locked_file_find_lock(state->fd, &byte) == 0 &&
	    byte.l_type != F_UNLCK;
}

void
state_file_delete(struct state_file *state, int directory_fd, const char *path)
{
	char name[NAME_MAX + 1];

	if (state->fd < 0 || readiness_wire_name_state(path, name) < 0)
		return;
	locked_file_delete(directory_fd, name, &state->id);
	close(state->fd);
	state->fd = -1;
}
