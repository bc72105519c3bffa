/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "life/report.h"

TestSuite(report, .timeout = 30);

#define ROOM 256

static void
expect(const struct report_facts *facts, const char *expected)
{
	char text[ROOM];

	report_format(facts, text, sizeof(text));
	cr_expect_str_eq(text, expected);
}

Test(report, says_why_each_life_ended)
{
	struct report_facts facts = {
		.budget_ms = 30000,
		.grace_ms = 1500,
		.why_unready = "",
	};

	facts.ending = ENDING_APP;
	expect(&facts, "the app ended with exit status 0");
	facts.app_status = 3;
	expect(&facts, "the app ended with exit status 3");
	facts.app_status = 128 + SIGSEGV;
	expect(&facts, "the app ended with exit status 139 (SIGSEGV)");
	facts.ending = ENDING_STOP;
	facts.app_status = 143;
	expect(&facts, "a stop signal arrived; the app ended with exit status "
	    "143 (SIGTERM)");
	facts.app_status = -1;
	expect(&facts, "a stop signal arrived");
	facts.ending = ENDING_KILL;
	expect(&facts, "a stop signal arrived; the app still ran after the "
	    "grace period of 1.5s: SIGKILL");
	facts.ending = ENDING_HEALTH_LOST;
	expect(&facts, "nobody could check or hear the app: the helper for "
	    "that was gone, or could not be started");
	facts.ending = ENDING_BUDGET;
	expect(&facts, "not ready within the startup budget of 30s");
	facts.why_unready = "last of 7 health checks: exit status 1: no";
	expect(&facts, "not ready within the startup budget of 30s; last of 7 "
	    "health checks: exit status 1: no");
}

Test(report, cuts_what_does_not_fit)
{
	char why[3 * ROOM];
	char text[ROOM];
	const struct report_facts facts = {
		.ending = ENDING_BUDGET,
		.budget_ms = 1,
		.why_unready = why,
	};

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	report_format(&facts, text, sizeof(text));
	cr_expect_eq(strlen(text), sizeof(text) - 1);
}
