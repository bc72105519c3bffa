/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "settings/table.h"
#include "settings/parsing.h"

TestSuite(table, .timeout = 60);

static bool
is_among_settings(const char *name, const char *variable)
{
	for (size_t i = 0; settings[i].name != NULL; i++)
		if (strcmp(settings[i].name, name) == 0 &&
		    strcmp(settings[i].variable, variable) == 0)
			return true;
	return false;
}

Test(table, has_no_row_that_the_tests_do_not_know)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char variable[TABLE_NAME_MAX];

		table_format_variable(row, variable);
		cr_expect(variable[0] == '\0' ||
		    is_among_settings(row->name, variable),
		    "--%s (%s) is not in tests/unit/settings/parsing.c",
		    row->name, variable);
	}
}

Test(table, is_sorted_by_its_long_names)
{
	const char *before = "";

	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		if (row->name == NULL)
			continue;
		cr_expect_lt(strcmp(before, row->name), 0, "%s before %s",
		    before, row->name);
		before = row->name;
	}
}

Test(table, has_kinds_that_fit_the_rest_of_the_row)
{
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		char variable[TABLE_NAME_MAX];

		table_format_variable(row, variable);
		cr_expect(variable[0] == '\0' || row->kind->format != NULL,
		    "--%s has a kind that cannot be shown", row->name);
		cr_expect(row->argument == NULL || row->kind->parse != NULL ||
		    row->kind->parse_within != NULL,
		    "--%s has a kind without a value", row->name);
		cr_expect_eq(row->range.max > 0,
		    row->kind->parse_within != NULL, "--%s: range",
		    row->name);
		cr_expect_not_null(row->help);
	}
}

Test(table, finds_names_and_variables)
{
	const struct table_row *grace = table_find_name("grace");

	cr_assert_not_null(grace);
	cr_expect_str_eq(grace->name, "grace");
	cr_expect_eq(table_find_variable("DINIT_GRACE=1s", 11), grace);
	cr_expect_null(table_find_name("grac"));
	cr_expect_null(table_find_name("DINIT_GRACE"));
	cr_expect_null(table_find_variable("DINIT_GRACE", 10));
	cr_expect_null(table_find_variable("DINIT_PAUSE", 11));
}

Test(table, has_one_source_for_all_that_set_the_same_member)
{
	const char *const arguments[] = { "-v", "app", NULL };
	const struct table_row *level = table_find_name("log-level");
	const struct table_row *grace = table_find_name("grace");
	const struct options *options = &parse(arguments, none)->options;

	cr_expect_eq(table_source(options, level), SOURCE_COMMAND_LINE);
	cr_expect_eq(table_source(options, grace), SOURCE_DEFAULT);
}

Test(table, says_how_each_option_was_given)
{
	static const char *const environment[] = { "DINIT_USER=app",
		"DINIT_SECCOMP=x", NULL };
	const char *const arguments[] = { "--seccomp=y", "app", NULL };
	const struct result *result = parse(arguments, environment);
	char origin[TABLE_NAME_MAX];

	table_format_origin(&result->options, "user", origin);
	cr_expect_str_eq(origin, "DINIT_USER");
	table_format_origin(&result->options, "seccomp", origin);
	cr_expect_str_eq(origin, "--seccomp");
	table_format_origin(&result->options, "keep-caps", origin);
	cr_expect_str_eq(origin, "--keep-caps");
}
