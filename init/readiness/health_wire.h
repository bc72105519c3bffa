/* SPDX-License-Identifier: MIT */
/*
 * What PID 1 and the health helper tell each other. PID 1 hands the plan over
 * by fork(2). The helper answers with one datagram for each check: a struct
 * health_result, and behind it the first bytes that the check printed.
 */
#ifndef DINIT_HEALTH_WIRE_H
#define DINIT_HEALTH_WIRE_H

#include <stdint.h>

struct privileges;
struct signal_state;

/* How many bytes are kept of what a check prints. */
#define HEALTH_OUTPUT_MAX 4096

/* What to check, and how often. */
struct health_plan {
	const char *command;
	int64_t interval_ms; /* longest pause until a check has succeeded */
	int64_t monitor_ms;  /* pause from then on; 0: no more checks */
	int64_t timeout_ms;  /* of one check; 0: none */
	const struct signal_state *signals;  /* the app's */
	const struct privileges *privileges; /* the app's; NULL: dinit's own */
};

enum health_outcome {
	HEALTH_PASSED,
	HEALTH_FAILED, /* by its exit status */
	HEALTH_TIMED_OUT,
	HEALTH_STUCK,   /* timed out before, and SIGKILL has not ended it yet */
	HEALTH_NOT_RUN, /* it could not be started: status is the errno */
};

/* How one check went. */
struct health_result {
	enum health_outcome outcome;
	int status; /* the exit status, or 128 + N if signal N has ended it */
	int64_t checks; /* how many have begun, this one included */
	int64_t took_ms;
};

#endif
