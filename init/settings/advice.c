/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "settings/advice.h"
#include "base/duration.h"
#include "base/text.h"
#include "settings/exec_form.h"
#include "settings/options.h"
#include "settings/table.h"

/* How long an engine waits for a stop before it kills everything. */
struct engine {
	int64_t timer_ms; /* its default */
	const char *name; /* and "kill" or "kills" */
	const char *setting;
};

static const struct engine engines[] = {
	[ADVICE_ENGINE_UNKNOWN] = { ADVICE_TIMER_MIN_MS,
	    "Docker and Podman kill", "--stop-timeout or stop_grace_period" },
	[ADVICE_ENGINE_DOCKER] = { 10000, "Docker kills",
	    "--stop-timeout or stop_grace_period" },
	[ADVICE_ENGINE_PODMAN] = { 10000, "Podman kills",
	    "--stop-timeout or stop_grace_period" },
	[ADVICE_ENGINE_KUBERNETES] = { 30000, "Kubernetes kills",
	    "terminationGracePeriodSeconds" },
};

static void
append_late_stop(const struct options *options,
    enum advice_engine engine_number, char *text, size_t size)
{
	const struct engine *engine = &engines[engine_number];
	int64_t needed_ms = options->drain_ms + options->grace_ms;
	char needed[DURATION_TEXT_MAX];
	char timer[DURATION_TEXT_MAX];

	if (needed_ms < engine->timer_ms)
		return;
	duration_format(needed_ms, needed, sizeof(needed));
	duration_format(engine->timer_ms, timer, sizeof(timer));
	text_append(text, size,
	    "%s of drain and grace together: %s everything after %s, "
	    "unless %s is longer\n",
	    needed, engine->name, timer, engine->setting);
}

static void
append_no_array(const struct options *options, char *text, size_t size)
{
	const char *command = options->health_cmd;
	char origin[TABLE_NAME_MAX];

	if (command == NULL || !exec_form_is_broken(command))
		return;
	command += strspn(command, " \t\r\n");
	table_format_origin(options, "health-cmd", origin);
	text_append(text, size,
	    "%s: '%.*s' begins like a JSON array of strings and is none, so "
	    "that /bin/sh gets it: write [\"COMMAND\",\"ARG\"], with double "
	    "quotes around each word\n",
	    origin, (int)strcspn(command, "\n"), command);
}

/* --- All of it --- */

void
advice_format_start(const struct options *options, enum advice_engine engine,
    char *text, size_t size)
{
	text[0] = '\0';
	append_no_array(options, text, size);
	if (engine != ADVICE_ENGINE_UNKNOWN)
		append_late_stop(options, engine, text, size);
}

void
advice_format(const struct options *options, enum advice_engine engine,
    char *text, size_t size)
{
	char budget[DURATION_TEXT_MAX];

	text[0] = '\0';
	append_no_array(options, text, size);
	append_late_stop(options, engine, text, size);
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
	if (options->recovery_budget_ms > 0 && options->health_cmd == NULL &&
	    options->watchdog_ms == 0)
		text_append(text, size,
		    "recovery budget without a watchdog: an app that hangs "
		    "is not noticed; set --watchdog\n");
	if (options->monitor_ms > 0 && options->health_cmd == NULL)
		text_append(text, size,
		    "monitor without a health command: there "
		    "is nothing to monitor with; set --health-cmd\n");
}
