/* SPDX-License-Identifier: MIT */
/* dinit on a terminal: who has the foreground, and what the keys do. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "support.h"

TestSuite(terminal, .timeout = 60);

#define CTRL_C "\x03"
#define CTRL_D "\x04"
#define CTRL_Z "\x1a"

/* Listens on the terminal, but says what it hears in the file "heard". */
#define LISTEN "sh -c 'exec listen 64 >$DIR/heard'"
#define LISTEN_ARGUMENTS "sh", "-c", "exec listen 64 >$DIR/heard"

/* For a shell that types: with a known prompt, and no editing of lines. */
#define SHELL_ENVIRONMENT "PS1=prompt> ", "TERM=dumb"

static void
need_bash(void)
{
	if (access("/bin/bash", X_OK) < 0)
		cr_skip("skipped: needs bash");
}

static struct container
start_shell(void)
{
	struct container c;

	need_bash();
	c = container_start(&(struct run){
		.program = "bash",
		.arguments = { "--norc", "-i" },
		.environment = { SHELL_ENVIRONMENT },
		.place = AS_ORDINARY,
		.terminal = true,
	});
	terminal_await(&c, "prompt> ");
	return c;
}

static struct container
start_listening(enum place place)
{
	struct container c = container_start(&(struct run){
		.arguments = { "--", LISTEN_ARGUMENTS },
		.place = place,
		.terminal = true,
	});

	container_await_text(&c, "heard", "listening\n");
	return c;
}

static void
end_listening(struct container *c, const char *heard)
{
	container_signal(c, 64);
	cr_assert_eq(container_wait(c), 0);
	cr_assert_str_eq(container_read(c, "heard"), heard);
}

struct foreground {
	const struct container *container;
	pid_t group;
};

static bool
is_in_foreground(void *argument)
{
	const struct foreground *wanted = argument;

	return tcgetpgrp(wanted->container->pty) == wanted->group;
}

static void
await_foreground(const struct container *container, pid_t group)
{
	struct foreground wanted = { container, group };

	await(is_in_foreground, &wanted, "the group is in the foreground");
}

Test(terminal, gives_an_interactive_shell_job_control)
{
	need_bash();
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "bash", "--norc", "-i" },
			.environment = { SHELL_ENVIRONMENT },
			.place = place,
			.terminal = true,
		});
		const char *flags;
		const char *shown;

		terminal_await(&c, "prompt> ");
		terminal_type(&c, "echo $- >$DIR/flags\n");
		container_await_text(&c, "flags", "\n");
		flags = container_read(&c, "flags");
		cr_assert_not_null(strchr(flags, 'm'), "no m in %s", flags);
		terminal_type(&c, "exit 5\n");
		cr_assert_eq(container_wait(&c), 5);
		shown = terminal_transcript(&c);
		cr_assert_null(strstr(shown, "job control"), "%s", shown);
		cr_assert_null(strstr(shown, "cannot set"), "%s", shown);
		container_discard(&c);
	}
}

Test(terminal, lets_an_interactive_shell_suspend_and_resume_its_jobs)
{
	need_bash();
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "bash", "--norc", "-i" },
			.environment = { SHELL_ENVIRONMENT },
			.place = place,
			.terminal = true,
		});

		terminal_await(&c, "prompt> ");
		terminal_type(&c, "cat\n");
		await_foreground(&c, container_find_process(&c, "cat"));
		terminal_type(&c, CTRL_Z);
		terminal_await(&c, "Stopped");
		terminal_await(&c, "prompt> ");
		terminal_type(&c, "fg\n");
		await_foreground(&c, container_find_process(&c, "cat"));
		terminal_type(&c, "word\n");
		terminal_await(&c, "word\r\nword\r\n");
		terminal_type(&c, CTRL_D);
		terminal_await(&c, "prompt> ");
		terminal_type(&c, "exit 0\n");
		cr_assert_eq(container_wait(&c), 0);
		container_discard(&c);
	}
}

Test(terminal, passes_ctrl_c_to_the_app_once)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_listening(place);

		terminal_type(&c, CTRL_C);
		container_await_text(&c, "heard", "\n2\n");
		end_listening(&c, "listening\n2\n64\n");
	}
}

Test(terminal, passes_ctrl_c_once_when_signals_are_for_main_only)
{
	struct container c = container_start(&(struct run){
		.arguments = { "-c", LISTEN_ARGUMENTS },
		.terminal = true,
	});

	container_await_text(&c, "heard", "listening\n");
	terminal_type(&c, CTRL_C);
	container_await_text(&c, "heard", "\n2\n");
	end_listening(&c, "listening\n2\n64\n");
}

Test(terminal, reports_130_for_an_app_ended_by_ctrl_c)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "sh", "-c",
			    "touch $DIR/up; exec cat" },
			.place = place,
			.terminal = true,
		});

		container_await_file(&c, "up");
		terminal_type(&c, CTRL_C);
		cr_assert_eq(container_wait(&c), 128 + SIGINT);
		container_discard(&c);
	}
}

