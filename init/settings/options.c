/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "settings/options.h"
#include "base/array.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "readiness/listener.h"
#include "readiness/probe.h"
#include "readiness/readiness.h"

#define PREFIX "DINIT_"
#define VARIABLE_MAX 64

/* getopt_long's value for row N, out of the way of every short name. */
#define LONG_OPTION 256

enum type {
	TYPE_COMMAND,
	TYPE_TEXT, /* whose meaning another module knows */
	TYPE_PATH,
	TYPE_DURATION,
	TYPE_FLAG,
	TYPE_COUNT,
	TYPE_SIGNAL,
	TYPE_SIGNALS,
	TYPE_STOP_SIGNALS,
	TYPE_REWRITE,
	TYPE_EXIT_CODES,
	TYPE_LEVEL,
	TYPE_FORMAT,
	TYPE_NOTIFY,
	TYPE_LOUDER, /* short names only from here to TYPE_NOTHING */
	TYPE_QUIETER,
	TYPE_WARN_ORPHANS,
	TYPE_NOTHING, /* accepted for compatibility */
	TYPE_MODE,
	TYPE_PROBE, /* a mode with a URL */
};

struct row {
	const char *name;        /* NULL: it has a short name only */
	char short_name;         /* 0: none */
	const char *short_value; /* what the short name alone stands for */
	enum type type;
	int mode;             /* enum mode, if it is one */
	size_t offset;        /* of its member in struct options */
	const char *argument; /* for --help; NULL: it takes none */
	const char *fallback; /* the default, as written; NULL: none */
	const char *help;
};

#define MEMBER(name) offsetof(struct options, name)

