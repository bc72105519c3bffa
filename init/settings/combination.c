/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "settings/combination.h"
#include "base/problem.h"
#include "readiness/notify_socket.h"
#include "readiness/readiness.h"
#include "settings/options.h"
#include "settings/table.h"

/* Only one of --health-cmd and --notify can decide on readiness. */
static int
check_deciders(const struct options *options, struct problem *problem)
{
	char notify[TABLE_NAME_MAX];
	char health[TABLE_NAME_MAX];

	if (options->notify == NOTIFY_NONE || options->health_cmd == NULL)
		return 0;
	table_format_origin(options, "notify", notify);
	table_format_origin(options, "health-cmd", health);
	return problem_set(problem,
	    "%s: %s='%.200s' is given too; only one of them can decide on "
	    "readiness",
	    notify, health, options->health_cmd);
}

static const char *
mode_name(enum mode mode)
{
	const struct table_row *row = table_rows;

	while (row->mode != mode)
		row++;
	return row->name;
}

static int
check_command(const struct options *options, struct problem *problem)
{
	bool has_command = options->command[0] != NULL;

	if (options->mode == MODE_RUN && !has_command)
		return problem_set(problem,
		    "COMMAND is missing: dinit [OPTION]... [--] COMMAND "
		    "[ARG]... (in an image, CMD names it)");
	if (has_command &&
	    (options->mode == MODE_PAUSE || options->mode == MODE_IS_READY ||
		options->mode == MODE_PROBE))
		return problem_set(problem,
		    "--%s: '%.200s' is in the way, it takes no COMMAND",
		    mode_name(options->mode), options->command[0]);
	return 0;
}

/* Without COMMAND there is nothing that could become ready. */
static void
drop_readiness(struct options *options)
{
	options->health_cmd = NULL;
	options->notify = NOTIFY_NONE;
	options->ready_file = NULL;
	options->ready_listen = NULL;
}

static void
choose_ready_file(struct options *options)
{
	if (options->ready_file == NULL &&
	    (options->health_cmd != NULL || options->notify != NOTIFY_NONE ||
		options->ready_listen != NULL ||
		options->mode == MODE_IS_READY))
		options->ready_file = READINESS_DEFAULT_PATH;
}

/*
 * Without a health command there is nothing to monitor with, so the default
 * goes. A value that somebody has set stays, so that advice.c can warn of it.
 */
static void
drop_idle_monitor(struct options *options)
{
	if (options->health_cmd == NULL &&
	    table_source(options, table_find_name("monitor")) == SOURCE_DEFAULT)
		options->monitor_ms = 0;
}

/* The socket of --notify lies beside the readiness file. */
static int
check_socket(const struct options *options, struct problem *problem)
{
	char origin[TABLE_NAME_MAX];

	if (options->notify == NOTIFY_NONE ||
	    strlen(options->ready_file) <= NOTIFY_SOCKET_READY_FILE_MAX)
		return 0;
	table_format_origin(options, "ready-file", origin);
	return problem_set(problem,
	    "%s: '%.200s' is too long for --notify, whose socket lies beside "
	    "it; it takes a path of at most %d bytes",
	    origin, options->ready_file, (int)NOTIFY_SOCKET_READY_FILE_MAX);
}

/* Nobody but an app that notifies can say that it is alive. */
static int
check_watchdog(const struct options *options, struct problem *problem)
{
	char origin[TABLE_NAME_MAX];

	if (options->watchdog_ms == 0 || options->notify != NOTIFY_NONE)
		return 0;
	table_format_origin(options, "watchdog", origin);
	return problem_set(problem,
	    "%s: nobody hears the app's WATCHDOG=1; set --notify", origin);
}

/* A setting that promises a restart must not be without effect. */
static int
check_recovery(const struct options *options, struct problem *problem)
{
	bool is_monitored = options->health_cmd != NULL &&
	    options->monitor_ms > 0;
	char origin[TABLE_NAME_MAX];

	if (options->recovery_budget_ms == 0 || is_monitored ||
	    options->notify != NOTIFY_NONE)
		return 0;
	table_format_origin(options, "recovery-budget", origin);
	return problem_set(problem,
	    "%s: nothing looks at the app once it is ready; set --health-cmd "
	    "with --monitor, or --notify with --watchdog",
	    origin);
}

int
combination_settle(struct options *options, struct problem *problem)
{
	bool supervises_command = options->mode == MODE_RUN ||
	    options->mode == MODE_SHOW_CONFIG;
	int error = 0;

	if (supervises_command)
		error = check_deciders(options, problem);
	if (error == 0)
		error = check_command(options, problem);
	if (error < 0)
		return error;
	if (options->mode == MODE_PAUSE)
		drop_readiness(options);
	choose_ready_file(options);
	drop_idle_monitor(options);
	if (!supervises_command)
		return 0;
	error = check_socket(options, problem);
	if (error == 0)
		error = check_watchdog(options, problem);
	return error < 0 ? error : check_recovery(options, problem);
}
