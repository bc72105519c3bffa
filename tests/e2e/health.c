/* SPDX-License-Identifier: MIT */
/* Health checks: how they are run, timed out, and given up. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

TestSuite(health, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"

/* For a check that hangs, however long the test takes. */
#define NO_TIMEOUT "--health-timeout=1h"
#define NO_GRACE_OVER "--grace=1h"

/*
 * Does not end, nor does its child; both ignore SIGTERM. "hung" is there once
 * both are.
 */
#define HANG "act name=grandchild start:touch=hung & " \
	"exec act name=hanging"

#define UNTIL_THERE(name) "until [ -f $DIR/" name " ]; do sleep 0.01; done; "

static void
stop_and_expect(const struct container *container, int status)
{
	container_signal(container, SIGTERM);
	container_expect_status(container, status);
}

/* An app that ends well on SIGTERM, gated by OPTION. */
static struct container
start_with(const char *option)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, option, "--", "act",
		    "TERM:exit=0" },
	});
}

static void
expect_ready_with(const char *option)
{
	struct container c = start_with(option);

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

/* --- Its two forms -------------------------------------------------------- */

Test(health, json_array_is_executed_without_a_shell)
{
	struct container c = start_with(
	    "--health-cmd= [\"touch\", \"$DIR/a; b $HOME \\u007e\"]");

	container_await_file(&c, "ready");
	cr_assert(container_has_file(&c, "a; b $HOME ~"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, anything_else_is_run_by_the_shell)
{
	expect_ready_with("--health-cmd=echo x >$DIR/x; grep -q x <$DIR/x");
	expect_ready_with("--health-cmd=[ -d $DIR ]");
	expect_ready_with("--health-cmd=[ -n \"$DIR\" ] && [ ! -d \"\" ]");
}

/* "[]" and "[touch," are then commands, which no shell finds. */
static void
expect_run_by_shell(const char *option, const char *not_found)
{
	struct container c = start_with(option);

	container_await_text(&c, "log", "the health command cannot be run");
	container_expect_log(&c, "exit status 127");
	container_expect_log(&c, not_found);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, json_array_that_is_empty_or_not_all_strings_is_run_by_the_shell)
{
	expect_run_by_shell("--health-cmd=[]", "[]: not found");
	expect_run_by_shell("--health-cmd=[\"touch\", 5]", "[touch,: ");
	expect_run_by_shell("--health-cmd={\"a\": 1}", "{a:: ");
}

static void
expect_one_warning(const char *option, const char *text)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-v", READY_FILE, option, "--", "act",
		    "TERM:exit=0" },
	});
	const char *log;
	const char *warning;

	container_await_text(&c, "log", "check 5: ");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	log = container_read(&c, "log");
	warning = strstr(log, "warn: the health command cannot be run");
	cr_assert_not_null(warning, "%s", log);
	cr_assert(warning < strstr(log, "check 2: "), "%s", log);
	cr_assert_eq(count_text(log, "warn: "), 1, "%s", log);
	container_expect_log(&c, text);
}

Test(health, command_that_is_not_found_warns_at_once_and_once)
{
	expect_one_warning("--health-cmd=no-such-command -x",
	    "no-such-command: not found");
	expect_one_warning("--health-cmd=[\"no-such-command\"]",
	    "no-such-command: No such file or directory");
}

Test(health, command_that_cannot_be_executed_warns_at_once_and_once)
{
	expect_one_warning("--health-cmd=[\"/etc/passwd\"]",
	    "/etc/passwd: Permission denied");
	expect_one_warning("--health-cmd=/etc/passwd",
	    "/etc/passwd: Permission denied");
}

/* --- Its surroundings ----------------------------------------------------- */

Test(health, helper_has_a_name_of_its_own_and_without_monitoring_goes_once_ready)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=[ -f $DIR/up ]",
		    "--monitor=0", "--", "act", "TERM:exit=0" },
	});

	container_find_process(&c, "dinit-health");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_no_process(&c, "dinit-health");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

