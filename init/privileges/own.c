/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges/own.h"
#include "base/problem.h"
#include "base/text.h"
#include "privileges/user.h"

/* Where own_give has come to on a path. */
struct walk {
	int fd; /* of O_PATH */
	bool is_new;
	struct stat stat;
	struct stat root; /* of the container */
};

static bool
is_valid_path(const char *path, size_t length)
{
	return path[0] == '/' && strspn(path, "/") < length;
}

bool
own_is_valid(const char *text)
{
	for (const char *rest; text != NULL; text = rest) {
		size_t length = text_measure_item(text, &rest);

		if (length == 0 || !is_valid_path(text, length))
			return false;
	}
	return true;
}

/* Without slashes at the end: they would make a link be followed. */
static void
copy_path(const struct own_folder *folder, char path[PATH_MAX])
{
	size_t length = folder->length;

	while (length > 1 && folder->path[length - 1] == '/')
		length--;
	snprintf(path, PATH_MAX, "%.*s", (int)length, folder->path);
}

/* Opens NAME, which may be a link, and makes it a folder if it is missing. */
static int
open_or_make(int directory_fd, const char *name, bool *is_new)
{
	const int flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(directory_fd, name, flags);

	*is_new = false;
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	*is_new = mkdirat(directory_fd, name, 0755) == 0;
	/* Another container on the same volume may have been faster. */
	if (!*is_new && errno != EEXIST)
		return -errno;
	fd = openat(directory_fd, name, flags);
	return fd < 0 ? -errno : fd;
}

/*
 * Replaces WALK, a link to a folder, by that folder. Whoever may write to a
 * volume could plant a link there to have a folder of the image given to them.
 */
static int
follow_link(struct walk *walk, int directory_fd, const char *name)
{
	bool is_trusted = walk->stat.st_uid == 0 ||
	    walk->stat.st_uid == geteuid();

	close(walk->fd);
	walk->fd = is_trusted
	    ? openat(directory_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC)
	    : -1;
	if (!is_trusted)
		return -ELOOP;
	return walk->fd < 0 || fstat(walk->fd, &walk->stat) < 0 ? -errno : 0;
}

/* Goes on to NAME. IS_LAST: a link is not followed. 0 or -errno. */
static int
take_step(struct walk *walk, const char *name, bool is_last)
{
	int directory_fd = walk->fd;
	int error = 0;

	walk->fd = open_or_make(directory_fd, name, &walk->is_new);
	if (walk->fd < 0)
		error = walk->fd;
	else if (fstat(walk->fd, &walk->stat) < 0)
		error = -errno;
	else if (S_ISLNK(walk->stat.st_mode))
		error = is_last ? -ELOOP
				: follow_link(walk, directory_fd, name);
	if (error == 0 && !S_ISDIR(walk->stat.st_mode))
		error = -ENOTDIR;
	close(directory_fd);
	return error;
}

/* 0 and the folder in WALK, or -errno and in PATH how far it came. */
static int
walk_path(char *path, struct walk *walk)
{
	char *step = path;
	int error = 0;

	walk->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk->fd < 0 || fstat(walk->fd, &walk->root) < 0)
		return -errno;
	walk->stat = walk->root;
	while (error == 0 && *(step += strspn(step, "/")) != '\0') {
		size_t length = strcspn(step, "/");
		char name[NAME_MAX + 1];

		if (length > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, step, length);
		name[length] = '\0';
		step += length;
		error = take_step(walk, name, *step == '\0');
	}
	if (error < 0)
		*step = '\0';
	return error;
}

static int
refuse_path(const char *path, int error, struct problem *problem)
{
	if (error == -ELOOP)
		return problem_set(problem,
		    "%.200s is a symbolic link that is not followed: name the "
		    "folder that it leads to",
		    path);
	if (error == -ENOTDIR)
		return problem_set(problem, "%.200s is no folder", path);
	return problem_set(problem, "cannot open or make the folder %.200s: %s",
	    path, strerror(-error));
}

