/* SPDX-License-Identifier: MIT */
/*
 * Waiting until a container is ready: --is-ready --wait. Runs in the process
 * that asks (asker.h), which sleeps until something changes in the folder of
 * the readiness file (inotify(7)).
 */
#ifndef DINIT_AWAIT_H
#define DINIT_AWAIT_H

#include <stdint.h>

struct problem;

/*
 * Waits up to TIMEOUT_MS until the readiness file PATH is published. Signals
 * must be blocked. 1: it is published. 0 and PROBLEM: it is not, and the time
 * is over, the container stops or has ended, or a signal has arrived that ends
 * a program by default. Otherwise -errno and PROBLEM.
 */
int
await_readiness(const char *path, int64_t timeout_ms, struct problem *problem);

#endif
