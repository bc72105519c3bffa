/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "life/messages.h"
#include "app/spawn.h"
#include "base/array.h"
#include "base/duration.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/text.h"
#include "privileges/denial.h"
#include "readiness/listener_wire.h"
#include "readiness/notify.h"
#include "settings/table.h"

/* The output of a check, or a path, and what goes with it. */
#define WHY_MAX (HEALTH_OUTPUT_MAX + 160)

/* Why dinit exits with a status of its own. */
#define EXITING_MAX (DURATION_TEXT_MAX + TABLE_NAME_MAX + 64)

/* For how long nobody has said anything. */
#define SILENCE_MAX (DURATION_TEXT_MAX + 96)

/* How a check ended. */
#define RESULT_MAX 120

/*
 * Where somebody waits for a health command or the app to say that it is ready,
 * what happens is news. Everywhere else it is the app's normal life.
 */
static enum log_level
news_level(const struct life_facts *facts)
{
	enum gate gate = facts->limits->gate;

	return gate == GATE_HEALTH || gate == GATE_APP ? LOG_LEVEL_INFO
						       : LOG_LEVEL_DEBUG;
}

/* -EAGAIN and -EADDRINUSE are no errors of the file itself. */
static const char *
publish_reason(int error)
{
	switch (error) {
	case -EAGAIN:
		return "the engine does not read its NOTIFY_SOCKET";
	case -EADDRINUSE:
		return "another dinit publishes there by now";
	default:
		return strerror(-error);
	}
}

static void
format_result(const struct health_result *check, char text[RESULT_MAX])
{
	switch (check->outcome) {
	case HEALTH_PASSED:
	case HEALTH_FAILED:
		snprintf(text, RESULT_MAX, "exit status %d", check->status);
		break;
	case HEALTH_TIMED_OUT:
		snprintf(text, RESULT_MAX,
		    "killed after %" PRId64 "ms, the health timeout",
		    check->took_ms);
		break;
	case HEALTH_STUCK:
		snprintf(text, RESULT_MAX,
		    "killed after the health timeout, but still there %" PRId64
		    "ms after its start (does a file system hang?)",
		    check->took_ms);
		break;
	case HEALTH_NOT_RUN:
		snprintf(text, RESULT_MAX, "cannot fork: %s",
		    strerror(check->status));
		break;
	}
}

/* The last check and what it printed: why the app is not ready. */
static void
format_last_check(const struct life_facts *facts, char *text, size_t size)
{
	const struct health_result *last = &facts->last_check;
	int length = last->outcome == HEALTH_NOT_RUN
	    ? 0
	    : (int)facts->last_output_length;
	char result[RESULT_MAX];

	format_result(last, result);
	snprintf(text, size, "last of %" PRId64 " checks: %s%s%.*s",
	    last->checks, result, length > 0 ? ": " : "", length,
	    facts->last_output);
}

/* Why readiness is still not published; "" if there is no more to say. */
static void
format_why_unready(const struct life_facts *facts, char *text, size_t size)
{
	text[0] = '\0';
	if (facts->publish_error < 0)
		snprintf(text, size,
		    "readiness could not be published in %s: %s",
		    facts->ready_file, publish_reason(facts->publish_error));
	else if (facts->last_check.checks > 0)
		format_last_check(facts, text, size);
	else if (facts->limits->gate == GATE_HEALTH)
		snprintf(text, size, "the first health check still runs");
	else if (facts->limits->gate == GATE_APP)
		snprintf(text, size,
		    "the app has not sent READY=1 to NOTIFY_SOCKET");
}

/* Why readiness is lost, or cannot be reached, for good. */
static const char *
helper_gone(const struct life_facts *facts)
{
	return facts->limits->gate == GATE_APP
	    ? "the helper that hears the app is gone"
	    : "the health helper is gone";
}

bool
messages_is_loss(enum message message)
{
	return message == MESSAGE_UNHEALTHY ||
	    message == MESSAGE_HELPER_SILENT ||
	    message == MESSAGE_UNREADY_FOR_GOOD ||
	    message == MESSAGE_WATCHDOG_MISSED ||
	    message == MESSAGE_APP_FAILED || message == MESSAGE_APP_STOPPING;
}

