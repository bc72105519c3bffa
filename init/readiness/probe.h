/* SPDX-License-Identifier: MIT */
/*
 * --probe: one health check of a server. Runs in a process that does nothing
 * else.
 */
#ifndef DINIT_PROBE_H
#define DINIT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "readiness/probe_target.h"

struct signal_state;

/* Room for any line that probe_format_result writes. */
#define PROBE_RESULT_MAX (PROBE_TARGET_URL_MAX + 128)

/*
 * Checks the server. TIMEOUT_MS is for all of the check; 0: no limit. Returns
 * the status that the server answered with, whatever happened to the rest of
 * its answer; 0: the server accepted the connection, and TARGET asks for no
 * more; or -errno: -ENODATA: the server closed the connection without an
 * answer; -ETIME: the time is over; -EBADMSG and -EMSGSIZE: as
 * http_answer_read.
 */
int
probe_run(const struct probe_target *target, int64_t timeout_ms);

/* True if RESULT, which probe_run has returned, means a healthy server. */
bool
probe_is_healthy(int result);

/* Writes one line on the RESULT of probe_run, without a newline. */
void
probe_format_result(const struct probe_target *target, int64_t timeout_ms,
    int result, char text[PROBE_RESULT_MAX]);

/*
 * All that --probe does: gives the signals back as FOUND, runs the check, and
 * prints the line of probe_format_result. Returns the exit status: 0 if the
 * server is healthy, otherwise 1.
 */
int
probe_print_result(const struct probe_target *target, int64_t timeout_ms,
    const struct signal_state *found);

#endif
