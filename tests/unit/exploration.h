/* SPDX-License-Identifier: MIT */
/*
 * Every situation that the lifecycle can get into: all events in every order,
 * before each deadline and at it, under all kinds of settings, and what has to
 * hold in each step. This file does not need Criterion, so that mutated copies
 * of the lifecycle can be explored as well (tests/mutations).
 */
#ifndef DINIT_TESTS_EXPLORATION_H
#define DINIT_TESTS_EXPLORATION_H

#include <stdbool.h>
#include <stddef.h>

#include "life/lifecycle.h"

/* Stands for what is before the first state and behind the last one. */
#define OUTSIDE STATE_COUNT

struct exploration {
	size_t situations;
	size_t steps;
	bool leads[STATE_COUNT + 1][STATE_COUNT + 1]; /* [from][to] */
	char violation[512]; /* what did not hold; "": all did */
};

/* Name of an event, as the source has it. */
const char *
exploration_event_name(enum event_type type);

/* The settings number I that are explored. False: there are not so many. */
bool
exploration_get_limits(size_t i, struct limits *out);

/* Explores until all has been seen, or something does not hold. */
void
exploration_run(struct exploration *exploration);

/*
 * Explores one life only. BYTES choose its settings, and then event after
 * event, with any signal, any exit status and any time in between.
 */
void
exploration_walk(struct exploration *exploration, const unsigned char *bytes,
    size_t size);

#endif
