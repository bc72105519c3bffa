/* SPDX-License-Identifier: MIT */
/* Each text as it is logged, told to the engine, or written to the report. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "life/messages.h"
#include "app/spawn.h"
#include "base/array.h"
#include "base/duration.h"
#include "base/log.h"
#include "privileges/denial.h"
#include "readiness/listener.h"

TestSuite(messages, .timeout = 30);

#define ROOM 256

static char printed[16384];
static int log_end = -1; /* of the pipe that standard error is */

/* From here on what is logged, at any level, can be read by expect_logged. */
static void
capture_log(void)
{
	int ends[2];

	cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	log_end = ends[0];
	log_set_level(LOG_LEVEL_DEBUG);
}

/* What has been logged since the last call. */
static const char *
read_log(void)
{
	ssize_t length = read(log_end, printed, sizeof(printed) - 1);

	printed[length < 0 ? 0 : length] = '\0';
	return printed;
}

static void
expect_logged(const char *expected)
{
	cr_expect_str_eq(read_log(), expected);
}

static struct limits limits;
static char output[HEALTH_OUTPUT_MAX + 1];

/* A life that waits for GATE, of which nothing is known yet. */
static struct life_facts
begin_life(enum gate gate)
{
	limits = (struct limits){
		.gate = gate,
		.budget_ms = 30000,
		.recovery_ms = 60000,
		.drain_ms = 5000,
		.grace_ms = 1500,
	};
	return (struct life_facts){
		.limits = &limits,
		.ready_file = "/run/ready",
		.ready_after_ms = -1,
		.app_status = -1,
		.last_output = output,
		.memory_kills = -1,
		.budget_name = "DINIT_STARTUP_BUDGET",
		.recovery_name = "DINIT_RECOVERY_BUDGET",
	};
}

static void
set_check(struct life_facts *facts, const struct health_result *check,
    const char *text)
{
	facts->last_check = *check;
	facts->last_output_length = strlen(text);
	memset(output, '#', sizeof(output));
	strcpy(output, text);
}

/* --- The log --- */

static void
expect_message(const struct life_facts *facts, enum message message,
    const char *expected)
{
	messages_log(facts, message);
	expect_logged(expected);
}

Test(messages, are_news_only_where_somebody_waits_for_readiness,
    .init = capture_log)
{
	static const char *const levels[GATE_COUNT] = {
		[GATE_PAUSE] = "debug: ", [GATE_NONE] = "debug: ",
		[GATE_EXEC] = "debug: ", [GATE_HEALTH] = "",
		[GATE_APP] = "",
	};

	for (int gate = 0; gate < GATE_COUNT; gate++) {
		struct life_facts facts = begin_life((enum gate)gate);
		char line[ROOM];

		snprintf(line, sizeof(line), "dinit: %sstopping\n",
		    levels[gate]);
		expect_message(&facts, MESSAGE_STOPPING, line);
		snprintf(line, sizeof(line), "dinit: %sdraining for 5s\n",
		    levels[gate]);
		expect_message(&facts, MESSAGE_DRAINING, line);
		snprintf(line, sizeof(line),
		    "dinit: %sthe app ended, exit status 3\n", levels[gate]);
		facts.app_status = 3;
		messages_log_app_end(&facts, 0);
		expect_logged(line);
	}
}

Test(messages, say_how_the_app_became_ready, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	facts.ready_after_ms = 812;
	facts.last_check.checks = 1;
	expect_message(&facts, MESSAGE_READY,
	    "dinit: ready after 812ms (1 check)\n");
	facts.last_check.checks = 41;
	expect_message(&facts, MESSAGE_READY,
	    "dinit: ready after 812ms (41 checks)\n");
	limits.gate = GATE_APP;
	expect_message(&facts, MESSAGE_READY,
	    "dinit: ready after 812ms (as the app says)\n");
	expect_message(&facts, MESSAGE_READY_AGAIN, "dinit: ready again\n");
}

Test(messages, say_that_a_start_takes_long_and_why, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 31,
	};

	facts.starting_ms = 5004;
	expect_message(&facts, MESSAGE_SLOW_START, "dinit: not ready after 5s: "
	    "the first health check still runs\n");
	set_check(&facts, &check, "connection refused");
	expect_message(&facts, MESSAGE_SLOW_START, "dinit: not ready after 5s: "
	    "last of 31 checks: exit status 1: connection refused\n");
	facts.starting_ms = 80999;
	limits.gate = GATE_APP;
	facts.last_check.checks = 0;
	expect_message(&facts, MESSAGE_SLOW_START, "dinit: not ready after "
	    "1m20s: the app has not sent READY=1 to NOTIFY_SOCKET\n");
	limits.gate = GATE_EXEC;
	expect_message(&facts, MESSAGE_SLOW_START,
	    "dinit: not ready after 1m20s\n");
}

