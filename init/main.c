/* SPDX-License-Identifier: MIT */
/*
 * dinit: parse, prepare, supervise. Whatever can fail before COMMAND runs
 * fails here, with one line and exit status 125.
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
#include "life/setup.h"
#include "life/supervisor.h"
#include "privileges/denial.h"
#include "readiness/asker.h"
#include "readiness/await.h"
#include "readiness/probe.h"
#include "settings/options.h"

static int
print(void (*format)(const struct options *options, char *text, size_t size),
    const struct options *options)
{
	char text[OPTIONS_TEXT_MAX];

	format(options, text, sizeof(text));
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0) {
		log_line(LOG_LEVEL_ERROR, "cannot write to standard output: %s",
		    strerror(errno));
		return EXIT_STATUS_DINIT;
	}
	return 0;
}

static void
format_help(const struct options *options, char *text, size_t size)
{
	(void)options;
	options_format_help(text, size);
}

static void
format_version(const struct options *options, char *text, size_t size)
{
	(void)options;
	snprintf(text, size,
	    "dinit " DINIT_VERSION
	    " (the container init, not the service manager of that name)\n"
	    "%s" DINIT_COMMIT "%swith libcap %d.%d, libseccomp %d.%d.%d, "
	    "jansson " JANSSON_VERSION "\n",
	    *DINIT_COMMIT ? "commit " : "", *DINIT_COMMIT ? ", " : "",
	    LIBCAP_MAJOR, LIBCAP_MINOR, SCMP_VER_MAJOR, SCMP_VER_MINOR,
	    SCMP_VER_MICRO);
}

/* The effective settings, and a warning for what will not go well. */
static int
show_config(const struct options *options)
{
	bool in_kubernetes = getenv("KUBERNETES_SERVICE_HOST") != NULL;
	char text[2 * OPTIONS_PROBLEM_MAX];
	char *rest = text;
	const char *line;

	if (print(options_format_config, options) != 0)
		return EXIT_STATUS_DINIT;
	options_format_misfits(options, in_kubernetes, text, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0')
		log_line(LOG_LEVEL_WARN, "%s", line);
	return 0;
}

static int
tell_readiness(const struct options *options)
{
	int ready = asker_is_ready(options->ready_file);

	if (ready < 0)
		log_line(LOG_LEVEL_ERROR, "cannot read readiness file %s: %s",
		    options->ready_file, strerror(-ready));
	return ready == 1 ? 0 : 1;
}

/* Whoever waits wants to know why it was in vain. */
static int
await_and_tell(const struct options *options)
{
	struct problem problem = { .text = "" };
	int ready = await_readiness(options->ready_file, options->wait_ms,
	    &problem);

	if (ready != 1)
		log_line(LOG_LEVEL_ERROR, "%s", problem.text);
	return ready == 1 ? 0 : 1;
}

static void
warn_unknown_variables(char *const *environment)
{
	for (; *environment != NULL; environment++) {
		char nearest[64];

		if (options_is_unknown_variable(*environment, nearest,
			sizeof(nearest)))
			log_line(LOG_LEVEL_WARN,
			    "ignoring unknown variable %.*s; the nearest known "
			    "one is %s",
			    (int)strcspn(*environment, "="), *environment,
			    nearest);
	}
}

static int
supervise(const struct options *options, const struct signal_state *found,
    pid_t parent, int report_fd)
{
	struct setup setup;
	int status;

	if (setup_prepare(options, found, parent, report_fd, &setup) < 0)
		return EXIT_STATUS_DINIT;
	status = supervisor_run(&setup);
	setup_end(&setup);
	return status;
}

static int
run(const struct options *options, const struct signal_state *found,
    pid_t parent, int report_fd)
{
	switch (options->mode) {
	case MODE_HELP:
		return print(format_help, options);
	case MODE_VERSION:
		return print(format_version, options);
	case MODE_SHOW_CONFIG:
		return show_config(options);
	case MODE_IS_READY:
		return options->wait_ms > 0 ? await_and_tell(options)
					    : tell_readiness(options);
	case MODE_PROBE:
		return probe_print_result(&options->probe,
		    options->health_timeout_ms, found);
	case MODE_RUN:
	case MODE_PAUSE:
		break;
	}
	return supervise(options, found, parent, report_fd);
}

/* First of all: whatever is sent early waits for COMMAND. 0, or -errno. */
static int
begin(struct signal_state *found)
{
	int error = signals_take_over(found);
	int unclosed = descriptors_hold_standard();

	log_open();
	if (error < 0)
		return denial_log_failure("block", "signals", error, false);
	if (unclosed < 0)
		return denial_log_failure("close", "a descriptor", unclosed,
		    false);
	return 0;
}

int
main(int argc, char **argv, char **environment)
{
	pid_t parent = getppid();
	struct signal_state found;
	struct options options;
	char problem[OPTIONS_PROBLEM_MAX];
	int report_fd;
	int error;

	if (begin(&found) < 0)
		return EXIT_STATUS_DINIT;
	error = options_parse(&options, argc, argv, environment, problem);
	log_set_level((enum log_level)options.log_level);
	log_set_format((enum log_format)options.log_format);
	report_fd = setup_open_report(&options);
	if (error < 0) {
		log_line(LOG_LEVEL_ERROR, "%s", problem);
		return EXIT_STATUS_DINIT;
	}
	/* A probe asks every few seconds: it was said when dinit started. */
	if (options.mode != MODE_IS_READY && options.mode != MODE_PROBE)
		warn_unknown_variables(environment);
	return run(&options, &found, parent, report_fd);
}
