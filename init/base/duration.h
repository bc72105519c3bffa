/* SPDX-License-Identifier: MIT */
/*
 * Durations as users write them (500ms, 2s, 1m30s, 1h, 1.5s, a bare number
 * is seconds) to and from milliseconds.
 */
#ifndef DINIT_DURATION_H
#define DINIT_DURATION_H

#include <stddef.h>
#include <stdint.h>

/* The longest duration taken, in ms: some 31 years. Sums never overflow. */
#define DURATION_MAX_MS INT64_C(1000000000000)

/* Room for any duration that duration_format writes. */
#define DURATION_TEXT_MAX 48

/*
 * Milliseconds in TEXT. A part of a millisecond counts as a whole one, so
 * that only a written zero is zero. -EINVAL: not a duration; -ERANGE: longer
 * than DURATION_MAX_MS.
 */
int64_t
duration_parse(const char *text);

/* Writes MS the way duration_parse reads it (90000 is "1m30s"). */
void
duration_format(int64_t ms, char *text, size_t size);

#endif
