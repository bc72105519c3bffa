/* SPDX-License-Identifier: MIT */
/*
 * The search of /proc where dinit is not PID 1, and its error if there is no
 * /proc. To signal all processes takes a PID namespace: the tests of
 * children_signal_rest in children.c have one.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/leftovers.h"
#include "base/clock.h"
#include "support.h"

TestSuite(leftovers, .timeout = 60);

/* Starts a child that waits for a signal, in GROUP or, if 0, in a new group. */
static pid_t
start(pid_t group)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	must(pid > 0 && setpgid(pid, group) == 0, "no child: %m");
	return pid;
}

static void
expect_killed(pid_t pid, const char *who)
{
	must(comes_true(is_zombie, &pid), "%s survives", who);
}

static void
spare_group(void *argument)
{
	struct leftovers which = { .spared_until = INT64_MAX };
	pid_t member;
	pid_t other;

	(void)argument;
	which.spared_group = start(0);
	member = start(which.spared_group);
	other = start(0);
	must(leftovers_signal(&which, SIGTERM) == 0, "not sent");
	expect_killed(other, "the other group");
	must(!is_zombie(&member) && !is_zombie(&which.spared_group),
	    "the spared group is not spared");
}

static void
spare_until_before(void *argument)
{
	struct leftovers which = { .spared_until = 0 };

	(void)argument;
	which.spared_group = start(0);
	must(leftovers_signal(&which, SIGTERM) == 0, "not sent");
	expect_killed(which.spared_group, "a member that is younger");
}

static void
spare_until_now(void *argument)
{
	struct leftovers which = { .spared_group = start(0) };

	(void)argument;
	which.spared_until = clock_boot_ticks();
	must(leftovers_signal(&which, SIGTERM) == 0, "not sent");
	must(!is_zombie(&which.spared_group), "an older member is not spared");
}

Test(leftovers, are_those_outside_of_the_spared_group)
{
	in_child(spare_group, NULL);
}

Test(leftovers, are_members_of_the_spared_group_that_started_later)
{
	in_child(spare_until_before, NULL);
	in_child(spare_until_now, NULL);
}

static void
start_a_grandchild(void *argument)
{
	const struct leftovers which = { .spared_group = 0 };
	int ends[2];
	pid_t grandchild = 0;

	(void)argument;
	must(prctl(PR_SET_CHILD_SUBREAPER, 1L) == 0 && pipe(ends) == 0,
	    "no subreaper or pipe: %m");
	if (fork() == 0) {
		grandchild = start(0);
		if (write(ends[1], &grandchild, sizeof(grandchild)) > 0)
			pause();
		_exit(0);
	}
	must(read(ends[0], &grandchild, sizeof(grandchild)) ==
	    sizeof(grandchild), "no grandchild");
	must(leftovers_signal(&which, SIGTERM) == 0, "not sent");
	expect_killed(grandchild, "the grandchild");
}

Test(leftovers, are_descendants_of_any_depth)
{
	in_child(start_a_grandchild, NULL);
}

static void
have_no_child(void *argument)
{
	const struct leftovers which = { .spared_group = 0 };

	(void)argument;
	must(leftovers_signal(&which, SIGKILL) == 0, "somebody is found");
}

static void
lack_proc(void *argument)
{
	const struct leftovers which = { .spared_group = 0 };

	(void)argument;
	start(0);
	deny_system_call(SYS_getdents64, EPERM);
	must(leftovers_signal(&which, SIGTERM) == -ENOENT,
	    "a /proc that may not be read is one");
	deny_system_call(SYS_readlinkat, EPERM);
#ifdef SYS_readlink
	deny_system_call(SYS_readlink, EPERM);
#endif
	must(leftovers_signal(&which, SIGTERM) == -ENOENT,
	    "a /proc of unknown kind is one");
}

Test(leftovers, are_not_found_without_a_child)
{
	in_child(have_no_child, NULL);
}

Test(leftovers, cannot_be_found_without_a_proc)
{
	if (is_sanitized())
		cr_skip("skipped: the sanitizer reads /proc itself");
	in_child(lack_proc, NULL);
}

/* --- Names --- */

/* Starts a child called NAME that waits for a signal. */
static pid_t
start_named(const char *name)
{
	int ends[2];
	char byte;
	pid_t pid;

	must(pipe2(ends, O_CLOEXEC) == 0, "no pipe: %m");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		must(write(ends[1], "", 1) == 1, "no word: %m");
		for (;;)
			pause();
	}
	must(pid > 0 && read(ends[0], &byte, 1) == 1, "no child: %m");
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void
expect_names(const pid_t helpers[LEFTOVERS_HELPERS], int count,
    const char *expected)
{
	char names[LEFTOVERS_NAMES_MAX];
	int found = leftovers_name(0, helpers, names);

	must(found == count, "%d are found, not %d: %s", found, count, names);
	must(strcmp(names, expected) == 0, "'%s' is not '%s'", names,
	    expected);
}

static void
name_some(void *argument)
{
	pid_t helpers[LEFTOVERS_HELPERS] = { 0, 0 };
	pid_t last;

	(void)argument;
	expect_names(helpers, 0, "");
	start_named("one");
	start_named("a (b) c");
	start_named("one");
	expect_names(helpers, 3, "one, a (b) c");
	helpers[1] = start_named("helper");
	last = start_named("on");
	expect_names(helpers, 4, "one, a (b) c, on");
	kill(last, SIGKILL);
	expect_names(helpers, 3, "one, a (b) c");
}

/* Thirty names do not fit. */
static void
name_too_many(void *argument)
{
	const pid_t helpers[LEFTOVERS_HELPERS] = { 0, 0 };
	char names[LEFTOVERS_NAMES_MAX];
	int found;

	(void)argument;
	for (int i = 0; i < 30; i++) {
		char name[16];

		snprintf(name, sizeof(name), "a-long-name-%02d", i);
		start_named(name);
	}
	found = leftovers_name(0, helpers, names);
	must(found == 30, "%d are found", found);
	must(strncmp(names, "a-long-name-00, a-long-name-01, ", 32) == 0 &&
	    strstr(names, ", ...") == names + strlen(names) - 5, "%s", names);
}

static void
name_without_proc(void *argument)
{
	const pid_t helpers[LEFTOVERS_HELPERS] = { 0, 0 };

	(void)argument;
	start_named("one");
	deny_system_call(SYS_getdents64, EPERM);
	expect_names(helpers, 0, "");
}

/* A helper's own child is its check. */
static void
leave_out_a_check(void *argument)
{
	pid_t helpers[LEFTOVERS_HELPERS] = { 0, 0 };
	int ends[2];
	char byte;

	(void)argument;
	must(pipe2(ends, O_CLOEXEC) == 0, "no pipe: %m");
	helpers[0] = fork();
	if (helpers[0] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		start_named("check");
		must(write(ends[1], "", 1) == 1, "no word: %m");
		for (;;)
			pause();
	}
	must(read(ends[0], &byte, 1) == 1, "no check: %m");
	expect_names(helpers, 0, "");
}

Test(leftovers, are_counted_and_named_but_for_helpers_and_the_dying)
{
	in_child(name_some, NULL);
	in_child(name_too_many, NULL);
	in_child(leave_out_a_check, NULL);
}

Test(leftovers, are_not_named_without_a_proc)
{
	if (is_sanitized())
		cr_skip("skipped: the sanitizer reads /proc itself");
	in_child(name_without_proc, NULL);
}
