/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "settings/options.h"
#include "base/problem.h"
#include "settings/combination.h"
#include "settings/spelling.h"
#include "settings/table.h"

/* getopt_long's value for row 0; above that of every short name. */
#define LONG_OPTION 256

/* Where a value comes from; the name is for messages. */
struct origin {
	enum source source;
	const char *name; /* "--grace", "-e" or "DINIT_GRACE" */
};

static void *
member(struct options *options, const struct table_row *row)
{
	return (char *)options + row->offset;
}

/* --- Variables --- */

/* The length of ENTRY's name if that begins with DINIT_, otherwise 0. */
static size_t
prefixed_length(const char *entry)
{
	if (strncmp(entry, TABLE_PREFIX, sizeof(TABLE_PREFIX) - 1) != 0)
		return 0;
	return strcspn(entry, "=");
}

bool
options_owns_variable(const char *entry)
{
	size_t length = prefixed_length(entry);

	return length > 0 && table_find_variable(entry, length) != NULL;
}

bool
options_is_unknown_variable(const char *entry, char *nearest, size_t size)
{
	size_t length = prefixed_length(entry);
	char name[TABLE_NAME_MAX];
	char found[TABLE_NAME_MAX];

	if (length == 0 || table_find_variable(entry, length) != NULL)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)length, entry);
	spelling_find_variable(name, found);
	snprintf(nearest, size, "%s", found);
	return true;
}

void
options_remove_variables(char **environment)
{
	char **kept = environment;

	for (char **entry = environment; *entry != NULL; entry++)
		if (!options_owns_variable(*entry))
			*kept++ = *entry;
	*kept = NULL;
}

/* --- Values --- */

/*
 * Notes that SOURCE sets the option. A list gathers all that one source says,
 * such as two --ok-exit, so what a weaker source has said is dropped.
 */
static void
forget_weaker(const struct table_row *row, enum source source,
    struct options *out)
{
	unsigned char *known = &out->sources[row - table_rows];

	if (*known == source)
		return;
	*known = (unsigned char)source;
	if (row->kind->clear != NULL)
		row->kind->clear(member(out, row));
}

static int
parse_value(const struct table_row *row, const char *text, struct options *out)
{
	if (row->mode != MODE_RUN)
		out->mode = row->mode;
	return kind_parse(row->kind, &row->range, text, member(out, row));
}

static int
set_value(const struct table_row *row, const struct origin *origin,
    const char *text, struct options *out, struct problem *problem)
{
	char expectation[KIND_EXPECTATION_MAX];
	int error;

	forget_weaker(row, origin->source, out);
	error = parse_value(row, text, out);
	if (error == 0)
		return 0;
	/*
	 * OUT still has the default, and must say so: the report file gets the
	 * message about a wrong setting too.
	 */
	out->sources[row - table_rows] = SOURCE_DEFAULT;
	kind_format_expectation(row->kind, &row->range, error, expectation);
	return problem_set(problem, "%s: '%.200s' is wrong; it takes %s",
	    origin->name, text, expectation);
}

static void
set_defaults(struct options *out)
{
	*out = (struct options){ .mode = MODE_RUN };
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		if (row->kind->clear != NULL)
			row->kind->clear(member(out, row));
		if (row->fallback != NULL)
			parse_value(row, row->fallback, out);
	}
}

/*
 * An empty variable counts as none, because that is how Compose files unset a
 * variable. All variables are read, even after a bad one, and PROBLEM is about
 * the first bad one.
 */
static int
read_environment(struct options *out, char *const *environment,
    struct problem *problem)
{
	int error = 0;

	for (; *environment != NULL; environment++) {
		size_t length = prefixed_length(*environment);
		const struct table_row *row;
		char name[TABLE_NAME_MAX];
		const struct origin origin = { SOURCE_ENVIRONMENT, name };

		if (length == 0 || (*environment)[length] == '\0' ||
		    (*environment)[length + 1] == '\0')
			continue;
		row = table_find_variable(*environment, length);
		if (row == NULL)
			continue;
		table_format_variable(row, name);
		if (error == 0)
			error = set_value(row, &origin,
			    *environment + length + 1, out, problem);
		else
			parse_value(row, *environment + length + 1, out);
	}
	return error;
}

/* --- The command line --- */

/* The table as getopt_long takes it: its long and its short names. */
struct getopt_table {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
};