/* Neither usual nor what dinit has for itself. */
static void
set_unusual_surroundings(void *unused)
{
	sigset_t blocked;

	(void)unused;
	signal(SIGUSR1, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigaddset(&blocked, SIGRTMAX);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	must(chdir(getenv("DIR")) == 0);
}

static int
number_after(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	cr_assert_not_null(found, "no %s in %s", name, text);
	return atoi(found + strlen(name));
}

static void
expect_surroundings(const char *app, const char *check,
    const struct container *container)
{
	char cwd[128];

	/* From there on it is cwd, signals, descriptors and environment. */
	cr_assert_str_eq(strstr(check, "cwd="), strstr(app, "cwd="));
	snprintf(cwd, sizeof(cwd), "\ncwd=%s\n", container->directory);
	cr_assert_not_null(strstr(check, cwd), "%s", check);
	cr_assert_null(strstr(check, "\nfd=3\n"), "%s", check);
	cr_assert_null(strstr(check, "env.DINIT_GRACE"), "%s", check);
	cr_assert_null(strstr(check, "env.DINIT_HEALTH_CMD"), "%s", check);
	cr_assert_not_null(strstr(check, "\nenv.DINIT_SERVICE_HOST=h\n"));
	cr_assert_not_null(strstr(check, "\nenv.OTHER=o\n"), "%s", check);
	cr_assert_eq(number_after(check, "pid="),
	    number_after(check, "pgrp="));
	cr_assert_neq(number_after(app, "pgrp="),
	    number_after(check, "pgrp="));
}

Test(health, check_has_all_as_the_app_but_its_process_group)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--", "spy", "app", "act",
		    "TERM:exit=0" },
		.environment = { "DINIT_HEALTH_CMD=[\"spy\", \"check\", "
		    "\"act\", \"start:touch=told,await=up,exit=0\"]",
		    "DINIT_GRACE=5s", "DINIT_SERVICE_HOST=h", "OTHER=o" },
		.before_exec = set_unusual_surroundings,
	});
	char *app;

	container_await_file(&c, "told");
	container_await_text(&c, "out", "up");
	app = strdup(container_read(&c, "app"));
	cr_assert_not_null(strstr(app, "\nblocked=8000000000000800\n"
	    "ignored=11200\n"), "%s", app);
	expect_surroundings(app, container_read(&c, "check"), &c);
	free(app);
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(health, check_has_nothing_to_read)
{
	int ends[2] = { -1, -1 };
	struct container c;

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(write(ends[1], "for the app", 11), 11);
	c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=cat >$DIR/new && "
		    "readlink /proc/self/fd/0 >>$DIR/new && "
		    "mv $DIR/new $DIR/read", "--", "act",
		    "TERM:exit=0" },
		.input = ends[0],
	});
	container_await_file(&c, "ready");
	cr_assert_str_eq(container_read(&c, "read"), "/dev/null\n");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

/* --- Hygiene -------------------------------------------------------------- */

Test(health, hanging_check_is_killed_with_its_group_and_has_failed)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-timeout=200ms",
		    "--health-cmd=[ -f $DIR/hung ] && exit; " HANG, "--",
		    "act", "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	container_await_no_process(&c, "hanging");
	container_await_no_process(&c, "grandchild");
	cr_assert_null(strstr(container_read(&c, "ready"), "checks=1\n"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, what_a_check_leaves_in_its_group_is_killed)
{
	struct container c = start_with("--health-cmd="
	    "act name=leftover start:touch=left & " UNTIL_THERE("left")
	    "rm $DIR/left; printf . >>$DIR/checks; [ -f $DIR/up ]");

	container_await_text(&c, "checks", "...");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_no_process(&c, "leftover");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, check_may_print_megabytes)
{
	expect_ready_with("--health-cmd=head -c 3000000 /dev/zero && "
	    "head -c 3000000 /dev/zero >&2");
}

Test(health, check_may_close_its_output_early)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, NO_TIMEOUT,
		    "--health-cmd=exec >&- 2>&-; : >$DIR/closed; "
		    UNTIL_THERE("up"), "--", "act", "TERM:exit=0" },
	});
	pid_t helper = container_find_process(&c, "dinit-health");

	container_await_file(&c, "closed");
	await_fast_asleep(helper, "the helper sleeps");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, process_that_left_the_group_may_hold_the_output)
{
	struct container c = start_with("--health-cmd="
	    "act name=escaped start:session,touch=escaped TERM:exit=0 & "
	    UNTIL_THERE("escaped"));

	container_await_file(&c, "ready");
	cr_assert(container_has_process(&c, "escaped"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, process_that_left_the_group_may_print_for_ever)
{
	expect_ready_with("--health-cmd="
	    "setsid sh -c \"touch $DIR/escaped; exec yes\" & "
	    UNTIL_THERE("escaped"));
}

/* The first one hangs until it is killed. */
Test(health, checks_never_overlap)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-interval=1ms",
		    "--health-timeout=100ms", "--health-cmd="
		    "kill -0 $(cat $DIR/last) && touch $DIR/overlap; "
		    "echo $$ >$DIR/last; printf . >>$DIR/checks; "
		    "[ -f $DIR/second ] || { touch $DIR/second; sleep 60; }; "
		    "[ -f $DIR/up ]", "--", "act", "TERM:exit=0" },
	});

	container_await_text(&c, "checks", "......");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "overlap"));
}