/* Why an app that was ready is not ready again. */
static void
format_why_lost(const struct life_facts *facts, char *text, size_t size)
{
	static const char *const words[] = {
		[MESSAGE_HELPER_SILENT] =
		    "the health helper has said nothing more",
		[MESSAGE_WATCHDOG_MISSED] =
		    "the app has sent no more WATCHDOG=1",
		[MESSAGE_APP_FAILED] = "the app has sent WATCHDOG=trigger",
		[MESSAGE_APP_STOPPING] = "the app says that it stops",
	};
	enum message why = facts->unready_why;

	if (why == MESSAGE_UNREADY_FOR_GOOD)
		snprintf(text, size, "%s", helper_gone(facts));
	else if (facts->publish_error < 0 || (size_t)why >= ARRAY_SIZE(words) ||
	    words[why] == NULL)
		format_why_unready(facts, text, size);
	else
		snprintf(text, size, "%s", words[why]);
}

/* --- The log --- */

/*
 * Each of these logs one of enum message. LINE has its event and the app, and
 * gets what else there is for programs.
 */

/* In whole seconds: nobody asks for more, and a wake-up is a little late. */
static void
log_slow_start(const struct life_facts *facts, struct log_facts *line)
{
	char after[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->starting_ms / 1000 * 1000, after, sizeof(after));
	format_why_unready(facts, why, sizeof(why));
	line->reason = why;
	log_event(LOG_LEVEL_INFO, line, "not ready after %s%s%s", after,
	    why[0] != '\0' ? ": " : "", why);
}

static void
log_ready(const struct life_facts *facts, struct log_facts *line)
{
	int64_t checks = facts->last_check.checks;
	char after[DURATION_TEXT_MAX];

	duration_format(facts->ready_after_ms, after, sizeof(after));
	if (facts->limits->gate == GATE_APP)
		log_event(news_level(facts), line,
		    "ready after %s (as the app says)", after);
	else
		log_event(news_level(facts), line,
		    "ready after %s (%" PRId64 " check%s)", after, checks,
		    checks == 1 ? "" : "s");
}

static void
log_ready_again(const struct life_facts *facts, struct log_facts *line)
{
	(void)facts;
	log_event(LOG_LEVEL_INFO, line, "ready again");
}

/* Logs a loss of readiness because of WHY. */
static void
log_loss(struct log_facts *line, const char *why)
{
	line->reason = why;
	log_event(LOG_LEVEL_WARN, line, "unhealthy, readiness is withdrawn; %s",
	    why);
}

static void
log_unhealthy(const struct life_facts *facts, struct log_facts *line)
{
	char last[WHY_MAX];

	format_last_check(facts, last, sizeof(last));
	log_loss(line, last);
}

static void
log_helper_silent(const struct life_facts *facts, struct log_facts *line)
{
	char silent[DURATION_TEXT_MAX];
	char why[SILENCE_MAX];

	duration_format(facts->silent_ms, silent, sizeof(silent));
	snprintf(why, sizeof(why),
	    "the health helper has said nothing for %s (was it stopped, or is "
	    "the machine too busy?)",
	    silent);
	log_loss(line, why);
}

static void
log_watchdog_missed(const struct life_facts *facts, struct log_facts *line)
{
	char silent[DURATION_TEXT_MAX];
	char why[SILENCE_MAX];

	duration_format(facts->silent_ms, silent, sizeof(silent));
	snprintf(why, sizeof(why), "the app has sent no WATCHDOG=1 for %s",
	    silent);
	log_loss(line, why);
}

static void
log_app_failed(const struct life_facts *facts, struct log_facts *line)
{
	(void)facts;
	log_loss(line, "the app has sent WATCHDOG=trigger");
}

static void
log_app_stopping(const struct life_facts *facts, struct log_facts *line)
{
	(void)facts;
	log_event(LOG_LEVEL_INFO, line,
	    "the app says that it stops, readiness is withdrawn");
}

static void
log_unready_for_good(const struct life_facts *facts, struct log_facts *line)
{
	line->reason = helper_gone(facts);
	log_event(LOG_LEVEL_ERROR, line,
	    "%s (is memory short?): nobody can tell whether the app is "
	    "%s, readiness is withdrawn for good",
	    line->reason,
	    facts->limits->gate == GATE_APP ? "ready" : "healthy");
}

