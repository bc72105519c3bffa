/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notify.h"

int
notify_open_upstream(const char *value, struct notify_upstream *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(value);
	int fd;

	if (value[0] != '/' && value[0] != '@')
		return -EAFNOSUPPORT;
	if (length < 2 || length >= sizeof(address.sun_path))
		return -EINVAL;
	memcpy(address.sun_path, value, length);
	if (value[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	out->fd = fd;
	out->address = address;
	/* An abstract name ends where the length says: no zero byte: unix(7) */
	out->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    length + (value[0] == '/' ? 1 : 0));
	return 0;
}

/*
 * Only a connected socket polls for its peer's queue. That nobody is there to
 * connect to, sending will tell.
 */
bool
notify_has_room(const struct notify_upstream *upstream)
{
	struct pollfd out = { .fd = upstream->fd, .events = POLLOUT };

	if (upstream->fd < 0)
		return true;
	(void)connect(upstream->fd, (const struct sockaddr *)&upstream->address,
	    upstream->length);
	return poll(&out, 1, 0) != 0;
}

int
notify_send(const struct notify_upstream *upstream, const char *text)
{
	if (upstream->fd < 0)
		return 0;
	if (sendto(upstream->fd, text, strlen(text),
		MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&upstream->address,
		upstream->length) < 0)
		return -errno;
	return 0;
}

int
notify_listen(struct notify_listener *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const socklen_t unnamed = sizeof(address.sun_family);
	socklen_t length = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* Without a name to bind to the kernel makes one up: unix(7). */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, unnamed) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	snprintf(out->name, sizeof(out->name), "@%.*s",
	    (int)(length - offsetof(struct sockaddr_un, sun_path)) - 1,
	    address.sun_path + 1);
	out->fd = fd;
	return 0;
}

/* Microseconds as in sd_notify(3), rounded up to ms. 0: it is no number. */
static int
parse_extension(const char *text)
{
	unsigned long long us;

	if (strspn(text, "0123456789") != strlen(text))
		return 0;
	us = strtoull(text, NULL, 10);
	return us / 1000 >= INT_MAX ? INT_MAX : (int)((us + 999) / 1000);
}

static void
parse_line(struct notify_message *out, const char *line)
{
	if (strcmp(line, "READY=1") == 0)
		out->ready = true;
	else if (strcmp(line, "STOPPING=1") == 0)
		out->stopping = true;
	else if (strncmp(line, "STATUS=", 7) == 0)
		out->status = line + 7;
	else if (strncmp(line, "EXTEND_TIMEOUT_USEC=", 20) == 0)
		out->extend_ms = parse_extension(line + 20);
}

bool
notify_parse(struct notify_message *out, size_t length)
{
	char *rest = out->text;

	out->ready = false;
	out->stopping = false;
	out->extend_ms = 0;
	out->status = NULL;
	if (memchr(out->text, '\0', length) != NULL)
		return false;
	out->text[length] = '\0';
	while (rest != NULL)
		parse_line(out, strsep(&rest, "\n"));
	return true;
}

static void
close_passed(const struct cmsghdr *part)
{
	size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(part) + i * sizeof(fd), sizeof(fd));
		close(fd);
	}
}

/*
 * Closes what was passed. The sender's pid, 0: it is not in our namespace
 * (pid_namespaces(7)); the kernel vouches for it (unix(7)). Without
 * CMSG_NXTHDR, as musl's is no match for our warnings.
 */
static pid_t
take_control(const char *control, size_t length)
{
	struct ucred sender = { .pid = 0 };
	const struct cmsghdr *part;

	for (size_t at = 0; at + sizeof(*part) <= length;
	    at += CMSG_ALIGN(part->cmsg_len)) {
		part = (const void *)(control + at);
		if (part->cmsg_type == SCM_CREDENTIALS)
			memcpy(&sender, CMSG_DATA(part), sizeof(sender));
		if (part->cmsg_type == SCM_RIGHTS)
			close_passed(part);
	}
	return sender.pid;
}

int
notify_receive(const struct notify_listener *listener,
    struct notify_message *out)
{
	/* What does not fit, the kernel closes by itself. */
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred)) +
	    CMSG_SPACE(16 * sizeof(int))];
	struct iovec part = {
		.iov_base = out->text,
		.iov_len = NOTIFY_MESSAGE_MAX,
	};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(listener->fd, &message,
	    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (length < 0)
		return errno == EAGAIN ? -EAGAIN : 0;
	if (take_control(control, message.msg_controllen) == 0 ||
	    (message.msg_flags & MSG_TRUNC))
		return 0;
	return notify_parse(out, (size_t)length);
}