static void
expect_killed(struct life_facts *facts, int signo, const char *expected)
{
	facts->app_status = 128 + signo;
	expect_message(facts, MESSAGE_APP_KILLED, expected);
}

Test(messages, say_that_somebody_else_has_killed_the_app, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_NONE);

	expect_killed(&facts, SIGKILL, "dinit: warn: the app was killed by "
	    "SIGKILL, not by dinit: out of memory?\n");
	facts.memory_kills = 0;
	expect_killed(&facts, SIGKILL, "dinit: warn: the app was killed by "
	    "SIGKILL, not by dinit, nor by the kernel because memory was "
	    "short\n");
	facts.memory_kills = 1;
	expect_killed(&facts, SIGKILL, "dinit: warn: the app was killed by "
	    "SIGKILL, not by dinit: out of memory, as memory.events of its "
	    "cgroup says\n");
	expect_killed(&facts, SIGSEGV, "dinit: warn: the app was killed by "
	    "SIGSEGV, not by dinit: it has crashed\n");
	expect_killed(&facts, SIGSYS, "dinit: warn: the app was killed by "
	    "SIGSYS, not by dinit: a seccomp filter forbids what it did\n");
	expect_killed(&facts, SIGINT, "dinit: warn: the app was killed by "
	    "SIGINT, not by dinit\n");
	facts.has_terminal = true;
	expect_killed(&facts, SIGINT, "dinit: debug: the app was killed by "
	    "SIGINT, not by dinit\n");
	expect_killed(&facts, SIGTERM, "dinit: warn: the app was killed by "
	    "SIGTERM, not by dinit\n");
}

Test(messages, name_the_setting_that_an_end_asks_for, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_NONE);

	facts.relayed_signal = SIGQUIT;
	expect_message(&facts, MESSAGE_RELAYED_END, "dinit: warn: the app "
	    "ended after SIGQUIT, which was relayed but is no stop signal; if "
	    "the engine stops with it (STOPSIGNAL), set --stop-signal=QUIT\n");
	facts.app_status = 143;
	expect_message(&facts, MESSAGE_STOP_STATUS, "dinit: debug: exit status "
	    "143 is that of the stop signal itself; with --ok-stop it is "
	    "reported as 0\n");
	limits.gate = GATE_HEALTH;
	expect_message(&facts, MESSAGE_STOP_STATUS, "dinit: exit status 143 is "
	    "that of the stop signal itself; with --ok-stop it is reported as "
	    "0\n");
}

Test(messages, name_what_the_app_has_left_behind, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_NONE);

	facts.app_status = 0;
	messages_log_left(&facts, 1, "nginx");
	expect_logged("dinit: warn: the app has left 1 process behind (nginx); "
	    "if it went to the background, have it run in the foreground\n");
	facts.app_status = 137;
	messages_log_left(&facts, 12, "nginx, sh");
	expect_logged("dinit: warn: the app has left 12 processes behind "
	    "(nginx, sh)\n");
}

static void
expect_exit(const struct life_facts *facts, enum ending ending,
    const char *expected)
{
	messages_log_exit(facts, ending);
	expect_logged(expected);
}

Test(messages, have_the_last_word_where_the_status_is_not_the_apps,
    .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	expect_exit(&facts, ENDING_BUDGET, "dinit: error: exiting with 124: "
	    "not ready within the startup budget (DINIT_STARTUP_BUDGET=30s)\n");
	facts.budget_name = "--startup-budget";
	expect_exit(&facts, ENDING_BUDGET, "dinit: error: exiting with 124: "
	    "not ready within the startup budget (--startup-budget=30s)\n");
	expect_exit(&facts, ENDING_RECOVERY, "dinit: error: exiting with 123: "
	    "not ready again within the recovery budget "
	    "(DINIT_RECOVERY_BUDGET=1m)\n");
	expect_exit(&facts, ENDING_HELPER_LOST, "dinit: error: exiting with "
	    "124: the health helper was gone before the app was ready\n");
	expect_exit(&facts, ENDING_APP, "");
	expect_exit(&facts, ENDING_STOP, "");
	expect_exit(&facts, ENDING_KILL, "");
	expect_exit(&facts, ENDING_EXEC, "");
}

