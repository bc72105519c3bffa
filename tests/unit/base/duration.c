/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/duration.h"
#include "base/array.h"

TestSuite(duration, .timeout = 60);

struct sample {
	const char *text;
	int64_t expected;
};

static void
expect_parsed(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int64_t parsed = duration_parse(samples[i].text);

		cr_expect_eq(parsed, samples[i].expected,
		    "'%s' is %" PRId64 ", not %" PRId64, samples[i].text,
		    parsed, samples[i].expected);
	}
}

Test(duration, reads_every_unit)
{
	static const struct sample samples[] = {
		{ "500ms", 500 },
		{ "2s", 2000 },
		{ "3m", 180000 },
		{ "1h", 3600000 },
		{ "7", 7000 },
		{ "007s", 7000 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, adds_parts)
{
	static const struct sample samples[] = {
		{ "1m30s", 90000 },
		{ "1h2m3s4ms", 3723004 },
		{ "1m1ms", 60001 },
		{ "1ms1m", 60001 },
		{ "1.5m1.5s", 91500 },
		{ "1s1s", 2000 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, reads_fractions_of_every_unit)
{
	static const struct sample samples[] = {
		{ "1.5", 1500 },
		{ "1.5s", 1500 },
		{ "0.25s", 250 },
		{ "2.5ms", 3 },
		{ "0.5m", 30000 },
		{ "1.25h", 4500000 },
		{ "1.050s", 1050 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, rounds_a_part_of_a_millisecond_up)
{
	static const struct sample samples[] = {
		{ "0.1ms", 1 },
		{ "0.000000001ms", 1 },
		{ "0.000000001h", 1 },
		{ "0.0001s", 1 },
		{ "1.0001s", 1001 },
		{ "1.000000000s", 1000 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, reads_a_written_zero_as_zero)
{
	static const struct sample samples[] = {
		{ "0", 0 }, { "0s", 0 }, { "0ms", 0 }, { "0h0m", 0 },
		{ "0.0", 0 }, { "0.000000000h", 0 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, reads_up_to_the_longest)
{
	static const struct sample samples[] = {
		{ "1000000000000ms", DURATION_MAX_MS },
		{ "1000000000", DURATION_MAX_MS },
		{ "999999999999ms1ms", DURATION_MAX_MS },
		{ "0000000000000000000000000000001s", 1000 },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, refuses_durations_beyond_the_longest)
{
	static const struct sample samples[] = {
		{ "1000000000001ms", -ERANGE },
		{ "1000000000000.1ms", -ERANGE },
		{ "1000000000000ms1ms", -ERANGE },
		{ "1000000000.001", -ERANGE },
		{ "277778h", -ERANGE },
		{ "9223372036854775807ms", -ERANGE },
		{ "9223372036854775808ms", -ERANGE },
		{ "18446744073709551617s", -ERANGE },
		{ "99999999999999999999999999999999999999h", -ERANGE },
	};

	expect_parsed(samples, ARRAY_SIZE(samples));
}

Test(duration, refuses_texts_that_are_no_duration)
{
	static const char *const texts[] = {
		"", " ", "s", "ms", "-1", "-1s", "+1s", " 1s", "1s ", "1 s",
		"1m 30s", "1m30", "30 ", "1.", "1.s", ".5", ".5s", ".",
		"1..5s", "1.5.5s", "1,5s", "1d", "1S", "1H", "1sec", "1min",
		"1us", "1e3", "0x10", "1s,", "1s30", "infinity", "none",
		"0.0000000001s", "1.0000000000",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int64_t parsed = duration_parse(texts[i]);

		cr_expect_eq(parsed, -EINVAL, "'%s' is taken as %" PRId64,
		    texts[i], parsed);
	}
}

Test(duration, writes_only_units_that_are_not_zero)
{
	static const struct sample samples[] = {
		{ "0s", 0 },
		{ "1ms", 1 },
		{ "999ms", 999 },
		{ "1s", 1000 },
		{ "1.001s", 1001 },
		{ "1.5s", 1500 },
		{ "30s", 30000 },
		{ "1m30s", 90000 },
		{ "1h", 3600000 },
		{ "1h0.001s", 3600001 },
		{ "23h59m59.999s", 86399999 },
		{ "277777h46m40s", DURATION_MAX_MS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[DURATION_TEXT_MAX];

		duration_format(samples[i].expected, text, sizeof(text));
		cr_expect_str_eq(text, samples[i].text, "%" PRId64 " is '%s'",
		    samples[i].expected, text);
	}
}

Test(duration, reads_back_what_it_writes)
{
	int64_t ms = 1;

	/* Some thousand values from 1 to the longest, of every last digit. */
	while (ms <= DURATION_MAX_MS) {
		char text[DURATION_TEXT_MAX];

		duration_format(ms, text, sizeof(text));
		cr_assert_eq(duration_parse(text), ms, "%" PRId64 " as '%s'",
		    ms, text);
		ms += ms / 97 + 1;
	}
}

Test(duration, writes_no_more_than_there_is_room_for)
{
	for (size_t size = 1; size < DURATION_TEXT_MAX; size++) {
		char text[DURATION_TEXT_MAX];

		memset(text, '#', sizeof(text));
		duration_format(86399999, text, size);
		cr_expect(strlen(text) < size, "of %zu bytes", size);
		for (size_t i = size; i < sizeof(text); i++)
			cr_assert_eq(text[i], '#', "of %zu bytes", size);
	}
}
