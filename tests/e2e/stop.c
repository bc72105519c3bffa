/* SPDX-License-Identifier: MIT */
/* How a container stops: drain, stop signal, grace, sweep, exit status. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

TestSuite(stop, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"
#define LONG_GRACE "--grace=1h"
#define SHORT_GRACE "--grace=1s"

/* In another session; "left" is there once it would notice a signal. */
#define LEAVE(rules) \
	"act name=left start:session,touch=left " rules " & " \
	"until [ -f $DIR/left ]; do sleep 0.01; done; "

static bool
does_come_before(const char *text, const char *first, const char *second)
{
	const char *found = strstr(text, first);

	return found != NULL && strstr(found, second) != NULL;
}

static void
expect_order(const struct container *container, const char *first,
    const char *second)
{
	const char *log = container_read(container, "log");

	cr_assert(does_come_before(log, first, second),
	    "not '%s' before '%s': %s", first, second, log);
}

/* Starts a container, which gets SIGNO once its app is up; 0: none. */
static struct container
start_and_signal(const struct run *run, int signo)
{
	struct container c = container_start(run);

	if (signo != 0) {
		container_await_text(&c, "out", "up\n");
		container_signal(&c, signo);
	}
	return c;
}

/* The status of such a container. */
static int
end_of(const struct run *run, int signo)
{
	struct container c = start_and_signal(run, signo);
	int status = container_wait(&c);

	container_discard(&c);
	return status;
}

/* --- Drain ---------------------------------------------------------------- */

Test(stop, signal_is_relayed_only_when_the_drain_is_over)
{
	struct container c = container_start(&(struct run){
		/* The app writes where dinit does: one order of events. */
		.arguments = { "-v", "--drain=300ms", READY_FILE, "--", "sh",
		    "-c", "exec act TERM:check=ready,exit=6 >&2" },
	});
	long began;

	container_await_text(&c, "log", "up\n");
	container_await_file(&c, "ready");
	began = now_ms();
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 6);
	cr_assert_geq(now_ms() - began, 300);
	expect_order(&c, "draining for 300ms", " stopping\n");
	expect_order(&c, " stopping\n", "\nTERM\n");
	expect_order(&c, "\nTERM\n", "ready is gone");
}

Test(stop, drain_withdraws_readiness_and_keeps_the_app_serving)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--drain=1h", READY_FILE, "--", "act",
		    "USR1:say=served", "INT:exit=0" },
	});

	container_await_text(&c, "out", "up\n");
	container_await_file(&c, "ready");
	container_signal(&c, SIGTERM);
	container_await_no_file(&c, "ready");
	container_signal(&c, SIGUSR1);
	container_await_text(&c, "out", "USR1\nserved\n");
	cr_assert_null(strstr(container_read(&c, "out"), "TERM"));
	container_signal(&c, SIGINT);
	container_expect_status(&c, 0);
}

Test(stop, second_stop_signal_skips_the_drain_and_both_are_relayed)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-v", "--drain=1h", LONG_GRACE, "--", "act",
		    "USR2:exit=6" },
	});

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "draining");
	container_signal(&c, SIGINT);
	container_await_text(&c, "out", "TERM\n");
	container_await_text(&c, "out", "INT\n");
	container_signal(&c, SIGUSR2);
	container_expect_status(&c, 6);
}

Test(stop, same_stop_signal_again_skips_the_drain_too)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-v", "--drain=1h", LONG_GRACE, "--", "act",
		    "USR2:exit=6" },
	});

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "draining");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", " stopping\n");
	container_await_text(&c, "out", "TERM\n");
	container_signal(&c, SIGUSR2);
	container_expect_status(&c, 6);
}

Test(stop, drain_is_skipped_when_the_app_was_never_ready)
{
	cr_assert_eq(end_of(&(struct run){
		.arguments = { "--drain=1h", READY_FILE, "--health-cmd=false",
		    "--", "act", "TERM:exit=6" },
	}, SIGTERM), 6);
}