/* In alphabetical order, as --help shows them. */
/* clang-format off */
static const struct row rows[] = {
	{ .name = "drain", .type = TYPE_DURATION, .offset = MEMBER(drain_ms),
	    .argument = "DUR", .fallback = "0",
	    .help = "serve on this long, unready, before the stop signal" },
	{ .name = "drop-caps", .type = TYPE_TEXT, .offset = MEMBER(drop_caps),
	    .argument = "LIST",
	    .help = "capabilities COMMAND can never have" },
	{ .short_name = 'g', .type = TYPE_NOTHING,
	    .help = "accepted as in tini: the group is signalled anyway" },
	{ .name = "grace", .type = TYPE_DURATION, .offset = MEMBER(grace_ms),
	    .argument = "DUR", .fallback = "9s",
	    .help = "from the relayed stop signal to SIGKILL" },
	{ .name = "health-cmd", .type = TYPE_COMMAND,
	    .offset = MEMBER(health_cmd), .argument = "CMD",
	    .help = "ready when CMD exits 0; [\"a\",\"b\"] is executed, "
	    "else sh -c" },
	{ .name = "health-interval", .type = TYPE_DURATION,
	    .offset = MEMBER(health_interval_ms), .argument = "DUR",
	    .fallback = "250ms",
	    .help = "longest pause between two checks while starting" },
	{ .name = "health-timeout", .type = TYPE_DURATION,
	    .offset = MEMBER(health_timeout_ms), .argument = "DUR",
	    .fallback = "5s",
	    .help = "kill a check that takes longer; it has failed" },
	{ .name = "help", .short_name = 'h', .type = TYPE_MODE,
	    .mode = MODE_HELP, .help = "print this" },
	{ .name = "is-ready", .type = TYPE_MODE, .mode = MODE_IS_READY,
	    .help = "exit 0 if the container is ready, 1 if not" },
	{ .name = "keep-caps", .type = TYPE_TEXT, .offset = MEMBER(keep_caps),
	    .argument = "LIST",
	    .help = "capabilities COMMAND keeps, across --user too" },
	{ .name = "log-format", .type = TYPE_FORMAT,
	    .offset = MEMBER(log_format), .argument = "FORMAT",
	    .fallback = "text", .help = "text or json" },
	{ .name = "log-level", .type = TYPE_LEVEL, .offset = MEMBER(log_level),
	    .argument = "LEVEL", .fallback = "info",
	    .help = "error, warn, info or debug" },
	{ .name = "main-only", .short_name = 'c', .short_value = "all",
	    .type = TYPE_SIGNALS, .offset = MEMBER(signals.main_only),
	    .argument = "SIG[,SIG]|all",
	    .help = "relay these to COMMAND, not to its group (-c: all)" },
	{ .name = "monitor", .type = TYPE_DURATION,
	    .offset = MEMBER(monitor_ms), .argument = "DUR", .fallback = "10s",
	    .help = "keep checking this often once ready; 0: do not" },
	{ .name = "monitor-failures", .type = TYPE_COUNT,
	    .offset = MEMBER(monitor_failures), .argument = "N",
	    .fallback = "3",
	    .help = "failed checks in a row that withdraw readiness" },
	{ .name = "no-lockdown", .type = TYPE_FLAG,
	    .offset = MEMBER(no_lockdown),
	    .help = "leave dinit itself unconfined" },
	{ .name = "no-new-privs", .type = TYPE_FLAG,
	    .offset = MEMBER(no_new_privs),
	    .help = "COMMAND can gain no privilege through exec" },
	{ .name = "notify", .type = TYPE_NOTIFY, .offset = MEMBER(notify),
	    .argument = "no|main|all", .fallback = "no",
	    .help = "ready when COMMAND says so by sd_notify(3)" },
	{ .name = "ok-exit", .short_name = 'e', .type = TYPE_EXIT_CODES,
	    .offset = MEMBER(ok_exit), .argument = "N[,N]",
	    .help = "exit codes of COMMAND reported as 0" },
	{ .name = "ok-stop", .type = TYPE_FLAG, .offset = MEMBER(ok_stop),
	    .help = "report 0 if COMMAND ends in time by the stop signal" },
	{ .name = "parent-death-signal", .short_name = 'p',
	    .type = TYPE_SIGNAL, .offset = MEMBER(parent_death_signal),
	    .argument = "SIG",
	    .help = "signal dinit gets when its parent dies" },
	{ .name = "pause", .short_name = 'P', .type = TYPE_MODE,
	    .mode = MODE_PAUSE,
	    .help = "no COMMAND: reap until TERM or INT" },
	{ .name = "probe", .type = TYPE_PROBE, .mode = MODE_PROBE,
	    .offset = MEMBER(probe), .argument = "URL",
	    .help = "exit 0 if tcp://, http:// or unix:// is healthy, "
	    "1 if not" },
	{ .short_name = 'q', .type = TYPE_QUIETER, .offset = MEMBER(log_level),
	    .help = "lower the level" },
	{ .name = "ready-file", .type = TYPE_PATH, .offset = MEMBER(ready_file),
	    .argument = "PATH",
	    .help = "where readiness is published "
	    "(if gated: /run/dinit/ready)" },
	{ .name = "report-file", .type = TYPE_PATH,
	    .offset = MEMBER(report_file), .argument = "PATH",
	    .help = "one line on why the container ended" },
	{ .name = "rewrite", .short_name = 'r', .type = TYPE_REWRITE,
	    .offset = MEMBER(signals.rewrite), .argument = "A:B[,A:B]",
	    .help = "relay B when A arrives; 0 drops it" },
	{ .short_name = 's', .type = TYPE_NOTHING,
	    .help = "accepted as in tini: subreaper is automatic" },
	{ .name = "seccomp", .type = TYPE_TEXT, .offset = MEMBER(seccomp),
	    .argument = "FILE",
	    .help = "run COMMAND under this OCI seccomp profile" },
	{ .name = "show-config", .type = TYPE_MODE, .mode = MODE_SHOW_CONFIG,
	    .help = "print each setting and where it came from" },
	{ .name = "startup-budget", .type = TYPE_DURATION,
	    .offset = MEMBER(startup_budget_ms), .argument = "DUR",
	    .fallback = "30s",
	    .help = "not ready by then: stop, exit 124; 0: no limit" },
	{ .name = "stop-signal", .type = TYPE_STOP_SIGNALS,
	    .offset = MEMBER(signals), .argument = "SIG[,SIG]",
	    .fallback = "TERM,INT",
	    .help = "signals that start the shutdown" },
	{ .name = "user", .type = TYPE_TEXT, .offset = MEMBER(user),
	    .argument = "USER[:GROUP]",
	    .help = "run COMMAND and the health command as this user" },
	{ .short_name = 'v', .type = TYPE_LOUDER, .offset = MEMBER(log_level),
	    .help = "raise the level" },
	{ .name = "version", .short_name = 'V', .type = TYPE_MODE,
	    .mode = MODE_VERSION, .help = "print the version" },
	{ .name = "wait", .type = TYPE_DURATION, .offset = MEMBER(wait_ms),
	    .argument = "DUR", .fallback = "0",
	    .help = "--is-ready waits this long for it" },
	{ .short_name = 'w', .type = TYPE_WARN_ORPHANS,
	    .offset = MEMBER(warn_orphans),
	    .help = "warn on each reaped orphan" },
};
/* clang-format on */

