/* SPDX-License-Identifier: MIT */
/*
 * Reads the JSON of a profile as engines do, which use Go's encoding/json: keys
 * may be in upper or lower case, null means that a key is absent, and unknown
 * keys are ignored. What a key means is the business of seccomp_profile.
 */
#ifndef DINIT_PROFILE_JSON_H
#define DINIT_PROFILE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

/* The type that the value of a key must have, unless it is null. */
enum profile_shape {
	PROFILE_TEXT,
	PROFILE_NUMBER,
	PROFILE_OBJECT,
	PROFILE_LIST,
	PROFILE_TEXTS,
};

struct profile_key {
	const char *name; /* NULL ends a list of keys */
	enum profile_shape shape;
};

/*
 * Reads the JSON in the file PATH. Integers from 0 to 2^64-1 become integers,
 * which profile_json_number reads; all other numbers become reals. Returns NULL
 * and PROBLEM if the file cannot be read or has no valid JSON.
 */
json_t *
profile_json_read(const char *path, struct problem *problem);

/*
 * Checks that OBJECT is a JSON object, and that each of KEYS that is in it has
 * the right shape and is there only once. A key that is not among KEYS is added
 * to the object UNKNOWN_KEYS, unless its name says that it is a comment. 0, or
 * -EINVAL and PROBLEM, which calls the object WHERE.
 */
int
profile_json_check(const json_t *object, const struct profile_key *keys,
    const char *where, json_t *unknown_keys, struct problem *problem);

/*
 * Writes the keys of OBJECT as "when", "value2" with their quotes. The text is
 * cut if there is no more room.
 */
void
profile_json_list_keys(const json_t *object, char *text, size_t size);

/* True if NAME is a key in OBJECT, even if its value is null. */
bool
profile_json_has(const json_t *object, const char *name);

/*
 * These return the value of NAME in OBJECT, which must have been checked. If
 * the key is absent or null they return NULL, "" and 0.
 */
const json_t *
profile_json_get(const json_t *object, const char *name);
const char *
profile_json_text(const json_t *object, const char *name);
uint64_t
profile_json_number(const json_t *object, const char *name);

#endif
