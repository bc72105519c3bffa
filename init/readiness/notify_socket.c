/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/notify_socket.h"

static const char *
file_name(const struct notify_socket *socket)
{
	return strrchr(socket->path, '/') + 1;
}

/* Deletes the socket of a dead dinit, but no other kind of file. */
static int
delete_dead_socket(int directory_fd, const char *name)
{
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlinkat(directory_fd, name, 0) < 0 ? -errno : 0;
}

/*
 * Binds FD to PATH. SO_PASSCRED is set before that, because the kernel notes
 * the sender of a datagram only if it is set when the datagram is sent
 * (unix(7)). The umask gives the file its final mode from the first moment on.
 */
static int
bind_to(int fd, const char *path, bool to_all)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int on = 1;
	mode_t found;
	int error = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -errno;
	found = umask(to_all ? 0111 : 0177);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = -errno;
	umask(found);
	return error;
}

int
notify_socket_bind(int directory_fd, const char *ready_file, bool to_all,
    struct notify_socket *out)
{
	const char *file = strrchr(ready_file, '/') + 1;
	int error;

	if (strlen(ready_file) > NOTIFY_SOCKET_READY_FILE_MAX)
		return -ENAMETOOLONG;
	snprintf(out->path, sizeof(out->path), "%.*s.%s.notify",
	    (int)(file - ready_file), ready_file, file);
	error = delete_dead_socket(directory_fd, file_name(out));
	if (error < 0)
		return error;
	out->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (out->fd < 0)
		return -errno;
	error = bind_to(out->fd, out->path, to_all);
	if (error < 0) {
		close(out->fd);
		out->fd = -1;
	}
	return error;
}

int
notify_socket_give(int directory_fd, const struct notify_socket *socket,
    uid_t uid)
{
	const char *name = file_name(socket);
	struct stat status;

	if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (status.st_uid == uid)
		return 0;
	return fchownat(directory_fd, name, uid, (gid_t)-1,
		   AT_SYMLINK_NOFOLLOW) < 0
	    ? -errno
	    : 0;
}

void
notify_socket_remove(int directory_fd, const struct notify_socket *socket)
{
	if (socket->path[0] != '\0')
		unlinkat(directory_fd, file_name(socket), 0);
}
