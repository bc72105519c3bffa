/* SPDX-License-Identifier: MIT */
/*
 * dinit: reads the command line and the environment, and does what they ask
 * for: to run COMMAND, to pause, or to answer a question. The exit status that
 * main returns is the only way for this process to end.
 */
#include <errno.h>
#include <jansson.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/signals.h"
#include "life/messages.h"
#include "life/setup.h"
#include "life/supervisor.h"
#include "privileges/denial.h"
#include "readiness/asker.h"
#include "readiness/await.h"
#include "readiness/probe_plan.h"
#include "settings/advice.h"
#include "settings/exec_form.h"
#include "settings/license.h"
#include "settings/listing.h"
#include "settings/options.h"

/* The header of an older libcap, such as 2.44, does not say the version. */
#ifndef LIBCAP_MAJOR
#define LIBCAP_MAJOR 2
#define LIBCAP_MINOR 0
#endif

static int
print(const char *text)
{
	const char *reason;

	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return 0;
	reason = strerror(errno);
	log_refusal(reason, "cannot write to standard output: %s", reason);
	return EXIT_STATUS_DINIT;
}

/* The conversion "%.0d" prints nothing for 0. */
static void
format_version(char *text, size_t size)
{
	snprintf(text, size,
	    "dinit " DINIT_VERSION
	    " (the container init, not the service manager of that name)\n"
	    "%s" DINIT_COMMIT "%swith libcap %d%s%.0d, libseccomp %d.%d.%d, "
	    "jansson " JANSSON_VERSION "\n",
	    *DINIT_COMMIT ? "commit " : "", *DINIT_COMMIT ? ", " : "",
	    LIBCAP_MAJOR, LIBCAP_MINOR ? "." : "", LIBCAP_MINOR, SCMP_VER_MAJOR,
	    SCMP_VER_MINOR, SCMP_VER_MICRO);
}

/* Docker and Podman leave these files in each container. */
static enum advice_engine
find_engine(void)
{
	if (getenv("KUBERNETES_SERVICE_HOST") != NULL)
		return ADVICE_ENGINE_KUBERNETES;
	if (access("/run/.containerenv", F_OK) == 0)
		return ADVICE_ENGINE_PODMAN;
	return access("/.dockerenv", F_OK) == 0 ? ADVICE_ENGINE_DOCKER
						: ADVICE_ENGINE_UNKNOWN;
}

/*
 * Warns of settings that do not go together, or not with the engine. FORMAT is
 * one of the functions of advice.h. If this were inlined, TEXT would lie on the
 * stack of every PID 1.
 */
