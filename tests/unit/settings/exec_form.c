/* SPDX-License-Identifier: MIT */
/* The lists of what is an array and what is a test are in advice.c. */
#include <criterion/criterion.h>

#include "settings/exec_form.h"

TestSuite(exec_form, .timeout = 60);

Test(exec_form, is_broken_by_single_quotes_and_words_without_any)
{
	cr_expect(exec_form_is_broken("['/app/check', '-q']"));
	cr_expect(exec_form_is_broken(" [\"/app/check\",-q]"));
	cr_expect(exec_form_is_broken("[\"/app/check\" \"-q\"]"));
}

Test(exec_form, is_whole_or_not_meant_at_all)
{
	cr_expect_not(exec_form_is_broken("[\"/app/check\",\"-q\"]\n"));
	cr_expect_not(exec_form_is_broken("[ -f /tmp/up ]"));
	cr_expect_not(exec_form_is_broken("test -f /tmp/[up"));
	cr_expect_not(exec_form_is_broken(""));
}
