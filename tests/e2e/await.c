/* SPDX-License-Identifier: MIT */
/* --is-ready --wait, asked from outside of the container. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

TestSuite(await, .timeout = 60);

#define READY_FILE "--ready-file=$DIR/a/ready"
#define CHECK "--health-cmd=[ -f $DIR/up ]", "--health-interval=10ms"

static struct container
start_gated(const char *option, const char *rule)
{
	return container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, option, "--", "act",
		    "TERM:exit=0", rule },
	});
}

/* Waits for the file of CONTAINER, or for PATH. */
static struct container
start_waiter(const struct container *container, const char *path,
    const char *wait)
{
	char file[256];

	snprintf(file, sizeof(file), "--ready-file=%s", container == NULL ?
	    path : container_path(container, "a/ready"));
	return container_start(&(struct run){
		.arguments = { "--is-ready", wait, file },
		.place = AS_ORDINARY,
	});
}

/* It sleeps: what changes now does so while it waits. */
static struct container
start_sleeping_waiter(const struct container *container)
{
	struct container waiter = start_waiter(container, NULL, "--wait=1h");

	container_await_takeover(&waiter);
	await_fast_asleep(waiter.init, "the waiter sleeps");
	return waiter;
}

static void
expect_end(struct container *waiter, int status, const char *reason)
{
	container_expect_status(waiter, status);
	if (reason == NULL)
		cr_assert_str_eq(container_read(waiter, "log"), "");
	else
		container_expect_log(waiter, reason);
}

static void
stop(struct container *c)
{
	container_await_text(c, "out", "up");
	container_signal(c, SIGTERM);
	container_wait(c);
}

Test(await, ends_as_soon_as_the_container_is_ready)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	cr_assert(container_is_running(&waiter));
	container_touch(&c, "up");
	expect_end(&waiter, 0, NULL);
	/* Now it is at once. */
	waiter = start_waiter(&c, NULL, "--wait=1h");
	expect_end(&waiter, 0, NULL);
	stop(&c);
}

Test(await, goes_on_waiting_when_another_file_of_the_folder_changes)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	container_touch(&c, "a/other");
	await_fast_asleep(waiter.init, "the waiter sleeps again");
	cr_assert(container_is_running(&waiter));
	container_touch(&c, "up");
	expect_end(&waiter, 0, NULL);
	stop(&c);
}

Test(await, waits_for_a_container_that_is_still_to_come)
{
	char path[] = "/tmp/dinit-await.XXXXXX";
	char file[64];
	char option[96];
	struct container waiter;
	struct container c;

	cr_assert_not_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/b/c/ready", path);
	snprintf(option, sizeof(option), "--ready-file=%s", file);
	waiter = start_waiter(NULL, file, "--wait=1h");
	container_await_takeover(&waiter);
	await_fast_asleep(waiter.init, "the waiter sleeps");
	c = container_start(&(struct run){
		.arguments = { option, "--", "act", "TERM:exit=0" },
		.place = AS_ORDINARY,
	});
	expect_end(&waiter, 0, NULL);
	stop(&c);
	snprintf(option, sizeof(option), "rm -r %s", path);
	cr_assert_eq(system(option), 0);
}

Test(await, says_that_it_was_not_in_time)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "a/.ready.state", "last of ");
	waiter = start_waiter(&c, NULL, "--wait=50ms");
	expect_end(&waiter, 1, "dinit: error: not ready within 50ms: "
	    "starting for ");
	container_expect_log(&waiter, " of 30s; last of ");
	container_expect_log(&waiter, "exit status 1\n");
	stop(&c);
	waiter = start_waiter(NULL, "/no/such/ready", "--wait=50ms");
	expect_end(&waiter, 1, "not ready within 50ms: no dinit publishes "
	    "/no/such/ready (does the container's entrypoint run dinit, with "
	    "--health-cmd, --notify or this --ready-file?)\n");
}

/* As Docker's HEALTHCHECK asks. */
static void
ask(const struct container *container, const char *why)
{
	struct container asker = start_waiter(container, NULL, "--wait=0");

	expect_end(&asker, why == NULL ? 0 : 1, why);
}

