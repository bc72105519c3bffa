/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/poll.h"
#include "base/array.h"
#include "base/clock.h"
#include "support.h"

TestSuite(poll, .timeout = 30);

#define SHORT_NS (20 * CLOCK_NS_PER_MS)

/* Makes FDS a pipe, with or without something to read, and no descriptor. */
static void
watch_pipe(struct pollfd fds[2], bool is_readable)
{
	int ends[2];

	must(pipe(ends) == 0, "no pipe");
	must(!is_readable || write(ends[1], "x", 1) == 1, "nothing written");
	fds[0] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
}

static void
deny_both(void)
{
	deny_system_call(SYS_ppoll, EPERM);
#ifdef SYS_poll
	deny_system_call(SYS_poll, EPERM);
#endif
}

static void
wait_for_readable(void *argument)
{
	struct pollfd fds[2];

	(void)argument;
	watch_pipe(fds, true);
	must(poll_readable(fds, ARRAY_SIZE(fds), INT64_MAX) == 0, "an error");
	must(fds[0].revents == POLLIN && fds[1].revents == 0, "wrong events");
}

Test(poll, returns_once_something_is_readable)
{
	in_child(wait_for_readable, NULL);
}

static void
wait_in_vain(void *argument)
{
	int64_t start = clock_monotonic_ns();
	struct pollfd fds[2];

	(void)argument;
	watch_pipe(fds, false);
	must(poll_readable(fds, ARRAY_SIZE(fds), SHORT_NS) == 0, "an error");
	must(clock_monotonic_ns() - start >= SHORT_NS, "too early");
	must(fds[0].revents == 0, "something to read");
	must(poll_readable(fds, ARRAY_SIZE(fds), -SHORT_NS) == 0, "an error");
}

Test(poll, returns_when_the_time_is_over)
{
	in_child(wait_in_vain, NULL);
}

#ifdef SYS_poll
static void
wait_without_ppoll(void *argument)
{
	deny_system_call(SYS_ppoll, EPERM);
	wait_for_readable(argument);
	wait_in_vain(argument);
}

Test(poll, uses_poll_where_a_filter_denies_ppoll)
{
	in_child(wait_without_ppoll, NULL);
}
#endif

static void
wait_where_it_is_denied(void *argument)
{
	struct pollfd fds[2];

	(void)argument;
	watch_pipe(fds, false);
	deny_both();
	must(poll_readable(fds, ARRAY_SIZE(fds), INT64_MAX) == -EPERM,
	    "no error");
	must(fds[0].revents == POLLIN && fds[1].revents == 0, "wrong events");
}

Test(poll, says_that_all_is_readable_where_waiting_is_denied)
{
	in_child(wait_where_it_is_denied, NULL);
}