static_assert(ARRAY_SIZE(rows) <= OPTIONS_MAX, "raise OPTIONS_MAX");

/* Where a value was written, for messages. */
struct origin {
	enum source source;
	const char *name; /* "--grace", "-e" or "DINIT_GRACE" */
};

static void *
member(struct options *options, const struct row *row)
{
	return (char *)options + row->offset;
}

static const void *
const_member(const struct options *options, const struct row *row)
{
	return (const char *)options + row->offset;
}

/* Modes have no variables: what to do is said when calling. */
static bool
is_mode(const struct row *row)
{
	return row->type == TYPE_MODE || row->type == TYPE_PROBE;
}

/* Name of the row's variable; empty if it has none. */
static void
variable_name(const struct row *row, char name[VARIABLE_MAX])
{
	size_t length = sizeof(PREFIX) - 1;

	name[0] = '\0';
	if (row->name == NULL || is_mode(row))
		return;
	memcpy(name, PREFIX, length);
	for (const char *c = row->name; *c != '\0'; c++) {
		assert(length < VARIABLE_MAX - 1);
		name[length++] = *c == '-' ? '_' : (char)toupper(*c);
	}
	name[length] = '\0';
}

/*
 * Steps to turn A into B by inserting, deleting and replacing a character,
 * whatever the case.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t row[VARIABLE_MAX + 1];
	size_t width = strnlen(b, VARIABLE_MAX);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t best = diagonal +
			    (tolower(a[i - 1]) != tolower(b[j - 1]));

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width];
}

/* The long name of the table that NAME most likely meant. */
static const char *
nearest_name(const char *name)
{
	const char *nearest = NULL;
	size_t shortest = SIZE_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t steps;

		if (rows[i].name == NULL)
			continue;
		steps = distance(name, rows[i].name);
		if (steps < shortest) {
			shortest = steps;
			nearest = rows[i].name;
		}
	}
	return nearest;
}

static const struct row *
find_variable(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char known[VARIABLE_MAX];

		variable_name(&rows[i], known);
		if (strlen(known) == length &&
		    strncmp(known, name, length) == 0)
			return &rows[i];
	}
	return NULL;
}

/* Length of ENTRY's name if that begins with DINIT_, otherwise 0. */
static size_t
prefixed_length(const char *entry)
{
	if (strncmp(entry, PREFIX, sizeof(PREFIX) - 1) != 0)
		return 0;
	return strcspn(entry, "=");
}

bool
options_owns_variable(const char *entry)
{
	size_t length = prefixed_length(entry);

	return length > 0 && find_variable(entry, length) != NULL;
}

bool
options_is_unknown_variable(const char *entry, char *nearest, size_t size)
{
	size_t length = prefixed_length(entry);
	size_t shortest = SIZE_MAX;
	char name[VARIABLE_MAX];

	if (length == 0 || find_variable(entry, length) != NULL)
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)length, entry);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char known[VARIABLE_MAX];

		variable_name(&rows[i], known);
		if (known[0] != '\0' && distance(name, known) < shortest) {
			shortest = distance(name, known);
			snprintf(nearest, size, "%s", known);
		}
	}
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

/* Adds the exit codes of TEXT, "3" or "3,143". 0 or -EINVAL. */
static int
parse_exit_codes(const char *text, uint64_t codes[4])
{
	uint64_t added[4] = { codes[0], codes[1], codes[2], codes[3] };

	for (const char *rest; text != NULL; text = rest) {
		size_t length = text_measure_item(text, &rest);
		uint64_t code;

		if (length == 0 || number_read(text, &code) != length ||
		    code > 255)
			return -EINVAL;
		added[code / 64] |= UINT64_C(1) << (code % 64);
	}
	memcpy(codes, added, sizeof(added));
	return 0;
}