static void
log_helper_lost(const struct life_facts *facts, struct log_facts *line)
{
	line->reason = helper_gone(facts);
	log_event(LOG_LEVEL_ERROR, line,
	    "%s before the app was ready: nobody can %s it, stopping",
	    line->reason, facts->limits->gate == GATE_APP ? "hear" : "check");
}

/* Logs WHY, if any, which goes on about the line before. */
static void
log_why(const char *why)
{
	const struct log_facts more = { .event = LOG_EVENT_OTHER };

	if (why[0] != '\0')
		log_event(LOG_LEVEL_ERROR, &more, "%s", why);
}

static void
log_budget_over(const struct life_facts *facts, struct log_facts *line)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->budget_ms, budget, sizeof(budget));
	format_why_unready(facts, why, sizeof(why));
	line->reason = why;
	log_event(LOG_LEVEL_ERROR, line,
	    "not ready within the startup budget of %s: stopping", budget);
	log_why(why);
}

static void
log_recovery_over(const struct life_facts *facts, struct log_facts *line)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->recovery_ms, budget, sizeof(budget));
	format_why_lost(facts, why, sizeof(why));
	line->reason = why;
	log_event(LOG_LEVEL_ERROR, line,
	    "not ready again within the recovery budget of %s: stopping",
	    budget);
	log_why(why);
}

static void
log_draining(const struct life_facts *facts, struct log_facts *line)
{
	char drain[DURATION_TEXT_MAX];

	duration_format(facts->limits->drain_ms, drain, sizeof(drain));
	line->signal = facts->stop_signal;
	log_event(news_level(facts), line, "draining for %s", drain);
}

static void
log_stopping(const struct life_facts *facts, struct log_facts *line)
{
	line->signal = facts->stop_signal;
	log_event(news_level(facts), line, "stopping");
}

static void
log_grace_over(const struct life_facts *facts, struct log_facts *line)
{
	const char *who = "processes that the app left behind still run";
	char grace[DURATION_TEXT_MAX];

	if (facts->limits->gate == GATE_PAUSE)
		who = "processes in the namespaces that --pause holds still "
		      "run";
	else if (facts->app_status < 0)
		who = "the app still runs";
	line->signal = SIGKILL;
	duration_format(facts->limits->grace_ms, grace, sizeof(grace));
	log_event(LOG_LEVEL_WARN, line,
	    "%s after the grace period of %s: SIGKILL", who, grace);
}

static void
log_unkillable(const struct life_facts *facts, struct log_facts *line)
{
	(void)facts;
	line->signal = SIGKILL;
	log_event(LOG_LEVEL_ERROR, line,
	    "some processes are not gone 1s after SIGKILL (stuck in the "
	    "kernel, not to be signalled, or so many): leaving them behind");
}

/* What a death by SIGNO may mean; "": the name of the signal says it. */
static const char *
explain_death(const struct life_facts *facts, int signo)
{
	switch (signo) {
	case SIGKILL:
		return facts->memory_kills < 0 ? ": out of memory?"
		    : facts->memory_kills == 0
		    ? ", nor by the kernel because memory was short"
		    : ": out of memory, as memory.events of its cgroup says";
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGSEGV:
		return ": it has crashed";
	case SIGSYS:
		return ": a seccomp filter forbids what it did";
	default:
		return "";
	}
}

/* Control-C at a terminal sends a signal that dinit does not see. */
static bool
is_of_terminal(const struct life_facts *facts, int signo)
{
	return facts->has_terminal &&
	    (signo == SIGINT || signo == SIGQUIT || signo == SIGHUP);
}

static void
log_app_killed(const struct life_facts *facts, struct log_facts *line)
{
	int signo = facts->app_status - 128;
	const char *explanation = explain_death(facts, signo);

	/* Without a colon it says what was not the reason, or nothing. */
	if (explanation[0] == ':')
		line->reason = explanation + 2;
	line->signal = signo;
	line->has_status = true;
	line->status = facts->app_status;
	log_event(is_of_terminal(facts, signo) ? LOG_LEVEL_DEBUG
					       : LOG_LEVEL_WARN,
	    line, "the app was killed by SIG%s, not by dinit%s",
	    signals_name(signo), explanation);
}

static void
log_relayed_end(const struct life_facts *facts, struct log_facts *line)
{
	const char *name = signals_name(facts->relayed_signal);

	line->signal = facts->relayed_signal;
	log_event(LOG_LEVEL_WARN, line,
	    "the app ended after SIG%s, which was relayed but is no stop "
	    "signal; if the engine stops with it (STOPSIGNAL), set "
	    "--stop-signal=%s",
	    name, name);
}