Test(stop, app_that_ends_during_the_drain_ends_the_container)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-v", "--drain=1h", LONG_GRACE, READY_FILE,
		    "--", "sh", "-c", LEAVE("TERM:check=ready,exit=0")
		    "exec act name=app USR1:exit=6" },
	});

	container_await_text(&c, "out", "app up\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "draining");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 6);
	container_await_text(&c, "out", "left TERM\nleft ready is gone\n");
}

/* --- Grace ---------------------------------------------------------------- */

Test(stop, stubborn_app_is_killed_when_the_grace_is_over)
{
	struct container c = container_start(&(struct run){
		.arguments = { SHORT_GRACE, "--", "act" },
	});
	long began;

	container_await_text(&c, "out", "up\n");
	began = now_ms();
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 128 + SIGKILL);
	cr_assert_geq(now_ms() - began, 1000);
	container_expect_log(&c, "dinit: warn: the app still runs after the "
	    "grace period of 1s: SIGKILL");
}

struct stop_again {
	const struct container *container;
	int signo;
};

static bool
is_over_if_stopped_again(void *argument)
{
	const struct stop_again *again = argument;

	kill(again->container->init, again->signo);
	return !container_is_running(again->container);
}

/* If they did restart the clock, this would never end. */
Test(stop, later_stop_signals_are_relayed_and_do_not_restart_the_clock)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--grace=500ms", "--", "act" },
	});
	struct stop_again again = { &c, SIGINT };

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "TERM\n");
	await(is_over_if_stopped_again, &again, "the grace is over");
	container_expect_status(&c, 128 + SIGKILL);
	container_await_text(&c, "out", "INT\nINT\n");
}

Test(stop, grace_of_0_kills_right_after_the_stop_signal)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-v", "--grace=0", "--", "act" },
	});

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 128 + SIGKILL);
	expect_order(&c, "relaying SIGTERM", "grace period of 0");
}

static bool
is_stopped(void *pid)
{
	return process_state(*(pid_t *)pid) == 'T';
}

Test(stop, app_that_is_stopped_by_job_control_handles_the_stop_signal)
{
	struct container c = container_start(&(struct run){
		.arguments = { LONG_GRACE, "--", "act",
		    "USR1:stop,say=went on", "TERM:exit=6" },
	});
	pid_t app = container_find_process(&c, "act");

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGUSR1);
	await(is_stopped, &app, "the app is stopped");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 6);
	container_await_text(&c, "out", "went on\nTERM\n");
}

