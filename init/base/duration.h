/* SPDX-License-Identifier: MIT */
/*
 * Durations as users write them, to milliseconds and back: 500ms, 2s, 1m30s,
 * 1h or 1.5s. A number without a unit is in seconds.
 */
#ifndef DINIT_DURATION_H
#define DINIT_DURATION_H

#include <stddef.h>
#include <stdint.h>

/*
 * The longest duration that is valid, in ms: about 31 years. An int64_t holds
 * the sum of millions of them.
 */
#define DURATION_MAX_MS INT64_C(1000000000000)

/* Room for any duration that duration_format writes. */
#define DURATION_TEXT_MAX 48

/*
 * Returns the milliseconds that TEXT stands for. A part of a millisecond counts
 * as a whole one, so that the result is 0 only if 0 is written. -EINVAL: TEXT
 * is no duration; -ERANGE: it is longer than DURATION_MAX_MS.
 */
int64_t
duration_parse(const char *text);

/* Writes MS as duration_parse reads it: 90000 is "1m30s". */
void
duration_format(int64_t ms, char *text, size_t size);

#endif
