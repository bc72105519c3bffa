/* SPDX-License-Identifier: MIT */
/* Apps that say themselves when they are ready. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

TestSuite(notify, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/ready"

static struct container
start_at(enum place place, const char *option, const char *rule,
    const char *another)
{
	return container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, option, "--", "act",
		    "TERM:exit=0", rule, another },
		.place = place,
	});
}

static struct container
start(const char *rule, const char *another)
{
	return start_at(AS_PID_1, "-q", rule, another);
}

static void
stop_and_expect(struct container *c, int status)
{
	container_await_text(c, "out", "up");
	container_signal(c, SIGTERM);
	container_expect_status(c, status);
	cr_assert(!container_has_file(c, "ready"));
}

Test(notify, container_is_ready_when_the_app_says_so)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_at(place, "-v", "USR1:tell=READY=1",
		    NULL);

		container_await_text(&c, "out", "up");
		cr_assert(!container_has_file(&c, "ready"));
		container_signal(&c, SIGUSR1);
		container_await_file(&c, "ready");
		cr_assert(container_is_ready(&c, "ready"));
		stop_and_expect(&c, 0);
		container_expect_log(&c, "(as the app says)");
		container_discard(&c);
	}
}

/* --- Whose words count ----------------------------------------------------- */

/* A child says that it is ready before the app does, when it gets USR1. */
static struct container
start_with_child(const char *option)
{
	return container_start(&(struct run){
		.arguments = { option, READY_FILE, "--", "sh", "-c",
		    "act name=child start:session,tell=READY=1,touch=told & "
		    "exec act start:touch=app TERM:exit=0 USR1:tell=READY=1" },
	});
}

Test(notify, descendant_may_say_it_where_all_count)
{
	struct container c = start_with_child("--notify=all");

	container_await_file(&c, "ready");
	container_await_file(&c, "app");
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "does not count");
}

Test(notify, descendant_does_not_count_for_the_app)
{
	struct container c = start_with_child("--notify");

	container_await_file(&c, "told");
	container_await_text(&c, "log", "dinit: warn: READY=1 of process ");
	cr_assert(!container_has_file(&c, "ready"));
	container_await_file(&c, "app");
	container_signal(&c, SIGUSR1);
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, " (child) does not count, as it is not the "
	    "app's own process ");
	container_expect_log(&c, "; --notify=all takes it from any process of "
	    "the container\n");
	cr_assert_eq(count_text(container_read(&c, "log"), "does not count"),
	    1);
}

Test(notify, shell_that_becomes_the_app_is_the_app)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify=main", READY_FILE, "--", "sh", "-c",
		    "exec sh -c 'exec act start:tell=READY=1 TERM:exit=0'" },
	});

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

static void
open_directory(void *argument)
{
	(void)argument;
	chmod(getenv("DIR"), 0777);
}

/* Without --user an app that is root may become somebody else. */
Test(notify, app_may_have_changed_its_user_by_itself)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--", "setpriv",
		    "--reuid=65534", "--clear-groups", "act",
		    "start:tell=READY=1", "TERM:exit=0" },
		.place = AS_PID_1_AS_ROOT,
		.before_exec = open_directory,
	});

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

/* Tells TEXT, from outside of CONTAINER, as the user UID. wait(2)'s status. */
static int
tell_from_outside(const struct container *container, unsigned int uid,
    const char *text)
{
	char command[1024];

	snprintf(command, sizeof(command), "NOTIFY_SOCKET=%s exec setpriv "
	    "--reuid=%u --clear-groups %s/act 'start:tell=%s,exit=0' 2>>%s",
	    container_path(container, ".ready.notify"), uid, getenv("APPS"),
	    text, container_path(container, "refused"));
	return system(command);
}

Test(notify, another_user_is_not_even_heard)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify=all", READY_FILE, "--user=65534:65534",
		    "--", "act", "USR1:tell=READY=1", "TERM:exit=0" },
		.place = AS_PID_1_AS_ROOT,
		.before_exec = open_directory,
	});

	container_await_text(&c, "out", "up");
	container_touch(&c, "refused");
	cr_assert_neq(tell_from_outside(&c, 65533, "READY=1"), 0);
	container_await_text(&c, "refused", "Permission denied");
	container_signal(&c, SIGUSR1);
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(notify, app_that_stops_by_itself_is_not_ready_any_more)
{
	struct container c = start("start:tell=READY=1",
	    "USR1:tell=STOPPING=1");

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_await_no_file(&c, "ready");
	cr_assert(container_is_running(&c));
	stop_and_expect(&c, 0);
}