static int
parse_flag(const char *text, bool *flag)
{
	static const char *const words[] = { "0", "1", "no", "yes", "false",
		"true", "off", "on" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*flag = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_notify(const char *text, enum notify_access *access)
{
	bool flag;

	if (strcasecmp(text, "main") == 0)
		*access = NOTIFY_MAIN;
	else if (strcasecmp(text, "all") == 0)
		*access = NOTIFY_ALL;
	else if (parse_flag(text, &flag) == 0)
		*access = flag ? NOTIFY_MAIN : NOTIFY_NONE;
	else
		return -EINVAL;
	return 0;
}

/* What a value of TYPE looks like, for a message. */
static const char *
expectation(enum type type)
{
	switch (type) {
	case TYPE_COMMAND:
		return "a command";
	case TYPE_TEXT:
		return "a value, not an empty one";
	case TYPE_PATH:
		return "an absolute path of a file";
	case TYPE_DURATION:
		return "a duration such as 500ms, 9s, 1m30s or 1h";
	case TYPE_FLAG:
		return "yes or no (or 1, 0, true, false, on, off)";
	case TYPE_COUNT:
		return "a number from 1 to 1000000";
	case TYPE_SIGNAL:
		return "a signal such as TERM, SIGTERM, 15 or RTMIN+3";
	case TYPE_SIGNALS:
		return "signals such as TERM,QUIT or RTMIN+3, or all";
	case TYPE_STOP_SIGNALS:
		return "signals such as TERM,INT or RTMIN+3 "
		       "(KILL, STOP and CHLD never arrive)";
	case TYPE_REWRITE:
		return "pairs of signals such as TERM:QUIT or HUP:0";
	case TYPE_EXIT_CODES:
		return "exit codes from 0 to 255 such as 3 or 3,143";
	case TYPE_LEVEL:
		return "error, warn, info or debug";
	case TYPE_FORMAT:
		return "text or json";
	case TYPE_NOTIFY:
		return "no, main (or yes) or all";
	case TYPE_PROBE:
		return probe_expectation(-EINVAL);
	case TYPE_LOUDER:
	case TYPE_QUIETER:
	case TYPE_WARN_ORPHANS:
	case TYPE_NOTHING:
	case TYPE_MODE:
		break;
	}
	return "no value";
}

static int
parse_duration(const char *text, int64_t *ms)
{
	int64_t parsed = duration_parse(text);

	if (parsed < 0)
		return (int)parsed;
	*ms = parsed;
	return 0;
}

static int
parse_count(const char *text)
{
	int count = (int)number_parse(text, 1000000);

	return count >= 1 ? count : -EINVAL;
}

static int
parse_stop_signals(const char *text, struct signal_policy *policy)
{
	const uint64_t never = signals_bit(SIGKILL) | signals_bit(SIGSTOP) |
	    signals_bit(SIGCHLD);
	int first = signals_parse_set(text, &policy->stop);

	if (first < 0 || (policy->stop & never))
		return -EINVAL;
	if (policy->first_stop == 0)
		policy->first_stop = first;
	return 0;
}

/* What a parser gave: a value, or -EINVAL. */
static int
take_parsed(int parsed, int *value)
{
	if (parsed < 0)
		return parsed;
	*value = parsed;
	return 0;
}

static int
parse_value(const struct row *row, const char *text, struct options *out)
{
	void *target = member(out, row);

	switch (row->type) {
	case TYPE_PATH:
		if (text[0] != '/' || text[strlen(text) - 1] == '/')
			return -EINVAL;
		*(const char **)target = text;
		return 0;
	case TYPE_COMMAND:
	case TYPE_TEXT:
		*(const char **)target = text;
		return *text == '\0' ? -EINVAL : 0;
	case TYPE_DURATION:
		return parse_duration(text, target);
	case TYPE_FLAG:
		return parse_flag(text, target);
	case TYPE_COUNT:
		return take_parsed(parse_count(text), target);
	case TYPE_SIGNAL:
		return take_parsed(signals_parse(text), target);
	case TYPE_SIGNALS:
		return signals_parse_set(text, target) < 0 ? -EINVAL : 0;
	case TYPE_STOP_SIGNALS:
		return parse_stop_signals(text, target);
	case TYPE_REWRITE:
		return signals_parse_rewrite(text, &out->signals);
	case TYPE_EXIT_CODES:
		return parse_exit_codes(text, target);
	case TYPE_LEVEL:
		return take_parsed(log_parse_level(text), target);
	case TYPE_FORMAT:
		return take_parsed(log_parse_format(text), target);
	case TYPE_NOTIFY:
		return parse_notify(text, target);
	case TYPE_LOUDER:
		if (out->log_level < LOG_LEVEL_DEBUG)
			out->log_level++;
		return 0;
	case TYPE_QUIETER:
		if (out->log_level > LOG_LEVEL_ERROR)
			out->log_level--;
		return 0;
	case TYPE_WARN_ORPHANS:
		out->warn_orphans = true;
		return 0;
	case TYPE_MODE:
		out->mode = (enum mode)row->mode;
		return 0;
	case TYPE_PROBE:
		out->mode = (enum mode)row->mode;
		return probe_parse_url(text, target);
	case TYPE_NOTHING:
		break;
	}
	return 0;
}

/* Lists gather within one source; what a weaker source said is dropped. */
static void
forget_weaker(const struct row *row, enum source source, struct options *out)
{
	unsigned char *known = &out->sources[row - rows];

	if (*known == source)
		return;
	*known = (unsigned char)source;
	if (row->type == TYPE_SIGNALS)
		*(uint64_t *)member(out, row) = 0;
	if (row->type == TYPE_EXIT_CODES)
		memset(out->ok_exit, 0, sizeof(out->ok_exit));
	if (row->type == TYPE_REWRITE)
		signals_clear_rewrite(&out->signals);
	if (row->type == TYPE_STOP_SIGNALS) {
		out->signals.stop = 0;
		out->signals.first_stop = 0;
	}
}

static int
set_value(const struct row *row, const struct origin *origin, const char *text,
    struct options *out, char problem[OPTIONS_PROBLEM_MAX])
{
	int error;

	forget_weaker(row, origin->source, out);
	error = parse_value(row, text, out);
	if (error == 0)
		return 0;
	snprintf(problem, OPTIONS_PROBLEM_MAX,
	    "%s: '%.200s' is wrong; it takes %s", origin->name, text,
	    row->type == TYPE_PROBE ? probe_expectation(error)
				    : expectation(row->type));
	return -EINVAL;
}

static void
set_defaults(struct options *out)
{
	const struct origin origin = { SOURCE_DEFAULT, "default" };

	*out = (struct options){ .mode = MODE_RUN };
	signals_clear_rewrite(&out->signals);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char problem[OPTIONS_PROBLEM_MAX];

		if (rows[i].fallback != NULL)
			set_value(&rows[i], &origin, rows[i].fallback, out,
			    problem);
	}
}

/*
 * An empty variable counts as none: it is how Compose files unset one. All are
 * read, the first bad one is the problem.
 */
static int
read_environment(struct options *out, char *const *environment,
    char problem[OPTIONS_PROBLEM_MAX])
{
	int error = 0;

	for (; *environment != NULL; environment++) {
		size_t length = prefixed_length(*environment);
		const struct row *row;
		char name[VARIABLE_MAX];
		const struct origin origin = { SOURCE_ENVIRONMENT, name };

		if (length == 0 || (*environment)[length] == '\0' ||
		    (*environment)[length + 1] == '\0')
			continue;
		row = find_variable(*environment, length);
		if (row == NULL)
			continue;
		variable_name(row, name);
		if (error == 0)
			error = set_value(row, &origin,
			    *environment + length + 1, out, problem);
		else
			parse_value(row, *environment + length + 1, out);
	}
	return error;
}

/* True if the option may be given by its name alone, which means yes. */
static bool
may_stand_alone(const struct row *row)
{
	return row->type == TYPE_FLAG || row->type == TYPE_NOTIFY;
}

/* getopt_long's two forms of the table. */
struct getopt_table {
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
};

static void
fill_getopt_table(struct getopt_table *table)
{
	struct option *next = table->longs;
	char *shorts = table->shorts;

	/* "+": COMMAND's options are not ours; ":": missing values are. */
	*shorts++ = '+';
	*shorts++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];

		if (row->short_name != 0) {
			*shorts++ = row->short_name;
			if (row->argument != NULL && row->short_value == NULL)
				*shorts++ = ':';
		}
		if (row->name == NULL)
			continue;
		*next++ = (struct option){
			.name = row->name,
			.has_arg = may_stand_alone(row) ? optional_argument
			    : row->argument != NULL     ? required_argument
							: no_argument,
			.val = LONG_OPTION + (int)i,
		};
	}
	*shorts = '\0';
	*next = (struct option){ .name = NULL };
}

