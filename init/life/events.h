/* SPDX-License-Identifier: MIT */
/*
 * The part of the supervisor that waits for news from the kernel and makes
 * events of them. Each event goes through the lifecycle, and its actions are
 * performed, before the next news are taken. Only events_await waits; but after
 * a call that has to be tried again each function sleeps for a moment.
 */
#ifndef DINIT_EVENTS_H
#define DINIT_EVENTS_H

struct spawned;
struct supervisor;

/*
 * Takes in the children that have ended before COMMAND is started. 0, or -errno
 * if it is not possible to wait for children.
 */
int
events_take_early_children(struct supervisor *sup);

/* Takes in what came of starting COMMAND. */
void
events_take_start(struct supervisor *sup, const struct spawned *spawned);

/* Waits for any news, or for the lifecycle's deadline, and takes them in. */
void
events_await(struct supervisor *sup);

#endif
