/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "settings/kind.h"
#include "base/array.h"
#include "readiness/probe_target.h"
#include "settings/parsing.h"

TestSuite(kind, .timeout = 60);

static const struct range no_range = { 0 };

Test(kind, of_a_count_holds_it_within_its_range)
{
	static const struct range range = { 2, 30 };
	static const char *const bad[] = { "", "0", "1", "31", "002", "-2",
		"2 ", "two" };
	int count = 7;
	char text[KIND_EXPECTATION_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(kind_parse(&kind_count, &range, bad[i], &count),
		    -EINVAL, "%s", bad[i]);
	cr_expect_eq(count, 7);
	cr_expect_eq(kind_parse(&kind_count, &range, "2", &count), 0);
	cr_expect_eq(count, 2);
	cr_expect_eq(kind_parse(&kind_count, &range, "030", &count), -EINVAL);
	cr_expect_eq(kind_parse(&kind_count, &range, "30", &count), 0);
	cr_expect_eq(count, 30);
	kind_format_expectation(&kind_count, &range, -EINVAL, text);
	cr_expect_str_eq(text, "a number from 2 to 30");
}

Test(kind, of_a_url_expects_what_was_wrong_about_it)
{
	static const int errors[] = { -EINVAL, -ERANGE, -EILSEQ, -ENAMETOOLONG,
		-EADDRNOTAVAIL, -EBADMSG, -E2BIG };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		char text[KIND_EXPECTATION_MAX];

		kind_format_expectation(&kind_url, &no_range, errors[i], text);
		cr_expect_str_eq(text, probe_target_expectation(errors[i]));
	}
}

Test(kind, of_exit_codes_is_a_list)
{
	uint64_t codes[4] = { 0 };
	char text[64];

	cr_expect_eq(kind_parse(&kind_exit_codes, &no_range, "255,0", codes),
	    0);
	cr_expect_eq(kind_parse(&kind_exit_codes, &no_range, "7,256", codes),
	    -EINVAL);
	cr_expect_eq(kind_parse(&kind_exit_codes, &no_range, "63,64", codes),
	    0);
	kind_exit_codes.format(codes, text, sizeof(text));
	cr_expect_str_eq(text, "0,63,64,255");
	kind_exit_codes.clear(codes);
	kind_exit_codes.format(codes, text, sizeof(text));
	cr_expect_str_eq(text, "");
}

Test(kind, of_no_value_takes_anything)
{
	cr_expect_eq(kind_parse(&kind_none, &no_range, "x", NULL), 0);
}

Test(kind, takes_words_for_yes_and_no)
{
	static const struct {
		const char *word;
		const char *meaning;
	} words[] = {
		{ "yes", "yes" }, { "no", "no" }, { "1", "yes" },
		{ "0", "no" }, { "true", "yes" }, { "false", "no" },
		{ "on", "yes" }, { "off", "no" }, { "YES", "yes" },
		{ "No", "no" }, { "True", "yes" }, { "OFF", "no" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct result *result = parse_word(NULL,
		    phrase("DINIT_OK_STOP=%s", words[i].word));

		expect_accepted(result, words[i].word);
		expect_config(result, "ok-stop", words[i].meaning,
		    "environment DINIT_OK_STOP");
		result = parse_word(phrase("--ok-stop=%s", words[i].word),
		    NULL);
		expect_accepted(result, words[i].word);
		expect_config(result, "ok-stop", words[i].meaning,
		    "command line");
	}
}

/* Expects the same of the option and of its variable. */
static void
expect_notify(const char *value, enum notify_access expected)
{
	const char *word = phrase("--notify=%s", value);
	const char *entry = phrase("DINIT_NOTIFY=%s", value);

	cr_expect_eq(parse_word(word, NULL)->options.notify, expected, "%s",
	    word);
	cr_expect_eq(parse_word(NULL, entry)->options.notify, expected, "%s",
	    entry);
}

Test(kind, tells_whose_notifications_count)
{
	static const char *const nobody[] = { "no", "0", "false", "Off" };
	static const char *const main_only[] = { "main", "MAIN", "yes", "1",
		"true", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(nobody); i++)
		expect_notify(nobody[i], NOTIFY_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(main_only); i++)
		expect_notify(main_only[i], NOTIFY_MAIN);
	expect_notify("all", NOTIFY_ALL);
	cr_expect_eq(parse_word("--notify", NULL)->options.notify, NOTIFY_MAIN);
}

Test(kind, of_a_host_takes_no_more_than_a_name)
{
	static const char *const good[] = { "shop.example", "a_b:8080",
		"[::1]:80", "127.0.0.1" };
	static const char *const bad[] = { "", "a b", "a\r\nX: y", "a/b",
		"user@host", "\303\244" };
	char longest[261];
	const char *host = "before";

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cr_expect_eq(kind_parse(&kind_host, &no_range, good[i], &host),
		    0, "%s", good[i]);
		cr_expect_str_eq(host, good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_eq(kind_parse(&kind_host, &no_range, bad[i], &host),
		    -EINVAL, "%s", bad[i]);
	memset(longest, 'x', sizeof(longest));
	longest[260] = '\0';
	cr_expect_eq(kind_parse(&kind_host, &no_range, longest, &host),
	    -EINVAL);
	longest[259] = '\0';
	cr_expect_eq(kind_parse(&kind_host, &no_range, longest, &host), 0);
}