Test(messages, say_why_the_app_is_no_longer_ready, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 7,
	};

	set_check(&facts, &check, "no");
	facts.silent_ms = 16000;
	expect_message(&facts, MESSAGE_UNHEALTHY, "dinit: warn: unhealthy, "
	    "readiness is withdrawn; last of 7 checks: exit status 1: "
	    "no\n");
	expect_message(&facts, MESSAGE_HELPER_SILENT, "dinit: warn: "
	    "unhealthy, readiness is withdrawn; the health helper has said "
	    "nothing for 16s (was it stopped, or is the machine too busy?)\n");
	expect_message(&facts, MESSAGE_UNREADY_FOR_GOOD, "dinit: error: the health "
	    "helper is gone (is memory short?): nobody can tell whether the "
	    "app is healthy, readiness is withdrawn for good\n");
	limits.gate = GATE_APP;
	expect_message(&facts, MESSAGE_UNREADY_FOR_GOOD, "dinit: error: the helper "
	    "that hears the app is gone (is memory short?): nobody can tell "
	    "whether the app is ready, readiness is withdrawn for good\n");
	expect_message(&facts, MESSAGE_APP_STOPPING, "dinit: the app says that "
	    "it stops, readiness is withdrawn\n");
	expect_message(&facts, MESSAGE_WATCHDOG_MISSED, "dinit: warn: "
	    "unhealthy, readiness is withdrawn; the app has sent no WATCHDOG=1 "
	    "for 16s\n");
	expect_message(&facts, MESSAGE_APP_FAILED, "dinit: warn: unhealthy, "
	    "readiness is withdrawn; the app has sent WATCHDOG=trigger\n");
}

#define BUDGET_OVER                                                           \
	"dinit: error: not ready within the startup budget of 30s: stopping\n"

Test(messages, say_why_the_budget_was_not_enough, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_EXEC);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 177,
	};

	expect_message(&facts, MESSAGE_BUDGET_OVER, BUDGET_OVER);
	limits.gate = GATE_APP;
	expect_message(&facts, MESSAGE_BUDGET_OVER, BUDGET_OVER
	    "dinit: error: the app has not sent READY=1 to NOTIFY_SOCKET\n");
	limits.gate = GATE_HEALTH;
	expect_message(&facts, MESSAGE_BUDGET_OVER, BUDGET_OVER
	    "dinit: error: the first health check still runs\n");
	set_check(&facts, &check, "connection refused");
	expect_message(&facts, MESSAGE_BUDGET_OVER, BUDGET_OVER
	    "dinit: error: last of 177 checks: exit status 1: "
	    "connection refused\n");
	facts.publish_error = -EROFS;
	expect_message(&facts, MESSAGE_BUDGET_OVER, BUDGET_OVER
	    "dinit: error: readiness could not be published in /run/ready: "
	    "Read-only file system\n");
}

#define RECOVERY_OVER                                                         \
	"dinit: error: not ready again within the recovery budget of 1m: "    \
	"stopping\n"

Test(messages, say_why_the_app_did_not_recover, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 177,
	};

	facts.unready_why = MESSAGE_UNREADY_FOR_GOOD;
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: the health helper is gone\n");
	facts.unready_why = MESSAGE_HELPER_SILENT;
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: the health helper has said nothing more\n");
	facts.unready_why = MESSAGE_WATCHDOG_MISSED;
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: the app has sent no more WATCHDOG=1\n");
	facts.unready_why = MESSAGE_APP_FAILED;
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: the app has sent WATCHDOG=trigger\n");
	facts.unready_why = MESSAGE_UNHEALTHY;
	set_check(&facts, &check, "no");
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: last of 177 checks: exit status 1: no\n");
	facts.unready_why = MESSAGE_HELPER_SILENT;
	facts.publish_error = -EROFS;
	expect_message(&facts, MESSAGE_RECOVERY_OVER, RECOVERY_OVER
	    "dinit: error: readiness could not be published in /run/ready: "
	    "Read-only file system\n");
}

Test(messages, say_what_a_lost_helper_was_for, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	expect_message(&facts, MESSAGE_HELPER_LOST, "dinit: error: the health "
	    "helper is gone before the app was ready: nobody can check it, "
	    "stopping\n");
	limits.gate = GATE_APP;
	expect_message(&facts, MESSAGE_HELPER_LOST, "dinit: error: the helper "
	    "that hears the app is gone before the app was ready: nobody can "
	    "hear it, stopping\n");
}

Test(messages, say_who_outlives_the_grace, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_NONE);

	expect_message(&facts, MESSAGE_GRACE_OVER, "dinit: warn: the app still "
	    "runs after the grace period of 1.5s: SIGKILL\n");
	facts.app_status = 0;
	expect_message(&facts, MESSAGE_GRACE_OVER, "dinit: warn: processes "
	    "that the app left behind still run after the grace period of "
	    "1.5s: SIGKILL\n");
	facts = begin_life(GATE_PAUSE);
	expect_message(&facts, MESSAGE_GRACE_OVER, "dinit: warn: processes in "
	    "the namespaces that --pause holds still run after the grace "
	    "period of 1.5s: SIGKILL\n");
	expect_message(&facts, MESSAGE_UNKILLABLE, "dinit: error: some "
	    "processes are not gone 1s after SIGKILL (stuck in the kernel, not "
	    "to be signalled, or so many): leaving them behind\n");
}

static void
expect_check(const struct health_result *check, const char *text,
    const char *expected)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	set_check(&facts, check, text);
	messages_log_check(&facts);
	expect_logged(expected);
}