static const struct row *
find_row(int found)
{
	if (found >= LONG_OPTION)
		return &rows[found - LONG_OPTION];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].short_name == found)
			return &rows[i];
	return NULL;
}

/* The option as it was written: FOUND is what getopt_long says of it. */
static void
format_name(const struct row *row, int found, char name[VARIABLE_MAX])
{
	if (found < LONG_OPTION)
		snprintf(name, VARIABLE_MAX, "-%c", found);
	else
		snprintf(name, VARIABLE_MAX, "--%s", row->name);
}

/* getopt_long met something it could not take. */
static int
explain_refusal(int found, const char *word, char problem[OPTIONS_PROBLEM_MAX])
{
	const struct row *row = find_row(optopt);
	char name[VARIABLE_MAX];

	/* Not WORD here: behind a short name, musl is past the end of argv. */
	if (found == ':' && row != NULL) {
		format_name(row, optopt, name);
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "%s: a value is missing; it takes %s", name,
		    expectation(row->type));
	} else if (row != NULL && optopt >= LONG_OPTION) {
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "%.200s: --%s takes no value", word, row->name);
	} else if (optopt == 0) { /* a long name: WORD is all of it */
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(word + 2, "="), word + 2);
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "unknown option %.200s; did you mean --%s? (dinit --help "
		    "lists all)",
		    word, nearest_name(name));
	} else {
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "unknown option -%c; dinit --help lists all", optopt);
	}
	return -EINVAL;
}

