/* SPDX-License-Identifier: MIT */
/*
 * Every situation that the lifecycle can get into: all events in every order,
 * before each deadline and at it, under all kinds of settings, and what has to
 * hold in each step. Knows nothing of Criterion, so that mutated copies of the
 * lifecycle can be explored as well (tests/mutations).
 */
#ifndef DINIT_TESTS_EXPLORATION_H
#define DINIT_TESTS_EXPLORATION_H

#include <stdbool.h>
#include <stddef.h>

#include "life/lifecycle.h"

/* Where life begins and ends. */
#define OUTSIDE STATE_COUNT

struct exploration {
	size_t situations;
	size_t steps;
	bool leads[STATE_COUNT + 1][STATE_COUNT + 1]; /* [from][to] */
	char violation[512]; /* what did not hold, "": all did */
};

/* Explores until all has been seen, or something does not hold. */
void
exploration_run(struct exploration *exploration);

/*
 * Goes one way only, which BYTES choose: the settings, and then event after
 * event, with any signal, exit status and pause.
 */
void
exploration_walk(struct exploration *exploration, const unsigned char *bytes,
    size_t size);

#endif
