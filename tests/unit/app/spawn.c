/* SPDX-License-Identifier: MIT */
/* Each test runs in a child that stands for dinit. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/spawn.h"
#include "app/terminal.h"
#include "base/array.h"
#include "base/signals.h"
#include "support.h"

TestSuite(spawn, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

static const struct terminal no_terminal = { .fd = -1 };

static struct spawned
spawn_on(const struct terminal *terminal, const char *const *argv)
{
	struct signal_state found;
	const struct spawn_request request = {
		.argv = (char *const *)argv,
		.signals = &found,
		.terminal = terminal,
	};
	struct spawned spawned;

	must(signals_take_over(&found) == 0, "take over");
	must(spawn_command(&request, &spawned) == 0, "cannot spawn");
	return spawned;
}

static struct spawned
spawn(const char *const *argv)
{
	return spawn_on(&no_terminal, argv);
}

/* The exit status of COMMAND, which is 128+N for signal N. */
static int
reap(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* Returns what ARGV prints. It must exit with 0. */
static const char *
run(const char *const *argv)
{
	struct spawned spawned;
	const char *path = scratch_path("out");
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int status;

	dup2(out, STDOUT_FILENO);
	spawned = spawn(argv);
	must(!spawned.has_failed, "no exec: %s",
	    strerror(spawned.failure.error));
	status = reap(spawned.pid);
	must(status == 0, "%s: exit status %d", argv[0], status);
	return read_file(path);
}

static const char *
run_script(const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };

	return run(argv);
}

/* --- Success --- */

static void
run_true(void *argument)
{
	const char *const argv[] = { "sh", "-c", "exit 42", NULL };
	struct spawned spawned = spawn(argv);

	(void)argument;
	must(!spawned.has_failed, "it says that the exec failed");
	must(reap(spawned.pid) == 42, "not COMMAND's exit status");
}

Test(spawn, executes_what_it_finds_in_path)
{
	in_child(run_true, NULL);
}

static void
count_afterwards(void *argument)
{
	const char *const argv[] = { "true", NULL };
	int before = count_descriptors();
	struct spawned spawned = spawn(argv);

	(void)argument;
	must(!spawned.has_failed, "no exec");
	must(count_descriptors() == before, "%d more",
	    count_descriptors() - before);
	reap(spawned.pid);
}

Test(spawn, leaves_no_descriptor_open)
{
	in_child(count_afterwards, NULL);
}

static void
look_at_group(void *argument)
{
	/* pid, pgrp and session: fields 1, 5 and 6 of proc(5). */
	const char *printed = run_script("cut -d ' ' -f 1,5,6 /proc/$$/stat");
	int pid = 0;
	int group = 0;
	int session = 0;

	(void)argument;
	must(sscanf(printed, "%d %d %d", &pid, &group, &session) == 3,
	    "'%s'", printed);
	must(pid > 0 && group == pid, "group %d of %d", group, pid);
	must(session == getsid(0), "session %d", session);
}

Test(spawn, gives_the_command_a_group_of_its_own)
{
	in_child(look_at_group, NULL);
}

/* The line of /proc/PID/status that begins with NAME, as a number. */
static uint64_t
status_field(const char *status, const char *name)
{
	const char *line = strstr(status, name);

	must(line != NULL, "no %s in:\n%s", name, status);
	return strtoull(line + strlen(name), NULL, 16);
}

