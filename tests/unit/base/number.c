/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>

#include "base/number.h"
#include "base/array.h"

TestSuite(number, .timeout = 30);

Test(number, is_read_as_far_as_its_digits_go)
{
	static const struct {
		const char *text;
		uint64_t number;
		size_t length;
	} samples[] = {
		{ "0", 0, 1 },
		{ "12,34", 12, 2 },
		{ "007s", 7, 3 },
		{ "9 ", 9, 1 },
		{ "0x10", 0, 1 },
		{ "18446744073709551614", UINT64_MAX - 1, 20 },
		{ "18446744073709551615", UINT64_MAX, 20 },
		{ "18446744073709551616", UINT64_MAX, 20 },
		{ "184467440737095516150", UINT64_MAX, 21 },
		{ "99999999999999999999999999999.", UINT64_MAX, 29 },
		{ "000000000000000000000000000018", 18, 30 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		uint64_t number = 4711;

		cr_expect_eq(number_read(samples[i].text, &number),
		    samples[i].length, "%s", samples[i].text);
		cr_expect_eq(number, samples[i].number, "%s: %" PRIu64,
		    samples[i].text, number);
	}
}

Test(number, is_left_as_it_was_if_there_are_no_digits)
{
	static const char *const texts[] = { "", " 1", "-1", "+1", "x", ".5",
		"/", ":", "\xb2" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint64_t number = 4711;

		cr_expect_eq(number_read(texts[i], &number), 0, "%s",
		    texts[i]);
		cr_expect_eq(number, 4711, "%s", texts[i]);
	}
}

Test(number, is_the_whole_text_and_no_longer_than_the_largest)
{
	static const struct {
		const char *text;
		int64_t max;
		int64_t expected;
	} samples[] = {
		{ "0", 1, 0 },
		{ "64", 64, 64 },
		{ "05", 64, 5 },
		{ "005", 64, -EINVAL },
		{ "65", 64, -EINVAL },
		{ "00", 9, -EINVAL },
		{ "1000000", 1000000, 1000000 },
		{ "0999999", 1000000, 999999 },
		{ "00999999", 1000000, -EINVAL },
		{ "1000001", 1000000, -EINVAL },
		{ "9223372036854775807", INT64_MAX, INT64_MAX },
		{ "9223372036854775808", INT64_MAX, -EINVAL },
		{ "18446744073709551616", INT64_MAX, -EINVAL },
		{ "", 9, -EINVAL },
		{ "1 ", 99, -EINVAL },
		{ "+1", 99, -EINVAL },
		{ "-1", 99, -EINVAL },
		{ "1x", 99, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(number_parse(samples[i].text, samples[i].max),
		    samples[i].expected, "%s of %" PRId64, samples[i].text,
		    samples[i].max);
}