Test(await, is_told_at_once_why_the_container_is_not_ready)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--health-cmd=echo not yet; "
		    "[ -f $DIR/up ]", "--health-interval=10ms",
		    "--monitor=10ms", "--monitor-failures=1", "--log-level="
		    "debug", "--", "act", "TERM:", "USR1:exit=0" },
	});

	container_await_text(&c, "log", "check 2: exit status 1");
	ask(&c, "not ready: starting for ");
	container_touch(&c, "up");
	container_await_text(&c, "log", "ready after");
	ask(&c, NULL);
	cr_assert_eq(unlink(container_path(&c, "up")), 0);
	container_await_text(&c, "log", "unhealthy, readiness is withdrawn");
	ask(&c, "not ready: unready for ");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "dinit: stopping");
	ask(&c, "not ready: stopping: a stop signal arrived");
	container_signal(&c, SIGUSR1);
	container_wait(&c);
}

Test(await, is_told_of_a_drain_and_of_its_end)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--drain=1h", "--grace=1h",
		    "--", "act", "TERM:", "USR1:exit=0" },
	});

	container_touch(&c, "up");
	container_await_file(&c, "a/ready");
	container_await_text(&c, "out", "up");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "draining for");
	ask(&c, "not ready: draining: a stop signal arrived");
	container_signal(&c, SIGTERM);
	container_await_text(&c, "log", "dinit: stopping");
	ask(&c, "not ready: stopping: a stop signal arrived");
	container_signal(&c, SIGUSR1);
	container_wait(&c);
}

Test(await, is_told_that_the_readiness_file_was_deleted)
{
	struct container c = start_gated("-q", NULL);

	container_touch(&c, "up");
	container_await_file(&c, "a/ready");
	cr_assert_eq(unlink(container_path(&c, "a/ready")), 0);
	ask(&c, ": somebody has deleted the readiness file\n");
	stop(&c);
}

Test(await, ends_when_the_budget_is_over_and_says_why)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, "--startup-budget=5s",
		    "--health-interval=10ms", "--health-cmd=echo not yet; "
		    "exit 3", "--grace=1h", "--", "act", "QUIT:exit=0" },
	});
	struct container waiter = start_sleeping_waiter(&c);

	/* The app does not end: it is the budget's end that counts. */
	expect_end(&waiter, 1, "not ready, nor will it be: stopping: not ready "
	    "within the startup budget of 5s; last of ");
	container_expect_log(&waiter, "exit status 3: not yet");
	container_signal(&c, SIGQUIT);
	container_expect_status(&c, 124);
}

Test(await, ends_when_a_stop_begins)
{
	struct container c = start_gated("--grace=1h", "QUIT:exit=0");
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	stop(&c);
	expect_end(&waiter, 1,
	    "not ready, nor will it be: stopping: a stop signal arrived");
}

Test(await, ends_when_the_app_does)
{
	struct container c = start_gated("-q", "USR1:exit=3");
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 3);
	expect_end(&waiter, 1, "not ready, nor will it be: the app ended with "
	    "exit status 3");
	cr_assert(!container_has_file(&c, "a/.ready.state"));
}

Test(await, ends_when_dinit_is_killed)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	container_signal(&c, SIGKILL);
	expect_end(&waiter, 1, "not ready: the container has ended");
	container_wait(&c);
	/* What it left is nobody's. */
	cr_assert(container_has_file(&c, "a/.ready.state"));
	waiter = start_waiter(&c, NULL, "--wait=50ms");
	expect_end(&waiter, 1, "no dinit publishes");
}

Test(await, outlasts_a_container_that_is_unready_for_a_while)
{
	struct container c = start_gated("--monitor=10ms", NULL);
	struct container waiter;

	container_touch(&c, "up");
	container_await_file(&c, "a/ready");
	remove(container_path(&c, "up"));
	container_await_no_file(&c, "a/ready");
	waiter = start_sleeping_waiter(&c);
	container_touch(&c, "up");
	expect_end(&waiter, 0, NULL);
	stop(&c);
}

Test(await, heeds_signals_that_end_programs)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_sleeping_waiter(&c);
	container_signal(&waiter, SIGWINCH);
	container_signal(&waiter, SIGTERM);
	expect_end(&waiter, 1, "not ready: told to wait no longer");
	stop(&c);
}

