/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "readiness/connection.h"
#include "base/clock.h"

/* The pause between two tries to connect to a Unix socket with a full queue. */
#define QUEUE_PAUSE_MS 10

int
connection_await(int fd, short events, int64_t deadline)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		int ready;

		if (left <= 0)
			return -ETIME;
		ready = poll(&poll_fd, 1, left > INT_MAX ? INT_MAX : (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/*
 * True if FD is connected to itself. While no server listens, the kernel may
 * choose for our end the very port that we connect to, and TCP takes that for a
 * simultaneous open. An app that takes 30 s to start is probed so often that
 * this does happen.
 */
static bool
has_met_itself(int fd)
{
	struct sockaddr_in6 here = { .sin6_family = AF_UNSPEC };
	struct sockaddr_in6 there = { .sin6_family = AF_UNSPEC };
	socklen_t here_length = sizeof(here);
	socklen_t there_length = sizeof(there);

	return getsockname(fd, (struct sockaddr *)&here, &here_length) == 0 &&
	    getpeername(fd, (struct sockaddr *)&there, &there_length) == 0 &&
	    memcmp(&here, &there, sizeof(here)) == 0;
}

/* Waits for the end of a connect(2) that is in progress. 0 or -errno. */
static int
await_connection(int fd, int64_t deadline)
{
	int error = connection_await(fd, POLLOUT, deadline);
	socklen_t length = sizeof(error);

	if (error < 0)
		return error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -errno;
	if (error == 0 && has_met_itself(fd))
		error = ECONNREFUSED;
	return -error;
}

static int
connect_to(int fd, const struct connection_endpoint *endpoint, int64_t deadline)
{
	while (connect(fd, endpoint->address, endpoint->length) < 0) {
		int64_t next = clock_monotonic_ms() + QUEUE_PAUSE_MS;

		if (errno == EINPROGRESS)
			return await_connection(fd, deadline);
		if (errno != EAGAIN)
			return -errno;
		/* poll(2) cannot wait for room in a Unix socket's queue. */
		if (next >= deadline)
			return connection_await(-1, 0, deadline);
		connection_await(-1, 0, next);
	}
	return 0;
}

int
connection_open(const struct connection_endpoint *endpoint, int64_t deadline)
{
	int fd = socket(endpoint->address->sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = connect_to(fd, endpoint, deadline);
	if (error < 0) {
		close(fd);
		return error;
	}
	return fd;
}
