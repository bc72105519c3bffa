/* SPDX-License-Identifier: MIT */
/*
 * Decides whether a rule of a seccomp profile applies in this container, by the
 * "includes" and "excludes" that Docker has added to the format.
 */
#ifndef DINIT_SECCOMP_CONDITION_H
#define DINIT_SECCOMP_CONDITION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct problem;

/* What includes and excludes in a profile depend on. */
struct seccomp_circumstances {
	uint64_t capabilities; /* the app's bounding set */
	int kernel;            /* its version, as of kernel_of */
};

/* True if RULE, a checked JSON object, has any condition. */
bool
seccomp_condition_exists(const json_t *rule);

/*
 * Returns 1 if everything in the includes of RULE, a checked JSON object, holds
 * under the circumstances HERE, and nothing in its excludes; 0 if not; or
 * -EINVAL and PROBLEM. Unknown keys in the two are added to UNKNOWN_KEYS, which
 * is an object.
 */
int
seccomp_condition_holds(const json_t *rule,
    const struct seccomp_circumstances *here, json_t *unknown_keys,
    struct problem *problem);

#endif
