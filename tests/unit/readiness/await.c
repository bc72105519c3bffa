/* SPDX-License-Identifier: MIT */
/*
 * How --is-ready --wait answers if it can answer at once, or when the time is
 * over. tests/e2e/await.c tests that it sleeps meanwhile, and what wakes it.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "readiness/await.h"
#include "base/problem.h"
#include "readiness/readiness.h"
#include "support.h"

TestSuite(await, .timeout = 60, .init = scratch_make, .fini = scratch_remove);

struct expectation {
	int64_t timeout_ms;
	int answer;
	const char *problem;
};

static void
expect_answer(const struct expectation *expected)
{
	struct problem problem = { .text = "" };
	int answer = await_readiness(scratch_path("ready"),
	    expected->timeout_ms, &problem);

	must(answer == expected->answer, "%d: %s", answer, problem.text);
	must(strstr(problem.text, expected->problem) != NULL, "'%s'",
	    problem.text);
}

static void
be_ready(void *argument)
{
	const struct readiness_facts facts = { .pid = 42 };
	struct readiness readiness;

	(void)argument;
	must(readiness_prepare(&readiness, scratch_path("ready")) == 0, "%m");
	must(readiness_publish(&readiness, &facts) == 0, "%m");
	expect_answer(&(struct expectation){ 60000, 1, "" });
}

Test(await, answers_at_once_where_the_file_is_published)
{
	in_child(be_ready, NULL);
}

static void
be_late(void *argument)
{
	struct readiness readiness;

	(void)argument;
	expect_answer(&(struct expectation){ 1, 0, "no dinit publishes" });
	must(readiness_prepare(&readiness, scratch_path("ready")) == 0, "%m");
	expect_answer(&(struct expectation){ 1, 0, "not ready within 1ms" });
}

Test(await, gives_up_when_the_time_is_over)
{
	in_child(be_late, NULL);
}

static void
give_up(void *argument)
{
	struct readiness readiness;

	(void)argument;
	must(readiness_prepare(&readiness, scratch_path("ready")) == 0, "%m");
	state_file_give_up(&readiness.state, "the app ended");
	expect_answer(&(struct expectation){ 60000, 0,
	    "nor will it be: the app ended" });
}

Test(await, answers_at_once_if_the_container_will_never_be_ready)
{
	in_child(give_up, NULL);
}

static void
be_told_to_end(void *argument)
{
	sigset_t all;

	(void)argument;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	raise(SIGTERM);
	expect_answer(&(struct expectation){ 60000, 0, "wait no longer" });
}

Test(await, ends_at_a_signal_that_ends_programs)
{
	in_child(be_told_to_end, NULL);
}

static void
be_unreadable(void *argument)
{
	(void)argument;
	must(symlink("ready", scratch_path("ready")) == 0, "%m");
	expect_answer(&(struct expectation){ 60000, -ELOOP, "cannot read" });
}

Test(await, says_why_the_file_cannot_be_read)
{
	in_child(be_unreadable, NULL);
}
