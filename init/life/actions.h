/* SPDX-License-Identifier: MIT */
/*
 * The part of the supervisor that acts: it performs the actions of the
 * lifecycle, and tells the engine. An action that fails is logged, and never
 * ends PID 1.
 */
#ifndef DINIT_ACTIONS_H
#define DINIT_ACTIONS_H

#include <stdint.h>

struct action;
struct supervisor;

/* In place of an enum event_type: no event answers the action. */
#define ACTIONS_NO_EVENT (-1)

/* Performs ACTION. The enum event_type that answers it, or ACTIONS_NO_EVENT. */
int
actions_perform(struct supervisor *sup, const struct action *action);

/*
 * Writes to the state file why the container is not ready, if that may be
 * another reason than what is written there. NOW is in ms.
 */
void
actions_explain(struct supervisor *sup, int64_t now);

/*
 * Sends TEXT to the engine, if it wants to be told. If that fails, as when the
 * engine does not listen any more, it is only logged.
 */
void
actions_tell_engine(const struct supervisor *sup, const char *text);

/*
 * Starts the helpers that answer, if --ready-listen is given. A failure is
 * logged, and nobody answers then.
 */
void
actions_start_answers(struct supervisor *sup);

/* Has these helpers end. Does not wait. May be called twice. */
void
actions_stop_answers(struct supervisor *sup);

#endif