Test(notify, app_may_become_ready_again)
{
	struct container c = start("start:tell=READY=1|STOPPING=1",
	    "USR1:tell=STATUS=back|READY=1");

	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(notify, status_is_logged_when_it_is_new)
{
	struct container c = start_at(AS_PID_1, "--log-format=text",
	    "start:tell=STATUS=one,tell=STATUS=one,tell=STATUS=two",
	    "start:tell=STATUS=one|READY=1,barrier,tell=STATUS=served 7");

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "the app says: one\ndinit: the app says: two\n"
	    "dinit: the app says: one\n");
	container_expect_no_log(&c, "served");
}

Test(notify, status_of_a_ready_app_is_logged_at_debug)
{
	struct container c = start_at(AS_PID_1, "--log-level=debug",
	    "start:tell=READY=1,barrier,tell=STATUS=served 7,tell=STATUS=bye",
	    "start:tell=STATUS=bye,barrier");

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "debug: the app says: served 7\n");
	cr_assert_eq(count_text(container_read(&c, "log"), "says: bye\n"), 1);
}

Test(notify, status_is_logged_on_one_line)
{
	struct container c = start_at(AS_PID_1, "-v",
	    "start:tell=STATUS=lo\tading 7 %s|READY=1", NULL);

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "dinit: the app says: lo ading 7 %s\n");
}

Test(notify, app_that_says_nothing_is_stopped_when_the_budget_is_over)
{
	struct container c = start_at(AS_PID_1, "--startup-budget=100ms",
	    "start:tell=STATUS=hm", NULL);

	container_expect_status(&c, 124);
	container_expect_log(&c, "not ready within the startup budget of "
	    "100ms: stopping");
	container_expect_log(&c, "the app has not sent READY=1");
	cr_assert(!container_has_file(&c, "ready"));
}

Test(notify, app_may_ask_for_more_time)
{
	struct container c = start_at(AS_PID_1, "--startup-budget=2s",
	    "start:tell=EXTEND_TIMEOUT_USEC=3600000000,barrier,nap=2500",
	    "start:tell=READY=1");

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(notify, barrier_is_passed_once_all_before_it_is_done)
{
	struct container c = start("start:tell=READY=1,barrier,check=ready",
	    NULL);

	container_await_text(&c, "out", "ready is there\nup\n");
	stop_and_expect(&c, 0);
}

Test(notify, flood_holds_up_neither_readiness_nor_a_stop)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify=all", READY_FILE, "--grace=1s", "--",
		    "sh", "-c", "act name=flood start:session,flood=99999999 & "
		    "exec act name=main start:tell=READY=1" },
	});

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "main up");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "out", "main TERM");
	container_expect_status(&c, 128 + SIGKILL);
}

Test(notify, command_gets_a_socket_of_its_own_and_the_engine_hears)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", START_ENGINE
		    "exec $DINIT --ready-file=$DIR/ready "
		    "--notify -- sh -c 'echo $NOTIFY_SOCKET >$DIR/socket; "
		    "exec act start:tell=STATUS=fine\\|READY=1 TERM:exit=0'" },
		.environment = { "NOTIFY_SOCKET=$DIR/engine" },
	});
	char text[128];

	snprintf(text, sizeof(text), "%s\n",
	    container_path(&c, ".ready.notify"));
	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	cr_assert_str_eq(container_read(&c, "socket"), text);
	container_await_heard(&c, "STATUS=ready after");
	cr_assert_not_null(strstr(container_read(&c, "heard"),
	    "STATUS=fine\nengine READY=1\n"), "%s",
	    container_read(&c, "heard"));
	stop_and_expect(&c, 0);
}

Test(notify, without_it_there_is_no_socket)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "[ -z \"${NOTIFY_SOCKET+x}\" ]" },
	});

	container_expect_status(&c, 0);
}

/* Only root gets at the container's socket from outside. */
Test(notify, same_user_outside_of_the_pid_namespace_does_not_count)
{
	struct container c;

	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	c = container_start(&(struct run){
		.arguments = { "--notify=all", READY_FILE, "-v", "--", "act",
		    "TERM:exit=0", "USR1:barrier" },
	});
	container_await_text(&c, "out", "up");
	cr_assert_eq(tell_from_outside(&c, geteuid(), "STATUS=strange|READY=1"),
	    0);
	/* What was sent before the barrier has been read by then. */
	container_signal(&c, SIGUSR1);
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "HUP");
	cr_assert(!container_has_file(&c, "ready"));
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "strange");
}

