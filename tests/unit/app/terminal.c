/* SPDX-License-Identifier: MIT */
/* Each test runs in a child that leads a session on its own terminal. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/terminal.h"
#include "base/signals.h"
#include "support.h"

TestSuite(terminal, .timeout = 60);

/* Opens the controlling terminal as dinit does, in the foreground. */
static struct terminal
take_terminal(void)
{
	struct terminal terminal;
	struct signal_state found;

	must(signals_take_over(&found) == 0, "take over");
	lead_session_on_terminal();
	terminal_open(&terminal);
	must(terminal.fd >= 0, "no terminal");
	must(tcgetpgrp(terminal.fd) == getpid(), "not in the foreground");
	return terminal;
}

/* Starts a process in its own group, which dies with the test. */
static pid_t
start_job(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	must(setpgid(pid, pid) == 0, "setpgid: %m");
	return pid;
}

static void
end_job(pid_t pid)
{
	kill(pid, SIGKILL);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void
expect_foreground(const struct terminal *terminal, pid_t group)
{
	pid_t foreground = tcgetpgrp(terminal->fd);

	must(foreground == group, "%d is in the foreground, not %d",
	    foreground, group);
}

static void
open_terminal(void *argument)
{
	struct terminal terminal = take_terminal();

	(void)argument;
	must(terminal.group == getpgrp(), "group %d", terminal.group);
	must(fcntl(terminal.fd, F_GETFD) & FD_CLOEXEC, "it is inherited");
}

Test(terminal, is_opened_whatever_the_standard_descriptors_are)
{
	in_child(open_terminal, NULL);
}

static void
do_without_terminal(void *argument)
{
	struct terminal terminal;

	(void)argument;
	must(setsid() == getpid(), "setsid");
	terminal_open(&terminal);
	must(terminal.fd < 0, "a terminal out of nowhere");
	must(!terminal_is_in_foreground(&terminal), "of no terminal");
	terminal_lend(&terminal, getpid());
	terminal_take_back(&terminal, getpid());
}

Test(terminal, may_be_missing)
{
	in_child(do_without_terminal, NULL);
}

static void
compare_foreground(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t other = start_job();

	(void)argument;
	must(terminal_is_in_foreground(&terminal), "not in the foreground");
	terminal_set_foreground(&terminal, other);
	expect_foreground(&terminal, other);
	must(!terminal_is_in_foreground(&terminal), "in the foreground");
	end_job(other);
}

Test(terminal, knows_whether_the_caller_is_in_the_foreground)
{
	in_child(compare_foreground, NULL);
}

static void
lend_and_take_back(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t app = start_job();

	(void)argument;
	terminal_lend(&terminal, app);
	expect_foreground(&terminal, app);
	terminal_take_back(&terminal, app);
	expect_foreground(&terminal, getpid());
	end_job(app);
}

Test(terminal, is_lent_and_taken_back)
{
	in_child(lend_and_take_back, NULL);
}

static void
leave_to_another_job(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t app = start_job();
	pid_t other = start_job();

	(void)argument;
	must(tcsetpgrp(terminal.fd, other) == 0, "tcsetpgrp");
	terminal_lend(&terminal, app);
	expect_foreground(&terminal, other);
	terminal_take_back(&terminal, app);
	expect_foreground(&terminal, other);
	end_job(app);
	end_job(other);
}

Test(terminal, is_never_taken_from_another_job)
{
	in_child(leave_to_another_job, NULL);
}

static void
take_from_the_dead(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t app = start_job();
	pid_t other = start_job();

	(void)argument;
	/* If the app is a shell with job control, it leaves another job in front. */
	must(tcsetpgrp(terminal.fd, other) == 0, "tcsetpgrp");
	end_job(other);
	terminal_take_back(&terminal, app);
	expect_foreground(&terminal, getpid());
	end_job(app);
}

Test(terminal, is_taken_back_from_a_group_that_is_gone)
{
	in_child(take_from_the_dead, NULL);
}

static void
take_from_zombie(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t app = start_job();

	(void)argument;
	terminal_lend(&terminal, app);
	kill(app, SIGKILL);
	must(comes_true(is_zombie, &app), "it survives SIGKILL");
	terminal_take_back(&terminal, app);
	expect_foreground(&terminal, getpid());
}

Test(terminal, is_taken_back_from_an_app_not_yet_reaped)
{
	in_child(take_from_zombie, NULL);
}

static void
belong_to_nobody(void *argument)
{
	struct terminal terminal = take_terminal();
	pid_t app = start_job();

	(void)argument;
	terminal_lend(&terminal, app);
	terminal.group = 0;
	terminal_take_back(&terminal, app);
	expect_foreground(&terminal, app);
	end_job(app);
}

Test(terminal, stays_with_the_app_if_the_group_is_of_another_namespace)
{
	in_child(belong_to_nobody, NULL);
}
