/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "readiness.h"

/* Beside the file, on the same file system, unlike any other dinit's. */
#define ASIDE_MAX 32

static void
name_aside(char name[ASIDE_MAX])
{
	snprintf(name, ASIDE_MAX, ".dinit-ready.%d", getpid());
}

static const char *
file_name(const struct readiness *readiness)
{
	const char *slash = strrchr(readiness->path, '/');

	return slash == NULL ? readiness->path : slash + 1;
}

/* Makes the directories that PATH goes through, but for its last name. */
static int
make_directories(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		size_t length = (size_t)(slash - path);

		if (length >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, length);
		part[length] = '\0';
		if (mkdir(part, 0755) == 0)
			chmod(part, 0755); /* whatever the umask is */
		else if (errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int
open_directory(const char *path)
{
	char directory[PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');
	size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	int error = make_directories(path);
	int fd;

	if (error < 0)
		return error;
	if (length >= sizeof(directory))
		return -ENAMETOOLONG;
	if (length > 0) {
		memcpy(directory, path, length);
		directory[length] = '\0';
	}
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
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
	char text[160];
	struct tm utc;
	int length;

	if (gmtime_r(&facts->since, &utc) == NULL)
		return -EOVERFLOW;
	length = snprintf(text, sizeof(text),
	    "pid=%d\nsince=%04d-%02d-%02dT%02d:%02d:%02dZ\n"
	    "ready_after_ms=%" PRId64 "\nchecks=%d\n", facts->pid,
	    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
	    utc.tm_min, utc.tm_sec, facts->ready_after_ms, facts->checks);
	if (write(fd, text, (size_t)length) != length)
		return errno != 0 ? -errno : -ENOSPC;
	return 0;
}

/* Opens a new file aside; one of a dead dinit with our pid is in the way. */
static int
create_aside(int directory, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory, name, flags, 0644);

	if (fd < 0 && errno == EEXIST && unlinkat(directory, name, 0) == 0)
		fd = openat(directory, name, flags, 0644);
	return fd < 0 ? -errno : fd;
}

/* A complete, locked file aside, or -errno and none. */
static int
write_aside(int directory, const char *name,
    const struct readiness_facts *facts)
{
	int fd = create_aside(directory, name);
	int error;

	if (fd < 0)
		return fd;
	errno = 0;
	error = fchmod(fd, 0644) < 0 ? -errno : write_facts(fd, facts);
	if (error == 0)
		error = lock(fd);
	if (error < 0) {
		unlinkat(directory, name, 0);
		close(fd);
		return error;
	}
	return fd;
}

static int
prove_writable(const struct readiness *readiness)
{
	const struct readiness_facts facts = { .pid = 0 };
	char aside[ASIDE_MAX];
	int fd;

	name_aside(aside);
	fd = write_aside(readiness->directory, aside, &facts);
	if (fd < 0)
		return fd;
	close(fd);
	return unlinkat(readiness->directory, aside, 0) < 0 ? -errno : 0;
}

int
readiness_prepare(struct readiness *readiness, const char *path)
{
	struct readiness opened = { .path = path, .file = -1 };
	int error = 0;

	if (*file_name(&opened) == '\0')
		return -EISDIR;
	opened.directory = open_directory(path);
	if (opened.directory < 0)
		return opened.directory;
	if (unlinkat(opened.directory, file_name(&opened), 0) < 0 &&
	    errno != ENOENT)
		error = -errno;
	if (error == 0)
		error = prove_writable(&opened);
	if (error < 0) {
		close(opened.directory);
		return error;
	}
	*readiness = opened;
	return 0;
}

/* The app may have emptied /run: then its directory is made once more. */
static int
follow_directory(struct readiness *readiness)
{
	int fd = open_directory(readiness->path);

	if (fd < 0)
		return fd;
	close(readiness->directory);
	readiness->directory = fd;
	return 0;
}

int
readiness_publish(struct readiness *readiness,
    const struct readiness_facts *facts)
{
	char aside[ASIDE_MAX];
	int fd;

	name_aside(aside);
	fd = write_aside(readiness->directory, aside, facts);
	if (fd == -ENOENT && follow_directory(readiness) == 0)
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

/* F_GETLK sees open file description locks too, on every kernel. */
int
readiness_check(const char *path)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fcntl(fd, F_GETLK, &whole) < 0)
		error = -errno;
	close(fd);
	if (error < 0)
		return error;
	return whole.l_type != F_UNLCK;
}