/* --- The watchdog --------------------------------------------------------- */

/* An app that is ready, and follows RULE and ANOTHER. */
static struct container
start_watched(const char *watchdog, const char *option, const char *rule,
    const char *another)
{
	return container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, watchdog, option, "--",
		    "spy", "app", "act", "start:tell=READY=1", "TERM:exit=0",
		    rule, another },
	});
}

Test(notify, app_that_misses_its_watchdog_is_unready_until_it_is_alive)
{
	struct container c = start_watched("--watchdog=200ms", "-q",
	    "USR1:tell=WATCHDOG_USEC=0|WATCHDOG=1", NULL);

	container_await_text(&c, "log", "dinit: warn: unhealthy, readiness is "
	    "withdrawn; the app has sent no WATCHDOG=1 for ");
	container_await_no_file(&c, "ready");
	cr_assert(!container_is_ready(&c, "ready"));
	/* which also turns the watchdog off, so that it stays ready */
	container_signal(&c, SIGUSR1);
	container_await_file(&c, "ready");
	cr_assert(container_is_ready(&c, "ready"));
	stop_and_expect(&c, 0);
}

Test(notify, app_is_told_of_its_watchdog)
{
	struct container c = start_watched("--watchdog=1h", "-v",
	    "USR1:tell=WATCHDOG=1", NULL);

	container_await_file(&c, "ready");
	stop_and_expect(&c, 0);
	container_expect_watchdog(&c, "3600000000");
}

Test(notify, app_may_set_its_watchdog_and_miss_it_of_its_own_accord)
{
	struct container c = start_watched("--watchdog=1h", "-v",
	    "USR1:tell=WATCHDOG=trigger",
	    "USR2:tell=READY=1|WATCHDOG_USEC=50000");

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGUSR1);
	container_await_no_file(&c, "ready");
	container_await_text(&c, "log", "readiness is withdrawn; the app has "
	    "sent WATCHDOG=trigger\n");
	container_signal(&c, SIGUSR2);
	container_await_text(&c, "log", "dinit: ready again\n");
	container_await_text(&c, "log", "the app has sent no WATCHDOG=1 for ");
	container_await_no_file(&c, "ready");
	stop_and_expect(&c, 0);
}

Test(notify, app_that_hangs_is_stopped_when_the_recovery_budget_is_over)
{
	struct container c = start_watched("--watchdog=100ms",
	    "--recovery-budget=100ms", "start:stop", NULL);

	container_expect_status(&c, 123);
	container_expect_log(&c, "dinit: error: not ready again within the "
	    "recovery budget of 100ms: stopping\n"
	    "dinit: error: the app has sent no more WATCHDOG=1\n");
	cr_assert(!container_has_file(&c, "ready"));
}

/* --- The socket and who hears it -------------------------------------------- */

Test(notify, socket_lies_beside_the_readiness_file_while_dinit_lives)
{
	struct container c = start("start:tell=READY=1", NULL);
	struct stat status;

	container_await_file(&c, "ready");
	cr_assert_eq(stat(container_path(&c, ".ready.notify"), &status), 0);
	cr_assert(S_ISSOCK(status.st_mode));
	stop_and_expect(&c, 0);
	cr_assert(!container_has_file(&c, ".ready.notify"));
}

Test(notify, path_that_is_too_long_for_a_socket_is_refused)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", "--ready-file=$DIR/"
		    "0123456789012345678901234567890123456789012345678901234567"
		    "8901234567890123456789012345678901234567890", "--", "act" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "it takes a path of at most 99 bytes\n");
	cr_assert_str_eq(container_read(&c, "out"), "");
}

Test(notify, what_lies_in_the_sockets_place_is_refused)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "echo mine >$DIR/.ready.notify; "
		    "exec $DINIT --notify --ready-file=$DIR/ready -- act" },
	});

	container_expect_status(&c, 125);
	container_expect_log(&c, "/.ready.notify for --notify: File exists\n");
	cr_assert_str_eq(container_read(&c, ".ready.notify"), "mine\n");
}

/* Kills the helper. */
static void
kill_helper(const struct container *container)
{
	cr_assert_eq(kill(container_find_process(container, "dinit-notify"),
	    SIGKILL), 0);
}

Test(notify, without_the_helper_a_start_has_failed)
{
	struct container c = start("TERM:exit=0", NULL);

	container_await_text(&c, "out", "up");
	kill_helper(&c);
	container_expect_status(&c, 124);
	container_expect_log(&c, "the helper that hears the app is gone before "
	    "the app was ready: nobody can hear it, stopping");
}

