/* SPDX-License-Identifier: MIT */
/*
 * Advice on settings that are valid and still will not work well, because they
 * do not fit each other or the engine's timer. --show-config prints all of it;
 * what is most likely a mistake is said at each start as well.
 */
#ifndef DINIT_ADVICE_H
#define DINIT_ADVICE_H

#include <stddef.h>

struct options;

/* Room for all lines at once. */
#define ADVICE_TEXT_MAX 1024

/* The shortest timer of an engine: what is shorter fits each of them. */
#define ADVICE_TIMER_MIN_MS 10000

/* What runs the container, as far as a look around inside of it tells. */
enum advice_engine {
	ADVICE_ENGINE_UNKNOWN,
	ADVICE_ENGINE_DOCKER,
	ADVICE_ENGINE_PODMAN,
	ADVICE_ENGINE_KUBERNETES,
};

/*
 * Writes a line for each thing that will not work well. The engine's timer is
 * the default of ENGINE, or that of Docker and Podman if it is not known.
 */
void
advice_format(const struct options *options, enum advice_engine engine,
    char *text, size_t size);

/*
 * Does the same for what is worth a warning at each start: a health command
 * that looks like a JSON array and is none, and a stop that ENGINE, if it is
 * known, does not wait for.
 */
void
advice_format_start(const struct options *options, enum advice_engine engine,
    char *text, size_t size);

#endif