static void
look_at_signals(void *argument)
{
	uint64_t mask = signals_bit(SIGUSR1) | signals_bit(33) |
	    signals_bit(64);
	uint64_t ignored = signals_bit(SIGHUP) | signals_bit(SIGCHLD);
	/* This is no shell, because a shell sets SIGCHLD to its default. */
	const char *const argv[] = { "cat", "/proc/self/status", NULL };
	const char *status;

	(void)argument;
	for (int signo = 1; signo < 32; signo++)
		signal(signo, SIG_DFL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	status = run(argv);
	must(status_field(status, "SigBlk:") == mask, "%s", status);
	must((status_field(status, "SigIgn:") & 0x7fffffff) == ignored, "%s",
	    status);
}

Test(spawn, hands_the_signals_on_as_they_were_found)
{
	in_child(look_at_signals, NULL);
}

static void
look_at_pids(void *argument)
{
	char text[64];
	char expected[64];
	const char *printed;

	(void)argument;
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("LISTEN_PID", text, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("WATCHDOG_PID", text, 1);
	printed = run_script("echo $$; echo $LISTEN_PID $LISTEN_FDS "
	    "$WATCHDOG_PID");
	snprintf(expected, sizeof(expected), "%d\n%d 1 %d\n", atoi(printed),
	    atoi(printed), atoi(printed));
	must(strcmp(printed, expected) == 0, "'%s'", printed);
	must(strcmp(getenv("LISTEN_PID"), text) == 0 &&
	    strcmp(getenv("WATCHDOG_PID"), text) == 0,
	    "dinit's own variable is changed too");
}

Test(spawn, corrects_variables_that_have_the_pid_of_dinit)
{
	in_child(look_at_pids, NULL);
}

static void
look_at_foreign_pids(void *argument)
{
	const char *printed;

	(void)argument;
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_PIDX", "2", 1);
	setenv("WATCHDOG_PID", "3", 1);
	printed = run_script("echo $LISTEN_PID $LISTEN_PIDX $WATCHDOG_PID");
	must(strcmp(printed, "1 2 3\n") == 0, "'%s'", printed);
	unsetenv("LISTEN_PID");
	unsetenv("WATCHDOG_PID");
	printed = run_script("echo ${LISTEN_PID-none} ${WATCHDOG_PID-none}");
	must(strcmp(printed, "none none\n") == 0, "'%s'", printed);
}

Test(spawn, leaves_variables_that_have_another_pid)
{
	in_child(look_at_foreign_pids, NULL);
}

static void
look_at_listen_pidfdid(void *argument)
{
	const char *printed;

	(void)argument;
	setenv("BEFORE", "b", 1);
	setenv("LISTEN_PIDFDID", "4711", 1);
	setenv("LISTEN_PIDFDIDX", "x", 1);
	setenv("AFTER", "a", 1);
	printed = run_script("echo ${LISTEN_PIDFDID-none} $LISTEN_PIDFDIDX "
	    "$BEFORE $AFTER");
	must(strcmp(printed, "none x b a\n") == 0, "'%s'", printed);
}

Test(spawn, removes_listen_pidfdid)
{
	in_child(look_at_listen_pidfdid, NULL);
}

/* Starts a COMMAND that sleeps, and waits for its exec. */
static pid_t
sleep_on_terminal(const struct terminal *terminal)
{
	const char *const argv[] = { "sleep", "600", NULL };
	struct spawned spawned = spawn_on(terminal, argv);

	must(!spawned.has_failed, "no exec");
	return spawned.pid;
}

static void
look_at_foreground(void *argument)
{
	struct terminal terminal;
	pid_t first;
	pid_t second;

	(void)argument;
	lead_session_on_terminal();
	terminal_open(&terminal);
	first = sleep_on_terminal(&terminal);
	must(tcgetpgrp(terminal.fd) == first, "not in the foreground");
	/* Now dinit is in the background, and must not give the foreground away. */
	second = sleep_on_terminal(&terminal);
	must(tcgetpgrp(terminal.fd) == first, "taken from another job");
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	reap(first);
	reap(second);
}

Test(spawn, puts_the_command_in_the_foreground_if_dinit_is_there)
{
	in_child(look_at_foreground, NULL);
}

/* --- Failure --- */

struct failing {
	const char *command;
	int error;
	int status;
};

static void
fail_to_execute(void *argument)
{
	const struct failing *failing = argument;
	const char *const argv[] = { failing->command, NULL };
	struct spawned spawned;
	struct spawn_failure failure;

	become_nobody();
	setenv("PATH", "/usr/bin:/bin", 1);
	must(chdir(scratch_path("")) == 0, "chdir");
	spawned = spawn(argv);
	must(spawned.has_failed, "'%s': executed", failing->command);
	failure = spawned.failure;
	must(failure.step == SPAWN_STEP_EXEC, "'%s': step %d",
	    failing->command, (int)failure.step);
	must(failure.error == failing->error, "'%s': %s", failing->command,
	    strerror(failure.error));
	must(spawn_exit_status(&failure) == failing->status, "'%s': %d",
	    failing->command, spawn_exit_status(&failure));
	must(reap(spawned.pid) != 0, "'%s': the child exits with 0",
	    failing->command);
}

Test(spawn, reports_why_the_exec_failed)
{
	struct failing samples[] = {
		{ "no-such-command-anywhere", ENOENT, 127 },
		{ "", ENOENT, 127 },
		{ "./no-such-file", ENOENT, 127 },
		{ "./plain/command", ENOTDIR, 127 },
		{ "./plain", EACCES, 126 },
		{ "./directory", EACCES, 126 },
		{ "./closed/command", EACCES, 126 },
		{ "./loop", ELOOP, 126 },
		{ "./no-interpreter", ENOENT, 127 },
	};

	write_file(scratch_path("plain"), "#!/bin/sh\n");
	write_file(scratch_path("no-interpreter"), "#!/no/such/shell\n");
	cr_assert_eq(chmod(scratch_path("no-interpreter"), 0755), 0);
	cr_assert_eq(mkdir(scratch_path("directory"), 0755), 0);
	cr_assert_eq(mkdir(scratch_path("closed"), 0700), 0);
	cr_assert_eq(chmod(scratch_path("closed"), 0), 0);
	cr_assert_eq(symlink("loop", scratch_path("loop")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		in_child(fail_to_execute, &samples[i]);
}

Test(spawn, maps_each_failure_to_an_exit_status)
{
	static const struct {
		struct spawn_failure failure;
		int status;
	} samples[] = {
		{ { SPAWN_STEP_EXEC, ENOENT, NULL, 0 }, 127 },
		{ { SPAWN_STEP_EXEC, ENOTDIR, NULL, 0 }, 127 },
		{ { SPAWN_STEP_EXEC, EACCES, NULL, 0 }, 126 },
		{ { SPAWN_STEP_EXEC, ENOEXEC, NULL, 0 }, 126 },
		{ { SPAWN_STEP_EXEC, E2BIG, NULL, 0 }, 126 },
		{ { SPAWN_STEP_EXEC, EPERM, NULL, 0 }, 126 },
		{ { SPAWN_STEP_GROUP, ENOENT, NULL, 0 }, 125 },
		{ { SPAWN_STEP_SIGNALS, EINVAL, NULL, 0 }, 125 },
		{ { SPAWN_STEP_PRIVILEGES, ENOENT, "set HOME for", 0 }, 125 },
		{ { SPAWN_STEP_FILTER, EINVAL, NULL, 0 }, 125 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_eq(spawn_exit_status(&samples[i].failure),
		    samples[i].status, "%s: %s",
		    spawn_step_name(&samples[i].failure),
		    strerror(samples[i].failure.error));
}

Test(spawn, explains_only_where_the_error_misleads)
{
	static const struct {
		struct spawn_failure failure;
		const char *command;
		const char *text;
	} samples[] = {
		{ { SPAWN_STEP_EXEC, ENOENT, NULL, 0 }, "./no-interpreter",
		    "; its interpreter /no/such/shell is not there" },
		{ { SPAWN_STEP_EXEC, ENOENT, NULL, 0 }, "/no/such/file", "" },
		{ { SPAWN_STEP_EXEC, ENOENT, NULL, 0 }, "tmp", "" },
		{ { SPAWN_STEP_EXEC, EACCES, NULL, 0 }, "./no-interpreter",
		    "" },
		{ { SPAWN_STEP_GROUP, ENOENT, NULL, 0 }, "./no-interpreter",
		    "" },
	};

	write_file(scratch_path("no-interpreter"), "#!/no/such/shell\n");
	cr_assert_eq(chdir(scratch_path("")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[EXECUTABLE_HINT_MAX];

		spawn_explain(&samples[i].failure, samples[i].command, text);
		cr_expect_str_eq(text, samples[i].text);
	}
}

Test(spawn, names_each_step_for_a_message)
{
	static const struct {
		struct spawn_failure failure;
		const char *name;
	} samples[] = {
		{ { SPAWN_STEP_GROUP, EPERM, NULL, 0 },
		    "make a process group for" },
		{ { SPAWN_STEP_SIGNALS, EPERM, NULL, 0 },
		    "restore the signals for" },
		{ { SPAWN_STEP_PRIVILEGES, EPERM, "set the user of", 0 },
		    "set the user of" },
		{ { SPAWN_STEP_FILTER, EPERM, NULL, 0 },
		    "put the seccomp filter on" },
		{ { SPAWN_STEP_EXEC, EPERM, NULL, 0 }, "execute" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		cr_expect_str_eq(spawn_step_name(&samples[i].failure),
		    samples[i].name);
}

/* With variables of its own, as then its environment is a copy. */
static void
spawn_without_descriptors(void *argument)
{
	const char *const argv[] = { "true", NULL };
	struct signal_state found;
	const struct spawn_request request = {
		.argv = (char *const *)argv,
		.signals = &found,
		.terminal = &no_terminal,
		.notify_socket = argument,
	};
	struct spawned spawned;
	int expected = argument == NULL ? 0 : -EMFILE;
	int error;

	must(signals_take_over(&found) == 0, "take over");
	while (dup(STDERR_FILENO) >= 0)
		continue;
	error = spawn_command(&request, &spawned);
	must(error == expected, "%s", strerror(-error));
	if (error == 0)
		reap(spawned.pid);
	must(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	    "there is a child");
}

Test(spawn, needs_descriptors_only_for_an_environment_of_its_own)
{
	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer keeps dinit from sharing");
	in_child(spawn_without_descriptors, NULL);
	in_child(spawn_without_descriptors, "/run/notify");
}

/* A profile may know no vfork, or no clone with these flags. */
static void
spawn_without_clone(void *argument)
{
	const char *const argv[] = { "true", NULL };
	struct spawned spawned;

	(void)argument;
	deny_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, EPERM);
	spawned = spawn(argv);
	must(!spawned.has_failed, "no exec");
	must(reap(spawned.pid) == 0, "true is false");
}

Test(spawn, goes_without_shared_memory_where_a_filter_denies_that)
{
	in_child(spawn_without_clone, NULL);
}