Test(terminal, tells_the_app_once_of_a_new_window_size)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_listening(place);
		const struct winsize size = { .ws_row = 50, .ws_col = 132 };

		cr_assert_eq(ioctl(c.pty, TIOCSWINSZ, &size), 0);
		container_await_text(&c, "heard", "\n28\n");
		end_listening(&c, "listening\n28\n64\n");
	}
}

/* The kernel tells dinit, the session's leader: HUP and CONT. */
Test(terminal, relays_the_hangup_of_the_terminal_once)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_listening(place);

		close(c.pty);
		c.pty = -1;
		container_await_text(&c, "heard", "\n1\n");
		container_await_text(&c, "heard", "\n18\n");
		end_listening(&c, "listening\n1\n18\n64\n");
	}
}

/* All signals are blocked from the start, so that none could go unheard. */
Test(terminal, starts_an_app_without_sending_it_any_signal)
{
	for (int i = 0; i < 100; i++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", LISTEN_ARGUMENTS },
			.place = i % 2 ? AS_PID_1 : AS_ORDINARY,
			.terminal = true,
			.before_exec = block_and_raise,
			.argument = (int[]){ 0 },
		});

		container_await_text(&c, "heard", "listening\n");
		end_listening(&c, "listening\n64\n");
		container_discard(&c);
	}
}

/* Nobody could send SIGCONT to a stopped session leader or PID 1. */
Test(terminal, does_not_leave_the_app_suspended_where_nobody_could_resume_it)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.arguments = { "--", "sh", "-c", "touch $DIR/up; "
			    "while read word; do echo got-$word; done" },
			.place = place,
			.terminal = true,
		});

		container_await_file(&c, "up");
		for (int i = 0; i < 5; i++) {
			terminal_type(&c, CTRL_Z);
			terminal_type(&c, "word\n");
			terminal_await(&c, "got-word");
		}
		terminal_type(&c, CTRL_D);
		cr_assert_eq(container_wait(&c), 0);
		container_discard(&c);
	}
}

static bool
is_stopped(void *argument)
{
	return process_state(*(pid_t *)argument) == 'T';
}

/* Unlike Ctrl-Z, SIGSTOP is somebody's will: but a stop ends it. */
Test(terminal, stops_an_app_that_somebody_suspended)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = start_listening(place);
		pid_t app = container_find_process(&c, "listen");

		cr_assert_eq(kill(app, SIGSTOP), 0);
		await(is_stopped, &app, "the app is suspended");
		container_signal(&c, SIGTERM);
		container_await_text(&c, "heard", "\n15\n18\n");
		end_listening(&c, "listening\n15\n18\n64\n");
	}
}

Test(terminal, lends_the_foreground_and_gives_it_back)
{
	struct container c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "$DINIT -- " LISTEN "; read word; "
		    "echo got-$word; exit 6" },
		.place = AS_ORDINARY,
		.terminal = true,
	});

	container_await_text(&c, "heard", "listening\n");
	await_foreground(&c, container_find_process(&c, "listen"));
	kill(container_find_process(&c, "dinit"), 64);
	await_foreground(&c, c.init);
	terminal_type(&c, "word\n");
	terminal_await(&c, "got-word");
	cr_assert_eq(container_wait(&c), 6);
}

/* The app is a shell that gave the foreground to a job, and died. */
Test(terminal, takes_the_foreground_back_from_a_group_that_is_gone)
{
	struct container c;

	need_bash();
	c = container_start(&(struct run){
		.program = "sh",
		.arguments = { "-c", "$DINIT --grace=60s -- bash -c "
		    "'set -m; listen 64 >$DIR/heard; :'; "
		    "read word; echo got-$word; exit 6" },
		.place = AS_ORDINARY,
		.terminal = true,
	});
	container_await_text(&c, "heard", "listening\n");
	await_foreground(&c, container_find_process(&c, "listen"));
	kill(container_find_process(&c, "bash"), SIGKILL);
	container_await_text(&c, "heard", "\n15\n");
	kill(container_find_process(&c, "listen"), 64);
	await_foreground(&c, c.init);
	terminal_type(&c, "word\n");
	terminal_await(&c, "got-word");
	cr_assert_eq(container_wait(&c), 6);
}

Test(terminal, does_not_steal_the_foreground_from_another_job)
{
	struct container c = start_shell();

	terminal_type(&c, "$DINIT -- " LISTEN " &\n");
	container_await_text(&c, "heard", "listening\n");
	cr_assert_eq(tcgetpgrp(c.pty), c.init);
	terminal_type(&c, "echo sum-$((1+1))\n");
	terminal_await(&c, "sum-2");
	kill(container_find_process(&c, "dinit"), 64);
	terminal_type(&c, "wait; echo sum-$((2+2))\n");
	terminal_await(&c, "sum-4");
	cr_assert_eq(tcgetpgrp(c.pty), c.init);
	terminal_type(&c, "exit 0\n");
	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "heard"), "listening\n64\n");
}

