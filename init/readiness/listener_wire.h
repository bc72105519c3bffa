/* SPDX-License-Identifier: MIT */
/*
 * What PID 1 and the helper that hears COMMAND tell each other. PID 1 hands the
 * plan over by fork(2), and later gives orders of one byte. The helper answers
 * with one struct listener_news for each datagram of COMMAND that counts, cut
 * behind its text.
 */
#ifndef DINIT_LISTENER_WIRE_H
#define DINIT_LISTENER_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "readiness/notify.h"

struct privileges;

/* Whom to hear. */
struct listener_plan {
	int socket_fd; /* of a struct notify_socket */
	pid_t app;
	enum notify_access access; /* not NOTIFY_NONE */
	bool has_engine; /* an engine listens: send the lines for it too */
	bool locks_down; /* the helper locks itself down */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
};

/* What a datagram says, in listener_news.says. */
#define LISTENER_READY (1U << 0)
#define LISTENER_STOPPING (1U << 1)
#define LISTENER_RELOADING (1U << 2)
#define LISTENER_NEW_STATUS (1U << 3) /* a STATUS= that differs from the last */
#define LISTENER_IGNORED (1U << 4)    /* a READY=1 that does not count */
#define LISTENER_ALIVE (1U << 5)      /* WATCHDOG=1 */
#define LISTENER_TRIGGER (1U << 6)    /* WATCHDOG=trigger */
#define LISTENER_WATCHDOG (1U << 7)   /* WATCHDOG_USEC=, as watchdog_ms */

/* Room for the name of a command, with its end (TASK_COMM_LEN). */
#define LISTENER_NAME_MAX 16

/* One datagram as the helper passes it on. */
struct listener_news {
	uint32_t says;
	int32_t extend_ms;   /* 0: nothing is said about it */
	int32_t watchdog_ms; /* 0: off; or 0, as nothing is said about it */
	int32_t sender;      /* pid */
	/* The lines for the engine; with LISTENER_IGNORED the sender's name. */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

/* What PID 1 says to the helper. */
enum listener_order {
	LISTENER_GO_ON = 'g',  /* PID 1 has acted on the last news */
	LISTENER_FINISH = 'f', /* COMMAND has ended */
};

#endif