Test(messages, say_how_each_check_ended, .init = capture_log)
{
	struct health_result check = { .checks = 2, .took_ms = 30 };

	expect_check(&check, "fine", "dinit: debug: check 2: exit status 0, "
	    "took 30ms\n");
	check.outcome = HEALTH_TIMED_OUT;
	expect_check(&check, "", "dinit: debug: check 2: killed after 30ms, "
	    "the health timeout, took 30ms\n");
	check.outcome = HEALTH_STUCK;
	expect_check(&check, "", "dinit: debug: check 2: killed after the "
	    "health timeout, but still there 30ms after its start (does a file "
	    "system hang?), took 30ms\n");
	check.outcome = HEALTH_NOT_RUN;
	check.status = EAGAIN;
	expect_check(&check, "", "dinit: debug: check 2: cannot fork: Resource "
	    "temporarily unavailable, took 30ms\n");
	check.outcome = HEALTH_FAILED;
	check.status = 127;
	expect_check(&check, "x: not found", "dinit: debug: check 2: exit "
	    "status 127, took 30ms\n");
}

Test(messages, warn_at_once_of_a_health_command_that_cannot_run,
    .init = capture_log)
{
	struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 127, .checks = 1,
	};

	expect_check(&check, "x: not found",
	    "dinit: debug: check 1: exit status 127, took 0ms\n"
	    "dinit: warn: the health command cannot be run (exit status 127), "
	    "trying again: x: not found\n");
	check.status = 126;
	expect_check(&check, "",
	    "dinit: debug: check 1: exit status 126, took 0ms\n"
	    "dinit: warn: the health command cannot be run (exit status 126), "
	    "trying again\n");
	check.status = 125;
	expect_check(&check, "dinit: error: --probe: 'x' is wrong",
	    "dinit: debug: check 1: exit status 125, took 0ms\n"
	    "dinit: warn: the health command cannot be run (exit status 125), "
	    "trying again: dinit: error: --probe: 'x' is wrong\n");
	check.status = 124;
	expect_check(&check, "",
	    "dinit: debug: check 1: exit status 124, took 0ms\n");
	check.status = 1;
	expect_check(&check, "no",
	    "dinit: debug: check 1: exit status 1, took 0ms\n");
}

Test(messages, warn_once_that_readiness_cannot_be_published,
    .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_EXEC);

	messages_log_publish_failure(&facts, -EAGAIN);
	expect_logged("dinit: warn: cannot publish readiness in /run/ready: "
	    "the engine does not read its NOTIFY_SOCKET; trying again\n");
	facts.publish_error = -EAGAIN;
	messages_log_publish_failure(&facts, -EADDRINUSE);
	expect_logged("dinit: debug: cannot publish readiness in /run/ready: "
	    "another dinit publishes there by now; trying again\n");
}

Test(messages, pass_on_what_the_app_says_of_itself, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_APP);

	messages_log_app_status(&facts, "MAINPID=7\nSTATUS=loading\nX=1");
	expect_logged("dinit: the app says: loading\n");
	messages_log_app_status(&facts, "MAINPID=7");
	expect_logged("");
	facts.ready_after_ms = 0;
	messages_log_app_status(&facts, "STATUS=serving");
	expect_logged("dinit: debug: the app says: serving\n");
}

Test(messages, say_whose_readiness_does_not_count, .init = capture_log)
{
	struct listener_news news = { .sender = 12 };

	messages_log_ignored_ready(&news, 7);
	expect_logged("dinit: warn: READY=1 of process 12 does not count, as "
	    "it is not the app's own process 7; --notify=all takes it from any "
	    "process of the container\n");
	strcpy(news.text, "sh");
	messages_log_ignored_ready(&news, 7);
	expect_logged("dinit: warn: READY=1 of process 12 (sh) does not count, "
	    "as it is not the app's own process 7; --notify=all takes it from "
	    "any process of the container\n");
}

Test(messages, say_whether_anybody_answers_on_the_port, .init = capture_log)
{
	messages_log_answer_killed(true);
	expect_logged("dinit: warn: dinit-answer was killed; another one "
	    "answers on the port of --ready-listen\n");
	messages_log_answer_killed(false);
	expect_logged("dinit: error: dinit-answer was killed again; nobody "
	    "answers on the port of --ready-listen any more\n");
}

/* --- The log for programs --- */

static void
capture_json(void)
{
	capture_log();
	log_set_format(LOG_FORMAT_JSON);
}

/* How many topics have the name EVENT. */
static int
count_topics(const char *event)
{
	int count = 0;

	for (int topic = 0; topic < TOPIC_COUNT; topic++) {
		const char *name = messages_event_name(topic);

		cr_assert_not_null(name, "number %d of enum message has no "
		    "row in init/life/messages.c", topic);
		count += strcmp(name, event) == 0;
	}
	return count;
}

Test(messages, name_each_event_once_and_in_kebab_case)
{
	for (int topic = 0; topic < TOPIC_COUNT; topic++) {
		const char *name = messages_event_name(topic);

		cr_expect_eq(count_topics(name), 1, "%s", name);
		cr_expect_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(name), "%s", name);
	}
}