static void
suspend_and_resume(const struct container *c)
{
	terminal_type(c, CTRL_Z);
	terminal_await(c, "Stopped");
	terminal_await(c, "prompt> ");
	terminal_type(c, "fg\n");
	await_foreground(c, container_find_process(c, "cat"));
	terminal_type(c, "word\n");
	terminal_await(c, "word\r\nword\r\n");
}

Test(terminal, is_suspended_and_resumed_as_one_job_with_the_app)
{
	struct container c = start_shell();

	terminal_type(&c, "$DINIT -- cat; echo status-$?\n");
	await_foreground(&c, container_find_process(&c, "cat"));
	for (int i = 0; i < 10; i++)
		suspend_and_resume(&c);
	terminal_type(&c, CTRL_D);
	terminal_await(&c, "prompt> ");
	terminal_type(&c, "exit 0\n");
	cr_assert_eq(container_wait(&c), 0);
}

/* bash sends no SIGCONT to what runs already: nobody tells dinit of it. */
Test(terminal, relays_ctrl_c_when_a_shell_put_it_in_the_foreground)
{
	struct container c = start_shell();

	terminal_type(&c, "$DINIT --stop-signal=TERM -- " LISTEN " &\n");
	container_await_text(&c, "heard", "listening\n");
	terminal_await(&c, "prompt> ");
	terminal_type(&c, "fg\n");
	await_foreground(&c, container_find_process(&c, "dinit"));
	terminal_type(&c, CTRL_C);
	container_await_text(&c, "heard", "\n2\n");
	kill(container_find_process(&c, "dinit"), 64);
	terminal_await(&c, "prompt> ");
	terminal_type(&c, "exit 0\n");
	cr_assert_eq(container_wait(&c), 0);
	cr_assert_str_eq(container_read(&c, "heard"), "listening\n2\n64\n");
}

/* An app that reads from the background is suspended, and its job with it. */
Test(terminal, is_suspended_when_the_app_reads_from_the_background)
{
	struct container c = start_shell();

	terminal_type(&c, "$DINIT -- cat &\n");
	container_find_process(&c, "cat");
	terminal_type(&c, "jobs\n");
	while (strstr(terminal_transcript(&c), "Stopped") == NULL) {
		terminal_await(&c, "prompt> ");
		terminal_type(&c, "jobs\n");
	}
	terminal_type(&c, "fg\n");
	await_foreground(&c, container_find_process(&c, "cat"));
	terminal_type(&c, "word\n");
	terminal_await(&c, "word\r\nword\r\n");
	terminal_type(&c, CTRL_D "exit 0\n");
	cr_assert_eq(container_wait(&c), 0);
}

/* Background writers are stopped there: dinit is one, and writes its log. */
Test(terminal, writes_its_log_on_a_terminal_that_stops_background_writers)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.program = "sh",
			.arguments = { "-c", "stty tostop; "
			    "exec $DINIT -vv -- " LISTEN },
			.place = place,
			.terminal = true,
		});

		container_await_text(&c, "heard", "listening\n");
		container_signal(&c, SIGUSR1);
		container_await_text(&c, "heard", "\n10\n");
		terminal_await(&c, "relaying SIGUSR1");
		end_listening(&c, "listening\n10\n64\n");
		container_discard(&c);
	}
}

Test(terminal, works_nested_on_a_terminal_that_stops_background_writers)
{
	for (enum place place = AS_PID_1; place <= AS_ORDINARY; place++) {
		struct container c = container_start(&(struct run){
			.program = "sh",
			.arguments = { "-c", "stty tostop; exec $DINIT -vv -- "
			    "$DINIT -vv -- " LISTEN },
			.place = place,
			.terminal = true,
		});

		container_await_text(&c, "heard", "listening\n");
		await_foreground(&c, container_find_process(&c, "listen"));
		terminal_type(&c, CTRL_C);
		container_await_text(&c, "heard", "\n2\n");
		container_signal(&c, SIGUSR1);
		container_await_text(&c, "heard", "\n10\n");
		end_listening(&c, "listening\n2\n10\n64\n");
		container_discard(&c);
	}
}

Test(terminal, gives_a_shell_job_control_when_nested)
{
	struct container c;

	need_bash();
	c = container_start(&(struct run){
		.arguments = { "--", "sh", "-c",
		    "exec $DINIT -- bash --norc -i" },
		.environment = { SHELL_ENVIRONMENT },
		.terminal = true,
	});
	terminal_await(&c, "prompt> ");
	terminal_type(&c, "echo $- >$DIR/flags\n");
	container_await_text(&c, "flags", "m");
	terminal_type(&c, "exit 5\n");
	cr_assert_eq(container_wait(&c), 5);
	cr_assert_null(strstr(terminal_transcript(&c), "job control"));
}