/* A folder that this process may not reach is left to the proof. */
static int
open_folder(struct own_folder *folder, bool *is_new, struct problem *problem)
{
	char path[PATH_MAX];
	struct walk walk = { .fd = -1 };
	int error = folder->length < sizeof(path) ? 0 : -ENAMETOOLONG;

	copy_path(folder, path);
	if (error == 0)
		error = walk_path(path, &walk);
	*is_new = walk.is_new;
	folder->fd = error == 0 ? walk.fd : -1;
	folder->error = -error;
	if (error < 0 && error != -EACCES && error != -EPERM)
		return refuse_path(path, error, problem);
	if (error == 0 && walk.stat.st_dev == walk.root.st_dev &&
	    walk.stat.st_ino == walk.root.st_ino)
		return problem_set(problem,
		    "%.200s is the root of the container, which is not given "
		    "away",
		    path);
	return 0;
}

static void
give_folder(struct own_folder *folder, const struct user *user, bool is_new)
{
	gid_t gid = is_new ? user->gid : (gid_t)-1;
	struct stat found;

	if (folder->fd < 0 ||
	    (!is_new && fstat(folder->fd, &found) == 0 &&
		found.st_uid == user->uid))
		return;
	if (fchownat(folder->fd, "", user->uid, gid, AT_EMPTY_PATH) < 0)
		folder->error = errno;
}

static int
split_lists(const char *const *lists, struct own_folders *out,
    struct problem *problem)
{
	out->count = 0;
	for (; *lists != NULL; lists++) {
		for (const char *text = *lists, *rest; text != NULL;
		    text = rest) {
			size_t length = text_measure_item(text, &rest);

			if (out->count == OWN_FOLDERS_MAX)
				return problem_set(problem,
				    "more than %d folders", OWN_FOLDERS_MAX);
			out->list[out->count++] = (struct own_folder){
				.path = text,
				.length = length,
				.fd = -1,
			};
		}
	}
	return 0;
}

int
own_give(const char *const *lists, const struct user *user,
    struct own_folders *out, struct problem *problem)
{
	if (split_lists(lists, out, problem) < 0)
		return -EINVAL;
	umask(0);
	for (size_t i = 0; i < out->count; i++) {
		bool is_new;

		if (open_folder(&out->list[i], &is_new, problem) < 0)
			return -EINVAL;
		if (user != NULL)
			give_folder(&out->list[i], user, is_new);
	}
	return 0;
}

/*
 * Asks by faccessat(2), which a server answers for its own folders, and then
 * makes a file without a name. This finds what the answer leaves out: AppArmor,
 * or a file system in user space without access(2). Only an error of rights
 * counts there, as few file systems can make such a file. 0 or an errno.
 */
static int
try_to_write(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = 0;
	int file_fd;

	if (fd < 0)
		return errno;
	if (faccessat(fd, ".", W_OK | X_OK, 0) < 0) {
		error = errno;
	} else {
		file_fd = openat(fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC,
		    0600);
		if (file_fd >= 0)
			close(file_fd);
		else if (errno == EACCES || errno == EPERM || errno == EROFS)
			error = errno;
	}
	close(fd);
	return error;
}

/* ERROR is why the process cannot write there, an errno. */
static int
refuse_folder(const struct own_folder *folder, const char *path, int error,
    struct problem *problem)
{
	char owner[96] = "";
	char change[128] = "";
	struct stat found;

	if (folder->fd >= 0 && fstat(folder->fd, &found) == 0)
		snprintf(owner, sizeof(owner),
		    "; it belongs to uid %u and gid %u, with the mode %04o",
		    found.st_uid, found.st_gid, found.st_mode & 07777);
	if (folder->error != 0)
		snprintf(change, sizeof(change),
		    "; dinit cannot change that: %s%s", strerror(folder->error),
		    folder->error == EPERM
			? " (it takes CAP_CHOWN, and a server's leave)"
			: "");
	return problem_set(problem, "%.200s: uid %u cannot write there: %s%s%s",
	    path, geteuid(), strerror(error), owner, change);
}

int
own_prove(const struct own_folders *folders, struct problem *problem)
{
	for (size_t i = 0; i < folders->count; i++) {
		char path[PATH_MAX];
		int error;

		copy_path(&folders->list[i], path);
		error = try_to_write(path);
		if (error != 0)
			return refuse_folder(&folders->list[i], path, error,
			    problem);
	}
	return 0;
}