/*
 * The keys that the manual names for EVENT, as it names them; "" if it has no
 * entry for EVENT.
 */
static const char *
documented_keys(const char *event)
{
	static char keys[128];
	FILE *manual = fopen(SOURCE_DIR "/man/dinit.8", "re");
	bool has_begun = false;
	char line[256];

	cr_assert_not_null(manual);
	while (fgets(line, sizeof(line), manual) != NULL) {
		char name[64] = "";

		keys[0] = '\0';
		sscanf(line, ".It Li %63s Pq Li %127[^\n]", name, keys);
		if (has_begun && strcmp(name, event) == 0)
			break;
		if (strncmp(line, "Programs may rely on", 20) == 0)
			has_begun = true;
	}
	fclose(manual);
	return keys;
}

/*
 * The line LINE as JSON, if it is one. The manual must have an entry for its
 * event, which names the keys that the line has.
 */
static json_t *
parse_line(const char *line)
{
	static const char *const keys[] = { "status", "signal", "pid",
		"reason" };
	json_error_t where;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &where);
	const char *event = json_string_value(json_object_get(object, "event"));

	cr_assert_not_null(object, "%s: %s", where.text, line);
	cr_assert_not_null(event, "no event: %s", line);
	cr_expect_eq(count_topics(event), 1, "no event of the list: %s", line);
	cr_expect_not_null(json_object_get(object, "message"), "%s", line);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		cr_expect(json_object_get(object, keys[i]) == NULL ||
		    strstr(documented_keys(event), keys[i]) != NULL,
		    "the manual has no %s for %s", keys[i], event);
	return object;
}

/*
 * What was logged last is lines of JSON, whose first is about TOPIC and has the
 * facts EXPECTED, in JSON, beside what each line has. The rest has no event.
 */
static void
expect_some_facts(int topic, const char *expected)
{
	static const char *const common[] = { "time", "level", "logger",
		"message", "event" };
	char *rest = (char *)(uintptr_t)read_log();
	json_t *first = parse_line(strsep(&rest, "\n"));
	json_t *wanted = json_loads(expected, 0, NULL);
	char *found;
	char *line;

	cr_assert_not_null(wanted, "%s", expected);
	cr_expect_str_eq(json_string_value(json_object_get(first, "event")),
	    messages_event_name(topic));
	for (size_t i = 0; i < ARRAY_SIZE(common); i++)
		json_object_del(first, common[i]);
	found = json_dumps(first, 0);
	cr_expect(json_equal(first, wanted), "%s: %s",
	    messages_event_name(topic), found);
	free(found);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		json_t *more = parse_line(line);

		cr_expect_str_eq(json_string_value(
		    json_object_get(more, "event")), "log");
		json_decref(more);
	}
	json_decref(first);
	json_decref(wanted);
}

/* The same, and these are all the facts that the manual names for TOPIC. */
static void
expect_facts(int topic, const char *expected)
{
	char *keys = strdup(documented_keys(messages_event_name(topic)));
	char *rest = keys;
	char *key;

	expect_some_facts(topic, expected);
	while ((key = strsep(&rest, " ,")) != NULL)
		cr_expect_not_null(strstr(expected, key), "%s has no %s",
		    messages_event_name(topic), key);
	free(keys);
}

/* A life in which everything has happened that messages are made of. */
static struct life_facts
live_through_it_all(void)
{
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 3,
	};
	struct life_facts facts = begin_life(GATE_HEALTH);

	set_check(&facts, &check, "no \"db\"\nyet");
	facts.ready_after_ms = 812;
	facts.silent_ms = 9000;
	facts.starting_ms = 5000;
	facts.relayed_signal = SIGHUP;
	facts.stop_signal = SIGTERM;
	facts.app = 7;
	facts.app_status = 128 + SIGKILL;
	facts.app_signal = SIGKILL;
	facts.unready_why = MESSAGE_UNHEALTHY;
	return facts;
}

#define APP "{\"pid\":7"
#define APP_BECAUSE(why) APP ",\"reason\":\"" why "\"}"
#define LAST_CHECK \
	APP_BECAUSE("last of 3 checks: exit status 1: no \\\"db\\\"\\nyet")
#define APP_AND_SIGNAL(name) APP ",\"signal\":\"" name "\"}"

