/* SPDX-License-Identifier: MIT */
/*
 * What the app can do to dinit, and what not. Here dinit is root of a namespace
 * without any capability, and so is the app: an ordinary user like it.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support.h"

TestSuite(boundary, .timeout = 60);

#define PROFILE \
	"--seccomp=" SOURCE_DIR "/tests/e2e/profiles/no-mkdir.json"

/* A helper that is there for long. */
#define GATED \
	"--ready-file=$DIR/ready", "--startup-budget=0", "--health-cmd=false"

static void
give_all_up(void *argument)
{
	(void)argument;
	/* any other user has no capabilities */
	if (geteuid() != 0)
		return;
	for (int value = 0; value <= CAP_LAST_CAP; value++)
		must(prctl(PR_CAPBSET_DROP, value, 0L, 0L, 0L) == 0 ||
		    prctl(PR_CAPBSET_READ, value) != 1);
}

static struct container
start(struct run run)
{
	run.before_exec = give_all_up;
	return container_start(&run);
}

/* Where a process traces none but its descendants, nothing is to be seen. */
static void
skip_with_yama(void)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = file == NULL ? 0 : fgetc(file) - '0';

	if (file != NULL)
		fclose(file);
	if (scope != 0)
		cr_skip("skipped: Yama lets nobody trace an ancestor");
}

/* How often it got at something. */
static int
count_ways(struct container *c)
{
	container_wait(c);
	cr_assert_not_null(strstr(container_read(c, "out"), "done\n"));
	return count_text(container_read(c, "out"), ": ok\n");
}

Test(boundary, under_a_profile_dinit_and_its_helper_are_out_of_the_apps_reach)
{
	for (int i = 0; i < 10; i++) {
		struct container c = start((struct run){
			.arguments = { PROFILE, GATED, "--", "pry", "1",
			    "dinit-health" },
		});

		cr_expect_eq(count_ways(&c), 0, "%s", container_read(&c, "out"));
		container_discard(&c);
	}
}

Test(boundary, under_a_profile_dinit_is_so_even_without_lock_down)
{
	struct container c = start((struct run){
		.arguments = { PROFILE, "--no-lockdown", "--", "sh", "-c",
		    "(: </proc/1/mem) 2>/dev/null && echo opened; exit 3" },
	});

	container_expect_status(&c, 3);
	cr_expect_str_eq(container_read(&c, "out"), "");
}

/* The exec made it as it is without dinit: debuggers and the like work. */
Test(boundary, under_a_profile_processes_of_the_app_can_trace_each_other)
{
	struct container c = start((struct run){
		.arguments = { PROFILE, "--ready-file=$DIR/ready",
		    "--health-cmd=act TERM:exit=0 >/dev/null & "
		    ": </proc/$!/mem; status=$?; kill -9 $!; exit $status",
		    "--", "sh", "-c", "act & until [ -e $DIR/go ]; do sleep 0.01; done; "
		    "pry $!; kill -9 $!" },
	});

	container_await_file(&c, "ready");
	container_touch(&c, "go");
	cr_expect_eq(count_ways(&c), 3, "%s", container_read(&c, "out"));
}

Test(boundary, without_a_profile_an_app_of_dinits_user_gets_at_all_of_it)
{
	struct container c;

	skip_with_yama();
	c = start((struct run){
		.arguments = { "--", "pry", "1" },
	});
	cr_expect_eq(count_ways(&c), 3, "%s", container_read(&c, "out"));
}

Test(boundary, without_a_profile_the_helper_is_out_of_the_apps_reach)
{
	struct container c = start((struct run){
		.arguments = { GATED, "--", "pry", "dinit-health" },
	});

	cr_expect_eq(count_ways(&c), 0, "%s", container_read(&c, "out"));
}

/* Nothing is relayed any more, and the engine's SIGKILL ends it all. */
Test(boundary, dinit_that_is_held_by_the_app_is_left_to_the_engine)
{
	struct container c;

	skip_with_yama();
	c = start((struct run){
		.arguments = { "--grace=1s", "--", "sh", "-c",
		    "pry hold 1 & exec act" },
	});
	container_await_text(&c, "out", "held\n");
	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	cr_expect_eq(process_state(c.init), 't');
	container_signal(&c, SIGKILL);
	container_expect_status(&c, 128 + SIGKILL);
	cr_expect_null(strstr(container_read(&c, "out"), "TERM"));
}

Test(boundary, app_without_the_capability_that_dinit_keeps_does_not_get_at_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--drop-caps=kill,sys_ptrace", GATED,
		    "--", "pry", "1", "dinit-health" },
	});

	cr_expect_eq(count_ways(&c), 0, "%s", container_read(&c, "out"));
}

Test(boundary, app_of_another_user_does_not_get_at_dinit)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--user=4000:4000", GATED, "--", "pry", "1",
		    "dinit-health" },
		.place = AS_PID_1_AS_ROOT,
	});

	cr_expect_eq(count_ways(&c), 0, "%s", container_read(&c, "out"));
}

/* Else it could have them by way of a process that it may trace. */
Test(boundary, dinit_gains_no_privileges_either_before_such_an_app_runs)
{
	struct container c = start((struct run){
		.arguments = { "--no-lockdown", "--no-new-privs", "--", "grep",
		    "NoNewPrivs:.1", "/proc/1/status" },
	});

	container_expect_status(&c, 0);
}

/* A container's log by way of process 1 is what it costs. */
Test(boundary, under_a_profile_standard_output_of_dinit_is_closed_to_others)
{
	struct container c = start((struct run){
		.arguments = { PROFILE, "--", "sh", "-c",
		    "echo job >>/proc/1/fd/1" },
	});

	container_expect_status(&c, 2);
	cr_expect_str_eq(container_read(&c, "out"), "");
	container_expect_log(&c, "Permission denied");
}

/* It opens nothing of its own /proc/PID once that belongs to root. */
Test(boundary, under_a_profile_dinit_does_all_its_work)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-v", PROFILE, "--grace=300ms",
			    "--ready-file=$DIR/ready",
			    "--health-interval=10ms", "--health-cmd=true",
			    "--", "sh", "-c",
			    "act name=left start:session & "
			    "exec act name=app TERM:exit=3" },
			.place = place,
			.before_exec = give_all_up,
		});

		container_await_file(&c, "ready");
		container_await_text(&c, "out", "left up\n");
		container_await_text(&c, "out", "app up\n");
		container_signal(&c, SIGTERM);
		container_expect_status(&c, 3);
		cr_expect(!container_has_file(&c, "ready"));
		if (place == AS_ORDINARY)
			cr_expect(!container_left_something(&c));
		container_expect_no_log(&c, "cannot");
		container_discard(&c);
	}
}
