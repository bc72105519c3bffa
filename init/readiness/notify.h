/* SPDX-License-Identifier: MIT */
/*
 * The notification protocol of service managers, sd_notify(3). In PID 1: how
 * dinit notifies the engine that started it. In PID 1 and in the helper that
 * hears the app (listener.h): what the app's notifications mean.
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

/* False: the engine's queue is full, so that it takes no datagram now. */
bool
notify_has_room(const struct notify_upstream *upstream);

/*
 * Sends one datagram, such as "READY=1", and never waits. 0 or -errno; -EAGAIN:
 * the engine's queue is full. If nobody listens, it does nothing and returns 0.
 */
int
notify_send(const struct notify_upstream *upstream, const char *text);

/* Whose notifications count: --notify. */
enum notify_access {
	NOTIFY_NONE, /* nobody's */
	NOTIFY_MAIN, /* those of COMMAND's own process */
	NOTIFY_ALL,  /* those of any process of our PID namespace */
};

/* The longest datagram that counts, as in systemd. */
#define NOTIFY_MESSAGE_MAX 4096

/* What a datagram says to the watchdog. */
enum notify_watchdog {
	NOTIFY_WATCHDOG_NOTHING,
	NOTIFY_WATCHDOG_ALIVE,   /* WATCHDOG=1 */
	NOTIFY_WATCHDOG_TRIGGER, /* WATCHDOG=trigger: as if it were missed */
};

/* What a datagram says. */
struct notify_message {
	bool ready;
	bool stopping;
	bool reloading;
	enum notify_watchdog watchdog;
	int extend_ms;   /* EXTEND_TIMEOUT_USEC=; 0: none */
	int watchdog_ms; /* WATCHDOG_USEC=; 0: off from now on; -1: none */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

/*
 * Reads the LENGTH bytes of MESSAGE->text and fills in the rest of MESSAGE. The
 * text is lines of NAME=VALUE. Of several lines with the same NAME the last one
 * counts, and unknown names are ignored. Afterwards MESSAGE->text has only the
 * lines for the engine, in their order, with no newline after the last one.
 * False: there is a zero byte in the text, so it does not count.
 */
bool
notify_parse(struct notify_message *message, size_t length);

/* True if TEXT is "" or consists of lines for the engine only. */
bool
notify_is_for_engine(const char *text);

/*
 * The value of the last line of TEXT that begins with STATUS=, and its length
 * in *LENGTH. TEXT is what notify_parse has left. NULL: no line begins with it.
 */
const char *
notify_find_status(const char *text, size_t *length);

#endif
