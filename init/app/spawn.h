/* SPDX-License-Identifier: MIT */
/*
 * Starts COMMAND. Before the exec the child gets its own process group, the
 * foreground of the terminal, a corrected environment, its privileges, and the
 * signal state that dinit has found. dinit waits until the child has executed
 * COMMAND, or a step has failed.
 */
#ifndef DINIT_SPAWN_H
#define DINIT_SPAWN_H

#include <stdbool.h>
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

/* Which step has failed in the child, and why. */
struct spawn_failure {
	enum spawn_step step;
	int error;          /* an errno */
	const char *detail; /* for SPAWN_STEP_PRIVILEGES: the step of
			       privileges_apply, a string constant, so that
			       its address in the child is valid in dinit */
	int directory;      /* for SPAWN_STEP_EXEC: see program_execute */
};

/* COMMAND, or the child that failed to become it: to be reaped either way. */
struct spawned {
	pid_t pid;
	bool has_failed;
	struct spawn_failure failure; /* if it has failed */
};

/* What to execute, and what the new process gets. */
struct spawn_request {
	char *const *argv;
	const struct signal_state *signals; /* what COMMAND is to find */
	const struct terminal *terminal;    /* its foreground goes to COMMAND */
	const struct privileges *privileges; /* NULL: the same as dinit's */
	const char *notify_socket; /* NULL: leave NOTIFY_SOCKET alone */
};

/*
 * Executes COMMAND in a child as REQUEST says, and waits until the exec has
 * succeeded or failed. 0 and OUT, or -errno if there is no child.
 */
int
spawn_command(const struct spawn_request *request, struct spawned *out);

/* Names the step that failed, as in "cannot execute COMMAND". */
const char *
spawn_step_name(const struct spawn_failure *failure);

/*
 * Writes more about the reason of FAILURE to start COMMAND. TEXT continues the
 * message about the error, and is "" if there is nothing to add.
 */
void
spawn_explain(const struct spawn_failure *failure, const char *command,
    char text[EXECUTABLE_HINT_MAX]);

/*
 * Exit status for FAILURE: 127 if COMMAND was not found, 126 if it is not
 * executable, 125 if a step before the exec failed.
 */
int
spawn_exit_status(const struct spawn_failure *failure);

#endif
