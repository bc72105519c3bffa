/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "life/setup.h"
#include "base/duration.h"
#include "base/line_file.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/signals.h"
#include "privileges/denial.h"
#include "privileges/lockdown.h"
#include "privileges/privileges.h"
#include "readiness/answer_socket.h"
#include "settings/options.h"
#include "settings/table.h"

/* True if somebody has named the report file, so that it is to be made. */
static bool
is_report_named(const struct options *options)
{
	return table_source(options, table_find_name("report-file")) !=
	    SOURCE_DEFAULT;
}

/*
 * The default belongs to the container's first process. A dinit that the app
 * starts has a parent in the same PID namespace, and would add a line each time
 * that does not say why the container ended.
 */
int
setup_open_report(const struct options *options, pid_t parent)
{
	bool is_named = is_report_named(options);
	const char *reason;
	int fd;

	if (!is_named && parent != 0)
		return -1;
	fd = line_file_open(options->report_file, is_named);
	if (fd < 0) {
		reason = strerror(-fd);
		if (is_named || fd != -ENOENT)
			log_going_without(is_named ? LOG_LEVEL_WARN
						   : LOG_LEVEL_DEBUG,
			    reason,
			    "cannot write report file %s: %s; going on without "
			    "it",
			    options->report_file, reason);
		return -1;
	}
	log_set_report(fd);
	return fd;
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
		.own = options->own,
	};
}

/*
 * Tries the system calls that dinit will need later on, as the engine's filter
 * may deny them. 0, or -errno after one message.
 */
static int
rehearse_calls(const struct options *options)
{
	const struct privileges_request request = requested_privileges(options);
	unsigned int needs = DENIAL_LOOP;
	const char *call;
	const char *reason;
	int error;

	if (options->health_cmd != NULL)
		needs |= DENIAL_CHECKS;
	if (options->notify != NOTIFY_NONE)
		needs |= DENIAL_NOTIFY;
	if (options->ready_file != NULL)
		needs |= DENIAL_FILES;
	if (options->ready_listen != NULL)
		needs |= DENIAL_ANSWERS;
	if (privileges_change_command(&request))
		needs |= DENIAL_PRIVILEGES;
	if (options->seccomp != NULL)
		needs |= DENIAL_PROFILE;
	error = denial_find(needs, &call);
	if (error == 0)
		return 0;
	reason = strerror(-error);
	log_refusal(reason,
	    "cannot run COMMAND without %s: %s; allow it in the engine's "
	    "seccomp profile",
	    call, reason);
	return error;
}

/*
 * How long the health helper, or an app that notifies, may say nothing once the
 * container is ready. 0: there is no limit.
 */
static int64_t
longest_silence_ms(const struct options *options)
{
	if (options->notify != NOTIFY_NONE)
		return options->watchdog_ms;
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
		.recovery_ms = options->recovery_budget_ms,
		.drain_ms = options->drain_ms,
		.grace_ms = options->grace_ms,
		.signals = options->signals,
	};
	memcpy(limits->ok_exit, options->ok_exit, sizeof(limits->ok_exit));
}

/*
 * Makes dinit the parent of orphans, and has the kernel send it a signal when
 * its own parent dies, if OPTIONS ask for that. 0, or -errno after one message.
 */
static int
prepare_signals(const struct options *options, pid_t parent,
    const struct setup *setup)
{
	const char *reason;
	int error;

	if (!setup->is_init &&
	    prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0) {
		reason = strerror(errno);
		log_going_without(LOG_LEVEL_WARN, reason,
		    "cannot become a subreaper: %s; orphans of the app will "
		    "escape",
		    reason);
	}
	error = signals_follow_parent(options->parent_death_signal, parent);
	if (error < 0)
		return denial_log_failure("set", "--parent-death-signal", error,
		    false);
	return 0;
}

/*
 * How often the engine's watchdog wants to hear from its service
 * (sd_watchdog_enabled(3)). 0: it does not, or it is another process's.
 */
static int64_t
engine_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	if (usec == NULL || (pid != NULL && atol(pid) != getpid()))
		return 0;
	return atoll(usec) / 1000;
}

