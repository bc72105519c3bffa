/* SPDX-License-Identifier: MIT */
/* What the tests of init/settings share: command lines and what came of them. */
#ifndef DINIT_TESTS_PARSING_H
#define DINIT_TESTS_PARSING_H

#include "base/problem.h"
#include "settings/listing.h"
#include "settings/options.h"

/* What one call of options_parse made of a command line and environment. */
struct result {
	int error;
	struct options options;
	struct problem problem;
	char config[LISTING_TEXT_MAX]; /* as --show-config prints it */
};

/* Two good values of each setting, other than its default. */
struct setting {
	const char *name;
	const char *variable;
	const char *fallback;
	const char *value;
	const char *other;
};

/* The row behind the last one has no name. */
extern const struct setting settings[];

/* An empty environment. */
extern const char *const none[];

/*
 * Parses ARGUMENTS, without the name of the program. The next call overwrites
 * the result.
 */
const struct result *
parse(const char *const *arguments, const char *const *environment);

/* One word before a COMMAND, and one entry of the environment; or NULL. */
const struct result *
parse_word(const char *word, const char *entry);

/* WHAT was given, for the message. */
void
expect_accepted(const struct result *result, const char *what);

/* Refused, with a problem that holds TEXT. */
void
expect_refused(const struct result *result, const char *what,
    const char *text);

/* --show-config says of NAME that it is VALUE, from SOURCE. */
void
expect_config(const struct result *result, const char *name,
    const char *value, const char *source);

/* As printf(3), in one of 64 buffers that are used in turn. */
const char *
phrase(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
