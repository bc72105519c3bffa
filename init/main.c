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
#include <sys/prctl.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "base/duration.h"
#include "base/exit_status.h"
#include "base/line_file.h"
#include "base/log.h"
#include "base/signals.h"
#include "life/supervisor.h"
#include "privileges/denial.h"
#include "privileges/lockdown.h"
#include "privileges/privileges.h"
#include "readiness/asker.h"
#include "readiness/await.h"
#include "readiness/probe.h"
#include "readiness/readiness.h"
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

/* With the rights that will be left when it counts; if none can go, all. */
static bool
begin_rehearsal(const struct supervisor *sup,
    struct lockdown_rehearsal *rehearsal)
{
	const struct lockdown_owner owner = {
		.uid = sup->readiness.owner,
		.gid = sup->readiness.group,
	};

	return sup->locks_down &&
	    lockdown_begin_rehearsal(&owner, rehearsal) == 0;
}

static int
rehearse_readiness(const struct supervisor *sup)
{
	struct lockdown_rehearsal rehearsal;
	bool rehearses = begin_rehearsal(sup, &rehearsal);
	int error = readiness_prove(&sup->readiness);

	if (rehearses)
		lockdown_end_rehearsal(&rehearsal);
	return error;
}

/*
 * Often it is a second dinit, which found the container's variables. Then the
 * report is that of the first one as well, and not to be touched.
 */
static void
say_path_taken(const struct options *options)
{
	char origin[64];

	log_set_report(-1);
	options_format_origin(options,
	    options->health_cmd != NULL ? "health-cmd"
		: options->notify       ? "notify"
					: "ready-file",
	    origin, sizeof(origin));
	log_line(LOG_LEVEL_ERROR,
	    "cannot use readiness file %s: another dinit publishes there; name "
	    "another place with --ready-file, or go without %s (docker exec "
	    "passes the container's variables on)",
	    options->ready_file, origin);
}

static int
prepare_readiness(const struct options *options, struct supervisor *sup)
{
	char hint[DENIAL_HINT_MAX];
	int error = options->ready_file == NULL
	    ? 0
	    : readiness_prepare(&sup->readiness, options->ready_file);

	if (error == -EADDRINUSE) {
		say_path_taken(options);
		return error;
	}
	if (error == 0 && options->ready_file != NULL)
		error = rehearse_readiness(sup);
	if (error == 0)
		return 0;
	denial_format_hint(error, false, hint);
	log_line(LOG_LEVEL_ERROR, "cannot write readiness file %s: %s%s",
	    options->ready_file, strerror(-error),
	    hint[0] != '\0' ? hint
			    : "; mount a tmpfs there, or name another place "
			      "with --ready-file");
	return error;
}

static struct privileges_request
requested_privileges(const struct options *options)
{
	return (struct privileges_request){
		.user = options->user,
		.keep_caps = options->keep_caps,
		.drop_caps = options->drop_caps,
		.seccomp = options->seccomp,
		.no_new_privs = options->no_new_privs,
	};
}

/* Everything about what COMMAND may do. 0, or -errno after one message. */
static int
prepare_privileges(const struct options *options, struct supervisor *sup)
{
	const struct privileges_request request = requested_privileges(options);
	struct problem problem;
	char origin[64];

	if (sup->command == NULL || !privileges_are_requested(&request))
		return 0;
	if (privileges_prepare(&request, &sup->privileges, &problem) == 0) {
		sup->health_plan.privileges = sup->privileges;
		return 0;
	}
	options_format_origin(options, problem.option, origin, sizeof(origin));
	log_line(LOG_LEVEL_ERROR, "%s: %s", origin, problem.text);
	return -EINVAL;
}

/*
 * With a health command it is the checks that feed the engine's watchdog, once
 * they go on. COMMAND, whom the engine cannot hear, is not told of it. With
 * --notify it feeds it by itself, and what it says is passed on.
 */