static void
log_stop_status(const struct life_facts *facts, struct log_facts *line)
{
	line->has_status = true;
	line->status = facts->app_status;
	log_event(news_level(facts), line,
	    "exit status %d is that of the stop signal itself; with --ok-stop "
	    "it is reported as 0",
	    facts->app_status);
}

/*
 * A row for each message and each topic: the "event" of its lines, and what
 * logs it. The lines of a topic are made where it comes up.
 */
static const struct {
	const char *event;
	void (*log)(const struct life_facts *facts, struct log_facts *line);
} rows[] = {
	[MESSAGE_SLOW_START] = { "slow-start", log_slow_start },
	[MESSAGE_READY] = { "ready", log_ready },
	[MESSAGE_READY_AGAIN] = { "ready-again", log_ready_again },
	[MESSAGE_UNHEALTHY] = { "unhealthy", log_unhealthy },
	[MESSAGE_HELPER_SILENT] = { "helper-silent", log_helper_silent },
	[MESSAGE_UNREADY_FOR_GOOD] = { "unready-for-good",
	    log_unready_for_good },
	[MESSAGE_WATCHDOG_MISSED] = { "watchdog-missed", log_watchdog_missed },
	[MESSAGE_APP_FAILED] = { "app-failed", log_app_failed },
	[MESSAGE_APP_STOPPING] = { "app-stopping", log_app_stopping },
	[MESSAGE_DRAINING] = { "draining", log_draining },
	[MESSAGE_STOPPING] = { "stopping", log_stopping },
	[MESSAGE_BUDGET_OVER] = { "startup-budget-over", log_budget_over },
	[MESSAGE_HELPER_LOST] = { "helper-lost", log_helper_lost },
	[MESSAGE_RECOVERY_OVER] = { "recovery-budget-over", log_recovery_over },
	[MESSAGE_GRACE_OVER] = { "grace-over", log_grace_over },
	[MESSAGE_APP_KILLED] = { "app-killed", log_app_killed },
	[MESSAGE_RELAYED_END] = { "ended-by-relayed-signal", log_relayed_end },
	[MESSAGE_STOP_STATUS] = { "stop-status", log_stop_status },
	[MESSAGE_UNKILLABLE] = { "unkillable", log_unkillable },
	[TOPIC_OTHER] = { LOG_EVENT_OTHER, NULL },
	[TOPIC_LINES_DROPPED] = { LOG_EVENT_DROPPED, NULL },
	[TOPIC_NOT_STARTED] = { LOG_EVENT_NOT_STARTED, NULL },
	[TOPIC_GOING_WITHOUT] = { LOG_EVENT_GOING_WITHOUT, NULL },
	[TOPIC_DOUBTFUL_SETTING] = { LOG_EVENT_DOUBTFUL_SETTING, NULL },
	[TOPIC_NOT_READY] = { "not-ready", NULL },
	[TOPIC_EXEC_FAILED] = { "exec-failed", NULL },
	[TOPIC_HELPER_NOT_STARTED] = { "helper-not-started", NULL },
	[TOPIC_CHECK] = { "check", NULL },
	[TOPIC_CHECK_CANNOT_RUN] = { "check-cannot-run", NULL },
	[TOPIC_PUBLISH_FAILED] = { "publish-failed", NULL },
	[TOPIC_WITHDRAW_FAILED] = { "withdraw-failed", NULL },
	[TOPIC_ENGINE_NOT_TOLD] = { "engine-not-told", NULL },
	[TOPIC_APP_ENDED] = { "app-ended", NULL },
	[TOPIC_LEFT_BEHIND] = { "left-behind", NULL },
	[TOPIC_EXITING] = { "exiting", NULL },
	[TOPIC_APP_SAYS] = { "app-says", NULL },
	[TOPIC_READY_IGNORED] = { "ready-ignored", NULL },
	[TOPIC_ANSWER_KILLED] = { "answer-killed", NULL },
	[TOPIC_SIGNAL_RELAYED] = { "signal-relayed", NULL },
	[TOPIC_SIGNAL_UNDELIVERED] = { "signal-undelivered", NULL },
	[TOPIC_ORPHAN_REAPED] = { "orphan-reaped", NULL },
	[TOPIC_RETRYING] = { "retrying", NULL },
};