static int
take_option(int found, struct options *out, char problem[OPTIONS_PROBLEM_MAX])
{
	const struct row *row = find_row(found);
	const char *value = optarg;
	char name[VARIABLE_MAX];
	const struct origin origin = { SOURCE_COMMAND_LINE, name };

	format_name(row, found, name);
	if (found < LONG_OPTION && row->short_value != NULL)
		value = row->short_value;
	if (value == NULL)
		value = may_stand_alone(row) ? "yes" : "";
	return set_value(row, &origin, value, out, problem);
}

static int
read_command_line(struct options *out, int argc, char *const *argv,
    char problem[OPTIONS_PROBLEM_MAX])
{
	struct getopt_table table;
	int found;

	fill_getopt_table(&table);
	opterr = 0;
	optind = 0; /* both C libraries: start afresh */
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

/* Only one can decide on readiness. */
static int
check_gates(const struct options *options, char problem[OPTIONS_PROBLEM_MAX])
{
	char notify[VARIABLE_MAX];
	char health[VARIABLE_MAX];

	if (options->notify == NOTIFY_NONE || options->health_cmd == NULL)
		return 0;
	options_format_origin(options, "notify", notify, sizeof(notify));
	options_format_origin(options, "health-cmd", health, sizeof(health));
	snprintf(problem, OPTIONS_PROBLEM_MAX,
	    "%s: %s='%.200s' is given too; only one of them can decide on "
	    "readiness",
	    notify, health, options->health_cmd);
	return -EINVAL;
}

/* Where there is nothing to monitor with, only a value that was set counts. */
static void
drop_idle_monitor(struct options *options)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].offset == MEMBER(monitor_ms) &&
		    options->sources[i] == SOURCE_DEFAULT &&
		    options->health_cmd == NULL)
			options->monitor_ms = 0;
}

/* The socket that --notify takes lies beside the readiness file. */
static int
check_socket(const struct options *options, char problem[OPTIONS_PROBLEM_MAX])
{
	char origin[VARIABLE_MAX];

	if (options->notify == NOTIFY_NONE ||
	    (options->mode != MODE_RUN && options->mode != MODE_SHOW_CONFIG) ||
	    strlen(options->ready_file) <= LISTENER_READY_FILE_MAX)
		return 0;
	options_format_origin(options, "ready-file", origin, sizeof(origin));
	snprintf(problem, OPTIONS_PROBLEM_MAX,
	    "%s: '%.200s' is too long for --notify, whose socket lies beside "
	    "it; it takes a path of at most %d bytes",
	    origin, options->ready_file, (int)LISTENER_READY_FILE_MAX);
	return -EINVAL;
}

static const char *
mode_name(enum mode mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (is_mode(&rows[i]) && rows[i].mode == (int)mode)
			return rows[i].name;
	return "";
}

static int
check_together(const struct options *options, char problem[OPTIONS_PROBLEM_MAX])
{
	bool has_command = options->command[0] != NULL;

	if ((options->mode == MODE_RUN || options->mode == MODE_SHOW_CONFIG) &&
	    check_gates(options, problem) < 0)
		return -EINVAL;
	if (options->mode == MODE_RUN && !has_command) {
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "COMMAND is missing: dinit [OPTION]... [--] COMMAND "
		    "[ARG]... (in an image, CMD names it)");
		return -EINVAL;
	}
	if (has_command &&
	    (options->mode == MODE_PAUSE || options->mode == MODE_IS_READY ||
		options->mode == MODE_PROBE)) {
		snprintf(problem, OPTIONS_PROBLEM_MAX,
		    "--%s: '%.200s' is in the way, it takes no COMMAND",
		    mode_name(options->mode), options->command[0]);
		return -EINVAL;
	}
	return 0;
}