static void
prepare_watchdog(const struct options *options, struct supervisor *sup)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t limit_ms = usec == NULL ? 0 : atoll(usec) / 1000;
	char limit[DURATION_TEXT_MAX];

	if (options->health_cmd == NULL)
		return;
	sup->feeds_watchdog = limit_ms > 0 &&
	    (pid == NULL || atol(pid) == getpid());
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (!sup->feeds_watchdog ||
	    (options->monitor_ms > 0 && options->monitor_ms < limit_ms))
		return;
	duration_format(limit_ms, limit, sizeof(limit));
	log_line(LOG_LEVEL_WARN,
	    "the engine's watchdog wants to hear something every %s "
	    "(WATCHDOG_USEC), and only a successful check says it: set "
	    "--monitor to half of that",
	    limit);
}

/* Without gating NOTIFY_SOCKET is the app's own affair. */
static void
prepare_upstream(const struct options *options, struct supervisor *sup)
{
	const char *value = getenv("NOTIFY_SOCKET");
	int error;

	if ((options->health_cmd == NULL && options->notify == NOTIFY_NONE) ||
	    value == NULL || *value == '\0')
		return;
	prepare_watchdog(options, sup);
	error = notify_open_upstream(value, &sup->upstream);
	if (error < 0)
		log_line(LOG_LEVEL_WARN,
		    "cannot use NOTIFY_SOCKET=%s: %s; the engine is not told "
		    "about readiness",
		    value, strerror(-error));
	unsetenv("NOTIFY_SOCKET");
}

/*
 * COMMAND's own way to tell. Once the path of the readiness file is ours alone,
 * so is that of the socket beside it. It is open to the app's user alone, but
 * where that is root: such an app may become somebody else by itself, and must
 * still reach it. 0, or -errno after one message.
 */
static int
make_listener(struct supervisor *sup, uid_t uid)
{
	struct lockdown_rehearsal rehearsal;
	bool rehearses = begin_rehearsal(sup, &rehearsal);
	char object[LISTENER_PATH_MAX + 16];
	int error = listener_bind(sup->readiness.directory_fd,
	    sup->readiness.path, uid == 0, &sup->notify_socket);

	if (rehearses)
		lockdown_end_rehearsal(&rehearsal);
	if (error < 0) {
		snprintf(object, sizeof(object), "%s for --notify",
		    sup->notify_socket.path);
		return denial_log_failure("make the socket", object, error,
		    false);
	}
	error = listener_give(sup->readiness.directory_fd, &sup->notify_socket,
	    uid);
	if (error == 0)
		return 0;
	listener_remove(sup->readiness.directory_fd, &sup->notify_socket);
	log_line(LOG_LEVEL_ERROR,
	    "cannot give the socket %s to uid %u: %s; does the container lack "
	    "CAP_CHOWN?",
	    sup->notify_socket.path, uid, strerror(-error));
	return error;
}

static int
prepare_listener(const struct options *options, struct supervisor *sup)
{
	const struct privileges *privileges = sup->privileges;

	sup->notify_access = options->notify;
	if (options->notify == NOTIFY_NONE)
		return 0;
	return make_listener(sup,
	    privileges != NULL && privileges->changes_user
		? privileges->user.uid
		: geteuid());
}

/*
 * What will be needed once COMMAND runs, and a filter may deny. 0, or -errno
 * after one message.
 */
static int
rehearse_calls(const struct options *options)
{
	const struct privileges_request request = requested_privileges(options);
	unsigned int needs = DENIAL_LOOP;
	const char *call;
	int error;

	if (options->health_cmd != NULL)
		needs |= DENIAL_CHECKS;
	if (options->notify != NOTIFY_NONE)
		needs |= DENIAL_NOTES;
	if (options->ready_file != NULL)
		needs |= DENIAL_FILES;
	if (privileges_are_requested(&request))
		needs |= DENIAL_PRIVILEGES;
	if (options->seccomp != NULL)
		needs |= DENIAL_PROFILE;
	error = denial_find(needs, &call);
	if (error < 0)
		log_line(LOG_LEVEL_ERROR,
		    "cannot run COMMAND without %s: %s; allow it in the "
		    "engine's seccomp profile",
		    call, strerror(-error));
	return error;
}

/* How long the health helper may say nothing once the container is ready. */
static int64_t
longest_silence_ms(const struct options *options)
{
	if (options->health_cmd == NULL || options->monitor_ms == 0 ||
	    options->health_timeout_ms == 0)
		return 0;
	return options->monitor_ms + options->health_timeout_ms +
	    SILENCE_SLACK_MS;
}