static void
expect_stubborn_leftover_killed(enum place place)
{
	struct container c = container_start(&(struct run){
		.arguments = { SHORT_GRACE, "--", "sh", "-c", LEAVE("")
		    "exec act name=app TERM:exit=5" },
		.place = place,
	});

	container_await_text(&c, "out", "app up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 5);
	container_expect_log(&c, "SIGKILL");
	container_expect_no_log(&c, "not gone");
	container_await_text(&c, "out", "left TERM\n");
	cr_assert(!container_left_something(&c));
}

Test(stop, stubborn_leftover_in_another_session_is_killed_too)
{
	expect_stubborn_leftover_killed(AS_PID_1);
	expect_stubborn_leftover_killed(AS_ORDINARY);
}

/* --- Sweep ---------------------------------------------------------------- */

/* COMMAND leaves something that needs 300 ms to end. */
static void
expect_leftover_finishes(enum place place, const char *command, int signo)
{
	struct container c = container_start(&(struct run){
		.arguments = { LONG_GRACE, "--", "sh", "-c", command },
		.place = place,
	});

	container_await_file(&c, "left");
	if (signo != 0) {
		container_await_text(&c, "out", "app up\n");
		container_signal(&c, signo);
	}
	container_expect_status(&c, 5);
	cr_assert(container_has_file(&c, "done"));
	cr_assert(!container_left_something(&c));
	container_expect_no_log(&c, "SIGKILL");
}

#define LEAVE_SLOW LEAVE("TERM:nap=300,touch=done,exit=0")

Test(stop, leftovers_finish_their_work_and_the_end_comes_with_the_last_of_them)
{
	static const char command[] = LEAVE_SLOW
	    "exec act name=app TERM:exit=5";

	expect_leftover_finishes(AS_PID_1, command, SIGTERM);
	expect_leftover_finishes(AS_ORDINARY, command, SIGTERM);
}

Test(stop, leftovers_of_an_app_that_exits_by_itself_finish_their_work)
{
	expect_leftover_finishes(AS_PID_1, LEAVE_SLOW "exit 5", 0);
	expect_leftover_finishes(AS_ORDINARY, LEAVE_SLOW "exit 5", 0);
}

Test(stop, leftovers_in_the_group_of_the_app_finish_their_work)
{
	static const char command[] =
	    "act name=left start:touch=left TERM:nap=300,touch=done,exit=0 & "
	    "until [ -f $DIR/left ]; do sleep 0.01; done; exit 5";

	expect_leftover_finishes(AS_PID_1, command, 0);
	expect_leftover_finishes(AS_ORDINARY, command, 0);
}

Test(stop, leftover_that_is_stopped_by_job_control_finishes_its_work)
{
	static const char command[] =
	    LEAVE("USR1:stop TERM:touch=done,exit=0")
	    "kill -USR1 $!; until grep -q '^State:.T' /proc/$!/status; "
	    "do sleep 0.01; done; exit 5";

	expect_leftover_finishes(AS_PID_1, command, 0);
	expect_leftover_finishes(AS_ORDINARY, command, 0);
}

Test(stop, app_that_exits_by_itself_leaves_a_whole_grace_to_the_rest)
{
	long began = now_ms();
	struct container c = container_start(&(struct run){
		.arguments = { SHORT_GRACE, "--", "sh", "-c",
		    LEAVE("") "exit 3" },
		.place = AS_ORDINARY,
	});

	container_expect_status(&c, 3);
	cr_assert_geq(now_ms() - began, 1000);
	container_expect_log(&c, "grace period of 1s");
	container_await_text(&c, "out", "left TERM\n");
	cr_assert(!container_left_something(&c));
}

Test(stop, dropping_or_rewriting_the_stop_signal_spares_no_leftover_its_sigterm)
{
	static const char *const rewrites[] = { "15:0,INT:USR1", "15:3" };

	for (int i = 0; i < 2; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "-r", rewrites[i], LONG_GRACE, "--",
			    "sh", "-c", LEAVE("TERM:touch=done,exit=0")
			    "exit 5" },
		});

		container_expect_status(&c, 5);
		cr_assert(container_has_file(&c, "done"));
	}
}

Test(stop, group_is_swept_when_only_the_app_itself_was_sent_the_signal)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--main-only=TERM", LONG_GRACE, "--", "sh",
		    "-c", "act name=left TERM:check=drained,exit=0 & "
		    "exec act name=app TERM:await=go,touch=drained,exit=5" },
	});

	container_await_text(&c, "out", "left up\n");
	container_await_text(&c, "out", "app up\n");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "app TERM\n");
	container_touch(&c, "go");
	container_expect_status(&c, 5);
	container_await_text(&c, "out", "left TERM\nleft drained is there");
}

/* COMMAND, with "left" in its group, which notes what arrives and stays. */
#define BESIDE(rules) \
	"act name=left start:touch=left " rules " & " \
	"until [ -f $DIR/left ]; do sleep 0.01; done; "

/* OPTION and SIGNO end the app at once; "left" gets EXPECTED and no more. */
static void
expect_told_once(enum place place, const char *option, int signo,
    const char *expected)
{
	struct container c = container_start(&(struct run){
		.arguments = { option, SHORT_GRACE, "--", "sh", "-c",
		    BESIDE("") "exec act name=app TERM:die QUIT:die INT:die" },
		.place = place,
	});

	container_await_text(&c, "out", "app up\n");
	container_signal(&c, signo);
	container_wait(&c);
	container_expect_log(&c, "processes that the app left behind still "
	    "run after the grace period of 1s");
	cr_assert_eq(count_text(container_read(&c, "out"), "left "), 2,
	    "%s", container_read(&c, "out"));
	container_await_text(&c, "out", expected);
	cr_assert(!container_left_something(&c));
}

