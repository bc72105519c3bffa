/* SPDX-License-Identifier: MIT */
/* Reaping, and what COMMAND leaves behind. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

TestSuite(children, .timeout = 60);

/*
 * main's exit and 200 others in one tick: the kernel merges their SIGCHLDs. Some
 * may still be there when main has ended, which is a warning.
 */
Test(children, keeps_the_exit_code_among_two_hundred_other_exits)
{
	for (int i = 0; i < 40; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-qq", "--", "burst", "200" },
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
		});

		cr_assert_eq(container_wait(&c), 7);
		cr_assert_not(container_left_something(&c));
		cr_assert_str_eq(container_read(&c, "log"), "");
		container_discard(&c);
	}
}

static bool
is_gone(void *argument)
{
	return kill(*(pid_t *)argument, 0) < 0 && errno == ESRCH;
}

Test(children, reaps_orphans_while_the_app_lives)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "sh -c 'sleep 0.1 & echo $! >$DIR/orphan'; "
		    "exec listen" },
		.place = AS_ORDINARY,
	});
	pid_t orphan;

	container_await_text(&c, "orphan", "\n");
	container_await_text(&c, "out", "listening");
	orphan = atoi(container_read(&c, "orphan"));
	cr_assert(orphan > 0);
	await(is_gone, &orphan, "the orphan is reaped");
	cr_assert(container_is_running(&c));
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 0);
}

/* Of Linux 6.15 and later; setarch --uname-2.6 hides it. */
static void
skip_unless_kernel_reaps(void)
{
	struct utsname system;
	int major = 0;
	int minor = 0;

	uname(&system);
	sscanf(system.release, "%d.%d", &major, &minor);
	if (major < 6 || (major == 6 && minor < 15))
		cr_skip("skipped: it takes Linux 6.15");
}

/* Its lock-down is the last thing that it sets up. */
static bool
has_settled(void *argument)
{
	const struct container *c = argument;

	return status_field(process_status(c->init), "NoNewPrivs") == 1 &&
	    process_state(c->init) == 'S';
}

static bool
has_one_descendant(void *argument)
{
	return container_count_descendants(argument) == 1;
}

static unsigned long
count_sleeps(const struct container *c)
{
	static const char name[] = "\nvoluntary_ctxt_switches:";
	const char *line = strstr(process_status(c->init), name);

	cr_assert_not_null(line);
	return strtoul(line + strlen(name), NULL, 10);
}

Test(children, wakes_once_at_most_for_each_orphan_that_the_kernel_reaps)
{
	struct container c;
	unsigned long before;

	skip_unless_kernel_reaps();
	c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c", "echo up; "
		    "until [ -e $DIR/go ]; do sleep 0.01; done; "
		    "for i in 1 2 3 4 5 6 7 8; do sh -c 'true &'; done; "
		    "exec listen" },
	});
	container_await_text(&c, "out", "up");
	await(has_settled, &c, "dinit sleeps");
	before = count_sleeps(&c);
	container_touch(&c, "go");
	container_await_text(&c, "out", "listening");
	await(has_one_descendant, &c, "the last orphan is reaped");
	cr_assert_leq(count_sleeps(&c), before + 8);
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 0);
}

/* It has died, and is not gone: what its pidfd says then it says all the time. */
Test(children, sleeps_while_a_tracer_holds_the_dead_app)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c", "exec held $DIR/go" },
	});

	container_await_text(&c, "out", "held");
	await_fast_asleep(c.init, "dinit sleeps");
	container_touch(&c, "go");
	cr_assert_eq(container_wait(&c), 7);
}

static bool
has_no_descendant(void *argument)
{
	return container_count_descendants(argument) == 0;
}

static void
leave_a_zombie(void *argument)
{
	siginfo_t info;

	(void)argument;
	if (fork() == 0)
		_exit(0);
	waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
}

