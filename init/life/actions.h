/* SPDX-License-Identifier: MIT */
/*
 * The part of the supervisor that acts: it performs the actions of the
 * lifecycle, and tells the engine. An action that fails is logged, and never
 * ends PID 1.
 */
#ifndef DINIT_ACTIONS_H
#define DINIT_ACTIONS_H

struct action;
struct supervisor;

/* Instead of an event: no event answers the action. */
#define ACTIONS_NO_EVENT (-1)

/* Performs ACTION. The enum event_type that answers it, or ACTIONS_NO_EVENT. */
int
actions_perform(struct supervisor *sup, const struct action *action);

/*
 * Sends TEXT to the engine, if it wants to be told. That it does not listen any
 * more is worth a line only.
 */
void
actions_tell_engine(const struct supervisor *sup, const char *text);

#endif
