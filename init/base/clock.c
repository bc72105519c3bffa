/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

int64_t
clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 * CLOCK_NS_PER_MS + now.tv_nsec;
}

int64_t
clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / CLOCK_NS_PER_MS;
}

int64_t
clock_boot_ticks(void)
{
	long per_second = sysconf(_SC_CLK_TCK);
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * per_second +
	    now.tv_nsec / (1000 * CLOCK_NS_PER_MS / per_second);
}

int64_t
clock_ms_since(int64_t start_ns)
{
	return (clock_monotonic_ns() - start_ns + CLOCK_NS_PER_MS - 1) /
	    CLOCK_NS_PER_MS;
}

struct timespec
clock_wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now;
}

int
clock_format_utc(time_t seconds, char text[CLOCK_TEXT_MAX])
{
	struct tm utc;

	text[0] = '\0';
	if (gmtime_r(&seconds, &utc) == NULL)
		return -EOVERFLOW;
	snprintf(text, CLOCK_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
	    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
	    utc.tm_min, utc.tm_sec);
	return 0;
}
