/* SPDX-License-Identifier: MIT */
/* The last word, and the log as JSON. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support.h"

TestSuite(report, .timeout = 60);

#define REPORT "--report-file=$DIR/report"

static void
expect_report(const struct container *c, const char *expected)
{
	cr_assert_str_eq(container_read(c, "report"), expected, "%s",
	    container_read(c, "report"));
}

static void
expect_ending(const char *const *arguments, int status, const char *report)
{
	struct run run = { .arguments = { REPORT } };
	struct container c;

	for (int i = 0; arguments[i] != NULL; i++)
		run.arguments[i + 1] = arguments[i];
	c = container_start(&run);
	container_expect_status(&c, status);
	expect_report(&c, report);
	container_discard(&c);
}

#define EXPECT_ENDING(status, report, ...)                                    \
	expect_ending((const char *const[]){ __VA_ARGS__, NULL }, status,     \
	    report)

Test(report, says_how_the_app_ended_by_itself)
{
	EXPECT_ENDING(0, "the app ended with exit status 0\n", "true");
	EXPECT_ENDING(3, "the app ended with exit status 3\n", "sh", "-c",
	    "exit 3");
	EXPECT_ENDING(0, "the app ended with exit status 3\n", "--ok-exit=3",
	    "sh", "-c", "exit 3");
	EXPECT_ENDING(139, "the app ended with exit status 139 (SIGSEGV)\n",
	    "sh", "-c", "kill -SEGV $$");
}

Test(report, says_what_the_last_check_printed_when_the_budget_is_over)
{
	struct container c = container_start(&(struct run){
		.arguments = { REPORT, "--ready-file=$DIR/ready",
		    "--startup-budget=2s", "--health-cmd=echo no; echo way; "
		    "exit 7", "--", "act", "TERM:exit=0" },
	});

	container_expect_status(&c, 124);
	cr_assert_eq(strstr(container_read(&c, "report"), "not ready within "
	    "the startup budget of 2s; last of "),
	    container_read(&c, "report"), "%s", container_read(&c, "report"));
	cr_assert_not_null(strstr(container_read(&c, "report"),
	    " checks: exit status 7: no way\n"));
}

/* As by docker exec, with the variables of the container. */
Test(report, is_not_touched_by_a_dinit_that_is_refused)
{
	struct container c = container_start(&(struct run){
		.arguments = { REPORT, "--ready-file=$DIR/ready", "--", "sh",
		    "-c", "until [ -f $DIR/ready ]; do sleep 0.01; done; "
		    "echo of the app >$DIR/report; "
		    "$DINIT " REPORT " --ready-file=$DIR/ready -- true" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "another dinit publishes there");
	expect_report(&c, "of the app\nthe app ended with exit status 125\n");
}

Test(report, says_that_it_was_stopped_in_time_or_not)
{
	struct container c = container_start(&(struct run){
		.arguments = { REPORT, "act", "TERM:exit=5" },
	});

	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 5);
	expect_report(&c, "a stop signal arrived; the app ended with exit "
	    "status 5\n");
	c = container_start(&(struct run){
		.arguments = { REPORT, "--grace=50ms", "act" },
	});
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 137);
	expect_report(&c, "a stop signal arrived; the app still ran after the "
	    "grace period of 50ms: SIGKILL\n");
}

/* As the Kubernetes documentation has it: echo REASON >/dev/termination-log. */
Test(report, stands_behind_what_the_app_has_written)
{
	EXPECT_ENDING(3, "no database\nthe app ended with exit status 3\n",
	    "sh", "-c", "echo no database >$DIR/report; exit 3");
	EXPECT_ENDING(0, "no\nway\nthe app ended with exit status 0\n",
	    "sh", "-c", "printf 'no\nway' >>$DIR/report");
	EXPECT_ENDING(137, "what\nthe app ended with exit status 137 "
	    "(SIGKILL)\n", "sh", "-c", "exec 9>$DIR/report; printf wh >&9; "
	    "printf at >&9; kill -KILL $$");
	/* An error while it runs is in the log, and in the last line. */
	EXPECT_ENDING(124, "the app\nnot ready within the startup budget of "
	    "2s; the first health check still runs\n",
	    "--ready-file=$DIR/ready", "--startup-budget=2s",
	    "--health-cmd=sleep 60", "--", "sh", "-c",
	    "echo the app >$DIR/report; exec sleep 60");
}

Test(report, of_a_stopped_app_stands_behind_what_that_said_last)
{
	struct container c = container_start(&(struct run){
		.arguments = { REPORT, "--grace=60s", "sh", "-c",
		    "trap 'echo flushed >$DIR/report; exit 5' TERM; "
		    "echo up; while :; do sleep 0.01; done" },
	});

	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 5);
	expect_report(&c, "flushed\na stop signal arrived; the app ended with "
	    "exit status 5\n");
}

Test(report, is_emptied_of_an_earlier_run)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "echo earlier >$DIR/report; "
		    "exec $DINIT " REPORT " -- cp $DIR/report $DIR/seen" },
	});

	container_expect_status(&c, 0);
	cr_assert_str_eq(container_read(&c, "seen"), "");
	cr_assert(container_has_file(&c, "seen"));
	expect_report(&c, "the app ended with exit status 0\n");
}