Test(stop, members_of_the_group_get_the_stop_signal_once)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		expect_told_once(place, "-s", SIGTERM, "left TERM\n");
		expect_told_once(place, "-s", SIGINT, "left INT\n");
	}
}

Test(stop, members_of_the_group_get_a_rewritten_stop_signal_and_no_sigterm)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++)
		expect_told_once(place, "--rewrite=TERM:QUIT", SIGTERM,
		    "left QUIT\n");
}

Test(stop, what_is_born_in_the_group_after_the_stop_signal_gets_sigterm)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { LONG_GRACE, "--", "sh", "-c",
			    "trap 'echo stopping; "
			    "until [ -f $DIR/go ]; do sleep 0.01; done; "
			    "act name=late start:touch=late TERM:exit=0 & "
			    "until [ -f $DIR/late ]; do sleep 0.01; done; "
			    "exit 5' TERM; echo up; "
			    "while :; do sleep 0.01; done" },
			.place = place,
		});

		container_await_text(&c, "out", "up\n");
		container_signal(&c, SIGTERM);
		container_await_text(&c, "out", "stopping\n");
		await_fast_asleep(c.init, "the stop signal is relayed");
		container_touch(&c, "go");
		container_expect_status(&c, 5);
		container_await_text(&c, "out", "late TERM\n");
	}
}

Test(stop, processes_outside_of_the_group_get_one_sigterm)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { SHORT_GRACE, "--rewrite=TERM:QUIT",
			    "--", "sh", "-c",
			    LEAVE("") "exec act name=app QUIT:die" },
			.place = place,
		});

		container_await_text(&c, "out", "app up\n");
		container_signal(&c, SIGTERM);
		container_expect_status(&c, 128 + SIGQUIT);
		cr_assert_eq(count_text(container_read(&c, "out"), "left "), 2);
		container_await_text(&c, "out", "left TERM\n");
	}
}

/* Nothing may be left, not even what was forked while SIGKILL was sent. */
static void
expect_no_descendants(enum place place, const char *shape)
{
	struct container c = container_start(&(struct run){
		.arguments = { SHORT_GRACE, "--", "breed", shape, "3" },
		.place = place,
	});

	container_await_text(&c, "out", "up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 128 + SIGKILL);
	container_expect_no_log(&c, "not gone");
	cr_assert(!container_left_something(&c));
}

Test(stop, tree_that_replaces_its_dead_is_gone_at_the_end)
{
	expect_no_descendants(AS_PID_1, "tree");
	expect_no_descendants(AS_ORDINARY, "tree");
}

Test(stop, processes_that_fork_and_end_all_the_time_are_gone_at_the_end)
{
	expect_no_descendants(AS_PID_1, "chain");
	expect_no_descendants(AS_ORDINARY, "chain");
}

/* --- Stop signals --------------------------------------------------------- */

Test(stop, only_the_signals_named_begin_a_stop)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--stop-signal=QUIT,HUP", "--grace=0",
		    READY_FILE, "--", "act" },
	});

	container_await_text(&c, "out", "up\n");
	container_await_file(&c, "ready");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "TERM\n");
	container_signal(&c, SIGINT);
	container_await_text(&c, "out", "INT\n");
	cr_assert(container_is_ready(&c, "ready"));
	container_signal(&c, SIGHUP);
	container_expect_status(&c, 128 + SIGKILL);
}

Test(stop, stop_signal_is_relayed_rewritten)
{
	cr_assert_eq(end_of(&(struct run){
		.arguments = { "--rewrite=TERM:QUIT", "--", "act",
		    "TERM:exit=1", "QUIT:exit=6" },
	}, SIGTERM), 6);
}