static enum gate
choose_gate(const struct options *options)
{
	if (options->mode == MODE_PAUSE)
		return GATE_PAUSE;
	if (options->health_cmd != NULL)
		return GATE_HEALTH;
	if (options->notify != NOTIFY_NONE)
		return GATE_APP;
	return options->ready_file != NULL ? GATE_EXEC : GATE_NONE;
}

static void
set_limits(const struct options *options, struct limits *limits)
{
	*limits = (struct limits){
		.gate = choose_gate(options),
		.ok_stop = options->ok_stop,
		.monitor_failures = options->monitor_ms > 0
		    ? options->monitor_failures
		    : 0,
		.silence_ms = longest_silence_ms(options),
		.budget_ms = options->startup_budget_ms,
		.drain_ms = options->drain_ms,
		.grace_ms = options->grace_ms,
		.signals = options->signals,
	};
	memcpy(limits->ok_exit, options->ok_exit, sizeof(limits->ok_exit));
}

/* All that must hold before COMMAND runs. 0, or -errno after one message. */
static int
prepare(const struct options *options, pid_t parent, struct supervisor *sup)
{
	int error = rehearse_calls(options);

	if (error < 0)
		return error;
	set_limits(options, &sup->limits);
	sup->family.is_init = getpid() == 1;
	sup->warn_orphans = options->warn_orphans;
	sup->locks_down = !options->no_lockdown;
	sup->health_plan.command = options->health_cmd;
	sup->health_plan.interval_ms = options->health_interval_ms;
	sup->health_plan.monitor_ms = options->monitor_ms;
	sup->health_plan.timeout_ms = options->health_timeout_ms;
	if (options->mode == MODE_RUN)
		sup->command = options->command;
	if (!sup->family.is_init && prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
		log_line(LOG_LEVEL_WARN,
		    "cannot become a subreaper: %s; orphans of the app will "
		    "escape",
		    strerror(errno));
	error = signals_follow_parent(options->parent_death_signal, parent);
	if (error < 0)
		return denial_log_failure("set", "--parent-death-signal", error,
		    false);
	sup->signal_fd = signals_open_descriptor();
	if (sup->signal_fd < 0)
		return denial_log_failure("open", "a signalfd", sup->signal_fd,
		    false);
	terminal_open(&sup->terminal);
	prepare_upstream(options, sup);
	if (prepare_privileges(options, sup) < 0)
		return -EINVAL;
	error = prepare_readiness(options, sup);
	return error < 0 ? error : prepare_listener(options, sup);
}

static int
supervise(const struct options *options, const struct signal_state *found,
    pid_t parent, int report_fd)
{
	extern char **environ;
	struct supervisor supervisor;
	int status = EXIT_STATUS_DINIT;

	supervisor_init(&supervisor);
	supervisor.report_fd = report_fd;
	supervisor.signals_found = found;
	supervisor.health_plan.signals = found;
	if (prepare(options, parent, &supervisor) == 0) {
		if (report_fd >= 0)
			line_file_empty(report_fd);
		options_remove_variables(environ);
		status = supervisor_run(&supervisor);
		listener_remove(supervisor.readiness.directory_fd,
		    &supervisor.notify_socket);
	}
	readiness_end(&supervisor.readiness);
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

/*
 * As early as can be, so that what fails early is in the report too. That it
 * cannot be written is no reason not to start. The descriptor, -1: none.
 */
static int
open_report(const struct options *options)
{
	int fd;

	if (options->report_file == NULL ||
	    (options->mode != MODE_RUN && options->mode != MODE_PAUSE))
		return -1;
	fd = line_file_open(options->report_file);
	if (fd < 0) {
		log_line(LOG_LEVEL_WARN,
		    "cannot write report file %s: %s; going on without it",
		    options->report_file, strerror(-fd));
		return -1;
	}
	log_set_report(fd);
	return fd;
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
	report_fd = open_report(&options);
	if (error < 0) {
		log_line(LOG_LEVEL_ERROR, "%s", problem);
		return EXIT_STATUS_DINIT;
	}
	/* A probe asks every few seconds: it was said when dinit started. */
	if (options.mode != MODE_IS_READY && options.mode != MODE_PROBE)
		warn_unknown_variables(environment);
	return run(&options, &found, parent, report_fd);
}
