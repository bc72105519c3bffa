/* SPDX-License-Identifier: MIT */
/* Apps that say themselves when they are ready. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

Test(notify, descendant_may_say_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--", "sh", "-c",
		    "act name=child start:session,tell=READY=1,exit=0 & "
		    "exec act TERM:exit=0" },
	});

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
	struct container c = start_at(AS_PID_1, "--startup-budget=400ms",
	    "start:tell=EXTEND_TIMEOUT_USEC=3600000000,barrier,nap=600",
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
		.arguments = { "--notify", READY_FILE, "--grace=1s", "--",
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

	container_await_file(&c, "ready");
	container_await_text(&c, "out", "up");
	cr_assert_eq(container_read(&c, "socket")[0], '@');
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

/* From outside of the PID namespace, though on the same network. */
Test(notify, stranger_does_not_count)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "-v", "--", "sh", "-c",
		    "echo $NOTIFY_SOCKET >$DIR/socket; "
		    "exec act TERM:exit=0 USR1:barrier" },
	});
	char command[512];

	container_await_text(&c, "out", "up");
	snprintf(command, sizeof(command), "NOTIFY_SOCKET=$(cat %s) "
	    "exec %s/act start:tell=STATUS=strange,tell=READY=1,exit=0",
	    container_path(&c, "socket"), getenv("APPS"));
	cr_assert_eq(system(command), 0);
	/* What was sent before the barrier has been read by then. */
	container_signal(&c, SIGUSR1);
	container_signal(&c, SIGHUP);
	container_await_text(&c, "out", "HUP");
	cr_assert(!container_has_file(&c, "ready"));
	stop_and_expect(&c, 0);
	container_expect_no_log(&c, "strange");
}

/* --- Programs that speak it ----------------------------------------------- */

Test(notify, systemd_notify_is_heard)
{
	struct container c;

	skip_without("systemd-notify", "/usr/bin/systemd-notify");
	c = container_start(&(struct run){
		.arguments = { "--notify", READY_FILE, "--", "sh", "-c",
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
