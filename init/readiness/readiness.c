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
#include "readiness/locked_file.h"
#include "readiness/readiness_wire.h"
#include "readiness/state_file.h"

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

/*
 * Makes the file NAME. A file that a dead dinit of our pid has left there is
 * deleted first. A descriptor or -errno.
 */
static int
replace_file(int directory_fd, const char *name)
{
	int fd = locked_file_create(directory_fd, name);

	if (fd == -EEXIST)
		fd = unlinkat(directory_fd, name, 0) < 0
		    ? -errno
		    : locked_file_create(directory_fd, name);
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
	error = fchmod(fd, 0644) < 0 ? -errno
				     : locked_file_lock(fd, &locked_file_whole);
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
		.state.fd = -1,
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
		error = state_file_claim(&opened.state, opened.directory_fd,
		    path, O_RDWR);
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

/* Makes sure that the path is still ours. 0 or -errno, as state_file_keep(). */
static int
keep_path(struct readiness *readiness)
{
	struct state_file *state = &readiness->state;
	int error = state_file_keep(state, readiness->directory_fd,
	    readiness->path);

	if (error == -ENOENT && make_directory_again(readiness) == 0)
		error = state_file_keep(state, readiness->directory_fd,
		    readiness->path);
	return error;
}

int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts)
{
	char aside[NAME_MAX + 1];
	int error = name_aside(readiness, aside);
	int fd;

	if (error == 0)
		error = keep_path(readiness);
	if (error < 0)
		return error;
	fd = write_aside(readiness->directory_fd, aside, facts);
	if (fd < 0)
		return fd;
	error = locked_file_identify(fd, &readiness->file_id);
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
	error = locked_file_delete(readiness->directory_fd,
	    readiness_wire_file_name(readiness->path), &readiness->file_id);
	close(readiness->file_fd);
	readiness->file_fd = -1;
	return error;
}

void
readiness_end(struct readiness *readiness)
{
	state_file_delete(&readiness->state, readiness->directory_fd,
	    readiness->path);
}
