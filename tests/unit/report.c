/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "array.h"
#include "support.h"

TestSuite(report, .timeout = 30, .init = scratch_make, .fini = scratch_remove);

static void
expect(const struct report_facts *facts, const char *expected)
{
	char text[REPORT_MAX];

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
	expect(&facts, "nobody could check the app: the health helper was "
	    "gone, or could not be started");
	facts.ending = ENDING_BUDGET;
	expect(&facts, "not ready within the startup budget of 30s");
	facts.why_unready = "last of 7 health checks: exit status 1: no";
	expect(&facts, "not ready within the startup budget of 30s; last of 7 "
	    "health checks: exit status 1: no");
}

Test(report, cuts_what_does_not_fit)
{
	char why[3 * REPORT_MAX];
	char text[REPORT_MAX];
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

static void
expect_file(const char *expected)
{
	cr_expect_str_eq(read_file(scratch_path("report")), expected);
}

Test(report, keeps_just_the_last_line)
{
	int fd;

	write_file(scratch_path("report"), "of an earlier run\n");
	fd = report_open(scratch_path("report"));
	cr_assert_geq(fd, 0);
	expect_file("");
	report_write(fd, "the first, and the longer one", 29);
	report_write(fd, "tab\tand\nline \xc2\x9b", 15);
	expect_file("tab and line   \n");
	close(fd);
}

Test(report, is_a_line_of_at_most_2048_bytes)
{
	char text[3 * REPORT_MAX];
	struct stat status;
	int fd = report_open(scratch_path("report"));

	memset(text, 'x', sizeof(text));
	report_write(fd, text, sizeof(text));
	cr_assert_eq(fstat(fd, &status), 0);
	cr_expect_eq(status.st_size, REPORT_MAX);
	cr_expect_eq(strlen(strchr(read_file(scratch_path("report")), '\n')),
	    1);
	close(fd);
}

/* A restarted container still has what its app has planted. */
Test(report, follows_no_symbolic_link)
{
	write_file(scratch_path("precious"), "kept\n");
	cr_assert_eq(symlink("precious", scratch_path("report")), 0);
	cr_expect_eq(report_open(scratch_path("report")), -ELOOP);
	cr_expect_str_eq(read_file(scratch_path("precious")), "kept\n");
}

Test(report, waits_for_nobody)
{
	int fd;

	cr_assert_eq(mkfifo(scratch_path("report"), 0600), 0);
	cr_expect_eq(report_open(scratch_path("report")), -ENXIO);
	cr_expect_eq(report_open("/no/such/folder/report"), -ENOENT);
	fd = report_open("/dev/null");
	cr_assert_geq(fd, 0);
	report_write(fd, "lost", 4);
	close(fd);
}
