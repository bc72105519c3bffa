/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness.h"
#include "clock.h"

static const char *
file_name(const struct readiness *readiness)
{
	const char *slash = strrchr(readiness->path, '/');

	return slash == NULL ? readiness->path : slash + 1;
}

/*
 * Beside the file, on the same file system. Its name and our pid are in it, for
 * several dinits may share a directory, and in containers each one has pid 1.
 */
static int
name_aside(const struct readiness *readiness, char name[NAME_MAX + 1])
{
	int length = snprintf(name, NAME_MAX + 1, ".%s.%d",
	    file_name(readiness), getpid());

	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Of the state file; NAME is the readiness file's. */
static int
name_state(const char *file, char name[NAME_MAX + 1])
{
	int length = snprintf(name, NAME_MAX + 1, ".%s.state", file);

	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/*
 * Opens the directory NAME in PARENT, made first if it is missing. The umask
 * is the app's by right: it is only changed for the making.
 */
static int
open_directory(int parent, const char *name, int flags)
{
	mode_t found = umask(022);
	int made = mkdirat(parent, name, 0755);
	int error = errno;
	int fd;

	umask(found);
	if (made < 0 && error != EEXIST)
		return -error;
	fd = openat(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

/* Copies the next name of PATH; where the rest begins, NULL: too long. */
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
 * Opens the directory of the file, and the one that is in, from / on. That is
 * before the app runs; afterwards nothing is looked up by its path any more,
 * for then the app could have put something else there.
 */
static int
open_directories(struct readiness *readiness)
{
	const char *rest = readiness->path;
	char name[NAME_MAX + 1];

	readiness->directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (readiness->directory < 0)
		return -errno;
	for (;;) {
		int fd;

		rest = next_name(rest, name);
		if (rest == NULL)
			return -ENAMETOOLONG;
		if (*rest == '\0')
			return 0;
		fd = open_directory(readiness->directory, name, 0);
		if (fd < 0)
			return fd;
		if (readiness->parent >= 0)
			close(readiness->parent);
		readiness->parent = readiness->directory;
		readiness->directory = fd;
	}
}

/*
 * An open file description lock is let go only with the description itself,
 * and the kernel closes that however dinit dies. Where it is unknown (gVisor)
 * a lock of the process does the same for a program that opens the file once.
 */
static int
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 0;
	if (errno == EINVAL && fcntl(fd, F_SETLK, &whole) == 0)
		return 0;
	return -errno;
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
	if (write(fd, text, (size_t)length) != length)
		return errno != 0 ? -errno : -ENOSPC;
	return 0;
}

/*
 * Opens a new file; one of a dead dinit, with our pid or of an earlier run, is
 * in the way.
 */
static int
create_anew(int directory, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory, name, flags, 0644);

	if (fd < 0 && errno == EEXIST && unlinkat(directory, name, 0) == 0)
		fd = openat(directory, name, flags, 0644);
	return fd < 0 ? -errno : fd;
}

/* A new file of mode 0644 that is locked, or -errno and none. */
static int
create_locked(int directory, const char *name)
{
	int fd = create_anew(directory, name);
	int error;

	if (fd < 0)
		return fd;
	error = fchmod(fd, 0644) < 0 ? -errno : lock(fd);
	if (error < 0) {
		unlinkat(directory, name, 0);
		close(fd);
		return error;
	}
	return fd;
}

/* A complete, locked file aside, or -errno and none. */
static int
write_aside(int directory, const char *name,
    const struct readiness_facts *facts)
{
	int fd = create_locked(directory, name);
	int error;

	if (fd < 0)
		return fd;
	errno = 0;
	error = write_facts(fd, facts);
	if (error < 0) {
		unlinkat(directory, name, 0);
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
	int fd = name_aside(readiness, aside);

	if (fd == 0)
		fd = write_aside(readiness->directory, aside, &facts);
	if (fd < 0)
		return fd;
	close(fd);
	return unlinkat(readiness->directory, aside, 0) < 0 ? -errno : 0;
}

static int
clear(struct readiness *readiness)
{
	struct stat status;

	if (unlinkat(readiness->directory, file_name(readiness), 0) < 0 &&
	    errno != ENOENT)
		return -errno;
	if (fstat(readiness->directory, &status) < 0)
		return -errno;
	readiness->owner = status.st_uid;
	readiness->group = status.st_gid;
	return 0;
}

/* It may become ready. */
static const char alive[] = "alive";

/* A new one, as who waits has the one of an earlier run open. */
static int
make_state(struct readiness *readiness)
{
	char name[NAME_MAX + 1];
	int fd = name_state(file_name(readiness), name);

	if (fd == 0)
		fd = create_locked(readiness->directory, name);
	if (fd < 0)
		return fd;
	line_file_replace(fd, alive);
	readiness->state = fd;
	return 0;
}

int
readiness_prepare(struct readiness *readiness, const char *path)
{
	struct readiness opened = {
		.path = path,
		.parent = -1,
		.directory = -1,
		.file = -1,
		.state = -1,
	};
	int error;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (*file_name(&opened) == '\0')
		return -EISDIR;
	error = open_directories(&opened);
	if (error == 0)
		error = clear(&opened);
	if (error == 0)
		error = make_state(&opened);
	if (error == 0) {
		*readiness = opened;
		return 0;
	}
	if (opened.parent >= 0)
		close(opened.parent);
	if (opened.directory >= 0)
		close(opened.directory);
	return error;
}

/* The app may have emptied /run: then its directory is made once more. */
static int
make_directory_again(struct readiness *readiness)
{
	const char *rest = readiness->path;
	char name[NAME_MAX + 1] = "";
	char next[NAME_MAX + 1];
	int fd;

	if (readiness->parent < 0)
		return -ENOENT;
	while ((rest = next_name(rest, next)) != NULL && *rest != '\0')
		memcpy(name, next, sizeof(name));
	fd = open_directory(readiness->parent, name, O_NOFOLLOW);
	if (fd < 0)
		return fd;
	close(readiness->directory);
	readiness->directory = fd;
	/* Those who wait do without, if it cannot be had. */
	if (readiness->state >= 0) {
		close(readiness->state);
		readiness->state = -1;
		make_state(readiness);
	}
	return 0;
}

int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts)
{
	char aside[NAME_MAX + 1];
	int fd = name_aside(readiness, aside);

	if (fd == 0)
		fd = write_aside(readiness->directory, aside, facts);
	if (fd == -ENOENT && make_directory_again(readiness) == 0)
		fd = write_aside(readiness->directory, aside, facts);
	if (fd < 0)
		return fd;
	if (renameat(readiness->directory, aside, readiness->directory,
		file_name(readiness)) < 0) {
		int error = errno;

		unlinkat(readiness->directory, aside, 0);
		close(fd);
		return -error;
	}
	readiness->file = fd;
	return 0;
}

int
readiness_withdraw(struct readiness *readiness)
{
	int error = 0;

	if (readiness->file < 0)
		return 0;
	if (unlinkat(readiness->directory, file_name(readiness), 0) < 0 &&
	    errno != ENOENT)
		error = -errno;
	close(readiness->file);
	readiness->file = -1;
	return error;
}

void
readiness_give_up(const struct readiness *readiness, const char *why)
{
	if (readiness->state >= 0)
		line_file_replace(readiness->state, why);
}

void
readiness_end(struct readiness *readiness)
{
	char name[NAME_MAX + 1];

	if (readiness->state < 0 || name_state(file_name(readiness), name) < 0)
		return;
	unlinkat(readiness->directory, name, 0);
	close(readiness->state);
	readiness->state = -1;
}

/*
 * 1: a living dinit holds FD's lock; 0: none does; or -errno. F_GETLK sees
 * open file description locks too, on every kernel.
 */
static int
is_locked(int fd)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &whole) < 0)
		return -errno;
	return whole.l_type != F_UNLCK;
}

