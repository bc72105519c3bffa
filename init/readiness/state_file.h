/* SPDX-License-Identifier: MIT */
/*
 * The state file beside the readiness file, for processes that ask or wait for
 * readiness. It exists while dinit lives, and says why the container is not
 * ready, or that it cannot become ready any more and why. Runs in PID 1.
 *
 * The path of the readiness file belongs to the dinit that holds the lock of
 * the state file. No other dinit publishes there, and no dinit deletes a file
 * that is not its own. The lock of a dinit that was killed is gone, so the next
 * dinit can take over.
 */
#ifndef DINIT_STATE_FILE_H
#define DINIT_STATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "readiness/locked_file.h"

struct state_file {
	int fd; /* holds the lock; -1: there is no state file */
	struct file_id id;
};

/* What the container is doing while it may become ready, or is. */
struct state_reason {
	const char *doing; /* one word */
	int64_t since_ms;  /* of CLOCK_MONOTONIC */
	int64_t limit_ms;  /* how long the state may last; 0: for ever */
	const char *why;   /* one is told that it is not ready; "": unknown */
};

/*
 * Makes the readiness file's PATH ours for as long as we live, by a state file
 * in the directory DIRECTORY_FD. A state file that is in the way is opened for
 * ACCESS, to be locked. ACCESS must be O_RDONLY under the lock-down, which lets
 * dinit open no file for writing but a new one. 0 or -errno; -EADDRINUSE:
 * another dinit has the path.
 */
int
state_file_claim(struct state_file *state, int directory_fd, const char *path,
    int access);

/*
 * Makes sure that PATH is still ours, which it is while our state file lies
 * there. If somebody has deleted the state file, it is made once more, unless
 * another dinit has made its own by then. 0 or -errno; -EADDRINUSE: another
 * dinit has the path.
 */
int
state_file_keep(struct state_file *state, int directory_fd, const char *path);

/* Writes REASON for processes that ask. What cannot be written is lost. */
void
state_file_explain(const struct state_file *state,
    const struct state_reason *reason);

/*
 * Tells processes that wait, in the one line WHY, that the container cannot
 * become ready any more.
 */
void
state_file_give_up(const struct state_file *state, const char *why);

/* True if a process waits for readiness, or has not ended since. */
bool
state_file_is_awaited(const struct state_file *state);

/* Deletes the state file if it is still ours, and unlocks it. */
void
state_file_delete(struct state_file *state, int directory_fd, const char *path);

#endif