/*
 * The engine's watchdog may want to hear from its service again and again. With
 * a health command dinit tells it of each check that succeeds. The engine does
 * not listen to COMMAND then, which must not see these variables. With --notify
 * COMMAND tells the watchdog, by way of dinit.
 */
static void
prepare_watchdog(const struct options *options, struct setup *setup)
{
	int64_t limit_ms = engine_watchdog_ms();
	char limit[DURATION_TEXT_MAX];

	if (options->health_cmd == NULL)
		return;
	setup->feeds_watchdog = limit_ms > 0;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (!setup->feeds_watchdog ||
	    (options->monitor_ms > 0 && options->monitor_ms < limit_ms))
		return;
	duration_format(limit_ms, limit, sizeof(limit));
	log_doubt("the engine's watchdog wants to hear something every %s "
		  "(WATCHDOG_USEC), and only a successful check says it: set "
		  "--monitor to half of that",
	    limit);
}

/*
 * Tells COMMAND in which time to send WATCHDOG=1: that of dinit's watchdog, or
 * of the engine's, which hears it too, if that is shorter. spawn.c replaces
 * dinit's number by that of COMMAND. 0, or -errno after one message.
 */
static int
announce_watchdog(const struct options *options)
{
	int64_t engine_ms;
	char usec[32];
	char pid[32];

	if (options->watchdog_ms == 0)
		return 0;
	engine_ms = engine_watchdog_ms();
	if (engine_ms > 0 && engine_ms <= options->watchdog_ms)
		return 0;
	snprintf(usec, sizeof(usec), "%" PRId64 "000", options->watchdog_ms);
	snprintf(pid, sizeof(pid), "%d", getpid());
	if (setenv("WATCHDOG_USEC", usec, 1) == 0 &&
	    setenv("WATCHDOG_PID", pid, 1) == 0)
		return 0;
	return denial_log_failure("set", "WATCHDOG_USEC", -errno, false);
}

/*
 * Finds out whether the engine wants to be told about readiness. Where dinit
 * does not decide on that, NOTIFY_SOCKET is left to the app.
 */
static void
prepare_upstream(const struct options *options, struct setup *setup)
{
	const char *value = getenv("NOTIFY_SOCKET");
	const char *reason;
	int error;

	if ((options->health_cmd == NULL && options->notify == NOTIFY_NONE) ||
	    value == NULL || *value == '\0')
		return;
	prepare_watchdog(options, setup);
	error = notify_open_upstream(value, &setup->upstream);
	if (error < 0) {
		reason = strerror(-error);
		log_going_without(LOG_LEVEL_WARN, reason,
		    "cannot use NOTIFY_SOCKET=%s: %s; the engine is not told "
		    "about readiness",
		    value, reason);
	}
	unsetenv("NOTIFY_SOCKET");
}

/* Works out what COMMAND may do. 0, or -errno after one message. */
static int
prepare_privileges(const struct options *options, struct setup *setup)
{
	const struct privileges_request request = requested_privileges(options);
	struct problem problem;
	char origin[TABLE_NAME_MAX];

	if (setup->command == NULL || !privileges_are_requested(&request) ||
	    privileges_prepare(&request, &setup->privileges, &problem) == 0)
		return 0;
	table_format_origin(options, problem.option, origin);
	log_refusal(NULL, "%s: %s", origin, problem.text);
	return -EINVAL;
}

static void
plan_health(const struct options *options, struct setup *setup)
{
	setup->health_plan = (struct health_plan){
		.command = options->health_cmd,
		.interval_ms = options->health_interval_ms,
		.monitor_ms = options->monitor_ms,
		.timeout_ms = options->health_timeout_ms,
		.signals = setup->signals_found,
		.privileges = setup->privileges,
	};
}

/*
 * Leaves dinit only those rights on files that it will have when it has locked
 * itself down, until lockdown_end_rehearsal. False: dinit still has all rights,
 * and keeps them: --no-lockdown was given, or the kernel cannot take them.
 */
static bool
begin_rehearsal(const struct setup *setup, struct lockdown_rehearsal *rehearsal)
{
	const struct lockdown_owner owner = {
		.uid = setup->readiness.owner,
		.gid = setup->readiness.group,
	};

	return setup->locks_down &&
	    lockdown_begin_rehearsal(&owner, rehearsal) == 0;
}

