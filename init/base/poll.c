/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/poll.h"
#include "base/clock.h"

/*
 * Returns LEFT_NS in the unit of poll(2), rounded up, so that the time is over
 * when poll returns.
 */
static int
to_ms(int64_t left_ns)
{
	int64_t left_ms = left_ns / CLOCK_NS_PER_MS + 1;

	return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

int
poll_readable(struct pollfd *fds, nfds_t count, int64_t left_ns)
{
	bool is_endless = left_ns == INT64_MAX;
	int64_t rest_ns = left_ns < 0 ? 0 : left_ns;
	const struct timespec left = {
		.tv_sec = rest_ns / (1000 * CLOCK_NS_PER_MS),
		.tv_nsec = rest_ns % (1000 * CLOCK_NS_PER_MS),
	};
	int error;

	if (ppoll(fds, count, is_endless ? NULL : &left, NULL) >= 0 ||
	    errno == EINTR)
		return 0;
	if (poll(fds, count, is_endless ? -1 : to_ms(rest_ns)) >= 0 ||
	    errno == EINTR)
		return 0;
	error = errno;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = fds[i].fd >= 0 ? POLLIN : 0;
	return -error;
}