Test(messages, have_an_event_and_facts_for_programs, .init = capture_json)
{
	static const char *const expected[MESSAGE_COUNT] = {
		[MESSAGE_SLOW_START] = LAST_CHECK,
		[MESSAGE_READY] = APP "}",
		[MESSAGE_READY_AGAIN] = APP "}",
		[MESSAGE_UNHEALTHY] = LAST_CHECK,
		[MESSAGE_HELPER_SILENT] = APP_BECAUSE(
		    "the health helper has said nothing for 9s (was it "
		    "stopped, or is the machine too busy?)"),
		[MESSAGE_UNREADY_FOR_GOOD] =
		    APP_BECAUSE("the health helper is gone"),
		[MESSAGE_WATCHDOG_MISSED] =
		    APP_BECAUSE("the app has sent no WATCHDOG=1 for 9s"),
		[MESSAGE_APP_FAILED] =
		    APP_BECAUSE("the app has sent WATCHDOG=trigger"),
		[MESSAGE_APP_STOPPING] = APP "}",
		[MESSAGE_DRAINING] = APP_AND_SIGNAL("SIGTERM"),
		[MESSAGE_STOPPING] = APP_AND_SIGNAL("SIGTERM"),
		[MESSAGE_BUDGET_OVER] = LAST_CHECK,
		[MESSAGE_HELPER_LOST] =
		    APP_BECAUSE("the health helper is gone"),
		[MESSAGE_RECOVERY_OVER] = LAST_CHECK,
		[MESSAGE_GRACE_OVER] = APP_AND_SIGNAL("SIGKILL"),
		[MESSAGE_APP_KILLED] = APP ",\"signal\":\"SIGKILL\","
		    "\"status\":137,\"reason\":\"out of memory?\"}",
		[MESSAGE_RELAYED_END] = APP_AND_SIGNAL("SIGHUP"),
		[MESSAGE_STOP_STATUS] = APP ",\"status\":137}",
		[MESSAGE_UNKILLABLE] = APP_AND_SIGNAL("SIGKILL"),
	};
	struct life_facts facts = live_through_it_all();

	for (int message = 0; message < MESSAGE_COUNT; message++) {
		cr_assert_not_null(expected[message], "no facts are expected "
		    "above of number %d of enum message", message);
		messages_log(&facts, (enum message)message);
		expect_facts(message, expected[message]);
	}
	facts.memory_kills = 0;
	messages_log(&facts, MESSAGE_APP_KILLED);
	expect_some_facts(MESSAGE_APP_KILLED,
	    APP ",\"signal\":\"SIGKILL\",\"status\":137}");
}

/* Without COMMAND, as with --pause. */
Test(messages, have_no_app_where_there_is_none, .init = capture_json)
{
	struct life_facts facts = live_through_it_all();

	facts.app = 0;
	messages_log(&facts, MESSAGE_STOPPING);
	expect_some_facts(MESSAGE_STOPPING, "{\"signal\":\"SIGTERM\"}");
}

Test(messages, tell_programs_how_an_app_begins_and_ends, .init = capture_json)
{
	const struct spawn_failure failure = {
		.step = SPAWN_STEP_EXEC, .error = ENOENT,
	};
	struct life_facts facts = live_through_it_all();

	messages_log_exec_failure(&failure, "x");
	expect_facts(TOPIC_EXEC_FAILED,
	    "{\"status\":127,\"reason\":\"No such file or directory\"}");
	messages_log_app_end(&facts, 0);
	expect_some_facts(TOPIC_APP_ENDED,
	    APP ",\"signal\":\"SIGKILL\",\"status\":137}");
	messages_log_app_end(&facts, -EINVAL);
	expect_facts(TOPIC_APP_ENDED, APP ",\"signal\":\"SIGKILL\","
	    "\"status\":137,\"reason\":\"Invalid argument\"}");
	facts.app_status = facts.app_signal = 0;
	messages_log_app_end(&facts, 0);
	expect_some_facts(TOPIC_APP_ENDED, APP ",\"status\":0}");
	messages_log_left(&facts, 2, "sh, nginx");
	expect_facts(TOPIC_LEFT_BEHIND, APP "}");
}

Test(messages, tell_programs_of_a_status_of_its_own, .init = capture_json)
{
	struct life_facts facts = live_through_it_all();

	messages_log_exit(&facts, ENDING_BUDGET);
	expect_facts(TOPIC_EXITING, "{\"status\":124,\"reason\":\"not ready "
	    "within the startup budget (DINIT_STARTUP_BUDGET=30s)\"}");
	messages_log_exit(&facts, ENDING_RECOVERY);
	expect_facts(TOPIC_EXITING, "{\"status\":123,\"reason\":\"not ready "
	    "again within the recovery budget (DINIT_RECOVERY_BUDGET=1m)\"}");
	messages_log_exit(&facts, ENDING_HELPER_LOST);
	expect_facts(TOPIC_EXITING, "{\"status\":124,\"reason\":\"the health "
	    "helper was gone before the app was ready\"}");
}

