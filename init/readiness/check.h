/* SPDX-License-Identifier: MIT */
/*
 * One health check: the health command as a process group, from its start to
 * its end. Runs in the health helper (dinit-health); the command itself runs in
 * a child of the helper.
 */
#ifndef DINIT_CHECK_H
#define DINIT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "readiness/health_wire.h"

struct check {
	pid_t pid;     /* the group's leader; 0: it is reaped, or not started */
	int output_fd; /* the pipe it prints to; -1: it is closed */
	int64_t started_ns;
	size_t output_length;
	char output[HEALTH_OUTPUT_MAX];
};

/*
 * The arguments to execute for COMMAND: those of a JSON array of strings
 * (exec form), otherwise /bin/sh -c COMMAND. One block of the heap, for the
 * life of the process. NULL: no memory.
 */
char *const *
check_arguments(const char *command);

/*
 * Starts ARGUMENTS with the signals and the seccomp filter of PLAN. 0, or
 * -errno and CHECK has no process.
 */
int
check_start(struct check *check, const struct health_plan *plan,
    char *const *arguments);

/*
 * Reads once from the pipe, without waiting. The first HEALTH_OUTPUT_MAX bytes
 * are kept. All others are thrown away, so that the check is never held up by a
 * full pipe. True if there was anything to read.
 */
bool
check_read_output(struct check *check);

/* Kills the check's group with SIGKILL. */
void
check_kill(const struct check *check);

/* True if the leader has ended and can be reaped. */
bool
check_has_ended(const struct check *check);

/*
 * Reaps a leader that has ended, after killing what is left of its group, and
 * closes the pipe. The exit status, or 128 + N if signal N has ended it.
 */
int
check_reap(struct check *check);

#endif
