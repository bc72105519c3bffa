/* SPDX-License-Identifier: MIT */
/*
 * Sending what COMMAND says by sd_notify(3). As a header, because each of the
 * small programs in tests/e2e/apps is one source file.
 */
#ifndef DINIT_TESTS_NOTIFICATION_H
#define DINIT_TESTS_NOTIFICATION_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * Sends LENGTH bytes of TEXT to the socket PATH, with the descriptor FD unless
 * that is -1. 0 or -errno.
 */
static inline int
notification_send(const char *path, const char *text, size_t length, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(fd))];
	struct iovec part = { (void *)(uintptr_t)text, length };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &fd, sizeof(fd));
	}
	if (sendmsg(from, &message, 0) < 0)
		error = -errno;
	close(from);
	return error;
}

#endif