Test(messages, tell_programs_of_each_check, .init = capture_json)
{
	struct life_facts facts = live_through_it_all();

	messages_log_check(&facts);
	expect_facts(TOPIC_CHECK,
	    "{\"status\":1,\"reason\":\"no \\\"db\\\"\\nyet\"}");
	facts.last_check.outcome = HEALTH_PASSED;
	facts.last_check.status = 0;
	messages_log_check(&facts);
	expect_some_facts(TOPIC_CHECK, "{\"status\":0}");
	facts.last_check.outcome = HEALTH_TIMED_OUT;
	facts.last_check.took_ms = 30;
	messages_log_check(&facts);
	expect_some_facts(TOPIC_CHECK,
	    "{\"reason\":\"killed after 30ms, the health timeout\"}");
	facts.last_check.outcome = HEALTH_NOT_RUN;
	facts.last_check.status = EAGAIN;
	messages_log_check(&facts);
	expect_some_facts(TOPIC_CHECK, "{\"reason\":\"cannot fork: Resource "
	    "temporarily unavailable\"}");
}

/* What an earlier check has printed may still lie there. */
Test(messages, have_no_reason_of_a_check_that_printed_nothing,
    .init = capture_json)
{
	struct life_facts facts = live_through_it_all();

	facts.last_output_length = 0;
	messages_log_check(&facts);
	expect_some_facts(TOPIC_CHECK, "{\"status\":1}");
}

/* The debug line of the same check comes first. */
Test(messages, tell_programs_that_a_check_cannot_run, .init = capture_json)
{
	struct life_facts facts = live_through_it_all();

	log_set_level(LOG_LEVEL_WARN);
	facts.last_check.checks = 1;
	facts.last_check.status = 127;
	messages_log_check(&facts);
	expect_facts(TOPIC_CHECK_CANNOT_RUN,
	    "{\"status\":127,\"reason\":\"no \\\"db\\\"\\nyet\"}");
	facts.last_check.outcome = HEALTH_NOT_RUN;
	facts.last_check.status = EAGAIN;
	messages_log_check(&facts);
	expect_some_facts(TOPIC_CHECK_CANNOT_RUN, "{\"reason\":\"cannot fork: "
	    "Resource temporarily unavailable\"}");
}

Test(messages, tell_programs_what_is_said_of_readiness, .init = capture_json)
{
	const struct listener_news news = { .sender = 12 };
	struct life_facts facts = live_through_it_all();

	messages_log_publish_failure(&facts, -EROFS);
	expect_facts(TOPIC_PUBLISH_FAILED,
	    "{\"reason\":\"Read-only file system\"}");
	messages_log_app_status(&facts, "STATUS=loading");
	expect_facts(TOPIC_APP_SAYS, "{}");
	messages_log_ignored_ready(&news, 7);
	expect_facts(TOPIC_READY_IGNORED, "{\"pid\":12}");
	messages_log_answer_killed(true);
	expect_facts(TOPIC_ANSWER_KILLED, "{}");
	messages_log_answer_killed(false);
	expect_facts(TOPIC_ANSWER_KILLED, "{}");
}

/* What the modules below this one log. */
Test(messages, tell_programs_that_there_is_no_life, .init = capture_json)
{
	denial_log_failure("start", "x", -EINVAL, false);
	expect_facts(TOPIC_NOT_STARTED,
	    "{\"status\":125,\"reason\":\"Invalid argument\"}");
	log_refusal(NULL, "%s", "x");
	expect_some_facts(TOPIC_NOT_STARTED, "{\"status\":125}");
	log_going_without(LOG_LEVEL_WARN, "no", "going on without it");
	expect_facts(TOPIC_GOING_WITHOUT, "{\"reason\":\"no\"}");
	log_doubt("%s", "x");
	expect_facts(TOPIC_DOUBTFUL_SETTING, "{}");
	log_line(LOG_LEVEL_DEBUG, "x");
	expect_facts(TOPIC_OTHER, "{}");
}

/* --- The engine --- */

Test(messages, tell_the_engine_of_readiness_and_nothing_else)
{
	static const char *const statuses[MESSAGE_COUNT] = {
		[MESSAGE_READY] = "STATUS=ready after 1.5s",
		[MESSAGE_READY_AGAIN] = "STATUS=ready again",
		[MESSAGE_UNHEALTHY] = "STATUS=unhealthy",
		[MESSAGE_HELPER_SILENT] = "STATUS=unhealthy",
		[MESSAGE_WATCHDOG_MISSED] = "STATUS=unhealthy",
		[MESSAGE_APP_FAILED] = "STATUS=unhealthy",
		[MESSAGE_BUDGET_OVER] =
		    "STATUS=not ready within the startup budget",
		[MESSAGE_RECOVERY_OVER] =
		    "STATUS=not ready again within the recovery budget",
	};
	struct life_facts facts = begin_life(GATE_HEALTH);

	facts.ready_after_ms = 1500;
	for (int message = 0; message < MESSAGE_COUNT; message++) {
		char text[MESSAGES_STATUS_MAX] = "";
		bool is_told = messages_format_status(&facts,
		    (enum message)message, text);

		cr_expect_eq(is_told, statuses[message] != NULL, "%d",
		    message);
		cr_expect_str_eq(text, is_told ? statuses[message] : "");
	}
}

