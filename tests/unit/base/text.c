/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "base/text.h"
#include "base/array.h"

TestSuite(text, .timeout = 30);

Test(text, has_all_ascii_control_characters_replaced_and_no_others)
{
	for (int c = 0; c < 0x80; c++) {
		char text[] = { 'a', (char)c, 'z' };

		text_make_printable(text, sizeof(text));
		cr_expect_eq(text[1], c < ' ' || c == 0x7f ? ' ' : c, "%d", c);
		cr_expect(text[0] == 'a' && text[2] == 'z', "%d", c);
	}
}

Test(text, has_u0080_to_u009f_replaced_and_no_others)
{
	for (int c = 0x80; c < 0xc0; c++) {
		char text[] = { 'a', (char)0xc2, (char)c, 'z' };
		const char kept[] = { 'a', (char)0xc2, (char)c, 'z' };

		text_make_printable(text, sizeof(text));
		cr_expect_eq(memcmp(text, c < 0xa0 ? "a  z" : kept,
		    sizeof(text)), 0, "%#x", c);
	}
}

Test(text, is_measured_no_further_than_it_goes)
{
	static const struct {
		const char *text;
		size_t length;
		size_t control;
	} samples[] = {
		{ "\n", 0, 0 },
		{ "\n", 1, 1 },
		{ "\xc2\x9b", 1, 0 },
		{ "\xc2\x9b", 2, 2 },
		{ "\xc3\x9b", 2, 0 },
		{ "\xc2\xc2\x9b", 3, 0 },
		{ "x\n", 2, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(text_measure_control(samples[i].text,
		    samples[i].length), samples[i].control, "%zu", i);
}
