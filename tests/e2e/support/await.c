/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "../support.h"

long
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
await(bool (*condition)(void *), void *argument, const char *what)
{
	long until = now_ms() + PATIENCE_MS;

	while (!condition(argument)) {
		const struct timespec breath = { .tv_nsec = 2000000 };

		cr_assert(now_ms() < until, "never came true: %s", what);
		nanosleep(&breath, NULL);
	}
}

void
await_descriptor(int fd, short events, const char *what)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	cr_assert(poll(&poll_fd, 1, PATIENCE_MS) == 1 &&
	    (poll_fd.revents & events) != 0, "never came true: %s", what);
}

int
count_text(const char *text, const char *needle)
{
	int count = 0;

	while ((text = strstr(text, needle)) != NULL) {
		text += strlen(needle);
		count++;
	}
	return count;
}
