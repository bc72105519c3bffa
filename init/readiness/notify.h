/* SPDX-License-Identifier: MIT */
/*
 * The service manager's notification protocol, sd_notify(3): how dinit tells
 * the engine that started it, and what the words of an app mean. Who hears the
 * app is listener.h.
 */
#ifndef DINIT_NOTIFY_H
#define DINIT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
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

/* Whose words count: --notify. */
enum notify_access {
	NOTIFY_NONE, /* nobody's */
	NOTIFY_MAIN, /* those of COMMAND's own process */
	NOTIFY_ALL,  /* those of any process of our PID namespace */
};

/* A longer datagram is not taken; systemd has the same limit. */
#define NOTIFY_MESSAGE_MAX 4096

/* What a datagram says. */
struct notify_message {
	bool ready;
	bool stopping;
	bool reloading;
	int extend_ms; /* EXTEND_TIMEOUT_USEC=; 0: none */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

/*
 * Reads what MESSAGE->text of LENGTH bytes says: lines of NAME=VALUE, the last
 * one of a name counting, unknown ones ignored. What stays in MESSAGE->text are
 * the lines that the engine is to hear too, in their order and without a
 * newline behind the last one. False: it is no such text.
 */
bool
notify_parse(struct notify_message *message, size_t length);

/* True if TEXT is nothing but such lines as notify_parse leaves; "" is too. */
bool
notify_is_for_engine(const char *text);

/*
 * The value of the last STATUS= line of TEXT, which notify_parse has left, and
 * its length in *LENGTH. NULL: there is none.
 */
const char *
notify_find_status(const char *text, size_t *length);

#endif
