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
	readiness_give_up(&readiness, "the app ended\nwith exit status 3");
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