/*
 * Writes a file as it will be written when the container is ready, for then it
 * would be too late to say that it cannot be. 0 or -errno.
 */
static int
rehearse_publication(const struct setup *setup)
{
	struct lockdown_rehearsal rehearsal;
	bool is_rehearsal = begin_rehearsal(setup, &rehearsal);
	int error = readiness_prove(&setup->readiness);

	if (is_rehearsal)
		lockdown_end_rehearsal(&rehearsal);
	return error;
}

/*
 * Often the other dinit is PID 1 of the container, and this one was started by
 * docker exec, which passes the container's variables on. Then both have the
 * same report file, and this message must not be written to it.
 */
static void
log_path_taken(const struct options *options)
{
	char origin[TABLE_NAME_MAX];

	log_set_report(-1);
	table_format_origin(options,
	    options->health_cmd != NULL         ? "health-cmd"
		: options->notify               ? "notify"
		: options->ready_listen != NULL ? "ready-listen"
						: "ready-file",
	    origin);
	log_refusal(NULL,
	    "cannot use readiness file %s: another dinit publishes there; name "
	    "another place with --ready-file, or go without %s (docker exec "
	    "passes the container's variables on)",
	    options->ready_file, origin);
}

/* 0, or -errno after one message. */
static int
prepare_readiness(const struct options *options, struct setup *setup)
{
	char hint[DENIAL_HINT_MAX];
	const char *reason;
	int error;

	if (options->ready_file == NULL)
		return 0;
	error = readiness_prepare(&setup->readiness, options->ready_file);
	if (error == -EADDRINUSE) {
		log_path_taken(options);
		return error;
	}
	if (error == 0)
		error = rehearse_publication(setup);
	if (error == 0)
		return 0;
	reason = strerror(-error);
	denial_format_hint(error, false, hint);
	log_refusal(reason, "cannot write readiness file %s: %s%s",
	    options->ready_file, reason,
	    hint[0] != '\0' ? hint
			    : "; mount a tmpfs there, or name another place "
			      "with --ready-file");
	return error;
}

static const char *
explain_listen_failure(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return "; another process listens there: name another port";
	case -EACCES:
		return "; a port below 1024 takes CAP_NET_BIND_SERVICE: name a "
		       "higher one";
	case -EADDRNOTAVAIL:
		return "; there is no such address here: name the port alone";
	default:
		return "";
	}
}

/*
 * Listens for those who ask whether the container is ready. This is done with
 * dinit's own rights, so that a port below 1024 can be had with --user as well.
 * 0, or -errno after one message.
 */
static int
prepare_answers(const struct options *options, struct setup *setup)
{
	char origin[TABLE_NAME_MAX];
	char hint[DENIAL_HINT_MAX];
	int fd;

	if (options->ready_listen == NULL)
		return 0;
	fd = answer_socket_open(options->ready_listen);
	if (fd >= 0) {
		setup->answer_fd = fd;
		return 0;
	}
	table_format_origin(options, "ready-listen", origin);
	denial_format_hint(fd, false, hint);
	log_refusal(strerror(-fd), "cannot listen on %s=%s: %s%s", origin,
	    options->ready_listen, strerror(-fd),
	    hint[0] != '\0' ? hint : explain_listen_failure(fd));
	return fd;
}

/*
 * Only the app's user UID may write to the socket. But if that is root, the
 * socket is open to all: the app may become another user by itself, and must
 * reach it then as well. 0, or -errno after one message.
 */
static int
bind_notify_socket(struct setup *setup, uid_t uid)
{
	struct notify_socket *socket = &setup->notify_socket;
	char object[NOTIFY_SOCKET_PATH_MAX + 16];
	struct lockdown_rehearsal rehearsal;
	bool is_rehearsal = begin_rehearsal(setup, &rehearsal);
	int error = notify_socket_bind(setup->readiness.directory_fd,
	    setup->readiness.path, uid == 0, socket);

	if (is_rehearsal)
		lockdown_end_rehearsal(&rehearsal);
	if (error == 0)
		return 0;
	snprintf(object, sizeof(object), "%s for --notify", socket->path);
	return denial_log_failure("make the socket", object, error, false);
}

