/* SPDX-License-Identifier: MIT */
/*
 * The service manager's notification protocol, sd_notify(3): what dinit tells
 * the engine that started it.
 */
#ifndef DINIT_NOTIFY_H
#define DINIT_NOTIFY_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Where the engine listens. */
struct notify_upstream {
	int fd; /* -1: nobody listens */
	socklen_t length;
	struct sockaddr_un address;
};

/*
 * Opens a socket for the value of NOTIFY_SOCKET: an absolute path, or "@" and
 * an abstract name. 0 and OUT, or -errno (-EAFNOSUPPORT: another kind).
 */
int
notify_open_upstream(const char *value, struct notify_upstream *out);

/* False: the engine's queue is full, it would take no datagram now. */
bool
notify_has_room(const struct notify_upstream *upstream);

/*
 * Sends one datagram, such as "READY=1", without ever waiting. 0 or -errno;
 * -EAGAIN: the engine's queue is full. Does nothing if nobody listens.
 */
int
notify_send(const struct notify_upstream *upstream, const char *text);

#endif
