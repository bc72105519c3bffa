/* SPDX-License-Identifier: MIT */
/*
 * Advice on settings that are valid, and yet will not go well: one that does
 * not fit another one, or the timer that the engine has. --show-config gives
 * it.
 */
#ifndef DINIT_ADVICE_H
#define DINIT_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/* Room for all lines at once. */
#define ADVICE_TEXT_MAX 1024

/*
 * Writes a line for each thing that will not go well. The timers are those that
 * engines have by default: Kubernetes, or else Docker.
 */
void
advice_format(const struct options *options, bool in_kubernetes, char *text,
    size_t size);

#endif
