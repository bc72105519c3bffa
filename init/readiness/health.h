/* SPDX-License-Identifier: MIT */
/*
 * PID 1's side of the health helper: starting it, and taking its results. Runs
 * in PID 1. What the helper itself does is in health_helper.h.
 */
#ifndef DINIT_HEALTH_H
#define DINIT_HEALTH_H

#include <sys/types.h>

#include "readiness/health_wire.h"

struct helper;

/*
 * Starts the helper, in the working directory and with the environment of the
 * caller, and with the privileges of PLAN. It has a copy of PLAN. It ends when
 * helper_close() closes PID 1's end of the socket, or when PID 1 dies. 0 and
 * OUT, or -errno.
 */
int
health_start(const struct health_plan *plan, struct helper *out);

/*
 * Takes the next result. OUTPUT gets the first bytes that the check printed,
 * not terminated. Returns their number; -EAGAIN: there is no result yet;
 * -ENOMEM: the kernel has no memory for it now; -EPIPE: the helper is gone, or
 * what it sends is no result.
 */
ssize_t
health_receive(const struct helper *helper, struct health_result *result,
    char output[HEALTH_OUTPUT_MAX]);

#endif