/* To ask for its lock. -ENOENT: there is none. */
static int
open_to_ask(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
readiness_check(const char *path)
{
	int fd = open_to_ask(path);
	int answer;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	answer = is_locked(fd);
	close(fd);
	return answer;
}

static void
read_why(int fd, char why[LINE_FILE_MAX])
{
	ssize_t length = pread(fd, why, LINE_FILE_MAX - 1, 0);

	why[length > 0 ? length : 0] = '\0';
	why[strcspn(why, "\n")] = '\0';
	if (strcmp(why, alive) == 0)
		why[0] = '\0';
}

/* The state file of a living dinit; -ENOENT: there is none. */
static int
open_living_state(const char *path)
{
	const struct readiness readiness = { .path = path };
	const char *file = file_name(&readiness);
	char name[NAME_MAX + 1];
	char state[PATH_MAX];
	int answer;
	int fd;

	if (name_state(file, name) < 0 ||
	    snprintf(state, sizeof(state), "%.*s%s", (int)(file - path), path,
		name) >= (int)sizeof(state))
		return -ENAMETOOLONG;
	fd = open_to_ask(state);
	if (fd < 0)
		return fd;
	answer = is_locked(fd);
	if (answer == 1)
		return fd;
	close(fd);
	return answer < 0 ? answer : -ENOENT;
}

int
readiness_look(const char *path, struct readiness_view *view)
{
	int answer = readiness_check(path);
	int state = open_living_state(path);

	if (state >= 0) {
		if (view->state >= 0)
			close(view->state);
		view->state = state;
	}
	view->is_ready = answer == 1;
	view->was_alive = view->was_alive || view->is_alive;
	view->is_alive = state >= 0;
	view->why_never[0] = '\0';
	if (view->state >= 0)
		read_why(view->state, view->why_never);
	if (answer < 0)
		return answer;
	return state < 0 && state != -ENOENT ? state : 0;
}
