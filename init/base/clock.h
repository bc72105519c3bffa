/* SPDX-License-Identifier: MIT */
/*
 * The clocks: the one for deadlines, the one that the kernel dates processes
 * by, and the time of day for people.
 */
#ifndef DINIT_CLOCK_H
#define DINIT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_MS INT64_C(1000000)

/* Room for any clock_format_utc. */
#define CLOCK_TEXT_MAX 40

/* The monotonic clock, which nobody sets. */
int64_t
clock_monotonic_ns(void);
int64_t
clock_monotonic_ms(void);

/*
 * Now as /proc/PID/stat has the start of a process (proc(5), starttime): in
 * clock ticks since boot, time asleep included.
 */
int64_t
clock_boot_ticks(void);

/*
 * Since START of clock_monotonic_ns; rounded up: nothing is said to have taken
 * no time.
 */
int64_t
clock_ms_since(int64_t start_ns);

/* The time of day, exact: time(3) may be a tick behind. */
struct timespec
clock_wall(void);

/*
 * Writes SECONDS since the Epoch as in RFC 3339, but for the "Z" at its end. 0,
 * or -EOVERFLOW and "" beyond the calendar.
 */
int
clock_format_utc(time_t seconds, char text[CLOCK_TEXT_MAX]);

#endif
