/* SPDX-License-Identifier: MIT */
/*
 * Starting COMMAND: fork, its own process group, the terminal's foreground,
 * the signals as they were found, LISTEN_PID and the like, exec. A failure
 * before or in the exec comes back through a close-on-exec pipe.
 */
#ifndef DINIT_SPAWN_H
#define DINIT_SPAWN_H

#include <sys/types.h>

#include "app/executable.h"

struct privileges;
struct signal_state;
struct terminal;

enum spawn_step {
	SPAWN_STEP_GROUP,
	SPAWN_STEP_ENVIRONMENT,
	SPAWN_STEP_SIGNALS,
	SPAWN_STEP_PRIVILEGES,
	SPAWN_STEP_FILTER,
	SPAWN_STEP_EXEC,
};

/* What went wrong in the child. */
struct spawn_failure {
	enum spawn_step step;
	int error;          /* errno */
	const char *detail; /* of SPAWN_STEP_PRIVILEGES: a constant, which
	                       parent and child have at the same place */
	int place;          /* of SPAWN_STEP_EXEC: as program_execute has it */
};

/* A child on its way to its exec. */
struct spawned {
	pid_t pid;
	int result_fd; /* readable when the exec has happened or failed */
};

/* What to run, and as what. */
struct spawn_request {
	char *const *argv;
	const struct signal_state *signals;  /* to hand back */
	const struct terminal *terminal;     /* to lend */
	const struct privileges *privileges; /* NULL: dinit's own */
	const char *notify_socket;           /* NULL: leave it as it is */
};

/*
 * Forks and executes ARGV (searched in PATH, with the current environment).
 * 0 and OUT, or -errno if there is no child. Does not wait for the exec.
 */
int
spawn_command(const struct spawn_request *request, struct spawned *out);

/*
 * Reads what came of the exec and closes FD: 0 if it succeeded, 1 and FAILURE
 * if it did not.
 */
int
spawn_read_result(int fd, struct spawn_failure *failure);

/* What was being done, for a message: "execute" and the like. */
const char *
spawn_step_name(const struct spawn_failure *failure);

/*
 * Writes what is behind it for COMMAND, to be said behind the errno; "" if that
 * is clear.
 */
void
spawn_explain(const struct spawn_failure *failure, const char *command,
    char text[EXECUTABLE_HINT_MAX]);

/* Exit status for a failed start: 127 not found, 126 not executable,
 * 125 when dinit itself could not go on. */
int
spawn_exit_status(const struct spawn_failure *failure);

#endif
