/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/array.h"
#include "support.h"

TestSuite(clock, .timeout = 30);

Test(clock, has_a_monotonic_time_in_both_units)
{
	int64_t before_ns = clock_monotonic_ns();
	int64_t now_ms = clock_monotonic_ms();
	int64_t after_ns = clock_monotonic_ns();

	cr_assert_leq(before_ns / CLOCK_NS_PER_MS, now_ms);
	cr_assert_leq(now_ms, after_ns / CLOCK_NS_PER_MS);
}

Test(clock, rounds_up_what_has_taken_less_than_a_millisecond)
{
	int64_t now = clock_monotonic_ns();

	cr_assert_geq(clock_ms_since(now - 1), 1);
	cr_assert_geq(clock_ms_since(now - 5 * CLOCK_NS_PER_MS), 5);
	cr_assert_lt(clock_ms_since(now), 30000);
}

/* Field 22 of /proc/PID/stat (proc(5)), behind the name in parentheses. */
static int64_t
start_of(pid_t pid)
{
	char path[32];
	const char *field;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	field = strrchr(read_file(path), ')');
	must(field != NULL, "no %s", path);
	for (int i = 2; i < 22; i++)
		field = strchr(field, ' ') + 1;
	return strtoll(field, NULL, 10);
}

static void
start_a_process(void *argument)
{
	int64_t before = clock_boot_ticks();
	pid_t pid = fork();
	int64_t after = clock_boot_ticks();

	(void)argument;
	if (pid == 0)
		_exit(0);
	must(start_of(pid) >= before && start_of(pid) <= after,
	    "%lld is not between %lld and %lld", (long long)start_of(pid),
	    (long long)before, (long long)after);
	waitpid(pid, NULL, 0);
}

Test(clock, counts_ticks_as_the_kernel_dates_processes)
{
	in_child(start_a_process, NULL);
}

Test(clock, has_the_time_of_day)
{
	time_t before = time(NULL);
	struct timespec now = clock_wall();

	cr_assert_leq(before, now.tv_sec);
	cr_assert_leq(now.tv_sec, time(NULL) + 1);
}

Test(clock, writes_times_in_utc)
{
	static const struct {
		time_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00" },
		{ -1, "1969-12-31T23:59:59" },
		{ 951782400, "2000-02-29T00:00:00" },
		{ 1000000000, "2001-09-09T01:46:40" },
		{ INT64_C(253402300799), "9999-12-31T23:59:59" },
		{ INT64_C(253402300800), "10000-01-01T00:00:00" },
	};
	char text[CLOCK_TEXT_MAX];

	setenv("TZ", "America/New_York", 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cr_expect_eq(clock_format_utc(cases[i].seconds, text), 0);
		cr_expect_str_eq(text, cases[i].text);
	}
}

Test(clock, refuses_times_beyond_the_calendar)
{
	char text[CLOCK_TEXT_MAX] = "left over";

	cr_assert_eq(clock_format_utc(INT64_MAX, text), -EOVERFLOW);
	cr_assert_str_empty(text);
}