Test(messages, have_room_for_the_longest_time)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	char text[MESSAGES_STATUS_MAX];
	char after[DURATION_TEXT_MAX];

	facts.ready_after_ms = INT64_MAX;
	duration_format(INT64_MAX, after, sizeof(after));
	cr_expect(messages_format_status(&facts, MESSAGE_READY, text));
	cr_expect_str_eq(text + strlen("STATUS=ready after "), after);
}

/* --- Those who ask, and the report file --- */

static void
expect_why_unready(const struct life_facts *facts, const char *expected)
{
	char text[ROOM];

	messages_format_why_unready(facts, text, sizeof(text));
	cr_expect_str_eq(text, expected);
}

Test(messages, explain_why_the_container_is_not_ready)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 7,
	};

	expect_why_unready(&facts, "the first health check still runs");
	set_check(&facts, &check, "no");
	facts.unready_why = MESSAGE_UNHEALTHY;
	expect_why_unready(&facts, "last of 7 checks: exit status 1: no");
	facts.ready_after_ms = 812;
	expect_why_unready(&facts, "last of 7 checks: exit status 1: no");
	facts.unready_why = MESSAGE_UNREADY_FOR_GOOD;
	expect_why_unready(&facts, "the health helper is gone");
	facts.unready_why = MESSAGE_APP_STOPPING;
	expect_why_unready(&facts, "the app says that it stops");
}

static void
expect_ending(const struct life_facts *facts, enum ending ending,
    const char *expected)
{
	char text[ROOM];

	messages_format_ending(facts, ending, text, sizeof(text));
	cr_expect_str_eq(text, expected);
}

Test(messages, report_why_each_life_ended)
{
	struct life_facts facts = begin_life(GATE_EXEC);
	const struct health_result check = {
		.outcome = HEALTH_FAILED, .status = 1, .checks = 7,
	};

	expect_ending(&facts, ENDING_STOP, "a stop signal arrived");
	facts.app_status = 0;
	expect_ending(&facts, ENDING_APP, "the app ended with exit status 0");
	facts.app_status = 3;
	expect_ending(&facts, ENDING_APP, "the app ended with exit status 3");
	facts.app_status = 128 + SIGSEGV;
	expect_ending(&facts, ENDING_APP,
	    "the app ended with exit status 139 (SIGSEGV)");
	facts.app_status = 143;
	expect_ending(&facts, ENDING_STOP, "a stop signal arrived; the app "
	    "ended with exit status 143 (SIGTERM)");
	expect_ending(&facts, ENDING_KILL, "a stop signal arrived; the app "
	    "still ran after the grace period of 1.5s: SIGKILL");
	expect_ending(&facts, ENDING_HELPER_LOST, "nobody could check or hear "
	    "the app: the helper for that was gone, or could not be started");
	expect_ending(&facts, ENDING_EXEC, "the app could not be executed");
	expect_ending(&facts, ENDING_BUDGET,
	    "not ready within the startup budget of 30s");
	set_check(&facts, &check, "no");
	expect_ending(&facts, ENDING_BUDGET, "not ready within the startup "
	    "budget of 30s; last of 7 checks: exit status 1: no");
	facts.unready_why = MESSAGE_UNHEALTHY;
	expect_ending(&facts, ENDING_RECOVERY, "not ready again within the "
	    "recovery budget of 1m; last of 7 checks: exit status 1: no");
}

Test(messages, cut_off_what_the_report_has_no_room_for)
{
	struct life_facts facts = begin_life(GATE_HEALTH);
	const struct health_result check = { .checks = 1 };
	char text[ROOM];

	set_check(&facts, &check, "");
	memset(output, '#', HEALTH_OUTPUT_MAX);
	facts.last_output_length = HEALTH_OUTPUT_MAX;
	messages_format_ending(&facts, ENDING_BUDGET, text, sizeof(text));
	cr_expect_eq(strlen(text), sizeof(text) - 1);
}

/* --- Completeness --- */

Test(messages, have_words_for_each_message, .init = capture_log)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	facts.app_status = 143;
	facts.relayed_signal = SIGHUP;
	for (int message = 0; message < MESSAGE_COUNT; message++) {
		cr_assert_not_null(messages_event_name(message), "number %d of "
		    "enum message has no row in init/life/messages.c", message);
		messages_log(&facts, (enum message)message);
		cr_expect(strlen(read_log()) > 0, "nothing for %d", message);
	}
}

Test(messages, have_words_for_each_ending)
{
	struct life_facts facts = begin_life(GATE_HEALTH);

	facts.app_status = 0;
	for (int ending = 0; ending < ENDING_COUNT; ending++) {
		char text[ROOM] = "";

		messages_format_ending(&facts, (enum ending)ending, text,
		    sizeof(text));
		cr_expect(strlen(text) > 0, "nothing for %d", ending);
	}
}
