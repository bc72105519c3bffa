/* SPDX-License-Identifier: MIT */
/* The health command once the container is ready. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

TestSuite(monitor, .timeout = 60);

/* Healthy while there is a file "up"; prints its count to "checks". */
#define CHECK \
	"--health-cmd=echo . >>$DIR/checks; echo I said no; [ -f $DIR/up ]"
#define READY_FILE "--ready-file=$DIR/ready"

static struct container
start_monitored(const char *option, const char *another)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--health-interval=10ms",
		    "--monitor=20ms", option, another, "--", "act",
		    "TERM:exit=0" },
	});
}

static void
go_down(const struct container *c)
{
	remove(container_path(c, "up"));
}

static void
stop_and_expect(struct container *c, int status)
{
	container_await_text(c, "out", "up");
	container_signal(c, SIGTERM);
	container_expect_status(c, status);
}

/* Waits for COUNT more checks than there have been until now. */
static void
await_checks(const struct container *c, int count)
{
	char lines[64] = "";

	remove(container_path(c, "checks"));
	for (int i = 0; i < count; i++)
		strcat(lines, ".\n");
	container_await_text(c, "checks", lines);
}

Test(monitor, goes_on_checking_a_ready_container)
{
	struct container c = start_monitored("-q", "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	await_checks(&c, 5);
	cr_assert(container_has_process(&c, "dinit-health"));
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
}

static uint64_t
count_sleeps(const struct container *c)
{
	return status_field(process_status(c->init),
	    "voluntary_ctxt_switches");
}

Test(monitor, goes_on_without_being_asked_to)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	await_fast_asleep(container_find_process(&c, "dinit-health"),
	    "the helper waits for its next check");
	container_await_text(&c, "out", "up");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "warn");
}

/* Whatever has been prepared by now: it sleeps from then on. */
static void
expect_no_waking(const struct container *c)
{
	uint64_t sleeps;

	await_fast_asleep(c->init, "dinit sleeps");
	sleeps = count_sleeps(c);
	await_fast_asleep(c->init, "dinit sleeps on");
	cr_assert_eq(count_sleeps(c), sleeps);
}

Test(monitor, wakes_process_1_not_once_between_two_checks)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--monitor=1h", "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	expect_no_waking(&c);
	stop_and_expect(&c, 0);
}

Test(monitor, leaves_nobody_to_wake_process_1_when_one_success_counts_for_good)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--monitor=0", "--", "act",
		    "TERM:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	container_await_no_process(&c, "dinit-health");
	go_down(&c);
	expect_no_waking(&c);
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(monitor, withdraws_readiness_and_publishes_again)
{
	struct container c = start_monitored("--monitor-failures=2", "-v");
	char first[512];

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	snprintf(first, sizeof(first), "%s", container_read(&c, "ready"));
	for (int i = 0; i < 3; i++) {
		go_down(&c);
		container_await_no_file(&c, "ready");
		cr_assert(!container_is_ready(&c, "ready"));
		container_touch(&c, "up");
		container_await_file(&c, "ready");
		cr_assert(container_is_ready(&c, "ready"));
	}
	/* How long the start took does not change any more. */
	cr_assert_not_null(strstr(container_read(&c, "ready"),
	    strtok(strstr(first, "ready_after_ms="), "\n")));
	stop_and_expect(&c, 0);
	container_expect_log(&c, "warn: unhealthy, readiness is withdrawn; "
	    "last of ");
	container_expect_log(&c, "exit status 1: I said no");
	container_expect_log(&c, "dinit: ready again");
}

Test(monitor, bears_with_as_many_failures_as_it_is_told_to)
{
	struct container c = start_monitored("--monitor-failures=1000000",
	    "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	await_checks(&c, 10);
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(monitor, check_that_hangs_is_a_failure)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=[ ! -f $DIR/hang ] || "
		    "exec sleep 1000", "--monitor=20ms",
		    "--health-timeout=50ms", "--monitor-failures=2", "--",
		    "act", "TERM:exit=0" },
	});

	container_await_file(&c, "ready");
	container_touch(&c, "hang");
	container_await_no_file(&c, "ready");
	remove(container_path(&c, "hang"));
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "killed after ");
}

Test(monitor, dead_helper_withdraws_readiness_for_good)
{
	struct container c = start_monitored("-q", "-q");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	kill(container_find_process(&c, "dinit-health"), SIGKILL);
	container_await_no_file(&c, "ready");
	container_await_text(&c, "log", "the health helper is gone (is memory "
	    "short?): nobody can tell whether the app is healthy, readiness "
	    "is withdrawn for good\n");
	cr_assert(container_is_running(&c));
	stop_and_expect(&c, 0);
}

Test(monitor, unready_container_is_stopped_without_a_drain)
{
	struct container c = start_monitored("--drain=1h",
	    "--monitor-failures=1");

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	container_await_no_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "draining");
}

Test(monitor, app_that_ends_ends_the_helper_too)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=true",
		    "--monitor=10ms", "--", "act", "USR1:exit=3" },
		.place = AS_ORDINARY,
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	cr_assert(!container_left_something(&c));
	cr_assert(!container_has_file(&c, "ready"));
}

Test(monitor, tells_the_engine_once_that_it_is_ready)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", START_ENGINE
		    "exec $DINIT --ready-file=$DIR/ready "
		    "--health-cmd='[ -f $DIR/up ]' --health-interval=10ms "
		    "--monitor=10ms --monitor-failures=1 -- act TERM:exit=0" },
		.environment = { "NOTIFY_SOCKET=$DIR/engine" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "ready");
	go_down(&c);
	container_await_no_file(&c, "ready");
	container_touch(&c, "up");
	container_await_text(&c, "log", "ready again");
	container_await_heard(&c, "STATUS=ready again");
	cr_assert_eq(count_text(container_read(&c, "heard"), "READY=1"), 1,
	    "%s", container_read(&c, "heard"));
	cr_assert_not_null(strstr(container_read(&c, "heard"),
	    "STATUS=unhealthy"));
	stop_and_expect(&c, 0);
}
