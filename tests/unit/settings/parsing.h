/* SPDX-License-Identifier: MIT */
/* What the tests of init/settings share: parsing, and what to expect of it. */
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

/* A setting with its default and two good values. */
struct setting {
	const char *name;
	const char *variable;
	const char *fallback;
	const char *value;
	const char *other;
};

/* After the last setting, a row without a name marks the end. */
extern const struct setting settings[];

/* An empty environment. */
extern const char *const none[];

/*
 * Parses ARGUMENTS, without the name of the program. The next call overwrites
 * the result.
 */
const struct result *
parse(const char *const *arguments, const char *const *environment);

/* True if the setting NAME is refused without --notify or a health command. */
bool
needs_notify(const char *name);

/*
 * Parses a command line of WORD and a COMMAND, with ENTRY as the environment.
 * NULL: it is left out. With --notify if one of them needs that.
 */
const struct result *
parse_word(const char *word, const char *entry);

/* Expects no problem. WHAT, for the message, is what was given. */
void
expect_accepted(const struct result *result, const char *what);

/* Expects a problem that contains TEXT. */
void
expect_refused(const struct result *result, const char *what,
    const char *text);

/* Expects that --show-config lists NAME with VALUE, from SOURCE. */
void
expect_config(const struct result *result, const char *name,
    const char *value, const char *source);

/* Formats like printf(3), into 64 buffers in turn. */
const char *
phrase(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
