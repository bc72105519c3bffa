/* SPDX-License-Identifier: MIT */
/*
 * The service manager's notification protocol, sd_notify(3), in both
 * directions: what dinit tells the engine that started it, and what COMMAND
 * tells dinit.
 */
#ifndef DINIT_NOTIFY_H
#define DINIT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* A longer datagram is nobody's; systemd has the same limit. */
#define NOTIFY_MESSAGE_MAX 4096

/* Where COMMAND tells. */
struct notify_listener {
	int fd;        /* -1: nobody listens */
	char name[32]; /* for NOTIFY_SOCKET */
};

/* What a datagram says. */
struct notify_message {
	bool ready;
	bool stopping;
	int extend_ms;      /* EXTEND_TIMEOUT_USEC=; 0: none */
	const char *status; /* in TEXT; NULL: none */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

/*
 * Opens a socket with an abstract name that the kernel chooses (unix(7)), so
 * that it takes no writable directory. 0 and OUT, or -errno.
 */
int
notify_listen(struct notify_listener *out);

/*
 * Reads what OUT->text of LENGTH bytes says: lines of NAME=VALUE, the last one
 * of a name counting, unknown ones ignored. False: it is no such text.
 */
bool
notify_parse(struct notify_message *out, size_t length);

/*
 * Takes the next datagram; the descriptors that came with it are closed, which
 * is all that BARRIER=1 asks for. 1 and OUT; 0: it does not count, as it is
 * malformed or comes from outside of our PID namespace; -EAGAIN: there is none.
 */
int
notify_receive(const struct notify_listener *listener,
    struct notify_message *out);

#endif
