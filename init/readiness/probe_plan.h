/* SPDX-License-Identifier: MIT */
/*
 * All that --probe does: checks what its URLs ask for, waits if it should, and
 * prints one line. Runs in a process that does nothing else.
 */
#ifndef DINIT_PROBE_PLAN_H
#define DINIT_PROBE_PLAN_H

#include <stdint.h>

#include "readiness/probe.h"

struct problem;
struct signal_state;

struct probe_plan {
	const char *const *urls;  /* PROBE_TARGETS_MAX at most, then NULL */
	struct probe_rules rules; /* timeout_ms is for all URLs together */
	int64_t wait_ms;          /* try again until this is over; 0: do not */
	int64_t interval_ms;      /* the longest pause before that (pace.h) */
};

/*
 * Gives the signals back as FOUND, checks the targets in turn, and prints one
 * line: on all of them if they are healthy, otherwise on the first that is not.
 * Returns the exit status: 0: all are healthy; 1: they are not; 128 + N: signal
 * N has asked process 1 to end. Or -EINVAL and PROBLEM: a name cannot be looked
 * up.
 */
int
probe_plan_run(const struct probe_plan *plan, const struct signal_state *found,
    struct problem *problem);

#endif