static_assert(ARRAY_SIZE(rows) == TOPIC_COUNT, "each topic has a row");

const char *
messages_event_name(int topic)
{
	return rows[topic].event;
}

void
messages_log(const struct life_facts *facts, enum message message)
{
	struct log_facts line = {
		.event = rows[message].event,
		.pid = facts->app,
	};

	rows[message].log(facts, &line);
}

/*
 * Writes that PROGRAM, which begins with a dash, stands where COMMAND should.
 * Most often it is an option behind the -- of an image's ENTRYPOINT.
 */
static void
explain_option(const char *program, char text[EXECUTABLE_HINT_MAX])
{
	const struct table_row *row = NULL;
	char name[TABLE_NAME_MAX];
	char variable[TABLE_NAME_MAX] = "";

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(program, "="),
	    program);
	if (strncmp(name, "--", 2) == 0)
		row = table_find_name(name + 2);
	if (row != NULL)
		table_format_variable(row, variable);
	snprintf(text, EXECUTABLE_HINT_MAX,
	    variable[0] != '\0' ? "; options go before --; in an image set %s"
				: "; options go before --, and COMMAND behind "
				  "it, ahead of its own",
	    variable);
}

void
messages_log_exec_failure(const struct spawn_failure *failure,
    const char *program)
{
	const char *reason = strerror(failure->error);
	const struct log_facts failed = {
		.event = rows[TOPIC_EXEC_FAILED].event,
		.reason = reason,
		.has_status = true,
		.status = spawn_exit_status(failure),
	};
	const char *quote = text_quote(program);
	char why[EXECUTABLE_HINT_MAX];
	char hint[DENIAL_HINT_MAX];

	spawn_explain(failure, program, why);
	if (program[0] == '-' && failure->step == SPAWN_STEP_EXEC)
		explain_option(program, why);
	denial_format_hint(-failure->error, false, hint);
	log_event(LOG_LEVEL_ERROR, &failed, "cannot %s %s%s%s: %s%s%s",
	    spawn_step_name(failure), quote, program, quote, reason, why, hint);
}

/*
 * True if CHECK is the first one and could not be run at all: a shell's 126 and
 * 127, or the 125 of a dinit --probe that is refused. That is worth a warning
 * at once, as a typing error in the command does not go away by waiting.
 */
static bool
is_first_unrunnable(const struct health_result *check)
{
	return check->checks == 1 &&
	    (check->outcome == HEALTH_NOT_RUN ||
		(check->outcome == HEALTH_FAILED &&
		    check->status >= EXIT_STATUS_DINIT &&
		    check->status <= EXIT_STATUS_NOT_FOUND));
}

/* What the last check has printed, which may be "". */
static const char *
last_output(const struct life_facts *facts)
{
	return facts->last_output_length > 0 ? facts->last_output : "";
}

void
messages_log_check(const struct life_facts *facts)
{
	const struct health_result *check = &facts->last_check;
	char result[RESULT_MAX];
	struct log_facts told = {
		.event = rows[TOPIC_CHECK].event,
		.reason = check->outcome == HEALTH_PASSED ? NULL
		    : check->outcome == HEALTH_FAILED     ? last_output(facts)
							  : result,
		.has_status = check->outcome == HEALTH_PASSED ||
		    check->outcome == HEALTH_FAILED,
		.status = check->status,
	};

	format_result(check, result);
	log_event(LOG_LEVEL_DEBUG, &told,
	    "check %" PRId64 ": %s, took %" PRId64 "ms", check->checks, result,
	    check->took_ms);
	if (!is_first_unrunnable(check))
		return;
	told.event = rows[TOPIC_CHECK_CANNOT_RUN].event;
	log_event(LOG_LEVEL_WARN, &told,
	    "the health command cannot be run (%s), trying again%s%.*s", result,
	    facts->last_output_length > 0 ? ": " : "",
	    (int)facts->last_output_length, facts->last_output);
}

void
messages_log_publish_failure(const struct life_facts *facts, int error)
{
	const char *reason = publish_reason(error);
	const struct log_facts failed = {
		.event = rows[TOPIC_PUBLISH_FAILED].event,
		.reason = reason,
	};

	log_event(facts->publish_error == 0 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
	    &failed, "cannot publish readiness in %s: %s; trying again",
	    facts->ready_file, reason);
}