static void
fill_getopt_table(struct getopt_table *table)
{
	struct option *next = table->longs;
	char *shorts = table->shorts;

	/* "+": stop at COMMAND; ":": return ':' if a value is missing. */
	*shorts++ = '+';
	*shorts++ = ':';
	for (const struct table_row *row = table_rows; row->kind != NULL;
	    row++) {
		if (row->short_name != 0) {
			*shorts++ = row->short_name;
			if (row->argument != NULL && row->short_value == NULL)
				*shorts++ = ':';
		}
		if (row->name == NULL)
			continue;
		*next++ = (struct option){
			.name = row->name,
			.has_arg = row->kind->stands_alone ? optional_argument
			    : row->argument != NULL        ? required_argument
							   : no_argument,
			.val = LONG_OPTION + (int)(row - table_rows),
		};
	}
	*shorts = '\0';
	*next = (struct option){ .name = NULL };
}

static const struct table_row *
find_row(int found)
{
	if (found >= LONG_OPTION)
		return &table_rows[found - LONG_OPTION];
	for (const struct table_row *row = table_rows; row->kind != NULL; row++)
		if (row->short_name == found)
			return row;
	return NULL;
}

/* Writes the option as it was given. FOUND is getopt_long's value for it. */
static void
format_name(const struct table_row *row, int found, char name[TABLE_NAME_MAX])
{
	if (found < LONG_OPTION)
		snprintf(name, TABLE_NAME_MAX, "-%c", found);
	else
		snprintf(name, TABLE_NAME_MAX, "--%s", row->name);
}

/* WORD is the whole argument: "--NAME" or "--NAME=VALUE". */
static int
explain_unknown_name(const char *word, struct problem *problem)
{
	char name[TABLE_NAME_MAX];
	char nearest[TABLE_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="),
	    word + 2);
	spelling_find_name(name, nearest);
	return problem_set(problem,
	    "unknown option %.200s; did you mean --%s? (dinit --help lists all)",
	    word, nearest);
}

/*
 * Says why getopt_long has returned FOUND, '?' or ':', for the option in
 * optopt, which is 0 for an unknown long name. WORD is used for long names
 * only: after a short one, musl's optind may be past the end of argv.
 */
static int
explain_refusal(int found, const char *word, struct problem *problem)
{
	const struct table_row *row = find_row(optopt);
	char name[TABLE_NAME_MAX];
	char expectation[KIND_EXPECTATION_MAX];

	if (optopt == 0)
		return explain_unknown_name(word, problem);
	if (row == NULL)
		return problem_set(problem,
		    "unknown option -%c; dinit --help lists all", optopt);
	if (found == '?')
		return problem_set(problem, "%.200s: --%s takes no value", word,
		    row->name);
	format_name(row, optopt, name);
	kind_format_expectation(row->kind, &row->range, -EINVAL, expectation);
	return problem_set(problem, "%s: a value is missing; it takes %s", name,
	    expectation);
}

static int
take_option(int found, struct options *out, struct problem *problem)
{
	const struct table_row *row = find_row(found);
	const char *value = optarg;
	char name[TABLE_NAME_MAX];
	const struct origin origin = { SOURCE_COMMAND_LINE, name };

	format_name(row, found, name);
	if (found < LONG_OPTION && row->short_value != NULL)
		value = row->short_value;
	if (value == NULL)
		value = row->kind->stands_alone ? "yes" : "";
	return set_value(row, &origin, value, out, problem);
}

static int
read_command_line(struct options *out, int argc, char *const *argv,
    struct problem *problem)
{
	struct getopt_table table;
	int found;

	fill_getopt_table(&table);
	opterr = 0;
	optind = 0; /* glibc and musl then start afresh */
	while ((found = getopt_long(argc, argv, table.shorts, table.longs,
		    NULL)) != -1) {
		if (found == '?' || found == ':')
			return explain_refusal(found, argv[optind - 1],
			    problem);
		if (take_option(found, out, problem) < 0)
			return -EINVAL;
	}
	out->command = argv + optind;
	return 0;
}

int
options_parse(struct options *out, int argc, char *const *argv,
    char *const *environment, struct problem *problem)
{
	int error;

	set_defaults(out);
	error = read_environment(out, environment, problem);
	if (error < 0) {
		/* --help, --is-ready and --probe work with a bad variable. */
		struct problem ignored;

		if (read_command_line(out, argc, argv, &ignored) < 0 ||
		    out->mode == MODE_RUN || out->mode == MODE_PAUSE ||
		    out->mode == MODE_SHOW_CONFIG)
			return error;
	} else if (read_command_line(out, argc, argv, problem) < 0) {
		return -EINVAL;
	}
	return combination_settle(out, problem);
}