/* The most checks that the pace allows, if each takes no time at all. */
static int
most_checks(long ready_after_ms)
{
	int checks = 1;

	for (long at = 0; at <= ready_after_ms; checks++) {
		long pause = at / 20 < 10 ? 10 : at / 20;

		at += pause > 250 ? 250 : pause;
	}
	return checks;
}

Test(health, start_of_a_second_takes_neither_many_nor_few_checks)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=[\"test\", \"-f\", "
		    "\"$DIR/up\"]", "--", "act", "start:nap=1000,touch=up",
		    "TERM:exit=0" },
	});
	const char *text;
	long ready_after;
	int checks;

	container_await_file(&c, "ready");
	text = container_read(&c, "ready");
	ready_after = number_after(text, "ready_after_ms=");
	checks = number_after(text, "checks=");
	cr_assert(checks >= 2 && checks <= most_checks(ready_after), "%s",
	    text);
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, a_command_that_never_ran_has_not_ended_either)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=true", "--",
		    "no-such-command" },
	});

	container_expect_status(&c, 127);
	container_expect_log(&c, "cannot execute no-such-command");
	container_expect_no_log(&c, "the app ended");
}

Test(health, command_that_cannot_be_executed_says_why)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "echo '#!/no/such/python' >$DIR/check; "
		    "chmod +x $DIR/check; PATH=$DIR:$PATH; exec $DINIT "
		    "--ready-file=$DIR/ready --health-cmd='[\"check\"]' -- "
		    "listen" },
	});

	container_await_text(&c, "log", "cannot execute check: No such file or "
	    "directory; its interpreter /no/such/python is not there");
	container_await_text(&c, "out", "listening");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
}

/* --- Budget --------------------------------------------------------------- */

Test(health, end_of_the_budget_stops_the_app_and_says_why)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=1s",
		    "--health-cmd=echo no database; echo yet >&2; exit 3",
		    "--", "act", "TERM:exit=7" },
	});

	container_expect_status(&c, 124);
	container_await_text(&c, "out", "TERM");
	container_expect_log(&c, "dinit: error: not ready within the "
	    "startup budget of 1s");
	container_expect_log(&c, "exit status 3: no database yet");
	cr_assert(!container_has_file(&c, "ready"));
}

Test(health, end_of_the_budget_kills_a_stubborn_app_after_the_grace)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=2s",
		    "--grace=1s", "--health-cmd=false", "--", "act" },
	});

	container_expect_status(&c, 124);
	container_await_text(&c, "out", "TERM");
	container_expect_log(&c, "grace period of 1s");
}

Test(health, end_of_the_budget_sends_the_first_of_the_stop_signals_rewritten)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=2s",
		    "--stop-signal=INT,TERM", "--rewrite=INT:QUIT",
		    "--health-cmd=false", "--", "act", "QUIT:exit=0" },
	});

	container_expect_status(&c, 124);
	container_await_text(&c, "out", "QUIT");
}

Test(health, end_of_the_budget_tells_of_a_check_that_was_timed_out)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=4s",
		    "--health-timeout=1s",
		    "--health-cmd=echo still waiting; exec act", "--", "act",
		    "TERM:exit=0" },
	});

	container_expect_status(&c, 124);
	container_expect_log(&c, " checks: killed after ");
	container_expect_log(&c, "ms, the health timeout: still waiting up");
}

