/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "life/messages.h"
#include "base/duration.h"
#include "life/report.h"
#include "life/supervisor.h"

/* The output of a check, or a path, and what goes with it. */
#define WHY_MAX (HEALTH_OUTPUT_MAX + 160)

/* How a check ended. */
#define RESULT_MAX 120

enum log_level
messages_news_level(const struct supervisor *sup)
{
	return sup->limits.gate == GATE_HEALTH || sup->limits.gate == GATE_APP
	    ? LOG_LEVEL_INFO
	    : LOG_LEVEL_DEBUG;
}

void
messages_tell_engine(const struct supervisor *sup, const char *text)
{
	int error = notify_send(&sup->upstream, text);
	/* Many engines listen only until they have heard READY=1. */
	bool is_gone = error == -ECONNREFUSED || error == -ENOENT;

	if (error < 0)
		log_line(is_gone ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		    "cannot notify the engine (%s): %s", text,
		    strerror(-error));
}

/* Two of these errors are not about the file itself. */
const char *
messages_publish_reason(int error)
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
say_ready(const struct supervisor *sup)
{
	char after[DURATION_TEXT_MAX];
	char status[DURATION_TEXT_MAX + 32];

	duration_format(sup->ready_after_ms, after, sizeof(after));
	if (sup->limits.gate == GATE_APP)
		log_line(messages_news_level(sup),
		    "ready after %s (as the app says)", after);
	else
		log_line(messages_news_level(sup),
		    "ready after %s (%" PRId64 " check%s)", after, sup->checks,
		    sup->checks == 1 ? "" : "s");
	snprintf(status, sizeof(status), "STATUS=ready after %s", after);
	messages_tell_engine(sup, status);
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
format_last_check(const struct supervisor *sup, char *text, size_t size)
{
	const struct health_result *last = &sup->last_result;
	int length = last->outcome == HEALTH_NOT_RUN
	    ? 0
	    : (int)sup->last_output_length;
	char result[RESULT_MAX];

	format_result(last, result);
	snprintf(text, size, "last of %" PRId64 " health checks: %s%s%.*s",
	    last->checks, result, length > 0 ? ": " : "", length,
	    sup->last_output);
}

/* The first time it is news; a typing error is not found by waiting. */
static bool
is_first_unrunnable(const struct health_result *check)
{
	return check->checks == 1 &&
	    (check->outcome == HEALTH_NOT_RUN ||
		(check->outcome == HEALTH_FAILED &&
		    (check->status == 126 || check->status == 127)));
}

void
messages_say_check(const struct supervisor *sup)
{
	const struct health_result *check = &sup->last_result;
	char result[RESULT_MAX];

	format_result(check, result);
	log_line(LOG_LEVEL_DEBUG, "check %" PRId64 ": %s, took %" PRId64 "ms",
	    check->checks, result, check->took_ms);
	if (is_first_unrunnable(check))
		log_line(LOG_LEVEL_WARN,
		    "the health command cannot be run (%s), trying again%s%.*s",
		    result, sup->last_output_length > 0 ? ": " : "",
		    (int)sup->last_output_length, sup->last_output);
}

void
messages_say_status(const struct supervisor *sup, const char *text)
{
	size_t length = 0;
	const char *status = notify_find_status(text, &length);

	if (status != NULL)
		log_line(sup->was_ready ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
		    "the app says: %.*s", (int)length, status);
}

void
messages_say_ignored(const struct supervisor *sup,
    const struct listener_news *news)
{
	bool is_known = news->text[0] != '\0';

	log_line(LOG_LEVEL_WARN,
	    "READY=1 of process %d%s%s%s does not count, as it is not the "
	    "app's own process %d; --notify=all takes it from any process of "
	    "the container",
	    news->sender, is_known ? " (" : "", news->text, is_known ? ")" : "",
	    sup->family.app);
}

/* Why readiness is still not published; "" if there is no more to say. */
static void
format_why_unready(const struct supervisor *sup, char *text, size_t size)
{
	text[0] = '\0';
	if (sup->publish_error < 0)
		snprintf(text, size,
		    "readiness could not be published in %s: %s",
		    sup->readiness.path,
		    messages_publish_reason(sup->publish_error));
	else if (sup->checks > 0)
		format_last_check(sup, text, size);
	else if (sup->limits.gate == GATE_HEALTH)
		snprintf(text, size, "the first health check still runs");
	else if (sup->limits.gate == GATE_APP)
		snprintf(text, size,
		    "the app has not sent READY=1 to NOTIFY_SOCKET");
}

static void
say_budget_over(const struct supervisor *sup)
{
	char budget[DURATION_TEXT_MAX];
	char why[WHY_MAX];

	duration_format(sup->limits.budget_ms, budget, sizeof(budget));
	log_line(LOG_LEVEL_ERROR,
	    "not ready within the startup budget of %s: stopping", budget);
	format_why_unready(sup, why, sizeof(why));
	if (why[0] != '\0')
		log_line(LOG_LEVEL_ERROR, "%s", why);
	messages_tell_engine(sup, "STATUS=not ready within the startup budget");
}

static void
say_unhealthy(const struct supervisor *sup)
{
	char last[WHY_MAX];

	format_last_check(sup, last, sizeof(last));
	log_line(LOG_LEVEL_WARN, "unhealthy, readiness is withdrawn; %s", last);
	messages_tell_engine(sup, "STATUS=unhealthy");
}

static void
say_silent(const struct supervisor *sup)
{
	char silent[DURATION_TEXT_MAX];

	duration_format(sup->silent_ms, silent, sizeof(silent));
	log_line(LOG_LEVEL_WARN,
	    "unhealthy, readiness is withdrawn; the health helper has said "
	    "nothing for %s (was it stopped, or is the machine too busy?)",
	    silent);
	messages_tell_engine(sup, "STATUS=unhealthy");
}

static const char *
who_still_runs(const struct supervisor *sup)
{
	if (sup->family.app != 0)
		return "the app";
	if (sup->command == NULL)
		return "processes in the namespaces that --pause holds";
	return "processes that the app left behind";
}

static const char *
name_helper(const struct supervisor *sup)
{
	return sup->limits.gate == GATE_APP ? "the helper that hears the app"
					    : "the health helper";
}

void
messages_say(const struct supervisor *sup, enum message message)
{
	char text[DURATION_TEXT_MAX];

	switch (message) {
	case MESSAGE_READY:
		say_ready(sup);
		break;
	case MESSAGE_READY_AGAIN:
		log_line(LOG_LEVEL_INFO, "ready again");
		messages_tell_engine(sup, "STATUS=ready again");
		break;
	case MESSAGE_UNHEALTHY:
		say_unhealthy(sup);
		break;
	case MESSAGE_MONITOR_SILENT:
		say_silent(sup);
		break;
	case MESSAGE_MONITOR_LOST:
		log_line(LOG_LEVEL_ERROR,
		    "%s is gone (is memory short?): nobody can tell whether "
		    "the app is %s, readiness is withdrawn for good",
		    name_helper(sup),
		    sup->limits.gate == GATE_APP ? "ready" : "healthy");
		break;
	case MESSAGE_APP_STOPPING:
		log_line(LOG_LEVEL_INFO,
		    "the app says that it stops, readiness is withdrawn");
		break;
	case MESSAGE_DRAINING:
		duration_format(sup->limits.drain_ms, text, sizeof(text));
		log_line(messages_news_level(sup), "draining for %s", text);
		break;
	case MESSAGE_STOPPING:
		log_line(messages_news_level(sup), "stopping");
		break;
	case MESSAGE_BUDGET_OVER:
		say_budget_over(sup);
		break;
	case MESSAGE_HEALTH_LOST:
		log_line(LOG_LEVEL_ERROR,
		    "%s is gone before the app was ready: nobody can %s it, "
		    "stopping",
		    name_helper(sup),
		    sup->limits.gate == GATE_APP ? "hear" : "check");
		break;
	case MESSAGE_GRACE_OVER:
		duration_format(sup->limits.grace_ms, text, sizeof(text));
		log_line(LOG_LEVEL_WARN,
		    "%s still run%s after the grace period of %s: SIGKILL",
		    who_still_runs(sup), sup->family.app != 0 ? "s" : "", text);
		break;
	case MESSAGE_UNKILLABLE:
		log_line(LOG_LEVEL_ERROR,
		    "some processes are not gone 1s after SIGKILL (stuck in "
		    "the kernel, not to be signalled, or so many): leaving "
		    "them behind");
		break;
	}
}

void
messages_format_ending(const struct supervisor *sup, enum ending ending,
    char *text, size_t size)
{
	char why[WHY_MAX];
	const struct report_facts facts = {
		.ending = ending,
		.app_status = sup->app_status,
		.budget_ms = sup->limits.budget_ms,
		.grace_ms = sup->limits.grace_ms,
		.why_unready = why,
	};

	format_why_unready(sup, why, sizeof(why));
	report_format(&facts, text, size);
}
