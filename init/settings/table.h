/* SPDX-License-Identifier: MIT */
/*
 * The table of options: its rows drive the command line, the DINIT_* variables,
 * --help and --show-config. To add an option, add a row and a member of struct
 * options; the kinds of values are in kind.h.
 */
#ifndef DINIT_TABLE_H
#define DINIT_TABLE_H

#include <stddef.h>

#include "settings/kind.h"
#include "settings/options.h"

/* What the name of each variable begins with. */
#define TABLE_PREFIX "DINIT_"

/* Room for the name of an option or variable: "--grace", "DINIT_GRACE". */
#define TABLE_NAME_MAX 64

struct table_row {
	const char *name;        /* NULL: it has a short name only */
	char short_name;         /* 0: none */
	unsigned short offset;   /* of its member in struct options */
	enum mode mode;          /* MODE_RUN: it is a setting */
	const char *short_value; /* what the short name alone stands for */
	const struct kind *kind; /* of its value */
	struct range range;      /* of its value; all 0: none */
	const char *argument;    /* for --help; NULL: it takes none */
	const char *fallback;    /* the default, as written; NULL: none */
	const char *help;
};

/*
 * In alphabetical order, as --help shows them. After the last option, a row
 * without a kind marks the end.
 */
extern const struct table_row table_rows[];

/* The row with the long name NAME, or NULL. */
const struct table_row *
table_find_name(const char *name);

/* The row with the variable whose name is the LENGTH bytes at NAME, or NULL. */
const struct table_row *
table_find_variable(const char *name, size_t length);

/* Writes the name of the row's variable, or nothing if it has none. */
void
table_format_variable(const struct table_row *row, char name[TABLE_NAME_MAX]);

/*
 * Where the row's member got its value. If several rows set the same member (-v
 * and --log-level), this is the strongest of their sources.
 */
enum source
table_source(const struct options *options, const struct table_row *row);

/*
 * Writes how the option with the long name NAME was given: "--user" or
 * "DINIT_USER".
 */
void
table_format_origin(const struct options *options, const char *name,
    char text[TABLE_NAME_MAX]);

#endif
