/* SPDX-License-Identifier: MIT */
/*
 * The socket that COMMAND sends its notifications to (sd_notify(3)), as a file
 * beside the readiness file. Runs in PID 1, before COMMAND starts and, to
 * remove the file, at the end.
 */
#ifndef DINIT_NOTIFY_SOCKET_H
#define DINIT_NOTIFY_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#define NOTIFY_SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path))

/* The longest path of a readiness file that has room for a socket beside it. */
#define NOTIFY_SOCKET_READY_FILE_MAX                                           \
	(NOTIFY_SOCKET_PATH_MAX - sizeof("..notify"))

struct notify_socket {
	int fd; /* -1: there is none */
	char path[NOTIFY_SOCKET_PATH_MAX];
};

/*
 * Binds a socket beside the readiness file READY_FILE, whose directory is open
 * as DIRECTORY_FD. A socket that a dead dinit has left there is replaced. The
 * caller's user owns the new one. Everybody can send to it if TO_ALL, otherwise
 * only its owner. 0 and OUT, or -errno.
 */
int
notify_socket_bind(int directory_fd, const char *ready_file, bool to_all,
    struct notify_socket *out);

/* Makes UID the owner of the file. 0 or -errno. */
int
notify_socket_give(int directory_fd, const struct notify_socket *socket,
    uid_t uid);

/* Deletes the file, if there is one. */
void
notify_socket_remove(int directory_fd, const struct notify_socket *socket);

#endif