Test(notify, without_the_helper_an_app_is_not_ready_any_more)
{
	struct container c = start("start:tell=READY=1", NULL);

	container_await_file(&c, "ready");
	kill_helper(&c);
	container_await_no_file(&c, "ready");
	container_await_text(&c, "log", "dinit: error: the helper that hears "
	    "the app is gone (is memory short?): nobody can tell whether the "
	    "app is ready, readiness is withdrawn for good");
	cr_assert(container_is_running(&c));
	stop_and_expect(&c, 0);
}

Test(notify, helper_is_no_process_that_the_app_left_behind)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_at(place, "--grace=1h",
		    "start:tell=READY=1", NULL);

		container_await_file(&c, "ready");
		container_find_process(&c, "dinit-notify");
		stop_and_expect(&c, 0);
		cr_assert(!container_has_process(&c, "dinit-notify"));
		container_discard(&c);
	}
}

/* --- Descriptors that take long to let go of --------------------------------- */

Test(notify, lingering_sockets_hold_up_neither_signals_nor_the_end)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--grace=1s",
		    "--startup-budget=0", "--", "pass", "linger", "act",
		    "TERM:exit=0" },
	});
	long started;

	container_await_text(&c, "out", "up");
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "HUP");
	started = now_ms();
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	cr_assert_lt(now_ms() - started, 10000);
}

static bool
is_ready_or_over(void *container)
{
	return container_has_file(container, "ready") ||
	    !container_is_running(container);
}

Test(notify, file_that_nobody_can_close_holds_up_nothing)
{
	struct container c;

	skip_without("FUSE", "/dev/fuse");
	c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--grace=1s",
		    "--startup-budget=0", "--", "pass", "fuse", "act",
		    "start:tell=READY=1" },
	});
	await(is_ready_or_over, &c, "ready, or no FUSE");
	if (!container_is_running(&c))
		cr_skip("skipped: FUSE cannot be mounted here");
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "HUP");
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 128 + SIGKILL);
}

/* --- Programs that speak it ----------------------------------------------- */

Test(notify, systemd_notify_is_heard)
{
	struct container c;

	skip_without("systemd-notify", "/usr/bin/systemd-notify");
	c = container_start(&(struct run){
		.arguments = { "--notify=all", READY_FILE, "--", "sh", "-c",
		    "/usr/bin/systemd-notify --ready --status=hello && "
		    "exec act start:check=ready TERM:exit=0" },
	});
	container_await_text(&c, "out", "ready is there\nup\n");
	stop_and_expect(&c, 0);
	container_expect_log(&c, "the app says: hello");
}

Test(notify, haproxy_is_heard)
{
	struct container c;

	skip_without("HAProxy", "/usr/sbin/haproxy");
	c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--", "sh", "-c",
		    "printf '%s\\n' 'defaults' ' mode http' "
		    "' timeout client 1s' ' timeout connect 1s' "
		    "' timeout server 1s' 'frontend f' "
		    "' bind unix@'$DIR/socket >$DIR/conf && "
		    "exec /usr/sbin/haproxy -Ws -f $DIR/conf" },
	});
	container_await_file(&c, "ready");
	cr_assert(container_has_file(&c, "socket"));
	container_signal(&c, SIGTERM);
	container_wait(&c);
	cr_assert(!container_has_file(&c, "ready"));
}

Test(notify, postgresql_is_heard)
{
	static const char *const start =
	    "set -e; bin=$(echo /usr/lib/postgresql/*/bin); "
	    "chmod 755 $DIR; mkdir $DIR/pg; chown postgres $DIR/pg; "
	    "cd $DIR/pg; setpriv --reuid=postgres --clear-groups "
	    "$bin/initdb -N -D $DIR/pg/data >/dev/null; "
	    "exec setpriv --reuid=postgres --clear-groups $bin/postgres "
	    "-D $DIR/pg/data -k $DIR/pg -c listen_addresses=";
	struct container c;

	skip_without("PostgreSQL", "/usr/lib/postgresql");
	if (geteuid() != 0)
		cr_skip("skipped: it takes root to become postgres");
	c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--rewrite=TERM:INT",
		    "--", "sh", "-c", start },
		.place = AS_PID_1_AS_ROOT,
	});
	container_await_file(&c, "ready");
	cr_assert(container_has_file(&c, "pg/.s.PGSQL.5432"));
	container_signal(&c, SIGTERM);
	container_expect_status(&c, 0);
	cr_assert(!container_has_file(&c, "ready"));
}