void
messages_log_app_end(const struct life_facts *facts, int error)
{
	struct log_facts end = {
		.event = rows[TOPIC_APP_ENDED].event,
		.pid = facts->app,
		.signal = facts->app_signal,
		.has_status = true,
		.status = facts->app_status,
	};

	if (error == 0) {
		log_event(news_level(facts), &end,
		    "the app ended, exit status %d", facts->app_status);
		return;
	}
	end.reason = strerror(-error);
	log_event(LOG_LEVEL_ERROR, &end,
	    "cannot learn how the app ended: %s; reporting failure",
	    end.reason);
}

/* An app that succeeds and leaves processes has gone to the background. */
void
messages_log_left(const struct life_facts *facts, int count, const char *names)
{
	const struct log_facts left = {
		.event = rows[TOPIC_LEFT_BEHIND].event,
		.pid = facts->app,
	};

	log_event(LOG_LEVEL_WARN, &left,
	    "the app has left %d process%s behind (%s)%s", count,
	    count == 1 ? "" : "es", names,
	    facts->app_status != 0 ? ""
				   : "; if it went to the background, have it "
				     "run in the foreground");
}

/* Logs that dinit's own STATUS is because of WHY. */
static void
log_exiting(int status, const char *why)
{
	const struct log_facts exiting = {
		.event = rows[TOPIC_EXITING].event,
		.reason = why,
		.has_status = true,
		.status = status,
	};

	log_event(LOG_LEVEL_ERROR, &exiting, "exiting with %d: %s", status,
	    why);
}

void
messages_log_exit(const struct life_facts *facts, enum ending ending)
{
	char budget[DURATION_TEXT_MAX];
	char why[EXITING_MAX];

	switch (ending) {
	case ENDING_BUDGET:
		duration_format(facts->limits->budget_ms, budget,
		    sizeof(budget));
		snprintf(why, sizeof(why),
		    "not ready within the startup budget (%s=%s)",
		    facts->budget_name, budget);
		log_exiting(EXIT_STATUS_BUDGET, why);
		break;
	case ENDING_RECOVERY:
		duration_format(facts->limits->recovery_ms, budget,
		    sizeof(budget));
		snprintf(why, sizeof(why),
		    "not ready again within the recovery budget (%s=%s)",
		    facts->recovery_name, budget);
		log_exiting(EXIT_STATUS_RECOVERY, why);
		break;
	case ENDING_HELPER_LOST:
		log_exiting(EXIT_STATUS_BUDGET,
		    facts->limits->gate == GATE_APP
			? "the helper that hears the app was gone before the "
			  "app was ready"
			: "the health helper was gone before the app was "
			  "ready");
		break;
	case ENDING_APP: /* the status is the app's */
	case ENDING_STOP:
	case ENDING_KILL:
	case ENDING_EXEC: /* the error was the last line */
		break;
	}
}

/* While the app starts its words are news, afterwards they are not. */
void
messages_log_app_status(const struct life_facts *facts, const char *text)
{
	const struct log_facts says = { .event = rows[TOPIC_APP_SAYS].event };
	size_t length = 0;
	const char *status = notify_find_status(text, &length);

	if (status != NULL)
		log_event(facts->ready_after_ms >= 0 ? LOG_LEVEL_DEBUG
						     : LOG_LEVEL_INFO,
		    &says, "the app says: %.*s", (int)length, status);
}

void
messages_log_ignored_ready(const struct listener_news *news, pid_t app)
{
	const char *name = news->text; /* of the sender; "": not known */
	bool has_name = name[0] != '\0';
	const struct log_facts ignored = {
		.event = rows[TOPIC_READY_IGNORED].event,
		.pid = news->sender,
	};

	log_event(LOG_LEVEL_WARN, &ignored,
	    "READY=1 of process %d%s%s%s does not count, as it is not the "
	    "app's own process %d; --notify=all takes it from any process of "
	    "the container",
	    news->sender, has_name ? " (" : "", name, has_name ? ")" : "", app);
}

void
messages_log_answer_killed(bool another_answers)
{
	const struct log_facts killed = {
		.event = rows[TOPIC_ANSWER_KILLED].event,
	};

	if (another_answers)
		log_event(LOG_LEVEL_WARN, &killed,
		    "dinit-answer was killed; another one answers on the port "
		    "of --ready-listen");
	else
		log_event(LOG_LEVEL_ERROR, &killed,
		    "dinit-answer was killed again; nobody answers on the port "
		    "of --ready-listen any more");
}

