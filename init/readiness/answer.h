/* SPDX-License-Identifier: MIT */
/*
 * PID 1's side of the helpers that answer whether the container is ready
 * (--ready-listen): starting them, and noticing when one has ended. What a
 * helper itself does is in answer_helper.h. Runs in PID 1.
 *
 * There are two: one answers, and a spare one sleeps until PID 1 has it take
 * over. Under the lock-down PID 1 can start no process any more, let alone as
 * the app's user, so the second one is started together with the first.
 */
#ifndef DINIT_ANSWER_H
#define DINIT_ANSWER_H

#include <stdbool.h>

struct answer_plan;
struct helper;

/* Starts one helper. 0 and OUT, or -errno. */
int
answer_start(const struct answer_plan *plan, struct helper *out);

/* True if HELPER has ended by itself since it was started. */
bool
answer_has_ended(const struct helper *helper);

/* Has a spare helper answer from now on. */
void
answer_take_over(const struct helper *spare);

#endif