/* As after sh -c 'something & exec dinit ...': its SIGCHLD is long gone. */
Test(children, reaps_a_zombie_that_it_was_born_with)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-vv", "--pause" },
			.place = place,
			.before_exec = leave_a_zombie,
		});

		container_await_takeover(&c);
		await(has_no_descendant, &c, "the zombie is reaped");
		container_signal(&c, SIGTERM);
		cr_assert_eq(container_wait(&c), 0);
	}
}

Test(children, ends_the_children_that_it_was_born_with)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.program = "sh",
			.arguments = { "-c", "sleep 60 & "
			    "exec $DINIT --grace=60s -- sh -c 'exit 3'" },
			.place = place,
		});

		cr_assert_eq(container_wait(&c), 3);
		cr_assert_not(container_left_something(&c));
	}
}

/* Double-forked and in a session of its own, in the way of daemons. */
Test(children, waits_for_what_the_app_left_in_another_session)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=60s", "sh", "-c",
			    "sh -c 'setsid listen 64 >$DIR/left &'; "
			    "exec listen 10" },
			.place = place,
		});
		pid_t left;

		container_await_text(&c, "left", "listening\n");
		container_await_text(&c, "out", "listening\n");
		container_signal(&c, SIGUSR1);
		container_await_text(&c, "left", "\n15\n18\n");
		cr_assert(container_is_running(&c));
		left = container_find_process(&c, "listen");
		cr_assert_eq(kill(left, 64), 0);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "left"),
		    "listening\n15\n18\n64\n");
		cr_assert_not(container_left_something(&c));
	}
}

/* Each once, though it is in the group and a descendant too. */
Test(children, signals_the_group_whose_leader_has_exited)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=60s", "sh", "-c",
			    "listen 18 >$DIR/left & exec listen 10" },
			.place = place,
		});

		container_await_text(&c, "left", "listening\n");
		container_await_text(&c, "out", "listening\n");
		container_signal(&c, SIGUSR1);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_str_eq(container_read(&c, "left"),
		    "listening\n10\n15\n18\n");
	}
}

Test(children, sends_leftovers_their_sigterm_also_when_the_apps_is_dropped)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--grace=60s", "-r", "TERM:0", "sh", "-c",
		    "setsid listen 18 >$DIR/left & exec listen 10" },
	});

	container_await_text(&c, "left", "listening\n");
	container_await_text(&c, "out", "listening\n");
	container_signal(&c, SIGTERM);
	container_signal(&c, SIGUSR1);
	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "out"), "listening\n10\n");
	cr_assert_str_eq(container_read(&c, "left"), "listening\n15\n18\n");
}

static bool
is_stopped(void *argument)
{
	return process_state(*(pid_t *)argument) == 'T';
}

Test(children, ends_a_leftover_that_is_suspended)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=60s", "sh", "-c",
			    "setsid sh -c 'kill -STOP $$; exit' & "
			    "exec listen 10" },
			.place = place,
		});
		pid_t left;

		container_await_text(&c, "out", "listening\n");
		left = container_find_process(&c, "sh");
		await(is_stopped, &left, "the leftover is suspended");
		container_signal(&c, SIGUSR1);
		cr_assert_eq(container_wait(&c), 0);
	}
}

/* It ignores SIGTERM from birth, in case it is born soon enough for one. */
Test(children, kills_what_was_born_in_the_sweep)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--grace=2s", "sh", "-c",
			    "setsid sh -c 'trap \"trap \\\"\\\" TERM; "
			    "setsid listen 64 >$DIR/born & exit\" TERM; "
			    "touch $DIR/up; "
			    "while :; do sleep 60 & wait; done' & "
			    "exec listen 10" },
			.place = place,
		});

		container_await_file(&c, "up");
		container_await_text(&c, "out", "listening\n");
		container_signal(&c, SIGUSR1);
		cr_assert_eq(container_wait(&c), 0);
		cr_assert_eq(count_text(container_read(&c, "born"),
		    "listening\n"), 1);
		cr_assert_not(container_left_something(&c));
	}
}