/* A hook: has /dev/termination-log, as each container of a pod has. */
static void
mount_termination_log(void *argument)
{
	(void)argument;
	make_file("termination-log", "");
	must(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
	close(creat("/dev/termination-log", 0666));
	must(mount(in_directory("termination-log"), "/dev/termination-log",
	    NULL, MS_BIND, NULL) == 0);
}

static void
expect_termination_log(const char *const *arguments, int status,
    const char *expected)
{
	struct run run = {
		.place = AS_PID_1_AS_ROOT,
		.before_exec = mount_termination_log,
	};
	struct container c;

	for (int i = 0; arguments[i] != NULL; i++)
		run.arguments[i] = arguments[i];
	c = container_start(&run);
	container_expect_status(&c, status);
	cr_assert_str_eq(container_read(&c, "termination-log"), expected, "%s",
	    container_read(&c, "termination-log"));
	container_discard(&c);
}

#define EXPECT_TERMINATION_LOG(status, report, ...)                           \
	expect_termination_log((const char *const[]){ __VA_ARGS__, NULL },    \
	    status, report)

Test(report, goes_where_kubernetes_reads_it_without_being_asked_for)
{
	EXPECT_TERMINATION_LOG(3,
	    "no database\nthe app ended with exit status 3\n", "sh", "-c",
	    "echo no database >/dev/termination-log; exit 3");
	EXPECT_TERMINATION_LOG(125, "--grace: 'x' is wrong; it takes a "
	    "duration such as 500ms, 9s, 1m30s or 1h\n", "--grace=x", "true");
	EXPECT_TERMINATION_LOG(125, "--report-file: 'x' is wrong; it takes an "
	    "absolute path of a file\n", "--report-file=x", "true");
	/* What was there before dinit, perhaps of a script that executes it. */
	EXPECT_TERMINATION_LOG(0, "early\nthe app ended with exit status 0\n",
	    "sh", "-c", "echo early >/dev/termination-log; "
	    "$DINIT -- sh -c 'exit 4'; [ $? = 4 ]");
	/* Another file is named. */
	EXPECT_TERMINATION_LOG(3, "", REPORT, "sh", "-c", "exit 3");
}

Test(report, goes_nowhere_where_nobody_has_made_a_file_for_it)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "[ ! -e /dev/termination-log ] && "
		    "{ $DINIT --report-file=x true; $DINIT true; "
		    "[ ! -e /dev/termination-log ]; }" },
	});

	container_expect_status(&c, 0);
}

Test(report, says_why_nothing_ran)
{
	EXPECT_ENDING(127, "cannot execute /no/such: No such file or "
	    "directory\n", "/no/such");
	EXPECT_ENDING(125, "--grace: 'x' is wrong; it takes a duration such as "
	    "500ms, 9s, 1m30s or 1h\n", "--grace=x", "true");
}

Test(report, that_cannot_be_written_is_worth_a_warning)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--report-file=/no/such/report", "sh", "-c",
		    "exit 3" },
	});

	container_expect_status(&c, 3);
	container_expect_log(&c, "dinit: warn: cannot write report file "
	    "/no/such/report: No such file or directory");
}

Test(report, is_opened_before_privileges_are_given_up)
{
	struct container c = container_start(&(struct run){
		.arguments = { REPORT, "--user=12345", "sh", "-c", "exit 4" },
		.place = AS_PID_1_AS_ROOT,
	});

	container_expect_status(&c, 4);
	expect_report(&c, "the app ended with exit status 4\n");
}

/* --- The log as JSON ------------------------------------------------------ */

Test(report, log_is_an_object_a_line)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--log-format=json", "-vv", "--grace=50ms",
		    "--ready-file=$DIR/ready", "--health-cmd=true", "act" },
	});
	char log[4096];
	int count = 0;

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 137);
	strcpy(log, container_read(&c, "log"));
	for (char *line = strtok(log, "\n"); line != NULL;
	    line = strtok(NULL, "\n"), count++) {
		json_t *object = json_loads(line, JSON_REJECT_DUPLICATES,
		    NULL);

		cr_assert_not_null(object, "%s", line);
		cr_assert_str_eq(json_string_value(json_object_get(object,
		    "logger")), "dinit");
		json_decref(object);
	}
	cr_assert_geq(count, 5);
	container_expect_log(&c, "\"level\":\"warn\",\"logger\":\"dinit\","
	    "\"event\":\"grace-over\",\"state\":\"killing\","
	    "\"signal\":\"SIGKILL\",\"pid\":");
	container_expect_log(&c, "\"message\":\"the app still runs after the "
	    "grace period of 50ms: SIGKILL\"}");
}

Test(report, bad_settings_are_said_in_json_too)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--grace=\"", "true" },
		.environment = { "DINIT_LOG_FORMAT=json" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "\"level\":\"error\",\"logger\":\"dinit\","
	    "\"event\":\"not-started\",\"status\":125,"
	    "\"message\":\"--grace: '\\\"' is wrong; ");
}
