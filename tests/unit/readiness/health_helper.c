/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/health_helper.h"
#include "base/array.h"
#include "base/signals.h"
#include "readiness/health.h"
#include "readiness/helper.h"
#include "support.h"

TestSuite(health_helper, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

/* --- The helper: each test runs in a child that plays dinit --- */

static char output[HEALTH_OUTPUT_MAX + 1];

static struct helper
start_with_timeout(const char *command, int64_t timeout_ms)
{
	static struct signal_state found;
	struct helper helper = { .fd = -1 };
	const struct health_plan plan = {
		.command = command,
		.interval_ms = 20,
		.timeout_ms = timeout_ms,
		.signals = &found,
	};

	must(signals_take_over(&found) == 0, "take over");
	must(health_start(&plan, &helper) == 0, "cannot start");
	return helper;
}

static struct helper
start(const char *command)
{
	return start_with_timeout(command, 60000);
}

/* Waits until there is something to receive, and receives it. */
static ssize_t
receive_anything(const struct helper *helper,
    struct health_result *result)
{
	struct pollfd news = { .fd = helper->fd, .events = POLLIN };

	must(poll(&news, 1, 20000) == 1, "no news");
	return health_receive(helper, result, output);
}

/* Waits for the next result; its output is in OUTPUT, terminated. */
static struct health_result
receive(const struct helper *helper)
{
	struct health_result result;
	ssize_t length = receive_anything(helper, &result);

	must(length >= 0, "no result: %s", strerror((int)-length));
	output[length] = '\0';
	return result;
}

/* Closes the socket pair; then the helper has to end by itself. */
static void
stop(struct helper *helper)
{
	int status;

	helper_close(helper);
	must(helper->fd == -1, "the socket is not closed");
	must(waitpid(helper->pid, &status, 0) == helper->pid, "waitpid");
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the helper's wait status is %#x", status);
}

struct expectation {
	const char *command;
	enum health_outcome outcome;
	int status;
	const char *output;
};

static void
expect_result(void *argument)
{
	const struct expectation *expected = argument;
	struct helper helper = start(expected->command);
	struct health_result result = receive(&helper);

	must(result.outcome == expected->outcome, "%s: result %d, '%s'",
	    expected->command, (int)result.outcome, output);
	must(result.status == expected->status, "%s: status %d",
	    expected->command, result.status);
	must(strcmp(output, expected->output) == 0, "%s: '%s'",
	    expected->command, output);
	must(result.checks == 1, "%s: %" PRId64 " checks", expected->command,
	    result.checks);
	must(result.took_ms >= 0 && result.took_ms < 60000,
	    "%s: took %" PRId64, expected->command, result.took_ms);
	stop(&helper);
}

Test(health_helper, says_how_a_check_ended_and_what_it_said)
{
	struct expectation samples[] = {
		{ "true", HEALTH_PASSED, 0, "" },
		{ "[\"true\"]", HEALTH_PASSED, 0, "" },
		{ "echo fine", HEALTH_PASSED, 0, "fine\n" },
		{ "echo no; exit 1", HEALTH_FAILED, 1, "no\n" },
		{ "exit 255", HEALTH_FAILED, 255, "" },
		{ "echo a; echo b >&2; exit 3", HEALTH_FAILED, 3, "a\nb\n" },
		{ "kill -TERM $$", HEALTH_FAILED, 128 + SIGTERM, "" },
		{ "kill -KILL $$", HEALTH_FAILED, 128 + SIGKILL, "" },
		{ "[\"/no/such/check\",\"-q\"]", HEALTH_FAILED, 127,
		    "cannot execute /no/such/check: "
		    "No such file or directory\n" },
		{ "[\"/etc/passwd\"]", HEALTH_FAILED, 126,
		    "cannot execute /etc/passwd: Permission denied\n" },
		{ "[\"/\"]", HEALTH_FAILED, 126,
		    "cannot execute /: Permission denied\n" },
		/* The process that is left still has the pipe open. */
		{ "sleep 600 & echo up", HEALTH_PASSED, 0, "up\n" },
		{ "exec >/dev/null 2>&1; echo none", HEALTH_PASSED, 0, "" },
		{ "exec >&- 2>&-; sleep 0.1; exit 4", HEALTH_FAILED, 4, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		in_child(expect_result, &samples[i]);
}

static void
check_until_file(void *argument)
{
	struct helper helper;
	struct health_result result;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start("[ -f up ]");
	for (int checks = 1; checks <= 3; checks++) {
		result = receive(&helper);
		must(result.outcome == HEALTH_FAILED && result.status == 1,
		    "passed without the file");
		must(result.checks == checks, "check %d is number %" PRId64,
		    checks, result.checks);
	}
	write_file("up", "");
	do
		result = receive(&helper);
	while (result.outcome == HEALTH_FAILED && result.checks < 1000);
	must(result.outcome == HEALTH_PASSED, "never passed");
	stop(&helper);
}

Test(health_helper, checks_again_and_again)
{
	in_child(check_until_file, NULL);
}

static void
receive_too_early(void *argument)
{
	struct helper helper = start("sleep 600");
	struct health_result result;

	(void)argument;
	must(health_receive(&helper, &result, output) == -EAGAIN,
	    "it waits, or makes something up");
	stop(&helper);
}

Test(health_helper, sends_nothing_while_the_first_check_runs)
{
	in_child(receive_too_early, NULL);
}

static void
count_after_each_step(void *argument)
{
	int before = count_descriptors();
	struct helper helper = start("true");

	(void)argument;
	must(count_descriptors() == before + 1, "%d more",
	    count_descriptors() - before);
	receive(&helper);
	stop(&helper);
	must(count_descriptors() == before, "%d more",
	    count_descriptors() - before);
}

Test(health_helper, leaves_no_descriptor_open_but_that_of_the_helper)
{
	in_child(count_after_each_step, NULL);
}

/*
 * If each check left one open, the helper would run out of them. A check counts
 * when the helper sleeps: before, it may not yet have closed its end of the
 * check's pipe.
 */
static void
count_in_checks(void *argument)
{
	struct helper helper =
	    start("until grep -q '^State:.S' /proc/$PPID/status; do :; done; "
	    "ls /proc/$PPID/fd | wc -l; exit 1");
	char first[16];

	(void)argument;
	receive(&helper);
	snprintf(first, sizeof(first), "%.15s", output);
	for (int i = 0; i < 3; i++) {
		receive(&helper);
		must(strcmp(output, first) == 0, "%s, not %s", output, first);
	}
	stop(&helper);
}

/* The helper is not dumpable: only root may look into its /proc/PID/fd. */
Test(health_helper, leaves_no_descriptor_of_a_check_open)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	in_child(count_in_checks, NULL);
}

static void
look_at_helper(void *argument)
{
	struct helper helper = start("true");
	char path[64];
	const char *text;
	int session;

	(void)argument;
	must(fcntl(helper.fd, F_GETFD) & FD_CLOEXEC, "it is inherited");
	receive(&helper);
	snprintf(path, sizeof(path), "/proc/%d/stat", helper.pid);
	text = read_file(path);
	must(strstr(text, "(dinit-health)") != NULL, "%s", text);
	must(sscanf(strrchr(text, ')'), ") %*c %*d %*d %d", &session) == 1 &&
	    session == helper.pid, "%s", text);
	stop(&helper);
}

Test(health_helper, runs_in_a_helper_with_a_name_and_a_session)
{
	in_child(look_at_helper, NULL);
}

/* Looks at the folder, the environment and the descriptors of a check. */
static void
look_at_check(void *argument)
{
	struct helper helper;
	int extra = open("/dev/null", O_RDONLY);

	(void)argument;
	must(extra > STDERR_FILENO, "open");
	must(chdir(scratch_path("")) == 0, "chdir");
	setenv("UNIT_TEST", "seen", 1);
	helper = start("pwd; echo $UNIT_TEST; readlink /proc/self/fd/0; "
	    "ls /proc/self/fd; cat; "
	    "test /proc/$$/fd/1 -ef /proc/$$/fd/2 && echo same");
	receive(&helper);
	/* 3 is the folder that ls reads. */
	must(strncmp(output, scratch_path(""), strlen(scratch_path("")) - 1)
	    == 0 && strcmp(strchr(output, '\n'),
	    "\nseen\n/dev/null\n0\n1\n2\n3\nsame\n") == 0, "'%s'", output);
	stop(&helper);
}

Test(health_helper, runs_checks_in_the_surroundings_of_the_app)
{
	in_child(look_at_check, NULL);
}

static void
look_at_signals(void *argument)
{
	struct helper helper;
	sigset_t mask;
	const char *line;

	(void)argument;
	for (int signo = 1; signo < 32; signo++)
		signal(signo, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	helper = start("[\"cat\",\"/proc/self/status\"]");
	receive(&helper);
	line = strstr(output, "SigBlk:");
	must(line != NULL && strtoull(line + 7, NULL, 16) ==
	    signals_bit(SIGUSR1), "%s", output);
	line = strstr(output, "SigIgn:");
	must(line != NULL && (strtoull(line + 7, NULL, 16) & 0x7fffffff) ==
	    (signals_bit(SIGHUP) | signals_bit(SIGCHLD)), "%s", output);
	stop(&helper);
}

Test(health_helper, hands_the_signals_on_as_they_were_found)
{
	in_child(look_at_signals, NULL);
}

static void
expect_first_output(void *argument)
{
	/* Numbers show which part is kept; they are more than a pipe holds. */
	struct helper helper = start("seq 100000; exit 1");
	struct health_result result = receive(&helper);
	char expected[HEALTH_OUTPUT_MAX + 16] = "";
	size_t used = 0;

	(void)argument;
	for (int i = 1; used < HEALTH_OUTPUT_MAX; i++)
		used += (size_t)sprintf(expected + used, "%d\n", i);
	expected[HEALTH_OUTPUT_MAX] = '\0';
	must(result.outcome == HEALTH_FAILED && result.status == 1,
	    "result %d, status %d", (int)result.outcome, result.status);
	must(strcmp(output, expected) == 0, "'%s'", output);
	stop(&helper);
}

Test(health_helper, keeps_the_first_four_kib_of_output)
{
	in_child(expect_first_output, NULL);
}

static void
expect_end_of_output(void *argument)
{
	/* yes(1) is in another group, and ends only when nobody reads. */
	struct helper helper = start("setsid yes & exit 3");

	(void)argument;
	must(receive(&helper).status == 3, "not the check's status");
	must(receive(&helper).status == 3, "no second check");
	stop(&helper);
}

Test(health_helper, is_not_held_up_by_a_process_that_writes_for_ever)
{
	in_child(expect_end_of_output, NULL);
}

static void
expect_output_of_last(void *argument)
{
	struct helper helper;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start("if [ -f second ]; then echo b; else echo aaaa; "
	    ">second; fi");
	receive(&helper);
	must(strcmp(output, "aaaa\n") == 0, "'%s'", output);
	receive(&helper);
	must(strcmp(output, "b\n") == 0, "'%s'", output);
	stop(&helper);
}

Test(health_helper, keeps_the_output_of_one_check_apart_from_the_next)
{
	in_child(expect_output_of_last, NULL);
}

/* --- Ends --- */

static bool
is_there(void *path)
{
	return access(path, F_OK) == 0;
}

/* Waits for the pid that a check writes to the file NAME. */
static pid_t
await_pid(const char *name)
{
	must(comes_true(is_there, (void *)name), "no file %s", name);
	return atoi(read_file(name));
}

/* A check that hangs, and so does its child. Their pids are in "a" and "b". */
static const char hanging[] =
    "echo said; sh -c 'echo $$ >b.new; mv b.new b; exec sleep 600' & "
    "echo $$ >a.new; mv a.new a; wait";

static void
expect_hanging_ended(pid_t check, pid_t child)
{
	must(comes_true(has_ended, &check), "the check lives on");
	must(comes_true(has_ended, &child), "the check's child lives on");
}

static void
time_out(void *argument)
{
	struct helper helper;
	struct health_result result;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start_with_timeout(hanging, 100);
	result = receive(&helper);
	must(result.outcome == HEALTH_TIMED_OUT, "result %d",
	    (int)result.outcome);
	must(result.took_ms >= 100, "after %" PRId64 "ms", result.took_ms);
	/* On a busy machine the check may be killed before it prints. */
	must(output[0] == '\0' || strcmp(output, "said\n") == 0, "'%s'",
	    output);
	if (access("a", F_OK) == 0 && access("b", F_OK) == 0)
		expect_hanging_ended(await_pid("a"), await_pid("b"));
	result = receive(&helper);
	must(result.outcome == HEALTH_TIMED_OUT && result.checks == 2,
	    "no second check");
	stop(&helper);
}

Test(health_helper, kills_a_check_that_takes_too_long_with_its_group)
{
	in_child(time_out, NULL);
}

static void
expect_no_limit(void *argument)
{
	struct helper helper = start_with_timeout("sleep 0.1; echo up",
	    0);
	struct health_result result = receive(&helper);

	(void)argument;
	must(result.outcome == HEALTH_PASSED && strcmp(output, "up\n") == 0,
	    "result %d, '%s'", (int)result.outcome, output);
	stop(&helper);
}

Test(health_helper, gives_a_check_all_the_time_with_a_limit_of_zero)
{
	in_child(expect_no_limit, NULL);
}

/* A check that moves to the helper's group, and so out of its own. */
static const char deserting[] =
    "[\"perl\",\"-e\",\"setpgrp(0, getppid) or die; open(F, '>a'); "
    "print F $$; close(F); sleep(600)\"]";

static void
time_out_deserter(void *argument)
{
	struct helper helper;
	struct health_result result;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start_with_timeout(deserting, 500);
	result = receive(&helper);
	must(result.outcome == HEALTH_TIMED_OUT, "result %d: %s",
	    (int)result.outcome, output);
	/* On a busy machine it may be killed before it moves. */
	if (access("a", F_OK) == 0) {
		pid_t check = await_pid("a");

		must(comes_true(has_ended, &check), "the check lives on");
	}
	stop(&helper);
}

Test(health_helper, kills_a_check_that_has_left_its_group)
{
	in_child(time_out_deserter, NULL);
}

static void
stop_while_checking(void *argument)
{
	struct helper helper;
	pid_t check;
	pid_t child;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start(hanging);
	check = await_pid("a");
	child = await_pid("b");
	stop(&helper);
	expect_hanging_ended(check, child);
}

Test(health_helper, ends_the_running_check_with_its_group_when_stopped)
{
	in_child(stop_while_checking, NULL);
}

static void
stop_in_a_pause(void *argument)
{
	struct helper helper = start("sleep 0.1; exit 1");

	(void)argument;
	receive(&helper);
	stop(&helper);
	/* Twice is no harm. */
	helper_close(&helper);
}

Test(health_helper, ends_when_stopped_between_two_checks)
{
	in_child(stop_in_a_pause, NULL);
}

static void
lose_helper(void *argument)
{
	struct helper helper;
	struct health_result result;
	pid_t check;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start(hanging);
	check = await_pid("a");
	kill(helper.pid, SIGKILL);
	must(receive_anything(&helper, &result) == -EPIPE,
	    "its death is not seen");
	must(comes_true(has_ended, &check), "the check outlives the helper");
	kill(await_pid("b"), SIGKILL);
}

Test(health_helper, says_that_the_helper_is_gone)
{
	in_child(lose_helper, NULL);
}

static void
die_suddenly(void *argument)
{
	struct helper helper;

	(void)argument;
	must(chdir(scratch_path("")) == 0, "chdir");
	helper = start(hanging);
	(void)helper;
	await_pid("a");
	await_pid("b");
	kill(getpid(), SIGKILL);
}

static void
watch_sudden_death(void *argument)
{
	pid_t dinit = fork();

	if (dinit == 0)
		die_suddenly(argument);
	must(waitpid(dinit, NULL, 0) == dinit, "waitpid");
	expect_hanging_ended(atoi(read_file(scratch_path("a"))),
	    atoi(read_file(scratch_path("b"))));
}

Test(health_helper, leaves_nothing_behind_when_dinit_dies)
{
	in_child(watch_sudden_death, NULL);
}
