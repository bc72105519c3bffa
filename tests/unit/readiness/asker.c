/* SPDX-License-Identifier: MIT */
/*
 * What a process of --is-ready sees. Each test is also the dinit that it asks,
 * because locks of open file descriptions conflict within one process too.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/asker.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/problem.h"
#include "readiness/readiness.h"
#include "support.h"

TestSuite(asker, .timeout = 60, .init = scratch_make, .fini = scratch_remove);

static const struct readiness_facts facts = { .pid = 42 };

static struct readiness
prepare(const char *path)
{
	struct readiness readiness;

	cr_assert_eq(readiness_prepare(&readiness, path), 0);
	return readiness;
}

/* --- The readiness file --- */

Test(asker, does_not_follow_a_symbolic_link)
{
	const char *path = scratch_path("ready");
	const char *link = scratch_path("link");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_assert_eq(symlink(path, link), 0);
	cr_expect_eq(asker_is_ready(link), -ELOOP);
}

static void
check_unprivileged(void *argument)
{
	become_nobody();
	must(asker_is_ready(argument) == 1, "not ready");
}

Test(asker, answers_any_user)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	in_child(check_unprivileged, (void *)path);
}

Test(asker, takes_no_unlocked_file_for_readiness)
{
	const char *path = scratch_path("ready");

	cr_expect_eq(asker_is_ready(path), 0, "no file");
	cr_expect_eq(asker_is_ready(scratch_path("no/directory")), 0);
	write_file(path, "pid=1\n");
	cr_expect_eq(asker_is_ready(path), 0, "a file that nobody locks");
	cr_expect_eq(asker_is_ready(scratch_path("")), 0, "a directory");
}

Test(asker, does_not_wait_at_a_fifo)
{
	const char *path = scratch_path("ready");

	cr_assert_eq(mkfifo(path, 0644), 0);
	cr_expect_eq(asker_is_ready(path), 0);
}

static void
check_what_is_closed(void *argument)
{
	become_nobody();
	must(asker_is_ready(argument) == -EACCES, "it could be read");
}

Test(asker, says_why_it_cannot_read_the_file)
{
	const char *path = scratch_path("ready");

	write_file(path, "");
	cr_assert_eq(chmod(path, 0), 0);
	in_child(check_what_is_closed, (void *)path);
}

/* --- The state file --- */

static void
expect_view(struct asker_view *view, const char *path, bool is_ready,
    bool is_alive, const char *why_never)
{
	cr_assert_eq(asker_look(path, view), 0);
	cr_expect_eq(view->is_ready, is_ready);
	cr_expect_eq(view->is_alive, is_alive);
	cr_expect_str_eq(view->why_never, why_never);
}

Test(asker, shows_whether_the_container_may_still_become_ready)
{
	struct asker_view view = { .state_fd = -1 };
	struct asker_view late = { .state_fd = -1 };
	const char *path = scratch_path("a/b/ready");
	struct readiness readiness;

	expect_view(&view, path, false, false, "");
	readiness = prepare(path);
	expect_view(&view, path, false, true, "");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	expect_view(&view, path, true, true, "");
	cr_assert_eq(readiness_withdraw(&readiness), 0);
	expect_view(&view, path, false, true, "");
	state_file_give_up(&readiness.state, "the app ended\nwith exit status 3");
	expect_view(&view, path, false, true,
	    "the app ended with exit status 3");
	readiness_end(&readiness);
	expect_view(&view, path, false, false,
	    "the app ended with exit status 3");
	cr_expect(view.was_alive);
	expect_view(&late, path, false, false, "");
	cr_expect(!late.was_alive);
	cr_expect_lt(access(scratch_path("a/b/.ready.state"), F_OK), 0);
	readiness_end(&readiness);
}

/* The reason of a container at PATH; until the next call. */
static const char *
explain(const char *path)
{
	static struct problem problem;

	cr_assert_eq(asker_ask(path, &problem), 0);
	return problem.text;
}

static void
explain_state(const struct readiness *readiness, const char *state,
    int64_t ago_ms, int64_t limit_ms, const char *why)
{
	const struct state_reason reason = {
		.doing = state,
		.since_ms = clock_monotonic_ms() - ago_ms,
		.limit_ms = limit_ms,
		.why = why,
	};

	state_file_explain(&readiness->state, &reason);
}

Test(asker, explains_why_the_container_is_not_ready)
{
	const char *path = scratch_path("ready");
	struct readiness readiness;

	cr_expect_not_null(strstr(explain(path), "no dinit publishes "));
	readiness = prepare(path);
	cr_expect_str_eq(explain(path), "about to start");
	/* Minutes are told in whole seconds, so that no pause shows here. */
	explain_state(&readiness, "starting", 61500, 90000, "check 7");
	cr_expect_str_eq(explain(path), "starting for 1m1s of 1m30s; check 7");
	explain_state(&readiness, "starting", 61500, 0, "");
	cr_expect_str_eq(explain(path), "starting for 1m1s");
	explain_state(&readiness, "unready", 61500, 0, "no\nanswer");
	cr_expect_str_eq(explain(path), "unready for 1m1s: no answer");
	/* A clock that another container has set back (time_namespaces(7)). */
	explain_state(&readiness, "unready", -5000, 0, "x");
	cr_expect_str_eq(explain(path), "unready for 0s: x");
	state_file_give_up(&readiness.state, "stopping: why");
	cr_expect_str_eq(explain(path), "stopping: why");
	readiness_end(&readiness);
}

Test(asker, makes_no_reason_of_what_dinit_does_not_write)
{
	const char *const lines[] = { "alive starting",
		"alive starting x 1 why", "alive starting 1 x", "alive 5" };
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		line_file_replace(readiness.state.fd, lines[i]);
		cr_expect_str_eq(explain(path), "about to start", "%s: %s",
		    lines[i], explain(path));
	}
	readiness_end(&readiness);
}

Test(asker, shows_dinit_that_it_waits)
{
	struct asker_view passer = { .state_fd = -1 };
	struct asker_view waiter = { .state_fd = -1, .waits = true };
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(asker_look(path, &passer), 0);
	cr_expect_not(state_file_is_awaited(&readiness.state));
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(asker_look(path, &waiter), 0);
		cr_expect(state_file_is_awaited(&readiness.state), "look %d", i);
	}
	close(waiter.state_fd);
	cr_expect_not(state_file_is_awaited(&readiness.state));
	readiness_end(&readiness);
	cr_expect_not(state_file_is_awaited(&readiness.state));
}

/* Nobody holds its lock, so its dinit was killed. */
Test(asker, takes_no_unlocked_state_file_for_a_living_dinit)
{
	struct asker_view view = { .state_fd = -1 };
	const char *path = scratch_path("ready");

	write_file(scratch_path(".ready.state"), "the app ended\n");
	expect_view(&view, path, false, false, "");
	prepare(path);
	expect_view(&view, path, false, true, "");
}

Test(asker, needs_room_for_the_name_of_the_state_file)
{
	char path[PATH_MAX];
	struct asker_view view = { .state_fd = -1 };
	size_t used = (size_t)snprintf(path, sizeof(path), "%s/",
	    scratch_path("."));

	memset(path + used, 'x', NAME_MAX);
	path[used + NAME_MAX - 6] = '\0';
	cr_expect_eq(asker_look(path, &view), -ENAMETOOLONG);
}
