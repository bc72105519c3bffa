/* SPDX-License-Identifier: MIT */
/*
 * The shell around the lifecycle. It starts COMMAND, waits for news from the
 * kernel, makes them into events for the lifecycle, and performs the actions
 * that the lifecycle answers with. It decides nothing. Nothing else in PID 1
 * reads the clock, but for the time that the log gives a line.
 */
#ifndef DINIT_SUPERVISOR_H
#define DINIT_SUPERVISOR_H

struct setup;

/*
 * Runs the life of the container that SETUP has been prepared for, to its end.
 * The exit status.
 */
int
supervisor_run(struct setup *setup);

#endif
