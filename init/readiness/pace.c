/* SPDX-License-Identifier: MIT */
#include "readiness/pace.h"

int64_t
pace_pause_ms(int64_t since_start_ms, int64_t took_ms, int64_t interval_ms)
{
	int64_t pause = since_start_ms / 20;

	if (pause > interval_ms)
		pause = interval_ms;
	if (pause < PACE_PAUSE_MIN_MS)
		pause = PACE_PAUSE_MIN_MS;
	if (pause < 4 * took_ms)
		pause = 4 * took_ms;
	return pause;
}
