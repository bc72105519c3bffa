/* SPDX-License-Identifier: MIT */
/*
 * The settings: one table drives the command line, the DINIT_* variables,
 * --help and --show-config. The command line beats the environment, which
 * beats the defaults. To add an option, add a row (options.c) and a member.
 */
#ifndef DINIT_OPTIONS_H
#define DINIT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/signals.h"
#include "readiness/notify.h"
#include "readiness/probe.h"

/* Room for the rows of the table. */
#define OPTIONS_MAX 48

/* Room for a message about bad input, and for all of --help. */
#define OPTIONS_PROBLEM_MAX 512
#define OPTIONS_TEXT_MAX 16384

/* What the program is asked to do. */
enum mode {
	MODE_RUN,
	MODE_PAUSE,
	MODE_IS_READY,
	MODE_PROBE,
	MODE_SHOW_CONFIG,
	MODE_HELP,
	MODE_VERSION,
};

/* Where a value came from; later ones beat earlier ones. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_ENVIRONMENT,
	SOURCE_COMMAND_LINE,
};

struct options {
	enum mode mode;
	char *const *command;      /* COMMAND and its arguments, or empty */
	struct probe_target probe; /* for MODE_PROBE */
	const char *health_cmd;    /* NULL: none */
	const char *ready_file;    /* NULL: none given */
	enum notify_access notify; /* whose words make it ready */
	int64_t startup_budget_ms;
	int64_t health_interval_ms;
	int64_t health_timeout_ms;
	int64_t monitor_ms; /* 0: no monitoring */
	int monitor_failures;
	int64_t grace_ms;
	int64_t drain_ms;
	struct signal_policy signals;
	uint64_t ok_exit[4]; /* as in struct limits */
	bool ok_stop;
	bool warn_orphans;
	const char *user; /* these as in struct privileges_request */
	const char *keep_caps;
	const char *drop_caps;
	const char *seccomp;
	bool no_new_privs;
	bool no_lockdown;
	int parent_death_signal; /* 0: none */
	int64_t wait_ms;         /* of MODE_IS_READY; 0: it does not wait */
	const char *report_file; /* NULL: none */
	int log_level;           /* enum log_level */
	int log_format;          /* enum log_format */
	unsigned char sources[OPTIONS_MAX]; /* enum source, by row */
};

/*
 * Reads the defaults, ENVIRONMENT and the command line. 0, or -EINVAL and one
 * line in PROBLEM that names the option or variable, the value, and what
 * would be right. OUT points into ARGV and ENVIRONMENT.
 */
int
options_parse(struct options *out, int argc, char *const *argv,
    char *const *environment, char problem[OPTIONS_PROBLEM_MAX]);

/*
 * How the option with the long name NAME was given: "--user" or "DINIT_USER".
 */
void
options_format_origin(const struct options *options, const char *name,
    char *text, size_t size);

/* True if ENTRY ("NAME=value") is a variable of the table. */
bool
options_owns_variable(const char *entry);

/*
 * True if ENTRY is a DINIT_* variable that no option has; NEAREST is then the
 * name of the variable most like it.
 */
bool
options_is_unknown_variable(const char *entry, char *nearest, size_t size);

/* Removes the table's variables from ENVIRONMENT, in place. */
void
options_remove_variables(char **environment);

/* Writes the text of --help. */
void
options_format_help(char *text, size_t size);

/* Writes each setting, its value and where that came from, a line each. */
void
options_format_config(const struct options *options, char *text, size_t size);

/*
 * Writes a line on each setting that does not fit another one, or the timer
 * that its engine has when nobody has changed it: Kubernetes, or else Docker.
 */
void
options_format_misfits(const struct options *options, bool in_kubernetes,
    char *text, size_t size);

/*
 * Calls VISIT with each option's long name (NULL: none), short name (0: none)
 * and variable ("": none), so that tests can hold the documentation to it.
 */
void
options_visit(void (*visit)(const char *name, char short_name,
    const char *variable));

#endif
