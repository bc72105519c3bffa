/* SPDX-License-Identifier: MIT */
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

static const char *
name_helper(const struct life_facts *facts)
{
	return facts->limits->gate == GATE_APP ? "the helper that hears the app"
					       : "the health helper";
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
		snprintf(text, size, "%s is gone", name_helper(facts));
	else if (facts->publish_error < 0 || (size_t)why >= ARRAY_SIZE(words) ||
	    words[why] == NULL)
		format_why_unready(facts, text, size);
	else
		snprintf(text, size, "%s", words[why]);
}

/* --- The log --- */

/* In whole seconds: nobody asks for more, and a wake-up is a little late. */
static void
log_slow_start(const struct life_facts *facts)
{
	char after[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->starting_ms / 1000 * 1000, after, sizeof(after));
	format_why_unready(facts, why, sizeof(why));
	log_line(LOG_LEVEL_INFO, "not ready after %s%s%s", after,
	    why[0] != '\0' ? ": " : "", why);
}

static void
log_ready(const struct life_facts *facts)
{
	int64_t checks = facts->last_check.checks;
	char after[DURATION_TEXT_MAX];

	duration_format(facts->ready_after_ms, after, sizeof(after));
	if (facts->limits->gate == GATE_APP)
		log_line(news_level(facts), "ready after %s (as the app says)",
		    after);
	else
		log_line(news_level(facts),
		    "ready after %s (%" PRId64 " check%s)", after, checks,
		    checks == 1 ? "" : "s");
}

static void
log_unhealthy(const struct life_facts *facts)
{
	char last[WHY_MAX];

	format_last_check(facts, last, sizeof(last));
	log_line(LOG_LEVEL_WARN, "unhealthy, readiness is withdrawn; %s", last);
}

static void
log_helper_silent(const struct life_facts *facts)
{
	char silent[DURATION_TEXT_MAX];

	duration_format(facts->silent_ms, silent, sizeof(silent));
	log_line(LOG_LEVEL_WARN,
	    "unhealthy, readiness is withdrawn; the health helper has said "
	    "nothing for %s (was it stopped, or is the machine too busy?)",
	    silent);
}

static void
log_watchdog_missed(const struct life_facts *facts)
{
	char silent[DURATION_TEXT_MAX];

	duration_format(facts->silent_ms, silent, sizeof(silent));
	log_line(LOG_LEVEL_WARN,
	    "unhealthy, readiness is withdrawn; the app has sent no WATCHDOG=1 "
	    "for %s",
	    silent);
}

static void
log_unready_for_good(const struct life_facts *facts)
{
	log_line(LOG_LEVEL_ERROR,
	    "%s is gone (is memory short?): nobody can tell whether the app is "
	    "%s, readiness is withdrawn for good",
	    name_helper(facts),
	    facts->limits->gate == GATE_APP ? "ready" : "healthy");
}

static void
log_helper_lost(const struct life_facts *facts)
{
	log_line(LOG_LEVEL_ERROR,
	    "%s is gone before the app was ready: nobody can %s it, stopping",
	    name_helper(facts),
	    facts->limits->gate == GATE_APP ? "hear" : "check");
}

static void
log_budget_over(const struct life_facts *facts)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->budget_ms, budget, sizeof(budget));
	log_line(LOG_LEVEL_ERROR,
	    "not ready within the startup budget of %s: stopping", budget);
	format_why_unready(facts, why, sizeof(why));
	if (why[0] != '\0')
		log_line(LOG_LEVEL_ERROR, "%s", why);
}

static void
log_recovery_over(const struct life_facts *facts)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(facts->limits->recovery_ms, budget, sizeof(budget));
	format_why_lost(facts, why, sizeof(why));
	log_line(LOG_LEVEL_ERROR,
	    "not ready again within the recovery budget of %s: stopping",
	    budget);
	log_line(LOG_LEVEL_ERROR, "%s", why);
}