int
options_parse(struct options *out, int argc, char *const *argv,
    char *const *environment, char problem[OPTIONS_PROBLEM_MAX])
{
	int error;

	set_defaults(out);
	error = read_environment(out, environment, problem);
	if (error < 0) {
		/* Whoever asks for help, or is a probe, can do without. */
		char ignored[OPTIONS_PROBLEM_MAX];

		if (read_command_line(out, argc, argv, ignored) < 0 ||
		    out->mode == MODE_RUN || out->mode == MODE_PAUSE ||
		    out->mode == MODE_SHOW_CONFIG)
			return error;
	} else if (read_command_line(out, argc, argv, problem) < 0) {
		return -EINVAL;
	}
	if (check_together(out, problem) < 0)
		return -EINVAL;
	/* Without COMMAND there is nobody to become ready. */
	if (out->mode == MODE_PAUSE) {
		out->health_cmd = NULL;
		out->notify = NOTIFY_NONE;
		out->ready_file = NULL;
	}
	if (out->ready_file == NULL &&
	    (out->health_cmd != NULL || out->notify != NOTIFY_NONE ||
		out->mode == MODE_IS_READY))
		out->ready_file = READINESS_DEFAULT_PATH;
	drop_idle_monitor(out);
	return check_socket(out, problem);
}

static void
append_help(const struct row *row, char *text, size_t size)
{
	char left[64];
	char fallback[32] = "";

	if (row->name == NULL)
		snprintf(left, sizeof(left), "-%c", row->short_name);
	else
		snprintf(left, sizeof(left), "%c%c%s --%s%s%s",
		    row->short_name != 0 ? '-' : ' ',
		    row->short_name != 0 ? row->short_name : ' ',
		    row->short_name != 0 ? "," : " ", row->name,
		    row->argument != NULL ? "=" : "",
		    row->argument != NULL ? row->argument : "");
	if (row->fallback != NULL)
		snprintf(fallback, sizeof(fallback), " [%s]", row->fallback);
	text_append(text, size, "  %-32s %s%s\n", left, row->help, fallback);
}

void
options_format_help(char *text, size_t size)
{
	text[0] = '\0';
	text_append(text, size,
	    "dinit: a minimal init for containers\n\n"
	    "  dinit [OPTION]... [--] COMMAND [ARG]...\n"
	    "  dinit --is-ready [--wait=DUR] [--ready-file=PATH]\n"
	    "  dinit --pause\n"
	    "  dinit --probe=URL [--health-timeout=DUR]\n"
	    "  dinit --show-config [OPTION]... [--] [COMMAND]...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		append_help(&rows[i], text, size);
	text_append(text, size,
	    "\nEvery setting with a long name can be given in the environment "
	    "too:\n--health-cmd is DINIT_HEALTH_CMD, and so on. "
	    "Durations: 500ms, 9s, 1m30s, 1h;\na bare number is seconds.\n"
	    "Exit status: COMMAND's; 128+N if signal N ended it; 124 startup "
	    "budget over;\n125 dinit itself failed; 126 COMMAND not "
	    "executable; 127 not found.\n");
}

static void
format_exit_codes(const uint64_t codes[4], char *text, size_t size)
{
	text[0] = '\0';
	for (unsigned int code = 0; code < 256; code++)
		if (codes[code / 64] >> (code % 64) & 1)
			text_append(text, size, "%s%u",
			    *text != '\0' ? "," : "", code);
}

static const char *const access_names[] = {
	[NOTIFY_NONE] = "no",
	[NOTIFY_MAIN] = "main",
	[NOTIFY_ALL] = "all",
};

static void
format_value(const struct row *row, const struct options *options, char *text,
    size_t size)
{
	const void *value = const_member(options, row);

	text[0] = '\0';
	switch (row->type) {
	case TYPE_COMMAND:
	case TYPE_TEXT:
	case TYPE_PATH:
		if (*(const char *const *)value != NULL)
			snprintf(text, size, "%s", *(const char *const *)value);
		break;
	case TYPE_DURATION:
		duration_format(*(const int64_t *)value, text, size);
		break;
	case TYPE_FLAG:
		snprintf(text, size, *(const bool *)value ? "yes" : "no");
		break;
	case TYPE_COUNT:
		snprintf(text, size, "%d", *(const int *)value);
		break;
	case TYPE_SIGNAL:
		if (*(const int *)value != 0)
			snprintf(text, size, "%s",
			    signals_name(*(const int *)value));
		break;
	case TYPE_SIGNALS:
		signals_format_set(*(const uint64_t *)value, 0, text, size);
		break;
	case TYPE_STOP_SIGNALS:
		signals_format_set(options->signals.stop,
		    options->signals.first_stop, text, size);
		break;
	case TYPE_REWRITE:
		signals_format_rewrite(&options->signals, text, size);
		break;
	case TYPE_EXIT_CODES:
		format_exit_codes(value, text, size);
		break;
	case TYPE_LEVEL:
		snprintf(text, size, "%s",
		    log_level_name((enum log_level)options->log_level));
		break;
	case TYPE_FORMAT:
		snprintf(text, size, "%s",
		    log_format_name((enum log_format)options->log_format));
		break;
	case TYPE_NOTIFY:
		snprintf(text, size, "%s", access_names[options->notify]);
		break;
	case TYPE_LOUDER:
	case TYPE_QUIETER:
	case TYPE_WARN_ORPHANS:
	case TYPE_NOTHING:
	case TYPE_MODE:
	case TYPE_PROBE:
		break;
	}
}

/* Rows that set the same member (-v and --log-level) share its source. */
static enum source
strongest_source(const struct options *options, const struct row *row)
{
	unsigned char strongest = SOURCE_DEFAULT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].offset == row->offset &&
		    options->sources[i] > strongest)
			strongest = options->sources[i];
	return (enum source)strongest;
}