Test(health, end_of_the_budget_tells_of_a_first_check_that_never_ended)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=500ms",
		    NO_TIMEOUT, NO_GRACE_OVER, "--health-cmd=" HANG, "--",
		    "act", "TERM:exit=0" },
		.place = AS_ORDINARY,
	});

	container_expect_status(&c, 124);
	container_expect_log(&c, "the first health check still runs");
	cr_assert(!container_left_something(&c));
}

Test(health, output_of_a_check_is_one_line_of_4_kib_at_most)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=1s",
		    "--health-cmd=printf 'first\\nsecond\\033[1m\\n'; "
		    "head -c 8192 /dev/zero | tr '\\0' x; echo end; false",
		    "--", "act", "TERM:exit=0" },
	});
	const char *line;
	size_t length;

	container_expect_status(&c, 124);
	container_expect_log(&c, "first second [1m xxxx");
	line = strstr(container_read(&c, "log"), "dinit: error: last of");
	cr_assert_not_null(line);
	length = strcspn(line, "\n");
	cr_assert_leq(length, 4096);
	cr_assert_eq(line[length - 1], 'x');
}

Test(health, budget_of_0_is_no_limit)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=0",
		    "--health-cmd=printf . >>$DIR/checks; [ -f $DIR/up ]",
		    "--", "act", "TERM:exit=0" },
	});

	container_await_text(&c, "checks", "......");
	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

/* --- Sudden ends ---------------------------------------------------------- */

static void
expect_end_in_spite_of_a_hanging_check(enum place place)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, NO_TIMEOUT, NO_GRACE_OVER,
		    "--health-cmd=" HANG, "--", "act",
		    "start:await=hung,exit=7" },
		.place = place,
	});

	container_expect_status(&c, 7);
	cr_assert(!container_left_something(&c));
}

Test(health, app_that_exits_during_a_check_ends_both)
{
	expect_end_in_spite_of_a_hanging_check(AS_PID_1);
	expect_end_in_spite_of_a_hanging_check(AS_ORDINARY);
}

Test(health, helper_that_is_killed_counts_as_the_end_of_the_budget)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, NO_TIMEOUT,
		    "--health-cmd=exec act name=hanging start:touch=hung",
		    "--",
		    "act", "TERM:exit=7" },
		.place = AS_ORDINARY,
	});
	pid_t helper = container_find_process(&c, "dinit-health");

	container_await_file(&c, "hung");
	container_await_text(&c, "out", "up");
	cr_assert_eq(kill(helper, SIGKILL), 0);
	container_expect_status(&c, 124);
	container_await_text(&c, "out", "TERM");
	container_expect_log(&c, "dinit: error: the health helper is gone");
	container_expect_no_log(&c, "SIGKILL");
	cr_assert(!container_left_something(&c));
}

Test(health, helper_and_check_die_with_a_dinit_that_is_killed)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, NO_TIMEOUT, "--health-cmd=" HANG,
		    "--", "act", "TERM:exit=0" },
		.place = AS_ORDINARY,
		.lingers = true,
	});

	container_await_file(&c, "hung");
	container_await_text(&c, "out", "up");
	cr_assert(container_has_process(&c, "grandchild"));
	container_signal(&c, SIGKILL);
	container_await_file(&c, "lingers");
	container_await_no_process(&c, "dinit-health");
	container_await_no_process(&c, "hanging");
	container_await_no_process(&c, "grandchild");
	cr_assert(container_has_process(&c, "act"));
	container_touch(&c, "release");
	container_expect_status(&c, 128 + SIGKILL);
}

Test(health, stop_signal_ends_helper_and_check_at_once)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, NO_TIMEOUT, NO_GRACE_OVER,
		    "--health-cmd=" HANG, "--", "act",
		    "TERM:await=go,exit=9" },
	});

	container_await_file(&c, "hung");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "TERM");
	container_await_no_process(&c, "dinit-health");
	container_await_no_process(&c, "hanging");
	container_await_no_process(&c, "grandchild");
	container_touch(&c, "go");
	container_expect_status(&c, 9);
}

