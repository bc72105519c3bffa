/* SPDX-License-Identifier: MIT */
/*
 * Waiting for readiness from another process: --is-ready --wait. It sleeps
 * until something changes beside the readiness file (inotify(7)).
 */
#ifndef DINIT_AWAIT_H
#define DINIT_AWAIT_H

#include <stdint.h>

struct problem;

/*
 * Waits up to TIMEOUT_MS until the readiness file PATH is published. 1: it is;
 * 0 and PROBLEM: not in time, or it will not be: the container stops, has
 * ended, or a signal that ends programs arrived (signals are blocked); or
 * -errno and PROBLEM.
 */
int
await_readiness(const char *path, int64_t timeout_ms, struct problem *problem);

#endif
