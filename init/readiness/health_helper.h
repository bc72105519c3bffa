/* SPDX-License-Identifier: MIT */
/*
 * The health helper: runs the health command again and again and sends the
 * result of each check to PID 1. It does not know what readiness is. Runs in a
 * process of its own, dinit-health, that health_start() starts.
 */
#ifndef DINIT_HEALTH_HELPER_H
#define DINIT_HEALTH_HELPER_H

/*
 * What the process does; never returns. PLAN is a struct health_plan.
 *
 * The first check begins at once. The pause between two checks is that of
 * pace_pause_ms() until one has succeeded, and then the plan's monitor_ms. A
 * check that SIGKILL does not end (it is in uninterruptible sleep) gives one
 * more result, HEALTH_STUCK, after each pause, and no other check is started
 * beside it.
 *
 * Once the other end of RESULTS_FD is closed, because PID 1 needs no more
 * results or is dead, the process ends, together with the check that runs.
 */
void
health_helper_main(const void *plan, int results_fd);

#endif
