/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <inttypes.h>

#include "readiness/pace.h"
#include "base/array.h"

TestSuite(pace, .timeout = 60);

Test(pace, pauses_a_twentieth_of_the_time_since_start)
{
	static const struct {
		int64_t since_start;
		int64_t took;
		int64_t interval;
		int64_t pause;
	} samples[] = {
		/* At least 10 ms. */
		{ 0, 0, 250, 10 },
		{ 199, 0, 250, 10 },
		{ 200, 0, 250, 10 },
		{ 219, 0, 250, 10 },
		{ 220, 0, 250, 11 },
		/* A twentieth. */
		{ 1000, 1, 250, 50 },
		{ 2000, 25, 250, 100 },
		{ 4999, 10, 250, 249 },
		/* At most the interval. */
		{ 5000, 10, 250, 250 },
		{ 60000, 10, 250, 250 },
		{ 60000, 10, 1000, 1000 },
		{ 60000, 10, 10000, 3000 },
		/* ... but at least 10 ms. */
		{ 60000, 0, 5, 10 },
		{ 60000, 2, 0, 10 },
		/* At least four times as long as the check took. */
		{ 0, 3, 250, 12 },
		{ 1000, 12, 250, 50 },
		{ 1000, 13, 250, 52 },
		{ 60000, 62, 250, 250 },
		{ 60000, 63, 250, 252 },
		{ 60000, 5000, 250, 20000 },
		{ 0, 100, 5, 400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		int64_t pause = pace_pause_ms(samples[i].since_start,
		    samples[i].took, samples[i].interval);

		cr_expect_eq(pause, samples[i].pause, "%" PRId64 " after "
		    "start, took %" PRId64 ", interval %" PRId64 ": %" PRId64,
		    samples[i].since_start, samples[i].took,
		    samples[i].interval, pause);
	}
}

/*
 * What dinit-lifecycle(7) promises: readiness is seen within 5 % of the startup time
 * plus one check, and checks take at most a fifth of the time.
 */
Test(pace, keeps_the_promise_at_any_startup_time)
{
	const int64_t interval = 250;

	for (int64_t took = 0; took <= 200; took += 10) {
		int64_t now = 0;
		int64_t busy = 0;

		while (now < 120000) {
			int64_t pause;

			now += took;
			busy += took;
			pause = pace_pause_ms(now, took, interval);
			cr_assert(pause <= 10 || pause <= 4 * took ||
			    pause * 20 <= now, "a pause of %" PRId64
			    " at %" PRId64, pause, now);
			now += pause;
			cr_assert(busy * 5 <= now, "busy for %" PRId64
			    " of %" PRId64, busy, now);
		}
	}
}