void
options_format_origin(const struct options *options, const char *name,
    char *text, size_t size)
{
	char variable[VARIABLE_MAX];

	snprintf(text, size, "--%s", name);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].name == NULL || strcmp(rows[i].name, name) != 0 ||
		    options->sources[i] != SOURCE_ENVIRONMENT)
			continue;
		variable_name(&rows[i], variable);
		snprintf(text, size, "%s", variable);
	}
}

void
options_format_config(const struct options *options, char *text, size_t size)
{
	static const char *const sources[] = {
		[SOURCE_DEFAULT] = "default",
		[SOURCE_ENVIRONMENT] = "environment",
		[SOURCE_COMMAND_LINE] = "command line",
	};

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char value[SIGNALS_TEXT_MAX];
		char variable[VARIABLE_MAX];
		enum source source = strongest_source(options, &rows[i]);

		variable_name(&rows[i], variable);
		if (variable[0] == '\0')
			continue;
		format_value(&rows[i], options, value, sizeof(value));
		text_append(text, size, "%-20s %-24s %s%s%s\n", rows[i].name,
		    value[0] != '\0' ? value : "-", sources[source],
		    source == SOURCE_ENVIRONMENT ? " " : "",
		    source == SOURCE_ENVIRONMENT ? variable : "");
	}
}

/* Engines end a container that long after the stop signal. */
static void
append_late_stop(const struct options *options, bool in_kubernetes, char *text,
    size_t size)
{
	int64_t needed_ms = options->drain_ms + options->grace_ms;
	int64_t timer_ms = in_kubernetes ? 30000 : 10000;
	char needed[DURATION_TEXT_MAX];
	char timer[DURATION_TEXT_MAX];

	if (needed_ms < timer_ms)
		return;
	duration_format(needed_ms, needed, sizeof(needed));
	duration_format(timer_ms, timer, sizeof(timer));
	text_append(text, size,
	    "%s of drain and grace together: %s after %s, "
	    "unless %s is longer\n",
	    needed,
	    in_kubernetes ? "Kubernetes kills everything"
			  : "Docker and Podman kill everything",
	    timer,
	    in_kubernetes ? "terminationGracePeriodSeconds"
			  : "--stop-timeout or stop_grace_period");
}

void
options_format_misfits(const struct options *options, bool in_kubernetes,
    char *text, size_t size)
{
	char budget[DURATION_TEXT_MAX];

	text[0] = '\0';
	append_late_stop(options, in_kubernetes, text, size);
	duration_format(options->startup_budget_ms, budget, sizeof(budget));
	if (options->health_cmd != NULL && options->startup_budget_ms > 0 &&
	    (options->health_timeout_ms == 0 ||
		options->health_timeout_ms >= options->startup_budget_ms))
		text_append(text, size,
		    "a check may take the whole startup budget "
		    "of %s: --health-timeout should be shorter\n",
		    budget);
	if (options->drain_ms > 0 && options->ready_file == NULL)
		text_append(text, size,
		    "drain without a readiness file: nobody "
		    "learns to send no more work; set --health-cmd, --notify "
		    "or --ready-file\n");
	if (options->monitor_ms > 0 && options->health_cmd == NULL)
		text_append(text, size,
		    "monitor without a health command: there "
		    "is nothing to monitor with; set --health-cmd\n");
}

void
options_visit(void (*visit)(const char *name, char short_name,
    const char *variable))
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char variable[VARIABLE_MAX];

		variable_name(&rows[i], variable);
		visit(rows[i].name, rows[i].short_name, variable);
	}
}
