/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spawn.h"
#include "exit_status.h"
#include "program.h"
#include "signals.h"
#include "terminal.h"

/* Tells the parent what failed, and ends the child. */
static void __attribute__((noreturn))
fail(int fd, enum spawn_step step, int error)
{
	struct spawn_failure failure = { .step = step, .error = error };
	ssize_t written = write(fd, &failure, sizeof(failure));

	_exit(written < 0 ? EXIT_STATUS_DINIT : EXIT_STATUS_NOT_EXECUTABLE);
}

/*
 * sd_listen_fds(3) takes the sockets only if LISTEN_PID is its own process.
 * What was meant for dinit, in whose place COMMAND runs, is meant for it.
 * TEXT must live until the exec. Nothing here allocates.
 */
static void
correct_listen_pid(pid_t parent, char *text, size_t size)
{
	static const char name[] = "LISTEN_PID=";
	extern char **environ;

	for (char **entry = environ; *entry != NULL; entry++) {
		if (strncmp(*entry, name, sizeof(name) - 1) != 0)
			continue;
		if (atol(*entry + sizeof(name) - 1) != parent)
			continue;
		snprintf(text, size, "%s%ld", name, (long)getpid());
		*entry = text;
	}
}

static void __attribute__((noreturn))
run_child(char *const *argv, const struct signal_state *signals,
    const struct terminal *terminal, int result_fd)
{
	bool in_foreground = terminal_is_in_foreground(terminal);
	char listen_pid[32];
	int error;

	/*
	 * The foreground was asked for while still in dinit's group. Then our
	 * own group, for only then can it be in the foreground. The signals
	 * last: what is pending must meet COMMAND, not this copy of dinit.
	 */
	if (setpgid(0, 0) < 0)
		fail(result_fd, SPAWN_STEP_GROUP, errno);
	if (in_foreground)
		terminal_set_foreground(terminal, getpid());
	correct_listen_pid(getppid(), listen_pid, sizeof(listen_pid));
	error = signals_hand_back(signals);
	if (error < 0)
		fail(result_fd, SPAWN_STEP_SIGNALS, -error);
	error = program_execute(argv);
	fail(result_fd, SPAWN_STEP_EXEC, -error);
}

int
spawn_command(char *const *argv, const struct signal_state *signals,
    const struct terminal *terminal, struct spawned *out)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int error = errno;

		close(ends[0]);
		close(ends[1]);
		return -error;
	}
	if (pid == 0)
		run_child(argv, signals, terminal, ends[1]);
	close(ends[1]);
	out->pid = pid;
	out->result_fd = ends[0];
	return 0;
}

int
spawn_read_result(int fd, struct spawn_failure *failure)
{
	struct spawn_failure found;
	ssize_t length = read(fd, &found, sizeof(found));

	close(fd);
	if (length != sizeof(found))
		return 0;
	*failure = found;
	return 1;
}

const char *
spawn_step_name(enum spawn_step step)
{
	static const char *const names[] = {
		[SPAWN_STEP_GROUP] = "make a process group for",
		[SPAWN_STEP_SIGNALS] = "restore the signals for",
		[SPAWN_STEP_EXEC] = "execute",
	};

	return names[step];
}

const char *
spawn_hint(const struct spawn_failure *failure, const char *file)
{
	if (failure->step != SPAWN_STEP_EXEC)
		return "";
	if (failure->error == ENOEXEC)
		return "; a script without #! needs a /bin/sh";
	/* Of a file that is there, execve(2) means what would run it. */
	if (failure->error == ENOENT && strchr(file, '/') != NULL &&
	    access(file, F_OK) == 0)
		return "; the file is there, but not its interpreter or loader";
	return "";
}

int
spawn_exit_status(const struct spawn_failure *failure)
{
	if (failure->step != SPAWN_STEP_EXEC)
		return EXIT_STATUS_DINIT;
	return program_exit_status(-failure->error);
}
