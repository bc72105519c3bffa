/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/autoreap.h"
#include "base/exit_status.h"
#include "base/array.h"
#include "support.h"

TestSuite(autoreap, .timeout = 60);

/* A child that waits for SIGCONT and then calls END. */
struct app {
	void (*end)(void);
	pid_t pid;
	int fd;
};

static void
start_app(struct app *app)
{
	sigset_t cont;
	int signo;

	sigemptyset(&cont);
	sigaddset(&cont, SIGCONT);
	sigprocmask(SIG_BLOCK, &cont, NULL);
	app->pid = fork();
	if (app->pid == 0) {
		setpgid(0, 0);
		sigwait(&cont, &signo);
		app->end();
		_exit(99);
	}
	setpgid(app->pid, app->pid);
	app->fd = autoreap_begin(app->pid);
	must(app->fd >= 0, "cannot begin: %s", strerror(-app->fd));
}

static void
await_end(const struct app *app)
{
	struct pollfd end = { .fd = app->fd };

	must(poll(&end, 1, 20000) == 1 && end.revents == POLLHUP,
	    "the pidfd shows no end");
}

static bool
can_begin(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			pause();
		setpgid(pid, pid);
		status = autoreap_begin(pid) < 0;
		kill(pid, SIGKILL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	return status == 0;
}

/* Runs BODY in a child, if the kernel can do what autoreap needs. */
static void
run(void (*body)(void *))
{
	if (!can_begin())
		cr_skip("skipped: it takes Linux 6.15");
	in_child(body, NULL);
}

static void *
exit_from_thread(void *nothing)
{
	(void)nothing;
	_exit(43);
}

/* The app ends by its last thread, when its first one has long ended. */
static void
end_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exit_from_thread, NULL);
	syscall(SYS_exit, 3);
}

static void
end_by_code(void)
{
	_exit(42);
}

static void
end_by_zero(void)
{
	_exit(0);
}

static void
end_by_signal(void)
{
	raise(SIGTERM);
}

static void
end_with_core(void)
{
	const struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	/* A sanitizer has installed a handler. */
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void
tell_every_end(void *argument)
{
	const struct {
		void (*end)(void);
		int status;
	} cases[] = {
		{ end_by_zero, 0 },
		{ end_by_code, 42 },
		{ end_in_thread, 43 },
		{ end_by_signal, 128 + SIGTERM },
		{ end_with_core, 128 + SIGSEGV },
	};

	(void)argument;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct app app = { .end = cases[i].end };
		int status;

		start_app(&app);
		must(autoreap_wait_status(app.fd) == -EAGAIN,
		    "%zu: ended too early", i);
		kill(app.pid, SIGCONT);
		await_end(&app);
		status = autoreap_wait_status(app.fd);
		must(exit_status_of_wait(status) == cases[i].status &&
		    WIFSIGNALED(status) == (cases[i].status > 128),
		    "%zu: wait status %d", i, status);
		autoreap_end(app.fd);
	}
}

Test(autoreap, tells_how_the_app_ended_as_waiting_would)
{
	run(tell_every_end);
}

/* Asks all the time, and so also while the kernel frees the app. */
static void
tell_an_end_at_any_moment(void *argument)
{
	(void)argument;
	for (int i = 0; i < 2000; i++) {
		struct app app = { .end = end_by_code };
		int status;

		start_app(&app);
		kill(app.pid, SIGCONT);
		do
			status = autoreap_wait_status(app.fd);
		while (status == -EAGAIN);
		must(exit_status_of_wait(status) == 42, "%d: wait status %d", i,
		    status);
		autoreap_end(app.fd);
	}
}

Test(autoreap, tells_the_end_at_any_moment)
{
	run(tell_an_end_at_any_moment);
}

/*
 * Waits for SIGCHLD alone, of which many become one, and asks after each: that
 * of the app itself may be none of its own.
 */
static void
hear_of_the_app_among_others(void *argument)
{
	const struct timespec patience = { .tv_sec = 20 };
	sigset_t child;

	(void)argument;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	for (int i = 0; i < 300; i++) {
		struct app app = { .end = end_by_code };
		int status = -EAGAIN;

		start_app(&app);
		for (int others = 0; others < 20; others++)
			if (fork() == 0)
				_exit(0);
		kill(app.pid, SIGCONT);
		while (status == -EAGAIN) {
			must(sigtimedwait(&child, NULL, &patience) == SIGCHLD,
			    "%d: no SIGCHLD tells of the app", i);
			status = autoreap_wait_status(app.fd);
		}
		must(exit_status_of_wait(status) == 42, "%d: exit status %d", i, status);
		autoreap_end(app.fd);
	}
}

Test(autoreap, has_a_signal_tell_of_the_app_whoever_ends_with_it)
{
	run(hear_of_the_app_among_others);
}

static void
leave_no_zombie(void *argument)
{
	struct app app = { .end = end_by_zero };
	pid_t other;

	(void)argument;
	start_app(&app);
	other = fork();
	if (other == 0)
		_exit(0);
	kill(app.pid, SIGCONT);
	await_end(&app);
	must(waitid(P_ALL, 0, NULL, WEXITED) < 0 && errno == ECHILD,
	    "a child is left");
	autoreap_end(app.fd);
	other = fork();
	if (other == 0)
		_exit(0);
	must(waitpid(other, NULL, 0) == other, "it goes on reaping");
}

Test(autoreap, leaves_no_zombie_until_it_ends)
{
	run(leave_no_zombie);
}

static void
signal_group_of_the_gone(void *argument)
{
	struct app app = { .end = end_by_zero };
	pid_t member;
	sigset_t none;

	(void)argument;
	start_app(&app);
	member = fork();
	if (member == 0) {
		setpgid(0, app.pid);
		sigemptyset(&none);
		for (;;)
			sigsuspend(&none);
	}
	setpgid(member, app.pid);
	must(autoreap_signal_app(app.fd, SIGCONT) == 0, "not sent");
	await_end(&app);
	must(autoreap_signal_app(app.fd, SIGTERM) == -ESRCH, "sent to nobody");
	must(autoreap_signal_group(app.fd, SIGTERM) == 0, "not sent");
	must(comes_true(has_ended, &member), "the group is not reached");
	autoreap_end(app.fd);
}

Test(autoreap, reaches_the_group_whose_leader_is_gone)
{
	run(signal_group_of_the_gone);
}

static void
begin_in_vain(void *argument)
{
	struct app app = { .end = end_by_zero };
	struct sigaction action;
	int fd;

	deny_system_call(*(int *)argument, EPERM);
	app.pid = fork();
	if (app.pid == 0)
		pause();
	fd = dup(STDERR_FILENO);
	must(autoreap_begin(app.pid) < 0, "it has begun");
	sigaction(SIGCHLD, NULL, &action);
	must(action.sa_handler == SIG_DFL, "SIGCHLD is ignored all the same");
	must(dup(STDERR_FILENO) == fd + 1, "a descriptor is left open");
	kill(app.pid, SIGKILL);
	must(waitpid(app.pid, NULL, 0) == app.pid, "it is reaped");
}

Test(autoreap, changes_nothing_where_a_filter_denies_a_part_of_it)
{
	const int calls[] = {
		SYS_uname, SYS_pidfd_open, SYS_ioctl, SYS_waitid,
		SYS_pidfd_send_signal,
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		in_child(begin_in_vain, &(int){ calls[i] });
}
