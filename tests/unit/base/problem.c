/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/problem.h"

TestSuite(problem, .timeout = 30);

Test(problem, holds_a_text_and_leaves_the_option_alone)
{
	struct problem problem = { .option = "user", .text = "" };

	cr_assert_eq(problem_set(&problem, "no user '%s' in %d", "app", 7),
	    -EINVAL);
	cr_assert_str_eq(problem.text, "no user 'app' in 7");
	cr_assert_str_eq(problem.option, "user");
}

Test(problem, is_cut_where_there_is_no_more_room)
{
	struct problem problem = { .text = "" };
	char text[2 * sizeof(problem.text)] = "";

	memset(text, 'x', sizeof(text) - 1);
	cr_assert_eq(problem_set(&problem, "%s", text), -EINVAL);
	cr_assert_eq(strlen(problem.text), sizeof(problem.text) - 1);
}