static void __attribute__((noinline, cold))
warn_of_misfits(const struct options *options,
    void (*format)(const struct options *options, enum advice_engine engine,
	char *text, size_t size))
{
	char text[ADVICE_TEXT_MAX];
	char *rest = text;
	const char *line;

	format(options, find_engine(), text, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		log_doubt("%s", line);
}

/* Logs why --is-ready exits with 1: WHY, after INTRODUCTION. */
static void
log_not_ready(const char *introduction, const char *why)
{
	const struct log_facts not_ready = {
		.event = messages_event_name(TOPIC_NOT_READY),
		.reason = why,
		.has_status = true,
		.status = 1,
	};

	log_event(LOG_LEVEL_ERROR, &not_ready, "%s%s", introduction, why);
}

/* The exit status of --is-ready, which says why it is 1. */
static int
check_readiness(const struct options *options)
{
	struct problem problem;
	int ready = asker_ask(options->ready_file, &problem);

	if (ready == 1)
		return 0;
	log_not_ready(ready < 0 ? "" : "not ready: ", problem.text);
	return 1;
}

/* The exit status of --is-ready --wait, which says why it is 1. */
static int
wait_for_readiness(const struct options *options)
{
	struct problem problem = { .text = "" };
	int ready = await_readiness(options->ready_file, options->wait_ms,
	    &problem);

	if (ready != 1)
		log_not_ready("", problem.text);
	return ready == 1 ? 0 : 1;
}

static int
probe_targets(const struct options *options, const struct signal_state *found)
{
	const struct probe_plan plan = {
		.urls = options->probe_urls,
		.rules = {
			.statuses = &options->probe_status,
			.host = options->probe_host,
			.max_age_ms = options->probe_max_age_ms,
			.timeout_ms = options->health_timeout_ms,
		},
		.wait_ms = options->wait_ms,
		.interval_ms = options->health_interval_ms,
	};
	struct problem problem;
	int status = probe_plan_run(&plan, found, &problem);

	if (status >= 0)
		return status;
	log_refusal(NULL, "%s", problem.text);
	return EXIT_STATUS_DINIT;
}

static void
warn_unknown_variables(char *const *environment)
{
	for (; *environment != NULL; environment++) {
		char nearest[64];

		if (options_is_unknown_variable(*environment, nearest,
			sizeof(nearest)))
			log_doubt("ignoring unknown variable %.*s; the nearest "
				  "known one is %s",
			    (int)strcspn(*environment, "="), *environment,
			    nearest);
	}
}

/*
 * True if there may be advice at the start. Few settings make for that: with
 * all others a PID 1 never touches that code, nor looks for the engine.
 */
static bool
may_misfit(const struct options *options)
{
	const char *command = options->health_cmd;

	return (command != NULL && exec_form_is_broken(command)) ||
	    options->drain_ms + options->grace_ms >= ADVICE_TIMER_MIN_MS;
}

/* Runs COMMAND, or pauses. Its exit status is that of the container. */
static int
supervise(const struct options *options, const struct signal_state *found,
    pid_t parent, int report_fd)
{
	struct setup setup;
	int status;

	if (may_misfit(options))
		warn_of_misfits(options, advice_format_start);
	if (setup_prepare(options, found, parent, report_fd, &setup) < 0)
		return EXIT_STATUS_DINIT;
	status = supervisor_run(&setup);
	setup_end(&setup);
	return status;
}

/*
 * Answers a question, without running a COMMAND. The exit status. If this were
 * inlined, TEXT would lie on the stack of every PID 1.
 */
static int __attribute__((noinline, cold))
answer(const struct options *options, const struct signal_state *found)
{
	char text[LISTING_TEXT_MAX];
	int status;

	switch (options->mode) {
	case MODE_HELP:
		listing_format_help(text, sizeof(text));
		return print(text);
	case MODE_LICENSE:
		return print(license_text);
	case MODE_VERSION:
		format_version(text, sizeof(text));
		return print(text);
	case MODE_SHOW_CONFIG:
		listing_format_config(options, text, sizeof(text));
		status = print(text);
		if (status == 0)
			warn_of_misfits(options, advice_format);
		return status;
	case MODE_IS_READY:
		return options->wait_ms > 0 ? wait_for_readiness(options)
					    : check_readiness(options);
	case MODE_PROBE:
		return probe_targets(options, found);
	case MODE_RUN:
	case MODE_PAUSE:
		break;
	}
	return EXIT_STATUS_DINIT;
}

/*
 * Blocks all signals before anything else: one that arrives early waits until
 * COMMAND can be sent it. 0, or -errno after one message.
 */
static int
begin(struct signal_state *found)
{
	int blocked = signals_take_over(found);
	int held = descriptors_hold_standard();

	log_open();
	if (blocked < 0)
		return denial_log_failure("block", "signals", blocked, false);
	if (held < 0)
		return denial_log_failure("close", "a descriptor", held, false);
	return 0;
}

int
main(int argc, char **argv, char **environment)
{
	pid_t parent = getppid();
	struct signal_state found;
	struct options options;
	struct problem problem;
	bool supervises;
	int report_fd;
	int error;

	if (begin(&found) < 0)
		return EXIT_STATUS_DINIT;
	error = options_parse(&options, argc, argv, environment, &problem);
	log_set_level((enum log_level)options.log_level);
	log_set_format((enum log_format)options.log_format);
	supervises = options.mode == MODE_RUN || options.mode == MODE_PAUSE;
	report_fd = supervises ? setup_open_report(&options, parent) : -1;
	if (error < 0) {
		log_refusal(NULL, "%s", problem.text);
		return EXIT_STATUS_DINIT;
	}
	/* Engines run these two again and again: they do not warn each time. */
	if (options.mode != MODE_IS_READY && options.mode != MODE_PROBE)
		warn_unknown_variables(environment);
	return supervises ? supervise(&options, &found, parent, report_fd)
			  : answer(&options, &found);
}
