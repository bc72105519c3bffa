/* SPDX-License-Identifier: MIT */
/*
 * The health helper: a process of its own (dinit-health) that runs the health
 * command again and again and reports each check. It does not know what
 * readiness is. It ends, with the check that is running, as soon as its
 * socket is closed at the other end: when dinit is satisfied, stops, or dies.
 */
#ifndef DINIT_HEALTH_H
#define DINIT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct helper;
struct privileges;
struct signal_state;

/* How much of what a check prints is kept. */
#define HEALTH_OUTPUT_MAX 4096

/* What to check, and how often. */
struct health_plan {
	const char *command;
	int64_t interval_ms; /* longest pause between two checks at the start */
	int64_t monitor_ms;  /* pause once one has succeeded; 0: no more */
	int64_t timeout_ms;  /* of one check; 0: none */
	const struct signal_state *signals;  /* the command's, as the app's */
	const struct privileges *privileges; /* likewise; NULL: dinit's own */
};

enum health_result {
	HEALTH_PASSED,
	HEALTH_FAILED, /* by its exit status */
	HEALTH_TIMED_OUT,
	HEALTH_STUCK,   /* timed out before, and SIGKILL has not ended it yet */
	HEALTH_NOT_RUN, /* no process could be had: status is the errno */
};

struct health_report {
	enum health_result result;
	int status;     /* exit status, 128+N for signal N, of one that ended */
	int64_t checks; /* this one included */
	int64_t took_ms;
};

/*
 * Starts the helper, which takes over the working directory, environment and
 * user of the caller, and nothing else. Its checks begin at once; when one has
 * succeeded it goes on at the pace of monitoring. One that its time-out does
 * not end (signal(7): SIGKILL waits for a process in uninterruptible sleep) is
 * reported again after each pause, and none is started beside it. 0 and OUT, or
 * -errno.
 */
int
health_start(const struct health_plan *plan, struct helper *out);

/*
 * Takes the next report, with the first HEALTH_OUTPUT_MAX bytes the check
 * printed in OUTPUT, not terminated. Their number; -EAGAIN: no report yet, or
 * no memory for it; -EPIPE: the helper is gone, or is not ours any more.
 */
ssize_t
health_receive(const struct helper *helper, struct health_report *report,
    char output[HEALTH_OUTPUT_MAX]);

/*
 * The pause before the next check: a twentieth of the time since the start, at
 * most INTERVAL_MS, but at least 10 ms and always four times as long as the
 * last check took, so that checks take a fifth of the time at most.
 */
int64_t
health_pause_ms(int64_t since_start_ms, int64_t took_ms, int64_t interval_ms);

/*
 * The arguments to execute for COMMAND: those of a JSON array of strings
 * (exec form), otherwise /bin/sh -c COMMAND. On the heap, for the life of the
 * process. NULL: no memory.
 */
char *const *
health_arguments(const char *command);

#endif