/* From within, as with docker exec: the sweep's SIGTERM is for it too. */
Test(await, says_why_before_the_sweep_ends_it)
{
	struct container c = container_start(&(struct run){
		.arguments = { READY_FILE, CHECK, "--", "sh", "-c",
		    "setsid $DINIT --is-ready --wait=1h "
		    "--ready-file=$DIR/a/ready 2>$DIR/why & "
		    "exec act USR1:exit=0" },
	});

	container_await_text(&c, "out", "up");
	await_fast_asleep(container_find_process(&c, "dinit"),
	    "the waiter sleeps");
	container_signal(&c, SIGUSR1);
	container_expect_status(&c, 0);
	cr_assert_not_null(strstr(container_read(&c, "why"),
	    "nor will it be: the app ended with exit status 0"));
}

static void
wait_inside(const struct container *container)
{
	char option[256];

	snprintf(option, sizeof(option), "--ready-file=%s",
	    container_path(container, "a/ready"));
	if (freopen(container_path(container, "why"), "w", stderr) != NULL)
		execl(getenv("DINIT"), "dinit", "--is-ready", "--wait=1h",
		    option, NULL);
}

/* True if somebody has the lock that PID 1 heeds (readiness_wire.h). */
static bool
is_awaited(void *argument)
{
	struct flock byte = { .l_type = F_WRLCK, .l_start = 0x40000000,
		.l_len = 1 };
	int fd = open(container_path(argument, "a/.ready.state"), O_RDONLY);
	bool is_locked = fd >= 0 && fcntl(fd, F_GETLK, &byte) == 0 &&
	    byte.l_type != F_UNLCK;

	close(fd);
	return is_locked;
}

/* As with docker exec: it is no child of PID 1, whose end kills it. */
static void
expect_words_inside(struct container *c, int signo, const char *why)
{
	pid_t outside;
	int status = 0;

	container_await_text(c, "out", "up");
	outside = container_enter(c, wait_inside);
	await(is_awaited, c, "a waiter is there");
	container_signal(c, signo);
	container_wait(c);
	cr_assert_eq(waitpid(outside, &status, 0), outside);
	cr_expect_eq(WEXITSTATUS(status), 1, "status %d",
	    WEXITSTATUS(status));
	cr_expect_not_null(strstr(container_read(c, "why"), why), "%s",
	    container_read(c, "why"));
}

Test(await, says_why_before_the_end_of_pid_1_kills_it)
{
	struct container c = start_gated("-q", "USR1:exit=3");

	expect_words_inside(&c, SIGUSR1,
	    "nor will it be: the app ended with exit status 3\n");
	c = start_gated("-q", NULL);
	expect_words_inside(&c, SIGTERM,
	    "nor will it be: stopping: a stop signal arrived\n");
}

/* As under an engine's filter. */
static struct container
start_waiter_without_poll(const struct container *c)
{
	char file[256];

	snprintf(file, sizeof(file), "--ready-file=%s",
	    container_path(c, "a/ready"));
	return container_start(&(struct run){
		.arguments = { "--is-ready", "--wait=1h", file },
		.place = AS_ORDINARY,
		.before_exec = deny_calls,
		.argument = &(struct denial){ { SYS_poll, SYS_ppoll }, EPERM },
	});
}

Test(await, looks_now_and_then_where_it_cannot_wait)
{
	struct container c = start_gated("-q", NULL);
	struct container waiter;

	container_await_text(&c, "out", "up");
	waiter = start_waiter_without_poll(&c);
	container_await_takeover(&waiter);
	await_fast_asleep(waiter.init, "the waiter sleeps");
	container_signal(&waiter, SIGTERM);
	expect_end(&waiter, 1, "told to wait no longer");
	waiter = start_waiter_without_poll(&c);
	container_touch(&c, "up");
	expect_end(&waiter, 0, NULL);
	stop(&c);
}

Test(await, is_not_done_without_being_asked_for)
{
	struct container waiter = start_waiter(NULL, "/no/such/ready",
	    "--wait=0");

	expect_end(&waiter, 1, "dinit: error: not ready: no dinit publishes "
	    "/no/such/ready (does");
}