Test(health, app_that_turns_healthy_after_the_stop_signal_is_never_ready)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-interval=10ms",
		    "--health-cmd=printf . >>$DIR/checks; [ -f $DIR/up ]",
		    "--", "act", "TERM:touch=up,await=go,exit=9" },
	});

	container_await_text(&c, "checks", "..");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_await_file(&c, "up");
	container_await_no_process(&c, "dinit-health");
	container_touch(&c, "go");
	container_expect_status(&c, 9);
	container_expect_no_log(&c, "ready after");
	cr_assert(!container_has_file(&c, "ready"));
}

/* --- No process to be had ------------------------------------------------- */

/*
 * Nothing limits the processes of the real root: its tests run as a user that
 * nobody else is. Other users' tests are in a user namespace, where only its
 * own processes count.
 */
struct loneliness {
	uid_t uid;       /* 0: as it is */
	rlim_t limit;    /* for dinit, app, helper, in a namespace the keeper */
};

static void
be_lonely(void *argument)
{
	const struct loneliness *lonely = argument;
	struct rlimit processes;

	getrlimit(RLIMIT_NPROC, &processes);
	processes.rlim_cur = lonely->limit;
	setrlimit(RLIMIT_NPROC, &processes);
	if (lonely->uid == 0)
		return;
	must(chown(getenv("DIR"), lonely->uid, (gid_t)-1) == 0);
	must(setresuid(lonely->uid, lonely->uid, lonely->uid) == 0);
}

static struct loneliness
choose_loneliness(void)
{
	if (geteuid() != 0)
		return (struct loneliness){ .limit = 4 };
	return (struct loneliness){
		.uid = 100000000 + (uid_t)getpid(),
		.limit = 3,
	};
}

static struct container
start_without_room_for_a_check(const char *option)
{
	struct loneliness lonely = choose_loneliness();

	return container_start(&(struct run){
		.arguments = { "-v", READY_FILE, option,
		    "--health-cmd=[\"touch\", \"$DIR/ran\"]", "--", "act",
		    "TERM:exit=0" },
		.place = lonely.uid != 0 ? AS_ORDINARY : AS_PID_1,
		.before_exec = be_lonely,
		.argument = &lonely,
	});
}

/* As its own user: the real root may not, without CAP_SYS_RESOURCE. */
static void
allow_checks(pid_t helper)
{
	uid_t uid = choose_loneliness().uid;
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit((uid != 0 && setresuid(uid, uid, uid) < 0) ||
		    getrlimit(RLIMIT_NPROC, &limit) < 0 ||
		    prlimit(helper, RLIMIT_NPROC, &limit, NULL) < 0);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

Test(health, check_that_cannot_be_forked_has_failed_and_is_tried_again)
{
	struct container c = start_without_room_for_a_check("-v");
	pid_t helper = container_find_process(&c, "dinit-health");

	container_await_text(&c, "log", "check 3: cannot fork: ");
	cr_assert_eq(count_text(container_read(&c, "log"),
	    "warn: the health command cannot be run (cannot fork: "), 1);
	cr_assert(!container_has_file(&c, "ran"));
	allow_checks(helper);
	container_await_file(&c, "ready");
	cr_assert(container_has_file(&c, "ran"));
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
}

Test(health, end_of_the_budget_tells_of_a_check_that_could_not_be_forked)
{
	struct container c = start_without_room_for_a_check(
	    "--startup-budget=1s");

	container_expect_status(&c, 124);
	container_expect_log(&c,
	    "cannot fork: Resource temporarily unavailable");
	cr_assert(!container_has_file(&c, "ran"));
}

/* With a time of seconds, as the words come after five of them. */
Test(health, that_takes_long_to_come_is_said_with_the_reason)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=echo no database; "
		    "exit 1", "--", "act", "TERM:exit=0" },
		.environment = { "DINIT_STARTUP_BUDGET=6s" },
	});

	container_await_text(&c, "log", "dinit: not ready after 5s: last of ");
	container_expect_log(&c, " checks: exit status 1: no database");
	container_expect_status(&c, 124);
	container_expect_log(&c, "dinit: error: exiting with 124: not ready "
	    "within the startup budget (DINIT_STARTUP_BUDGET=6s)\n");
}