static void
log_draining(const struct life_facts *facts)
{
	char drain[DURATION_TEXT_MAX];

	duration_format(facts->limits->drain_ms, drain, sizeof(drain));
	log_line(news_level(facts), "draining for %s", drain);
}

static void
log_grace_over(const struct life_facts *facts)
{
	const char *who = "processes that the app left behind still run";
	char grace[DURATION_TEXT_MAX];

	if (facts->limits->gate == GATE_PAUSE)
		who = "processes in the namespaces that --pause holds still "
		      "run";
	else if (facts->app_status < 0)
		who = "the app still runs";
	duration_format(facts->limits->grace_ms, grace, sizeof(grace));
	log_line(LOG_LEVEL_WARN, "%s after the grace period of %s: SIGKILL",
	    who, grace);
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
log_app_killed(const struct life_facts *facts)
{
	int signo = facts->app_status - 128;

	log_line(is_of_terminal(facts, signo) ? LOG_LEVEL_DEBUG
					      : LOG_LEVEL_WARN,
	    "the app was killed by SIG%s, not by dinit%s", signals_name(signo),
	    explain_death(facts, signo));
}

static void
log_relayed_end(const struct life_facts *facts)
{
	const char *name = signals_name(facts->relayed_signal);

	log_line(LOG_LEVEL_WARN,
	    "the app ended after SIG%s, which was relayed but is no stop "
	    "signal; if the engine stops with it (STOPSIGNAL), set "
	    "--stop-signal=%s",
	    name, name);
}

static void
log_stop_status(const struct life_facts *facts)
{
	log_line(news_level(facts),
	    "exit status %d is that of the stop signal itself; with --ok-stop "
	    "it is reported as 0",
	    facts->app_status);
}

void
messages_log(const struct life_facts *facts, enum message message)
{
	switch (message) {
	case MESSAGE_SLOW_START:
		log_slow_start(facts);
		break;
	case MESSAGE_APP_KILLED:
		log_app_killed(facts);
		break;
	case MESSAGE_RELAYED_END:
		log_relayed_end(facts);
		break;
	case MESSAGE_STOP_STATUS:
		log_stop_status(facts);
		break;
	case MESSAGE_READY:
		log_ready(facts);
		break;
	case MESSAGE_READY_AGAIN:
		log_line(LOG_LEVEL_INFO, "ready again");
		break;
	case MESSAGE_UNHEALTHY:
		log_unhealthy(facts);
		break;
	case MESSAGE_HELPER_SILENT:
		log_helper_silent(facts);
		break;
	case MESSAGE_UNREADY_FOR_GOOD:
		log_unready_for_good(facts);
		break;
	case MESSAGE_WATCHDOG_MISSED:
		log_watchdog_missed(facts);
		break;
	case MESSAGE_APP_FAILED:
		log_line(LOG_LEVEL_WARN,
		    "unhealthy, readiness is withdrawn; the app has sent "
		    "WATCHDOG=trigger");
		break;
	case MESSAGE_APP_STOPPING:
		log_line(LOG_LEVEL_INFO,
		    "the app says that it stops, readiness is withdrawn");
		break;
	case MESSAGE_DRAINING:
		log_draining(facts);
		break;
	case MESSAGE_STOPPING:
		log_line(news_level(facts), "stopping");
		break;
	case MESSAGE_BUDGET_OVER:
		log_budget_over(facts);
		break;
	case MESSAGE_HELPER_LOST:
		log_helper_lost(facts);
		break;
	case MESSAGE_RECOVERY_OVER:
		log_recovery_over(facts);
		break;
	case MESSAGE_GRACE_OVER:
		log_grace_over(facts);
		break;
	case MESSAGE_UNKILLABLE:
		log_line(LOG_LEVEL_ERROR,
		    "some processes are not gone 1s after SIGKILL (stuck in "
		    "the kernel, not to be signalled, or so many): leaving "
		    "them behind");
		break;
	}
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
	const char *quote = text_quote(program);
	char why[EXECUTABLE_HINT_MAX];
	char hint[DENIAL_HINT_MAX];

	spawn_explain(failure, program, why);
	if (program[0] == '-' && failure->step == SPAWN_STEP_EXEC)
		explain_option(program, why);
	denial_format_hint(-failure->error, false, hint);
	log_line(LOG_LEVEL_ERROR, "cannot %s %s%s%s: %s%s%s",
	    spawn_step_name(failure), quote, program, quote,
	    strerror(failure->error), why, hint);
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

void
messages_log_check(const struct life_facts *facts)
{
	const struct health_result *check = &facts->last_check;
	char result[RESULT_MAX];

	format_result(check, result);
	log_line(LOG_LEVEL_DEBUG, "check %" PRId64 ": %s, took %" PRId64 "ms",
	    check->checks, result, check->took_ms);
	if (is_first_unrunnable(check))
		log_line(LOG_LEVEL_WARN,
		    "the health command cannot be run (%s), trying again%s%.*s",
		    result, facts->last_output_length > 0 ? ": " : "",
		    (int)facts->last_output_length, facts->last_output);
}

void
messages_log_publish_failure(const struct life_facts *facts, int error)
{
	log_line(facts->publish_error == 0 ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
	    "cannot publish readiness in %s: %s; trying again",
	    facts->ready_file, publish_reason(error));
}

void
messages_log_app_end(const struct life_facts *facts)
{
	log_line(news_level(facts), "the app ended, exit status %d",
	    facts->app_status);
}

/* An app that succeeds and leaves processes has gone to the background. */
void
messages_log_left(const struct life_facts *facts, int count, const char *names)
{
	log_line(LOG_LEVEL_WARN, "the app has left %d process%s behind (%s)%s",
	    count, count == 1 ? "" : "es", names,
	    facts->app_status != 0 ? ""
				   : "; if it went to the background, have it "
				     "run in the foreground");
}

void
messages_log_exit(const struct life_facts *facts, enum ending ending)
{
	char budget[DURATION_TEXT_MAX];

	switch (ending) {
	case ENDING_BUDGET:
		duration_format(facts->limits->budget_ms, budget,
		    sizeof(budget));
		log_line(LOG_LEVEL_ERROR,
		    "exiting with %d: not ready within the startup budget "
		    "(%s=%s)",
		    EXIT_STATUS_BUDGET, facts->budget_name, budget);
		break;
	case ENDING_RECOVERY:
		duration_format(facts->limits->recovery_ms, budget,
		    sizeof(budget));
		log_line(LOG_LEVEL_ERROR,
		    "exiting with %d: not ready again within the recovery "
		    "budget (%s=%s)",
		    EXIT_STATUS_RECOVERY, facts->recovery_name, budget);
		break;
	case ENDING_HELPER_LOST:
		log_line(LOG_LEVEL_ERROR,
		    "exiting with %d: %s was gone before the app was ready",
		    EXIT_STATUS_BUDGET, name_helper(facts));
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
	size_t length = 0;
	const char *status = notify_find_status(text, &length);

	if (status != NULL)
		log_line(facts->ready_after_ms >= 0 ? LOG_LEVEL_DEBUG
						    : LOG_LEVEL_INFO,
		    "the app says: %.*s", (int)length, status);
}

void
messages_log_ignored_ready(const struct listener_news *news, pid_t app)
{
	const char *name = news->text; /* of the sender; "": not known */
	bool has_name = name[0] != '\0';

	log_line(LOG_LEVEL_WARN,
	    "READY=1 of process %d%s%s%s does not count, as it is not the "
	    "app's own process %d; --notify=all takes it from any process of "
	    "the container",
	    news->sender, has_name ? " (" : "", name, has_name ? ")" : "", app);
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