/* --- Exit status ---------------------------------------------------------- */

/* Status for an app that exits with 3. SECOND: "--", or part of the options. */
static int
end_with_3(const char *first, const char *second, const char *variable)
{
	return end_of(&(struct run){
		.arguments = { first, second, "act", "start:exit=3" },
		.environment = { variable },
	}, 0);
}

Test(stop, exit_codes_that_are_ok_are_reported_as_0)
{
	cr_assert_eq(end_with_3("-e", "3", NULL), 0);
	cr_assert_eq(end_with_3("-e3", "--", NULL), 0);
	cr_assert_eq(end_with_3("-e4", "-e3", NULL), 0);
	cr_assert_eq(end_with_3("--ok-exit=255,3,0", "--", NULL), 0);
	cr_assert_eq(end_with_3("--ok-exit", "3", NULL), 0);
	cr_assert_eq(end_with_3("-s", "--", "DINIT_OK_EXIT=4,3"), 0);
	cr_assert_eq(end_with_3("-e4", "--", NULL), 3);
	cr_assert_eq(end_with_3("-e4", "--", "DINIT_OK_EXIT=3"), 3);
}

Test(stop, death_by_a_signal_can_be_an_ok_exit)
{
	cr_assert_eq(end_of(&(struct run){
		.arguments = { "-e", "143", "--", "act", "TERM:die" },
	}, SIGTERM), 0);
}

Test(stop, failures_of_dinit_are_never_ok_exits)
{
	cr_assert_eq(end_of(&(struct run){
		.arguments = { "-e124,127,7", "--startup-budget=100ms",
		    READY_FILE, "--health-cmd=false", "--", "act",
		    "TERM:exit=7" },
	}, 0), 124);
	cr_assert_eq(end_of(&(struct run){
		.arguments = { "-e125,127", "--", "no-such-command" },
	}, 0), 127);
}

/* With --ok-stop, OPTION, and an app that does as RULE says. */
static int
end_with_ok_stop(const char *option, const char *rule, int signo)
{
	return end_of(&(struct run){
		.arguments = { "--ok-stop", option, "--", "act", rule },
	}, signo);
}

Test(stop, ok_stop_makes_an_end_by_just_the_stop_signal_0)
{
	cr_assert_eq(end_with_ok_stop("-s", "TERM:die", SIGTERM), 0);
	cr_assert_eq(end_with_ok_stop("-s", "TERM:exit=143", SIGTERM), 0);
	cr_assert_eq(end_with_ok_stop("-s", "INT:die", SIGINT), 0);
	cr_assert_eq(end_with_ok_stop("-rTERM:QUIT", "QUIT:exit=131",
	    SIGTERM), 0);
	cr_assert_eq(end_with_ok_stop("-rTERM:HUP", "HUP:die", SIGTERM), 0);
	cr_assert_eq(end_with_ok_stop("--stop-signal=QUIT,HUP", "HUP:die",
	    SIGHUP), 0);
	cr_assert_eq(end_with_ok_stop("--drain=1ms", "TERM:die", SIGTERM), 0);
}

Test(stop, ok_stop_leaves_every_other_end_as_it_is)
{
	cr_assert_eq(end_with_ok_stop("-s", "TERM:exit=6", SIGTERM), 6);
	cr_assert_eq(end_with_ok_stop("-s", "TERM:exit=130", SIGTERM), 130);
	cr_assert_eq(end_with_ok_stop("-s", "HUP:die", SIGHUP), 129);
	cr_assert_eq(end_with_ok_stop("-s", "start:exit=143", 0), 143);
	cr_assert_eq(end_with_ok_stop("-rTERM:QUIT", "QUIT:exit=143",
	    SIGTERM), 143);
	cr_assert_eq(end_with_ok_stop("--stop-signal=QUIT,HUP", "TERM:die",
	    SIGTERM), 143);
	cr_assert_eq(end_with_ok_stop("--grace=0", "TERM:", SIGTERM), 137);
	cr_assert_eq(end_with_ok_stop("--ok-stop=no", "TERM:die", SIGTERM),
	    143);
}

