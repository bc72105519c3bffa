/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>

#include "readiness/http_statuses.h"
#include "base/array.h"

TestSuite(http_statuses, .timeout = 30);

/* A list, and how it is written. */
static void
expect_format(const char *list, const char *written)
{
	struct http_statuses set = { .classes = 0 };
	char text[64];

	cr_assert_eq(http_statuses_parse(list, &set), 0, "%s", list);
	http_statuses_format(&set, text, sizeof(text));
	cr_expect_str_eq(text, written, "%s: %s", list, text);
}

Test(http_statuses, are_a_list_of_statuses_and_classes)
{
	expect_format("200", "200");
	expect_format("2xx,3xx,401", "2xx,3xx,401");
	expect_format("401,2XX", "2xx,401");
	expect_format("599,100,1xx,5xx", "1xx,5xx");
	expect_format("200,204,2xx", "2xx");
	expect_format("100,163,164,599", "100,163,164,599");
}

Test(http_statuses, add_up)
{
	struct http_statuses set = { .classes = 0 };
	char text[64];

	cr_expect_eq(http_statuses_parse("2xx", &set), 0);
	cr_expect_eq(http_statuses_parse("401", &set), 0);
	cr_expect_eq(http_statuses_parse("404,6xx", &set), -EINVAL);
	http_statuses_format(&set, text, sizeof(text));
	cr_expect_str_eq(text, "2xx,401");
}

Test(http_statuses, contain_what_they_are_made_of)
{
	struct http_statuses set = { .classes = 0 };

	cr_expect_eq(http_statuses_parse("2xx,401,599,100", &set), 0);
	for (int status = -1; status < 1000; status++)
		cr_expect_eq(http_statuses_has(&set, status),
		    (status >= 200 && status <= 299) || status == 401 ||
		    status == 599 || status == 100, "%d", status);
	cr_expect(!http_statuses_has(&set, -ETIME));
}

Test(http_statuses, are_nothing_else)
{
	static const char *const bad[] = {
		"", ",", "2xx,", ",200", "099", "600", "0xx", "6xx", "2x",
		"2xxx", "20", "2000", "+20", " 200", "200 ", "200 201",
		"200-299", "x", "xxx", "2xy", "20x", "-20", "all",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct http_statuses set = { .classes = 0 };

		cr_expect_eq(http_statuses_parse(bad[i], &set), -EINVAL, "%s",
		    bad[i]);
		cr_expect_eq(set.classes, 0);
	}
}

Test(http_statuses, are_cut_where_there_is_no_room)
{
	struct http_statuses set = { .classes = 0 };
	char text[8];

	cr_expect_eq(http_statuses_parse("200,201,202", &set), 0);
	http_statuses_format(&set, text, sizeof(text));
	cr_expect_str_eq(text, "200,201");
}
