/* SPDX-License-Identifier: MIT */
/*
 * How fast checks follow each other while something starts. Pure arithmetic,
 * for the health helper and for --probe --wait.
 */
#ifndef DINIT_PACE_H
#define DINIT_PACE_H

#include <stdint.h>

/* No pause is shorter. */
#define PACE_PAUSE_MIN_MS 10

/*
 * The pause before the next check: a twentieth of the time since the start, at
 * most INTERVAL_MS, but at least PACE_PAUSE_MIN_MS and always four times as
 * long as the last check took, so that checks take a fifth of the time at most.
 */
int64_t
pace_pause_ms(int64_t since_start_ms, int64_t took_ms, int64_t interval_ms);

#endif
