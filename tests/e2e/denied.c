/* SPDX-License-Identifier: MIT */
/*
 * What dinit does without, and what it says where it cannot. All of the system
 * calls, one by one, are denied by tests/faults/denied.py.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "support.h"

TestSuite(denied, .timeout = 60);

static const int errors[] = { EPERM, ENOSYS };

static void
expect_refused(struct run run, const char *line)
{
	struct container c = container_start(&run);

	container_expect_status(&c, 125);
	cr_assert_str_eq(container_read(&c, "log"), line);
	cr_assert_str_empty(container_read(&c, "out"));
	container_discard(&c);
}

Test(denied, cannot_do_without_waitid_and_names_it)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		expect_refused((struct run){
			.arguments = { "--", "echo", "run" },
			.before_exec = deny_calls,
			.argument = &(struct denial){ { SYS_waitid },
			    errors[i] },
		}, errors[i] == EPERM
		    ? "dinit: error: cannot wait for children: Operation not "
		    "permitted; allow waitid in the engine's seccomp profile\n"
		    : "dinit: error: cannot wait for children: Function not "
		    "implemented; allow waitid in the engine's seccomp "
		    "profile\n");
}

Test(denied, says_what_it_cannot_do_and_names_the_call)
{
	const struct {
		int call;
		const char *option;
		const char *what;
		const char *name;
	} cases[] = {
		{ SYS_rt_sigprocmask, "-g", "block signals",
		    "rt_sigprocmask" },
		{ SYS_prctl, "--parent-death-signal=TERM",
		    "set --parent-death-signal", "prctl" },
		{ SYS_pipe2, "--no-new-privs", "start echo", "pipe2" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "dinit: error: cannot %s: "
		    "Operation not permitted; allow %s in the engine's seccomp "
		    "profile\n", cases[i].what, cases[i].name);
		expect_refused((struct run){
			.arguments = { cases[i].option, "--", "echo", "run" },
			.before_exec = deny_calls,
			.argument = &(struct denial){ { cases[i].call },
			    EPERM },
		}, line);
	}
}

Test(denied, says_which_call_the_socket_for_notifications_takes)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", "--ready-file=$DIR/ready", "--",
		    "echo", "run" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_setsockopt }, EPERM },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "/.ready.notify for --notify: Operation not "
	    "permitted; allow setsockopt in the engine's seccomp profile\n");
	cr_assert_str_empty(container_read(&c, "out"));
}

Test(denied, start_that_fails_leaves_nothing_beside_the_readiness_file)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", "--ready-file=$DIR/ready", "--",
		    "echo", "run" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_pipe2 }, EPERM },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "cannot start echo");
	cr_assert_not(container_has_file(&c, ".ready.notify"));
	cr_assert_not(container_has_file(&c, ".ready.state"));
}

Test(denied, asks_before_the_start_what_only_the_loop_needs)
{
	const struct {
		int call;
		const char *name;
	} cases[] = {
		{ SYS_rt_sigtimedwait, "rt_sigtimedwait" },
		{ SYS_kill, "kill" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char line[256];

		snprintf(line, sizeof(line), "dinit: error: cannot run COMMAND "
		    "without %s: Operation not permitted; allow it in the "
		    "engine's seccomp profile\n", cases[i].name);
		expect_refused((struct run){
			.arguments = { "--", "echo", "run" },
			.before_exec = deny_calls,
			.argument = &(struct denial){ { cases[i].call },
			    EPERM },
		}, line);
	}
}

Test(denied, asks_before_the_start_what_only_the_answers_take)
{
	expect_refused((struct run){
		.arguments = { "--ready-file=$DIR/ready",
		    "--ready-listen=127.0.0.1:8081", "--", "echo", "run" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_accept4 }, EPERM },
	}, "dinit: error: cannot run COMMAND without accept4: Operation not "
	    "permitted; allow it in the engine's seccomp profile\n");
}

Test(denied, call_is_no_reason_to_mount_anything)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ready-file=$DIR/ready", "--", "echo", "run" },
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_fchmod }, EPERM },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "/ready: Operation not permitted; allow "
	    "fchmod in the engine's seccomp profile\n");
}

/* Enough for all but a pipe, which a COMMAND with other privileges takes. */
static void
limit_descriptors(void *argument)
{
	const struct rlimit limit = { 4, 4 };

	(void)argument;
	setrlimit(RLIMIT_NOFILE, &limit);
}

Test(denied, descriptors_that_are_too_few_are_no_processes)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--no-new-privs", "--", "echo", "run" },
		.before_exec = limit_descriptors,
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "error: cannot start echo: ");
	container_expect_log(&c, "; is the limit of open files too low?\n");
}