Test(stop, ok_stop_is_about_the_app_and_not_its_leftovers)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--ok-stop", SHORT_GRACE, "--", "sh", "-c",
		    LEAVE("") "exec act name=app TERM:die" },
	});

	container_await_text(&c, "out", "app up\n");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	container_expect_log(&c, "SIGKILL");
}

/* --- Words on the end ----------------------------------------------------- */

static void
expect_words(const struct run *run, int signo, int status, const char *words)
{
	struct container c = start_and_signal(run, signo);

	container_expect_status(&c, status);
	cr_expect_str_eq(container_read(&c, "log"), words);
	container_discard(&c);
}

Test(stop, is_not_needed_to_be_told_of_a_death)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "sh", "-c", "kill -KILL $$" },
			.place = place,
		});

		container_expect_status(&c, 137);
		container_expect_log(&c, "dinit: warn: the app was killed by "
		    "SIGKILL, not by dinit");
		container_discard(&c);
		expect_words(&(struct run){
			.arguments = { "sh", "-c", "kill -SEGV $$" },
			.place = place,
		}, 0, 139, "dinit: warn: the app was killed by SIGSEGV, not "
		    "by dinit: it has crashed\n");
		/* An exit status says nothing of who has killed whom. */
		expect_words(&(struct run){
			.arguments = { "sh", "-c", "exit 137" },
			.place = place,
		}, 0, 137, "");
	}
}

Test(stop, that_dinit_does_not_know_as_one_is_told)
{
	expect_words(&(struct run){ .arguments = { "act", "QUIT:exit=0" } },
	    SIGQUIT, 0, "dinit: warn: the app ended after SIGQUIT, which was "
	    "relayed but is no stop signal; if the engine stops with it "
	    "(STOPSIGNAL), set --stop-signal=QUIT\n");
	expect_words(&(struct run){
		.arguments = { "--stop-signal=QUIT", "act", "QUIT:exit=0" },
	}, SIGQUIT, 0, "");
	expect_words(&(struct run){ .arguments = { "act", "TERM:exit=0" } },
	    SIGTERM, 0, "");
	expect_words(&(struct run){
		.arguments = { "--rewrite=HUP:USR1", "act", "USR1:die" },
	}, SIGHUP, 128 + SIGUSR1, "dinit: warn: the app ended after SIGHUP, "
	    "which was relayed but is no stop signal; if the engine stops with "
	    "it (STOPSIGNAL), set --stop-signal=HUP\n");
}

Test(stop, points_to_ok_stop_where_somebody_reads_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=true", "act",
		    "TERM:exit=143" },
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 143);
	container_expect_log(&c, "dinit: exit status 143 is that of the stop "
	    "signal itself; with --ok-stop it is reported as 0\n");
	expect_words(&(struct run){ .arguments = { "act", "TERM:exit=143" } },
	    SIGTERM, 143, "");
}

Test(stop, of_nobody_leaves_processes_behind_that_are_named)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++)
		expect_words(&(struct run){
			.arguments = { "sh", "-c", LEAVE("TERM:exit=0")
			    "exit 0" },
			.place = place,
		}, 0, 0, "dinit: warn: the app has left 1 process behind "
		    "(left); if it went to the background, have it run in the "
		    "foreground\n");
}

/* The helper that checks, and a check, are told to end at that moment. */
Test(stop, of_nobody_leaves_no_helpers_behind)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=touch $DIR/checked; "
		    "sleep 600; true", "--", "sh", "-c",
		    "until [ -f $DIR/checked ]; do sleep 0.01; done; exit 3" },
	});

	container_expect_status(&c, 3);
	container_expect_no_log(&c, "behind");
	c = container_start(&(struct run){
		.arguments = { READY_FILE, "--notify", "--", "sh", "-c",
		    "exit 3" },
	});
	container_expect_status(&c, 3);
	container_expect_no_log(&c, "behind");
}
