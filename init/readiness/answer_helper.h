/* SPDX-License-Identifier: MIT */
/*
 * The helper that answers HTTP requests with whether the container is ready
 * (--ready-listen). Runs in a process of its own, dinit-answer, that
 * answer_start() starts, as the app's user. It asks the lock of the readiness
 * file, as --is-ready does, and never talks to PID 1.
 *
 * It is open to the network. A client has one second and 1 KiB, there are at
 * most 16 clients at once, and a further one takes the place of the oldest: so
 * clients that say nothing do not keep the others waiting.
 */
#ifndef DINIT_ANSWER_HELPER_H
#define DINIT_ANSWER_HELPER_H

#include <stdbool.h>

struct privileges;

/* What PID 1 sends to a spare helper that is to answer from now on. */
#define ANSWER_TAKE_OVER 'o'

struct answer_plan {
	int listen_fd;                       /* of answer_socket_open() */
	const char *ready_file;              /* whose lock is asked */
	bool is_spare;                       /* it waits for ANSWER_TAKE_OVER */
	bool locks_down;                     /* the helper locks itself down */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
};

/*
 * What the process does. PLAN is a struct answer_plan. This returns when PID 1
 * closes the other end of ORDER_FD or dies.
 */
void
answer_helper_main(const void *plan, int order_fd);

#endif
