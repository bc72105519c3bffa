/* SPDX-License-Identifier: MIT */
/*
 * The JSON of a profile, with the latitude that Go's encoding/json gives to
 * engines: keys in any case, null as good as nothing, unknown keys passed over.
 * It knows nothing of what a key means.
 */
#ifndef DINIT_PROFILE_JSON_H
#define DINIT_PROFILE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

/* What the value of a key may be, if it is not null. */
enum profile_shape {
	PROFILE_TEXT,
	PROFILE_NUMBER,
	PROFILE_OBJECT,
	PROFILE_LIST,
	PROFILE_TEXTS,
};

struct profile_key {
	const char *name; /* NULL: the last one */
	enum profile_shape shape;
};

/*
 * Reads the JSON in the file PATH. Integers are from 0 to 2^64-1; json_is_real
 * is true for a negative one. NULL: refused, with PROBLEM.
 */
json_t *
profile_json_read(const char *path, struct problem *problem);

/*
 * Checks that OBJECT, called WHERE in PROBLEM, is one, and that what it has of
 * KEYS has the right shape and is there once. What is not in KEYS becomes a key
 * of UNKNOWN_KEYS, unless its name says that it is a comment. 0 or -EINVAL.
 */
int
profile_json_check(const json_t *object, const struct profile_key *keys,
    const char *where, json_t *unknown_keys, struct problem *problem);

/* Writes the keys of OBJECT: "when", "value2". Some if there is no room. */
void
profile_json_list_keys(const json_t *object, char *text, size_t size);

/* True if NAME is a key in OBJECT, be it for null. */
bool
profile_json_has(const json_t *object, const char *name);

/* The value of NAME in OBJECT, which was checked. NULL: absent, or null. */
const json_t *
profile_json_get(const json_t *object, const char *name);

/* Likewise, "" if it is absent. */
const char *
profile_json_text(const json_t *object, const char *name);

/* Likewise, 0 if it is absent. */
uint64_t
profile_json_number(const json_t *object, const char *name);

#endif
