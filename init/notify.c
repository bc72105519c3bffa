/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

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
	connect(upstream->fd, (const struct sockaddr *)&upstream->address,
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
