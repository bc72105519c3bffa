/* SPDX-License-Identifier: MIT */
/*
 * A connection to a server, with a deadline for all that is done with it. Runs
 * in the process of --probe.
 *
 * A DEADLINE is a time of clock_monotonic_ms(); INT64_MAX: there is none.
 * -ETIME means that it is past.
 */
#ifndef DINIT_CONNECTION_H
#define DINIT_CONNECTION_H

#include <stdint.h>
#include <sys/socket.h>

/* Where to connect to. */
struct connection_endpoint {
	const struct sockaddr *address;
	socklen_t length;
};

/* Connects. Returns a descriptor that never blocks, or -errno. */
int
connection_open(const struct connection_endpoint *endpoint, int64_t deadline);

/*
 * Waits until FD has EVENTS of poll(2). 0 or -errno. Once the deadline is past,
 * FD is not looked at any more, so that a server that sends for ever does not
 * hold up the check.
 */
int
connection_await(int fd, short events, int64_t deadline);

#endif
