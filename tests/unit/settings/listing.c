/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "settings/listing.h"
#include "settings/parsing.h"
#include "settings/table.h"

TestSuite(listing, .timeout = 60);

/* HELP has a line for the row. */
static void
expect_in_help(const struct table_row *row, const char *help)
{
	char text[64];

	if (row->name == NULL)
		snprintf(text, sizeof(text), "\n  -%c ", row->short_name);
	else if (row->short_name == 0)
		snprintf(text, sizeof(text), "\n      --%s", row->name);
	else
		snprintf(text, sizeof(text), "\n  -%c, --%s",
		    row->short_name, row->name);
	cr_expect_not_null(strstr(help, text), "'%s' is not in the help",
	    text + 1);
}

Test(listing, has_a_line_for_each_option_in_the_help)
{
	char help[LISTING_TEXT_MAX];

	memset(help, '#', sizeof(help));
	listing_format_help(help, sizeof(help));
	cr_expect(strncmp(help, "dinit: ", 7) == 0);
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		expect_in_help(row, help);
	cr_expect_not_null(strstr(help, "--grace=DUR "));
	cr_expect_not_null(strstr(help, " [9s]\n"));
	cr_expect(strlen(help) < sizeof(help) - 1, "it does not fit");
}

Test(listing, says_where_each_value_came_from)
{
	const char *const arguments[] = { "--grace=1m", "-e", "3", "app",
		NULL };
	const char *const environment[] = { "DINIT_DRAIN=5", NULL };
	static const char first[] =
	    "drain                5s                       "
	    "environment DINIT_DRAIN\n"
	    "drop-caps            -                        default\n"
	    "grace                1m                       command line\n"
	    "health-cmd           -                        default\n";
	const struct result *result = parse(arguments, environment);
	size_t lines = 0;
	size_t known = 0;

	expect_accepted(result, "three sources");
	cr_expect(strncmp(result->config, first, strlen(first)) == 0, "%s",
	    result->config);
	for (const char *c = result->config; *c != '\0'; c++)
		lines += *c == '\n';
	while (settings[known].name != NULL)
		known++;
	cr_expect_eq(lines, known, "there are %zu lines, and %zu settings in "
	    "tests/unit/settings/parsing.c", lines, known);
}

Test(listing, goes_no_further_than_the_room)
{
	const struct result *result = parse_word("--health-cmd=check", NULL);

	for (size_t size = 1; size < 900; size++) {
		char text[1024];

		memset(text, '#', sizeof(text));
		listing_format_config(&result->options, text, size);
		cr_expect(strlen(text) < size, "%zu bytes", size);
		cr_assert_eq(text[size], '#', "%zu bytes", size);
	}
}
