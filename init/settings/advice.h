/* SPDX-License-Identifier: MIT */
/*
 * Advice on settings that are valid and still will not work well, because they
 * do not fit each other or the engine's timer. --show-config prints it.
 */
#ifndef DINIT_ADVICE_H
#define DINIT_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/* Room for all lines at once. */
#define ADVICE_TEXT_MAX 1024

/*
 * Writes a line for each thing that will not work well. The engine's timer is
 * the default of Kubernetes or, if not IN_KUBERNETES, of Docker and Podman.
 */
void
advice_format(const struct options *options, bool in_kubernetes, char *text,
    size_t size);

#endif
