/* SPDX-License-Identifier: MIT */
/*
 * What PID 1 takes from the health helper, which an app of the same user may
 * have taken over. What the helper itself does is in health_helper.c.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/health.h"
#include "readiness/helper.h"
#include "support.h"

TestSuite(health, .timeout = 60);

/* Sends LENGTH bytes of RESULT, and takes them back as PID 1 does. */
static ssize_t
pass_result(struct health_result *result, size_t length)
{
	char output[HEALTH_OUTPUT_MAX];
	struct helper helper;
	ssize_t received;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	helper = (struct helper){ .fd = ends[0] };
	send(ends[1], result, length, 0);
	*result = (struct health_result){ .outcome = HEALTH_NOT_RUN };
	received = health_receive(&helper, result, output);
	close(ends[0]);
	close(ends[1]);
	return received;
}

Test(health, takes_each_outcome_and_nothing_else)
{
	for (int outcome = -1; outcome <= HEALTH_NOT_RUN + 1; outcome++) {
		bool is_one = outcome >= 0 && outcome <= HEALTH_NOT_RUN;
		struct health_result result = {
			.outcome = (enum health_outcome)outcome,
		};

		cr_expect_eq(pass_result(&result, sizeof(result)),
		    is_one ? 0 : -EPIPE, "outcome %d", outcome);
	}
}

Test(health, refuses_half_a_result)
{
	struct health_result result = { .outcome = HEALTH_PASSED };

	cr_expect_eq(pass_result(&result, sizeof(result) - 1), -EPIPE);
	cr_expect_eq(result.outcome, HEALTH_NOT_RUN, "filled in all the same");
}

/* A container that is monitored each 10 ms is past 2^31 within a year. */
Test(health, counts_checks_in_64_bits)
{
	struct health_result result = {
		.outcome = HEALTH_PASSED,
		.checks = INT64_C(1) << 40,
	};

	cr_expect_eq(pass_result(&result, sizeof(result)), 0);
	cr_expect_eq(result.checks, INT64_C(1) << 40, "it is number %" PRId64,
	    result.checks);
}

Test(health, tells_a_helper_that_says_nothing_from_one_that_is_gone)
{
	char output[HEALTH_OUTPUT_MAX];
	struct health_result result;
	struct helper helper;
	int ends[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	helper = (struct helper){ .fd = ends[0] };
	cr_expect_eq(health_receive(&helper, &result, output), -EAGAIN);
	close(ends[1]);
	cr_expect_eq(health_receive(&helper, &result, output), -EPIPE);
	close(ends[0]);
}

static void
start_without_descriptors(void *argument)
{
	struct helper helper = { .pid = -2, .fd = -2 };
	const struct health_plan plan = { .command = "true" };

	(void)argument;
	while (dup(STDERR_FILENO) >= 0)
		continue;
	must(health_start(&plan, &helper) == -EMFILE, "started");
	must(helper.pid == -2 && helper.fd == -2, "filled in all the same");
}

Test(health, fails_to_start_when_descriptors_run_out)
{
	in_child(start_without_descriptors, NULL);
}
