/* SPDX-License-Identifier: MIT */
/*
 * The clocks: a monotonic one for deadlines, the one by which the kernel dates
 * processes, and the time of day for people.
 */
#ifndef DINIT_CLOCK_H
#define DINIT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)
#define CLOCK_NS_PER_S INT64_C(1000000000)

/* Enough room for any text that clock_format_utc writes. */
#define CLOCK_TEXT_MAX 40

/* These return the time of the monotonic clock, which nobody can set. */
int64_t
clock_monotonic_ns(void);
int64_t
clock_monotonic_ms(void);

/*
 * Returns the present time in the unit that /proc/PID/stat has for the start of
 * a process (proc(5), starttime): clock ticks since boot, including the time
 * that the machine was suspended.
 */
int64_t
clock_boot_ticks(void);

/*
 * Returns the milliseconds since START_NS, a time of clock_monotonic_ns. They
 * are rounded up, so that no message says that something took no time.
 */
int64_t
clock_ms_since(int64_t start_ns);

/* Returns the time of day, exactly: time(2) may be behind by a clock tick. */
struct timespec
clock_wall(void);

/*
 * Writes SECONDS since the Epoch as RFC 3339 does, but without the "Z" at its
 * end. 0, or -EOVERFLOW and "" if the year is too large.
 */
int
clock_format_utc(time_t seconds, char text[CLOCK_TEXT_MAX]);

#endif
