/* SPDX-License-Identifier: MIT */
/*
 * What dinit is told by its command line, by its environment and by defaults.
 * The command line beats the environment, which beats the defaults. The table
 * lists all options (table.h).
 */
#ifndef DINIT_OPTIONS_H
#define DINIT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/signals.h"
#include "readiness/http_statuses.h"
#include "readiness/notify.h"
#include "readiness/probe_target.h"

struct problem;

/* The most rows that the table can have. */
#define OPTIONS_MAX 48

/* How often --own can be given. */
#define OPTIONS_OWN_MAX 4

/* What dinit is asked to do. */
enum mode {
	MODE_RUN,
	MODE_PAUSE,
	MODE_IS_READY,
	MODE_PROBE,
	MODE_SHOW_CONFIG,
	MODE_HELP,
	MODE_LICENSE,
	MODE_VERSION,
};

/* Where a value came from. Each source beats those above it. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_ENVIRONMENT,
	SOURCE_COMMAND_LINE,
};

struct options {
	enum mode mode;
	char *const *command; /* COMMAND and its arguments, or empty */
	/* For MODE_PROBE; they point to URLs, and after the last one to NULL. */
	const char *probe_urls[PROBE_TARGETS_MAX + 1];
	struct http_statuses probe_status;
	const char *probe_host;    /* NULL: that of the URL */
	int64_t probe_max_age_ms;  /* 0: any */
	const char *health_cmd;    /* NULL: none */
	const char *ready_file;    /* NULL: none given */
	const char *ready_listen;  /* NULL: none given */
	enum notify_access notify; /* whose READY=1 counts */
	int64_t startup_budget_ms;
	int64_t health_interval_ms;
	int64_t health_timeout_ms;
	int64_t monitor_ms; /* 0: no monitoring */
	int monitor_failures;
	int64_t recovery_budget_ms; /* 0: none */
	int64_t watchdog_ms;        /* 0: none */
	int64_t grace_ms;
	int64_t drain_ms;
	struct signal_policy signals;
	uint64_t ok_exit[4]; /* as in struct limits */
	bool ok_stop;
	bool warn_orphans;
	const char *user; /* from here to no_new_privs: privileges.h */
	const char *keep_caps;
	const char *drop_caps;
	const char *seccomp;
	bool no_new_privs;
	const char *own[OPTIONS_OWN_MAX + 1]; /* lists, up to NULL */
	bool no_lockdown;
	int parent_death_signal; /* 0: none */
	int64_t wait_ms;         /* to be ready or healthy; 0: do not wait */
	const char *report_file; /* may be a default: setup_open_report */
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
    char *const *environment, struct problem *problem);

/* True if ENTRY, which is "NAME=value", is a variable of the table. */
bool
options_owns_variable(const char *entry);

/*
 * True if the name of ENTRY, which is "NAME=value", begins with DINIT_ and is
 * not in the table. NEAREST is then the variable that was most likely meant.
 */
bool
options_is_unknown_variable(const char *entry, char *nearest, size_t size);

/* Removes the table's variables from ENVIRONMENT, in place. */
void
options_remove_variables(char **environment);

#endif