/* --- Those who ask, the engine and the report file --- */

void
messages_format_why_unready(const struct life_facts *facts, char *text,
    size_t size)
{
	if (facts->ready_after_ms < 0)
		format_why_unready(facts, text, size);
	else
		format_why_lost(facts, text, size);
}

bool
messages_format_status(const struct life_facts *facts, enum message message,
    char text[MESSAGES_STATUS_MAX])
{
	char after[DURATION_TEXT_MAX];
	const char *status = NULL;

	switch (message) {
	case MESSAGE_READY:
		duration_format(facts->ready_after_ms, after, sizeof(after));
		snprintf(text, MESSAGES_STATUS_MAX, "STATUS=ready after %s",
		    after);
		return true;
	case MESSAGE_READY_AGAIN:
		status = "ready again";
		break;
	case MESSAGE_UNHEALTHY:
	case MESSAGE_HELPER_SILENT:
	case MESSAGE_WATCHDOG_MISSED:
	case MESSAGE_APP_FAILED:
		status = "unhealthy";
		break;
	case MESSAGE_BUDGET_OVER:
		status = "not ready within the startup budget";
		break;
	case MESSAGE_RECOVERY_OVER:
		status = "not ready again within the recovery budget";
		break;
	case MESSAGE_SLOW_START:
	case MESSAGE_UNREADY_FOR_GOOD:
	case MESSAGE_APP_STOPPING:
	case MESSAGE_DRAINING:
	case MESSAGE_STOPPING:
	case MESSAGE_HELPER_LOST:
	case MESSAGE_GRACE_OVER:
	case MESSAGE_APP_KILLED:
	case MESSAGE_RELAYED_END:
	case MESSAGE_STOP_STATUS:
	case MESSAGE_UNKILLABLE:
		return false;
	}
	snprintf(text, MESSAGES_STATUS_MAX, "STATUS=%s", status);
	return true;
}

/* How COMMAND ended; "" if it has not. */
static void
format_app_end(int status, char *text, size_t size)
{
	text[0] = '\0';
	if (status > 128 && status <= 128 + SIGNALS_MAX)
		snprintf(text, size,
		    "the app ended with exit status %d (SIG%s)", status,
		    signals_name(status - 128));
	else if (status >= 0)
		snprintf(text, size, "the app ended with exit status %d",
		    status);
}

static void
format_budget_ending(const struct life_facts *facts, char *text, size_t size)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->budget_ms, budget, sizeof(budget));
	format_why_unready(facts, why, sizeof(why));
	snprintf(text, size, "not ready within the startup budget of %s%s%s",
	    budget, *why == '\0' ? "" : "; ", why);
}

static void
format_recovery_ending(const struct life_facts *facts, char *text, size_t size)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->recovery_ms, budget, sizeof(budget));
	format_why_lost(facts, why, sizeof(why));
	snprintf(text, size,
	    "not ready again within the recovery budget of %s; %s", budget,
	    why);
}

void
messages_format_ending(const struct life_facts *facts, enum ending ending,
    char *text, size_t size)
{
	char app[96];
	char grace[DURATION_TEXT_MAX];

	format_app_end(facts->app_status, app, sizeof(app));
	switch (ending) {
	case ENDING_APP:
		snprintf(text, size, "%s", app);
		break;
	case ENDING_STOP:
		snprintf(text, size, "a stop signal arrived%s%s",
		    *app == '\0' ? "" : "; ", app);
		break;
	case ENDING_KILL:
		duration_format(facts->limits->grace_ms, grace, sizeof(grace));
		snprintf(text, size,
		    "a stop signal arrived; the app still ran after the grace "
		    "period of %s: SIGKILL",
		    grace);
		break;
	case ENDING_BUDGET:
		format_budget_ending(facts, text, size);
		break;
	case ENDING_HELPER_LOST:
		snprintf(text, size,
		    "nobody could check or hear the app: the helper for that "
		    "was gone, or could not be started");
		break;
	case ENDING_RECOVERY:
		format_recovery_ending(facts, text, size);
		break;
	case ENDING_EXEC:
		snprintf(text, size, "the app could not be executed");
		break;
	}
}