/* 0, or -errno after one message, and the socket is gone. */
static int
give_notify_socket(const struct setup *setup, uid_t uid)
{
	const struct notify_socket *socket = &setup->notify_socket;
	int error = notify_socket_give(setup->readiness.directory_fd, socket,
	    uid);
	const char *reason;

	if (error == 0)
		return 0;
	reason = strerror(-error);
	notify_socket_remove(setup->readiness.directory_fd, socket);
	log_refusal(reason,
	    "cannot give the socket %s to uid %u: %s; does the container lack "
	    "CAP_CHOWN?",
	    socket->path, uid, reason);
	return error;
}

/*
 * Makes the socket to which COMMAND sends its notifications, beside the
 * readiness file. No other dinit uses its path, as none uses that of the file.
 * 0, or -errno after one message.
 */
static int
prepare_listener(const struct options *options, struct setup *setup)
{
	const struct privileges *privileges = setup->privileges;
	uid_t uid;
	int error;

	if (options->notify == NOTIFY_NONE)
		return 0;
	uid = privileges != NULL && privileges->changes_user
	    ? privileges->user.uid
	    : geteuid();
	error = bind_notify_socket(setup, uid);
	return error < 0 ? error : give_notify_socket(setup, uid);
}

/* All steps, in order. 0, or -errno after one message. */
static int
prepare(const struct options *options, pid_t parent, struct setup *setup)
{
	int error = rehearse_calls(options);

	if (error < 0)
		return error;
	error = prepare_signals(options, parent, setup);
	if (error < 0)
		return error;
	terminal_open(&setup->terminal);
	prepare_upstream(options, setup);
	error = announce_watchdog(options);
	if (error < 0)
		return error;
	error = prepare_privileges(options, setup);
	if (error < 0)
		return error;
	plan_health(options, setup);
	error = prepare_readiness(options, setup);
	if (error == 0)
		error = prepare_answers(options, setup);
	return error < 0 ? error : prepare_listener(options, setup);
}

int
setup_prepare(const struct options *options,
    const struct signal_state *signals_found, pid_t parent, int report_fd,
    struct setup *out)
{
	extern char **environ;
	int error;

	*out = (struct setup){
		.options = options,
		.command = options->mode == MODE_RUN ? options->command : NULL,
		.signals_found = signals_found,
		.is_init = getpid() == 1,
		.locks_down = !options->no_lockdown,
		.has_profile = options->seccomp != NULL,
		.warns_of_orphans = options->warn_orphans,
		.readiness.directory_fd = -1,
		.readiness.parent_fd = -1,
		.readiness.file_fd = -1,
		.readiness.state.fd = -1,
		.answer_fd = -1,
		.notify_access = options->notify,
		.notify_socket.fd = -1,
		.upstream.fd = -1,
		.terminal.fd = -1,
		.report_fd = report_fd,
	};
	set_limits(options, &out->limits);
	error = prepare(options, parent, out);
	if (error < 0) {
		readiness_end(&out->readiness);
		return error;
	}
	/* Nothing in the default is of an earlier run: each has a new one. */
	if (report_fd >= 0 && is_report_named(options))
		line_file_empty(report_fd);
	options_remove_variables(environ);
	return 0;
}

static bool
is_on_command_line(const struct setup *setup, const char *name)
{
	return table_source(setup->options, table_find_name(name)) ==
	    SOURCE_COMMAND_LINE;
}

const char *
setup_budget_name(const struct setup *setup)
{
	return is_on_command_line(setup, "startup-budget")
	    ? "--startup-budget"
	    : "DINIT_STARTUP_BUDGET";
}

const char *
setup_recovery_name(const struct setup *setup)
{
	return is_on_command_line(setup, "recovery-budget")
	    ? "--recovery-budget"
	    : "DINIT_RECOVERY_BUDGET";
}

void
setup_end(struct setup *setup)
{
	if (setup->limits.gate == GATE_APP)
		notify_socket_remove(setup->readiness.directory_fd,
		    &setup->notify_socket);
	readiness_end(&setup->readiness);
}
