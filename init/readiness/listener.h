/* SPDX-License-Identifier: MIT */
/*
 * Hearing what COMMAND tells by sd_notify(3): the socket in the file system
 * that it tells it to, and a process of its own (dinit-notify) that receives
 * the datagrams, reads them, and passes on what counts. PID 1 never receives
 * one itself: a datagram may bring descriptors along whose release takes as
 * long as their sender likes (a socket with SO_LINGER), and whoever receives
 * them waits for that. Here that is a process for which nobody waits.
 *
 * PID 1 answers each piece of news with listener_go_on() when it has acted on
 * it, and the helper takes no further datagram before. So what the app learns
 * from BARRIER=1 is true: all that it said before has been done.
 */
#ifndef DINIT_LISTENER_H
#define DINIT_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include "readiness/notify.h"

struct helper;
struct privileges;

#define LISTENER_PATH_MAX (sizeof(((struct sockaddr_un *)NULL)->sun_path))

/* The longest path of a readiness file that has room for a socket beside it. */
#define LISTENER_READY_FILE_MAX (LISTENER_PATH_MAX - sizeof("..notify"))

/* The socket that COMMAND tells. */
struct listener_socket {
	int fd; /* -1: there is none */
	char path[LISTENER_PATH_MAX];
};

/* Whom to hear. */
struct listener_plan {
	int socket_fd; /* of a struct listener_socket */
	pid_t app;
	enum notify_access access; /* not NOTIFY_NONE */
	bool has_engine;           /* which hears what is meant for it */
	bool locks_down;           /* the helper too */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
};

/* What a datagram says, in listener_news.says. */
#define LISTENER_READY (1U << 0)
#define LISTENER_STOPPING (1U << 1)
#define LISTENER_RELOADING (1U << 2)
#define LISTENER_NEW_STATUS (1U << 3) /* its STATUS= is not the last one's */
#define LISTENER_IGNORED (1U << 4)    /* a READY=1 that does not count */

/* One datagram as the helper passes it on. */
struct listener_news {
	uint32_t says;
	int32_t extend_ms; /* 0: nothing is said about it */
	int32_t sender;    /* pid */
	/* the lines for the engine; of an ignored one its sender's name */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

/*
 * Binds a socket beside the readiness file of that path, whose directory is
 * open as DIRECTORY_FD; one that a dead dinit has left there is replaced. Open to
 * its owner, who is whoever calls, or TO_ALL. 0 and OUT, or -errno.
 */
int
listener_bind(int directory_fd, const char *ready_file, bool to_all,
    struct listener_socket *out);

/* Makes UID the owner of the socket in DIRECTORY_FD. 0 or -errno. */
int
listener_give(int directory_fd, const struct listener_socket *socket,
    uid_t uid);

/* Deletes the socket from DIRECTORY_FD. */
void
listener_remove(int directory_fd, const struct listener_socket *socket);

/* Starts the helper. 0 and OUT, or -errno. */
int
listener_start(const struct listener_plan *plan, struct helper *out);

/*
 * Takes the next news, all of it checked, for the helper may not be ours any
 * more. 0 and NEWS; -EAGAIN: there is none, or no memory for it; -EPIPE: the
 * helper is gone, or is not ours any more.
 */
int
listener_receive(const struct helper *listener, struct listener_news *news);

/* Says that the last news has been acted on. */
void
listener_go_on(const struct helper *listener);

/*
 * Says that COMMAND has ended: the helper passes on what it had still said
 * and ends. Nobody waits for that but as for any other child.
 */
void
listener_finish(const struct helper *listener);

#endif