static void
listen_inside(const struct container *container)
{
	char path[256];
	int file = open(container_path(container, "entered"),
	    O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	dup2(file, STDOUT_FILENO);
	snprintf(path, sizeof(path), "%s/listen", getenv("APPS"));
	execl(path, "listen", "64", NULL);
}

Test(children, signals_but_does_not_await_what_came_from_outside)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--grace=60s", "sh", "-c",
		    "setsid sh -c 'trap : TERM; touch $DIR/up; "
		    "until test -f $DIR/told; do sleep 0.01; done' & "
		    "exec listen 10" },
	});
	pid_t outside;

	container_await_file(&c, "up");
	container_await_text(&c, "out", "listening\n");
	outside = container_enter(&c, listen_inside);
	container_await_text(&c, "entered", "listening\n");
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "entered", "\n15\n");
	cr_assert(container_is_running(&c));
	container_touch(&c, "told");
	cr_assert_eq(container_wait(&c), 0);
	cr_assert_eq(waitpid(outside, NULL, 0), outside);
	cr_assert_eq(count_text(container_read(&c, "entered"), "64"), 0);
}

/* Leaves an orphan behind, which the namespace's PID 1 adopts. */
static void
orphan_inside(const struct container *container)
{
	(void)container;
	if (fork() == 0) {
		prctl(PR_SET_NAME, "entered");
		for (;;)
			pause();
	}
	_exit(0);
}

Test(children, reaps_orphans_while_it_only_holds_the_namespaces)
{
	const int stops[] = { SIGTERM, SIGINT };

	for (size_t i = 0; i < 2; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--pause", "-vv", "-w" },
		});
		pid_t outside;

		container_await_takeover(&c);
		outside = container_enter(&c, orphan_inside);
		cr_assert_eq(waitpid(outside, NULL, 0), outside);
		await(has_one_descendant, &c, "dinit adopts the orphan");
		kill(container_find_process(&c, "entered"), SIGKILL);
		await(has_no_descendant, &c, "the orphan is reaped");
		container_signal(&c, stops[i]);
		cr_assert_eq(container_wait(&c), 0);
	}
}

static void
act_inside(const struct container *container, const char *rule)
{
	char path[256];

	setenv("DIR", container_path(container, "."), 1);
	snprintf(path, sizeof(path), "%s/act", getenv("APPS"));
	execl(path, "act", "name=entered", "start:touch=begun", rule, NULL);
}

/* Work that needs some time to end, and then leaves a file. */
static void
work_inside(const struct container *container)
{
	act_inside(container, "TERM:nap=300,touch=done,exit=0");
}

static void
idle_inside(const struct container *container)
{
	act_inside(container, "TERM:");
}

Test(children, that_came_from_outside_finish_their_work_when_a_pause_is_stopped)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--pause", "--grace=60s" },
	});
	pid_t outside;

	container_await_takeover(&c);
	outside = container_enter(&c, work_inside);
	container_await_file(&c, "begun");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	cr_assert_eq(waitpid(outside, NULL, 0), outside);
	cr_assert(container_has_file(&c, "done"));
	container_expect_no_log(&c, "SIGKILL");
}

Test(children, that_outlive_the_grace_of_a_stopped_pause_are_killed)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--pause", "--grace=300ms" },
	});
	pid_t outside;

	container_await_takeover(&c);
	outside = container_enter(&c, idle_inside);
	container_await_file(&c, "begun");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	cr_assert_eq(waitpid(outside, NULL, 0), outside);
	container_expect_log(&c, "processes in the namespaces that --pause "
	    "holds still run after the grace period of 300ms: SIGKILL");
	container_expect_no_log(&c, "not gone");
}

Test(children, holds_the_namespaces_also_where_it_is_not_pid_1)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-P" },
		.place = AS_ORDINARY,
	});

	container_await_takeover(&c);
	container_signal(&c, SIGHUP);
	container_signal(&c, SIGTERM);
	cr_assert_eq(container_wait(&c), 0);
}
