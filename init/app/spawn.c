/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/spawn.h"
#include "app/program.h"
#include "app/terminal.h"
#include "base/array.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "privileges/privileges.h"

/*
 * Writes FAILURE to FD, which dinit reads, and ends the child. If FAILURE
 * cannot be written, dinit takes the child for COMMAND, and reports the exit
 * status of the child.
 */
static void __attribute__((noreturn))
report_failure(int fd, const struct spawn_failure *failure)
{
	ssize_t written = write(fd, failure, sizeof(*failure));

	program_end(written < 0 ? EXIT_STATUS_DINIT
				: EXIT_STATUS_NOT_EXECUTABLE);
}

static void __attribute__((noreturn))
fail(int fd, enum spawn_step step, int error, const char *detail)
{
	const struct spawn_failure failure = {
		.step = step,
		.error = error,
		.detail = detail,
	};

	report_failure(fd, &failure);
}

static void __attribute__((noreturn))
execute(char *const *argv, int result_fd)
{
	struct spawn_failure failure = { .step = SPAWN_STEP_EXEC };

	failure.error = -program_execute(argv, &failure.directory);
	report_failure(result_fd, &failure);
}

/*
 * Variables whose value is the process that they are meant for:
 * sd_listen_fds(3) and sd_watchdog_enabled(3) ignore them in any other. If the
 * value is dinit's number, they are meant for COMMAND, which runs in its place.
 */
static const char *const pid_names[] = { "LISTEN_PID=", "WATCHDOG_PID=" };

/* Corrected entries of the environment, which must exist until the exec. */
struct pid_texts {
	char texts[ARRAY_SIZE(pid_names)][32];
};

/* Returns what replaces ENTRY, ENTRY itself, or NULL if it is removed. */
static char *
correct_entry(char *entry, pid_t parent, struct pid_texts *out)
{
	/* Its value is the inode of dinit's pidfd, not of COMMAND's. */
	if (strncmp(entry, "LISTEN_PIDFDID=", 15) == 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(pid_names); i++) {
		size_t length = strlen(pid_names[i]);

		if (strncmp(entry, pid_names[i], length) != 0 ||
		    atol(entry + length) != parent)
			continue;
		snprintf(out->texts[i], sizeof(out->texts[i]), "%s%ld",
		    pid_names[i], (long)getpid());
		return out->texts[i];
	}
	return entry;
}

static void
correct_environment(pid_t parent, struct pid_texts *out)
{
	extern char **environ;
	char **kept = environ;

	for (char **entry = environ; *entry != NULL; entry++) {
		*kept = correct_entry(*entry, parent, out);
		if (*kept != NULL)
			kept++;
	}
	*kept = NULL;
}

static void
take_privileges(const struct privileges *privileges, int result_fd)
{
	const char *detail = NULL;
	int error;

	if (privileges == NULL)
		return;
	error = privileges_apply(privileges, &detail);
	if (error < 0)
		fail(result_fd, SPAWN_STEP_PRIVILEGES, -error, detail);
}

static void __attribute__((noreturn))
run_child(const struct spawn_request *request, int result_fd)
{
	bool in_foreground = terminal_is_in_foreground(request->terminal);
	struct pid_texts pid_texts;
	int error;

	/*
	 * The order matters. Whether dinit's group is in the foreground was
	 * asked above, before the child leaves that group. The child's group
	 * must exist before it can become the foreground group. The signals
	 * are handed back late, because those that are pending are meant for
	 * COMMAND, not for this copy of dinit. The filter comes last, so that
	 * it need not allow any call but the exec.
	 */
	if (setpgid(0, 0) < 0)
		fail(result_fd, SPAWN_STEP_GROUP, errno, NULL);
	if (in_foreground)
		terminal_set_foreground(request->terminal, getpid());
	correct_environment(getppid(), &pid_texts);
	if (request->notify_socket != NULL &&
	    setenv("NOTIFY_SOCKET", request->notify_socket, 1) < 0)
		fail(result_fd, SPAWN_STEP_ENVIRONMENT, errno, NULL);
	take_privileges(request->privileges, result_fd);
	error = signals_hand_back(request->signals);
	if (error < 0)
		fail(result_fd, SPAWN_STEP_SIGNALS, -error, NULL);
	error = request->privileges == NULL
	    ? 0
	    : privileges_apply_filter(request->privileges);
	if (error < 0)
		fail(result_fd, SPAWN_STEP_FILTER, -error, NULL);
	execute(request->argv, result_fd);
}

int
spawn_command(const struct spawn_request *request, struct spawned *out)
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
		run_child(request, ends[1]);
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
spawn_step_name(const struct spawn_failure *failure)
{
	static const char *const names[] = {
		[SPAWN_STEP_GROUP] = "make a process group for",
		[SPAWN_STEP_ENVIRONMENT] = "set NOTIFY_SOCKET for",
		[SPAWN_STEP_SIGNALS] = "restore the signals for",
		[SPAWN_STEP_FILTER] = "put the seccomp filter on",
		[SPAWN_STEP_EXEC] = "execute",
	};

	return failure->step == SPAWN_STEP_PRIVILEGES ? failure->detail
						      : names[failure->step];
}

void
spawn_explain(const struct spawn_failure *failure, const char *command,
    char text[EXECUTABLE_HINT_MAX])
{
	text[0] = '\0';
	if (failure->step == SPAWN_STEP_EXEC)
		program_explain(command, -failure->error, failure->directory,
		    text);
}

int
spawn_exit_status(const struct spawn_failure *failure)
{
	if (failure->step != SPAWN_STEP_EXEC)
		return EXIT_STATUS_DINIT;
	return program_exit_status(-failure->error);
}
