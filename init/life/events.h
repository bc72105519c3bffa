/* SPDX-License-Identifier: MIT */
/*
 * The part of the supervisor that waits for news from the kernel and makes
 * events of them. Each event goes through the lifecycle, and its actions are
 * performed, before the next news are taken. Only the two functions that say so
 * wait; but after a call that has to be tried again each sleeps for a moment.
 */
#ifndef DINIT_EVENTS_H
#define DINIT_EVENTS_H

struct supervisor;

/* Waits until there are news of the exec of COMMAND, or a deadline is over. */
void
events_await_exec(struct supervisor *sup);

/* Waits for any news, or for the lifecycle's deadline, and takes them in. */
void
events_await(struct supervisor *sup);

/*
 * Takes in the children that have stopped or ended. 0, or -errno if it is not
 * possible to wait for children.
 */
int
events_take_children(struct supervisor *sup);

#endif
