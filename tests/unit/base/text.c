/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
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

Test(text, is_measured_without_what_is_blank_at_its_end)
{
	cr_expect_eq(text_measure_trimmed("a b\n\r\t ", 7), 3);
	cr_expect_eq(text_measure_trimmed(" a", 2), 2);
	cr_expect_eq(text_measure_trimmed("a\xff", 2), 2);
	cr_expect_eq(text_measure_trimmed(" \n", 2), 0);
	cr_expect_eq(text_measure_trimmed("", 0), 0);
}

Test(text, is_quoted_where_it_is_not_plainly_one_word)
{
	cr_expect_str_eq(text_quote("python3"), "");
	cr_expect_str_eq(text_quote("/a/b:c-d"), "");
	cr_expect_str_eq(text_quote("python3 app.py"), "\"");
	cr_expect_str_eq(text_quote("a\nb"), "\"");
	cr_expect_str_eq(text_quote(""), "\"");
}

Test(text, is_not_read_beyond_its_length)
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

Test(text, has_one_item_more_than_commas)
{
	static const struct {
		const char *list;
		const char *items; /* with a bar behind each */
	} samples[] = {
		{ "", "|" },
		{ "a", "a|" },
		{ "ab,c", "ab|c|" },
		{ ",a,,b,", "|a||b||" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *list = samples[i].list;
		char items[32] = "";

		for (const char *rest; list != NULL; list = rest) {
			size_t length = text_measure_item(list, &rest);

			text_append(items, sizeof(items), "%.*s|",
			    (int)length, list);
		}
		cr_expect_str_eq(items, samples[i].items, "%s",
		    samples[i].list);
	}
}

Test(text, is_appended_as_far_as_there_is_room)
{
	for (size_t size = 1; size < 12; size++) {
		char text[16];
		char expected[16];

		memset(text, '#', sizeof(text));
		text[0] = '\0';
		text_append(text, size, "%s", "abc");
		text_append(text, size, "%d-%s", 12, "xyz");
		snprintf(expected, size, "abc12-xyz");
		cr_expect_str_eq(text, expected, "of %zu bytes", size);
		cr_expect_eq(text[size], '#', "of %zu bytes", size);
	}
}

Test(text, has_whole_items_only_appended)
{
	char text[9] = "";

	text_append_item(text, sizeof(text), "abc");
	cr_expect_str_eq(text, "abc");
	text_append_item(text, sizeof(text), "defgh");
	cr_expect_str_eq(text, "abc", "too long");
	text_append_item(text, sizeof(text), "defg");
	cr_expect_str_eq(text, "abc,defg");
	text_append_item(text, sizeof(text), "");
	cr_expect_str_eq(text, "abc,defg");
}
