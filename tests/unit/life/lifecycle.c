/* SPDX-License-Identifier: MIT */
/*
 * The lifecycle as scripts, in which each line says what an event at some time
 * leads to: these actions and this state. Then every event in every state, and
 * every order of events.
 */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "life/lifecycle.h"
#include "base/array.h"
#include "exploration.h"
#include "guides.h"
#include "support.h"

TestSuite(lifecycle, .timeout = 5);

/* A line of a script: what happens, and what has to follow. */
struct line {
	int64_t at;
	enum event_type event;
	int arg;
	const char *actions;
	enum state state;
};

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_START_HELPER] = "start-helper",
	[ACTION_STOP_HELPER] = "stop-helper",
	[ACTION_PUBLISH] = "publish",
	[ACTION_WITHDRAW] = "withdraw",
	[ACTION_ANNOUNCE_END] = "announce-end",
	[ACTION_REPORT] = "report",
	[ACTION_RELAY_TO_GROUP] = "group",
	[ACTION_RELAY_TO_MAIN] = "main",
	[ACTION_STOP_GROUP] = "stop-group",
	[ACTION_STOP_MAIN] = "stop-main",
	[ACTION_NAME_LEFT] = "name-left",
	[ACTION_TERMINATE_ALL] = "terminate-all",
	[ACTION_TERMINATE_REST] = "terminate-rest",
	[ACTION_KILL_ALL] = "kill-all",
	[ACTION_LOOK] = "look",
	[ACTION_SUSPEND] = "suspend",
	[ACTION_LEND_TERMINAL] = "lend-terminal",
	[ACTION_SAY] = "say",
	[ACTION_EXIT] = "exit",
};

static const char *const ending_names[ENDING_COUNT] = {
	[ENDING_APP] = "app",
	[ENDING_STOP] = "stop",
	[ENDING_KILL] = "kill",
	[ENDING_BUDGET] = "budget",
	[ENDING_HELPER_LOST] = "helper-lost",
	[ENDING_RECOVERY] = "recovery",
	[ENDING_EXEC] = "exec",
};

static const char *const message_names[MESSAGE_COUNT] = {
	[MESSAGE_READY] = "ready",
	[MESSAGE_SLOW_START] = "slow-start",
	[MESSAGE_APP_KILLED] = "app-killed",
	[MESSAGE_RELAYED_END] = "relayed-end",
	[MESSAGE_STOP_STATUS] = "stop-status",
	[MESSAGE_READY_AGAIN] = "ready-again",
	[MESSAGE_UNHEALTHY] = "unhealthy",
	[MESSAGE_HELPER_SILENT] = "helper-silent",
	[MESSAGE_UNREADY_FOR_GOOD] = "unready-for-good",
	[MESSAGE_WATCHDOG_MISSED] = "watchdog-missed",
	[MESSAGE_APP_FAILED] = "app-failed",
	[MESSAGE_APP_STOPPING] = "app-stopping",
	[MESSAGE_DRAINING] = "draining",
	[MESSAGE_STOPPING] = "stopping",
	[MESSAGE_BUDGET_OVER] = "budget-over",
	[MESSAGE_HELPER_LOST] = "helper-lost",
	[MESSAGE_RECOVERY_OVER] = "recovery-over",
	[MESSAGE_GRACE_OVER] = "grace-over",
	[MESSAGE_UNKILLABLE] = "unkillable",
};

static void
expect_all_named(const char *what, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_expect_not_null(names[i], "number %zu of enum %s has no "
		    "name above", i, what);
}

Test(lifecycle, has_a_name_for_all_that_scripts_are_about)
{
	expect_all_named("action_type", action_names, ACTION_COUNT);
	expect_all_named("ending", ending_names, ENDING_COUNT);
	expect_all_named("message", message_names, MESSAGE_COUNT);
	for (int type = 0; type < EVENT_COUNT; type++)
		cr_expect_not_null(exploration_event_name(
		    (enum event_type)type), "number %d of enum event_type has "
		    "no name in tests/unit/exploration.c", type);
	for (int state = 0; state < STATE_COUNT; state++)
		cr_expect_not_null(lifecycle_state_name((enum state)state),
		    "state %d has no name", state);
}

/* ACTIONS in the words of a script: "stop-group:TERM say:stopping". */
static const char *
describe(const struct actions *actions)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];
		const char *gap = i > 0 ? " " : "";
		const char *name = action_names[action->type];

		switch (action->type) {
		case ACTION_RELAY_TO_GROUP:
		case ACTION_RELAY_TO_MAIN:
		case ACTION_STOP_GROUP:
		case ACTION_STOP_MAIN:
		case ACTION_SUSPEND:
			used += (size_t)sprintf(text + used, "%s%s:%s", gap,
			    name, signals_name(action->arg));
			break;
		case ACTION_SAY:
			used += (size_t)sprintf(text + used, "%s%s:%s", gap,
			    name, message_names[action->arg]);
			break;
		case ACTION_ANNOUNCE_END:
		case ACTION_REPORT:
			used += (size_t)sprintf(text + used, "%s%s:%s", gap,
			    name, ending_names[action->arg]);
			break;
		case ACTION_EXIT:
			used += (size_t)sprintf(text + used, "%s%s:%d", gap,
			    name, action->arg);
			break;
		default:
			used += (size_t)sprintf(text + used, "%s%s", gap, name);
			break;
		}
	}
	return text;
}

/* The defaults where nothing is said about readiness. */
static struct limits
plain_limits(void)
{
	struct limits limits = {
		.gate = GATE_NONE,
		.budget_ms = 30000,
		.grace_ms = 9000,
	};

	signals_clear_rewrite(limits.signals.rewrite);
	limits.signals.first_stop = SIGTERM;
	limits.signals.stop = signals_bit(SIGTERM) | signals_bit(SIGINT);
	return limits;
}

static struct limits
gated_limits(void)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_HEALTH;
	return limits;
}

static struct actions
step(struct lifecycle *lc, int64_t at, enum event_type type, int arg)
{
	const struct event event = { .now = at, .type = type, .arg = arg };
	struct actions actions;

	lifecycle_step(lc, &event, &actions);
	return actions;
}

static void
play_lines(const struct limits *limits, const struct line *lines, size_t count)
{
	struct lifecycle lc;

	lifecycle_init(&lc, limits);
	for (size_t i = 0; i < count; i++) {
		struct actions actions = step(&lc, lines[i].at,
		    lines[i].event, lines[i].arg);

		cr_assert_str_eq(describe(&actions), lines[i].actions,
		    "line %zu: '%s' instead of '%s'", i + 1,
		    describe(&actions), lines[i].actions);
		cr_assert_eq(lc.state, lines[i].state,
		    "line %zu: state %s instead of %s", i + 1,
		    lifecycle_state_name(lc.state),
		    lifecycle_state_name(lines[i].state));
	}
}

#define play(limits, ...)                                                     \
	do {                                                                  \
		const struct line lines[] = { __VA_ARGS__ };                  \
		play_lines(limits, lines, ARRAY_SIZE(lines));                 \
	} while (0)

Test(lifecycle, an_ungated_app_is_ready_at_once_and_its_exit_is_the_exit)
{
	struct limits limits = plain_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 5, EVENT_APP_EXITED, 3, "name-left terminate-all",
	      STATE_SWEEPING },
	    { 5, EVENT_CHILDREN_GONE, 0, "report:app exit:3", STATE_ENDED });
}

Test(lifecycle, a_failed_exec_ends_with_its_status_whatever_ok_exit_says)
{
	struct limits limits = plain_limits();

	limits.ok_exit[127 / 64] |= UINT64_C(1) << 127 % 64;
	play(&limits,
	    { 0, EVENT_EXEC_FAILED, 127, "terminate-all", STATE_SWEEPING },
	    { 0, EVENT_APP_EXITED, 126, "", STATE_SWEEPING },
	    { 0, EVENT_CHILDREN_GONE, 0, "report:exec exit:127", STATE_ENDED });
}

Test(lifecycle, a_ready_file_without_health_command_is_published_after_exec)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_EXEC;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "publish", STATE_STARTING },
	    { 0, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 9, EVENT_SIGNAL, SIGTERM,
	      "withdraw announce-end:stop say:stopping stop-group:TERM",
	      STATE_STOPPING });
}

Test(lifecycle, the_first_success_stops_the_checks_and_publishes)
{
	struct limits limits = gated_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 812, EVENT_HEALTHY, 0, "stop-helper publish", STATE_STARTING },
	    { 812, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 813, EVENT_HELPER_LOST, 0, "", STATE_READY });
}

Test(lifecycle, a_failed_publication_is_tried_again_until_it_works)
{
	struct limits limits = gated_limits();
	struct lifecycle lc;
	struct actions actions;

	lifecycle_init(&lc, &limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	step(&lc, 50, EVENT_HEALTHY, 0);
	step(&lc, 50, EVENT_PUBLISH_FAILED, 0);
	cr_assert_eq(lifecycle_deadline(&lc), 50 + PUBLISH_AGAIN_MS);
	actions = step(&lc, 150, EVENT_TIMEOUT, 0);
	cr_assert_str_eq(describe(&actions), "publish");
	step(&lc, 150, EVENT_PUBLISHED, 0);
	cr_assert_eq(lc.state, STATE_READY);
	cr_assert_eq(lifecycle_deadline(&lc), INT64_MAX);
}

Test(lifecycle, a_publication_that_never_works_ends_with_the_budget)
{
	struct limits limits = gated_limits();

	limits.budget_ms = 120;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 50, EVENT_HEALTHY, 0, "stop-helper publish", STATE_STARTING },
	    { 50, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 120, EVENT_TIMEOUT, 0, "say:budget-over stop-helper "
	      "announce-end:budget stop-group:TERM", STATE_STOPPING },
	    { 121, EVENT_APP_EXITED, 0, "terminate-rest", STATE_SWEEPING },
	    { 121, EVENT_CHILDREN_GONE, 0, "report:budget exit:124",
	      STATE_ENDED });
}

Test(lifecycle, the_budget_counts_from_the_exec_and_zero_means_none)
{
	struct limits limits = gated_limits();
	struct lifecycle lc;

	lifecycle_init(&lc, &limits);
	cr_assert_eq(lifecycle_deadline(&lc), INT64_MAX);
	step(&lc, 700, EVENT_EXECUTED, 0);
	cr_assert_eq(lc.budget_until, 30700);
	limits.budget_ms = 0;
	lifecycle_init(&lc, &limits);
	step(&lc, 700, EVENT_EXECUTED, 0);
	cr_assert_eq(lc.budget_until, INT64_MAX);
}

Test(lifecycle, a_start_that_takes_long_is_said_at_doubling_intervals)
{
	struct limits limits = gated_limits();
	struct lifecycle lc;

	play(&limits,
	    { 100, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 5099, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 5100, EVENT_TIMEOUT, 0, "say:slow-start", STATE_STARTING },
	    { 10099, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 10103, EVENT_TIMEOUT, 0, "say:slow-start", STATE_STARTING },
	    { 20105, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 20106, EVENT_HEALTHY, 0, "stop-helper publish", STATE_STARTING },
	    { 20106, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 20300, EVENT_TIMEOUT, 0, "say:slow-start publish",
	      STATE_STARTING },
	    { 20300, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 50000, EVENT_TIMEOUT, 0, "", STATE_READY });
	limits.gate = GATE_NONE;
	lifecycle_init(&lc, &limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	cr_assert_eq(lifecycle_deadline(&lc), INT64_MAX);
}

Test(lifecycle, a_death_that_dinit_has_not_caused_is_said)
{
	struct limits limits = plain_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 5, EVENT_APP_KILLED, SIGKILL,
	      "name-left say:app-killed terminate-all", STATE_SWEEPING },
	    { 5, EVENT_CHILDREN_GONE, 0, "report:app exit:137", STATE_ENDED });
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 5, EVENT_APP_KILLED, SIGSEGV, "say:app-killed terminate-rest",
	      STATE_SWEEPING });
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 9001, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING },
	    { 9002, EVENT_APP_KILLED, SIGKILL, "", STATE_KILLING },
	    { 9002, EVENT_CHILDREN_GONE, 0, "report:kill exit:137",
	      STATE_ENDED });
	/* A relayed one in the stop. */
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 2, EVENT_SIGNAL, SIGHUP, "group:HUP", STATE_STOPPING },
	    { 5, EVENT_APP_KILLED, SIGHUP, "terminate-rest", STATE_SWEEPING });
}

Test(lifecycle, the_end_by_the_stop_signal_points_to_ok_stop)
{
	struct limits limits = plain_limits();
	const struct line stop = { 1, EVENT_SIGNAL, SIGTERM,
		"say:stopping stop-group:TERM", STATE_STOPPING };

	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, stop,
	    { 5, EVENT_APP_KILLED, SIGTERM, "say:stop-status terminate-rest",
	      STATE_SWEEPING });
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, stop,
	    { 5, EVENT_APP_EXITED, 143, "say:stop-status terminate-rest",
	      STATE_SWEEPING });
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, stop,
	    { 5, EVENT_APP_EXITED, 0, "terminate-rest", STATE_SWEEPING });
	limits.ok_stop = true;
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, stop,
	    { 5, EVENT_APP_EXITED, 143, "terminate-rest", STATE_SWEEPING });
}

Test(lifecycle, the_end_after_a_relayed_signal_points_to_stop_signal)
{
	struct limits limits = plain_limits();
	const struct line quit = { 1, EVENT_SIGNAL, SIGQUIT,
		"group:QUIT", STATE_READY };

	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, quit,
	    { 30000, EVENT_APP_EXITED, 0,
	      "name-left say:relayed-end terminate-all", STATE_SWEEPING });
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, quit,
	    { 30001, EVENT_APP_EXITED, 0, "name-left terminate-all",
	      STATE_SWEEPING });
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, quit,
	    { 60000, EVENT_APP_KILLED, SIGQUIT,
	      "name-left say:relayed-end terminate-all", STATE_SWEEPING });
	play(&limits, { 0, EVENT_EXECUTED, 0, "", STATE_READY }, quit,
	    { 9, EVENT_APP_KILLED, SIGSEGV,
	      "name-left say:app-killed terminate-all", STATE_SWEEPING });
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGCONT, "lend-terminal group:CONT",
	      STATE_READY },
	    { 2, EVENT_APP_EXITED, 0, "name-left terminate-all",
	      STATE_SWEEPING });
}

Test(lifecycle, the_budget_stops_the_app_with_the_first_stop_signal_rewritten)
{
	struct limits limits = gated_limits();

	limits.signals.stop = signals_bit(SIGINT) | signals_bit(SIGTERM);
	limits.signals.first_stop = SIGINT;
	limits.signals.rewrite[SIGINT] = SIGQUIT;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 30000, EVENT_TIMEOUT, 0, "say:budget-over stop-helper "
	      "announce-end:budget stop-group:QUIT", STATE_STOPPING },
	    { 39000, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING },
	    { 39001, EVENT_APP_EXITED, 137, "", STATE_KILLING },
	    { 39001, EVENT_CHILDREN_GONE, 0, "report:budget exit:124",
	      STATE_ENDED });
}

/* The map drops signals that arrive, and this one is dinit's own. */
Test(lifecycle, the_budget_stops_the_app_though_the_stop_signal_is_dropped)
{
	struct limits limits = gated_limits();

	limits.signals.rewrite[SIGTERM] = 0;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_SIGNAL, SIGTERM, "", STATE_STARTING },
	    { 30000, EVENT_TIMEOUT, 0, "say:budget-over stop-helper "
	      "announce-end:budget stop-group:TERM", STATE_STOPPING });
}

Test(lifecycle, a_lost_health_helper_fails_the_start)
{
	struct limits limits = gated_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_HELPER_LOST, 0, "say:helper-lost stop-helper "
	      "announce-end:helper-lost stop-group:TERM",
	      STATE_STOPPING },
	    { 20, EVENT_APP_EXITED, 143, "terminate-rest", STATE_SWEEPING },
	    { 20, EVENT_CHILDREN_GONE, 0, "report:helper-lost exit:124",
	      STATE_ENDED });
}

static struct limits
monitored_limits(void)
{
	struct limits limits = gated_limits();

	limits.monitor_failures = 3;
	return limits;
}

Test(lifecycle, monitoring_goes_on_and_withdraws_after_failures_in_a_row)
{
	struct limits limits = monitored_limits();

	limits.drain_ms = 5000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_UNHEALTHY, 0, "", STATE_STARTING },
	    { 20, EVENT_UNHEALTHY, 0, "", STATE_STARTING },
	    { 30, EVENT_UNHEALTHY, 0, "", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 2000, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 3000, EVENT_HEALTHY, 0, "", STATE_READY },
	    { 4000, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 5000, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 6000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	    STATE_UNREADY },
	    { 7000, EVENT_UNHEALTHY, 0, "", STATE_UNREADY },
	    { 8000, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 8001, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 9000, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 9100, EVENT_SIGNAL, SIGTERM,
	    "withdraw stop-helper announce-end:stop say:draining",
	    STATE_DRAINING },
	    { 9200, EVENT_UNHEALTHY, 0, "", STATE_DRAINING },
	    { 9300, EVENT_HEALTHY, 0, "", STATE_DRAINING });
}

Test(lifecycle, an_unready_app_is_not_drained)
{
	struct limits limits = monitored_limits();

	limits.drain_ms = 5000;
	limits.monitor_failures = 1;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	    STATE_UNREADY },
	    { 1001, EVENT_SIGNAL, SIGHUP, "group:HUP", STATE_UNREADY },
	    { 1002, EVENT_APP_STOPPED, SIGTSTP, "suspend:TSTP",
	    STATE_UNREADY },
	    { 1100, EVENT_SIGNAL, SIGTERM, "stop-helper announce-end:stop "
	    "say:stopping stop-group:TERM", STATE_STOPPING });
}

Test(lifecycle, an_unready_app_may_end)
{
	struct limits limits = monitored_limits();

	limits.monitor_failures = 1;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	    STATE_UNREADY },
	    { 2000, EVENT_APP_EXITED, 3,
	    "name-left stop-helper announce-end:app terminate-all",
	      STATE_SWEEPING },
	    { 2001, EVENT_CHILDREN_GONE, 0, "report:app exit:3", STATE_ENDED });
}

Test(lifecycle, a_publication_that_waits_is_off_when_a_check_has_failed)
{
	struct limits limits = monitored_limits();

	limits.monitor_failures = 1;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 50, EVENT_UNHEALTHY, 0, "", STATE_STARTING },
	    { 141, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 150, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 151, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	    STATE_UNREADY },
	    { 2000, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 2001, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 2050, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 2101, EVENT_TIMEOUT, 0, "publish", STATE_UNREADY },
	    { 2102, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 2110, EVENT_UNHEALTHY, 0, "", STATE_UNREADY },
	    { 2202, EVENT_TIMEOUT, 0, "", STATE_UNREADY });
}

Test(lifecycle, a_lost_health_helper_withdraws_readiness_for_good)
{
	struct limits limits = monitored_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_HELPER_LOST, 0, "withdraw say:unready-for-good",
	    STATE_UNREADY },
	    { 1100, EVENT_SIGNAL, SIGTERM, "stop-helper announce-end:stop "
	    "say:stopping stop-group:TERM", STATE_STOPPING });
	limits.monitor_failures = 1;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 900, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	    STATE_UNREADY },
	    { 1000, EVENT_HELPER_LOST, 0, "say:unready-for-good",
	    STATE_UNREADY });
}

Test(lifecycle, a_silent_health_helper_counts_as_a_failed_check)
{
	struct limits limits = monitored_limits();

	limits.silence_ms = 500;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 539, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 540, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 1040, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 1100, EVENT_HEALTHY, 0, "", STATE_READY },
	    { 1600, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 1700, EVENT_UNHEALTHY, 0, "", STATE_READY },
	    { 2200, EVENT_TIMEOUT, 0, "withdraw say:helper-silent",
	    STATE_UNREADY },
	    { 9000, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    /* The helper reports again. */
	    { 9100, EVENT_UNHEALTHY, 0, "", STATE_UNREADY },
	    { 9200, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 9201, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY });
}

Test(lifecycle, a_publication_that_waits_is_off_when_the_helper_is_silent)
{
	struct limits limits = monitored_limits();

	limits.silence_ms = 150;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 41, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 141, EVENT_TIMEOUT, 0, "publish", STATE_STARTING },
	    { 142, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 190, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 242, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 300, EVENT_HEALTHY, 0, "publish", STATE_STARTING });
}

static int64_t
deadline_once_ready(const struct limits *limits)
{
	struct lifecycle lc;

	lifecycle_init(&lc, limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	step(&lc, 1000, EVENT_HEALTHY, 0);
	step(&lc, 1000, EVENT_PUBLISHED, 0);
	return lifecycle_deadline(&lc);
}

Test(lifecycle, a_ready_container_waits_for_nothing_but_the_next_report)
{
	struct limits limits = monitored_limits();

	cr_expect_eq(deadline_once_ready(&limits), INT64_MAX,
	    "a check may take as long as it likes");
	limits.silence_ms = 500;
	cr_expect_eq(deadline_once_ready(&limits), 1500);
}

/* Readiness may be lost by one failed check, and has a second to come back. */
static struct limits
recovering_limits(void)
{
	struct limits limits = monitored_limits();

	limits.monitor_failures = 1;
	limits.recovery_ms = 1000;
	limits.drain_ms = 5000;
	return limits;
}

Test(lifecycle, an_app_that_is_not_ready_again_in_time_is_stopped_undrained)
{
	struct limits limits = recovering_limits();

	limits.ok_stop = true;
	limits.ok_exit[123 / 64] |= UINT64_C(1) << 123 % 64;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 5000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 5000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 9000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	      STATE_UNREADY },
	    { 9500, EVENT_UNHEALTHY, 0, "", STATE_UNREADY },
	    { 9999, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 10000, EVENT_TIMEOUT, 0, "say:recovery-over stop-helper "
	      "announce-end:recovery stop-group:TERM", STATE_STOPPING },
	    { 10010, EVENT_SIGNAL, SIGTERM, "stop-group:TERM",
	      STATE_STOPPING },
	    { 10020, EVENT_APP_EXITED, 143, "terminate-rest", STATE_SWEEPING },
	    { 10020, EVENT_CHILDREN_GONE, 0, "report:recovery exit:123",
	      STATE_ENDED });
}

Test(lifecycle, an_app_that_is_ready_again_in_time_has_lost_nothing)
{
	struct limits limits = recovering_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 40, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	      STATE_UNREADY },
	    { 1900, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 1900, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 2000, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 2500, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	      STATE_UNREADY },
	    { 3499, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 3500, EVENT_TIMEOUT, 0, "say:recovery-over stop-helper "
	      "announce-end:recovery stop-group:TERM", STATE_STOPPING });
}

Test(lifecycle, a_stop_while_the_app_may_recover_is_an_ordinary_one)
{
	struct limits limits = recovering_limits();

	limits.ok_stop = true;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 40, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	      STATE_UNREADY },
	    { 1900, EVENT_SIGNAL, SIGTERM, "stop-helper announce-end:stop "
	      "say:stopping stop-group:TERM", STATE_STOPPING },
	    { 2500, EVENT_TIMEOUT, 0, "", STATE_STOPPING },
	    { 2600, EVENT_APP_EXITED, 143, "terminate-rest", STATE_SWEEPING },
	    { 2600, EVENT_CHILDREN_GONE, 0, "report:stop exit:0",
	      STATE_ENDED });
}

/* Neither does it begin again when the helper is lost in the meantime. */
Test(lifecycle, the_recovery_budget_runs_on_while_nothing_can_be_published)
{
	struct limits limits = recovering_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 40, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 40, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1000, EVENT_UNHEALTHY, 0, "withdraw say:unhealthy",
	      STATE_UNREADY },
	    { 1890, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 1891, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 1991, EVENT_TIMEOUT, 0, "publish", STATE_UNREADY },
	    { 1992, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 1995, EVENT_HELPER_LOST, 0, "say:unready-for-good",
	      STATE_UNREADY },
	    { 2000, EVENT_TIMEOUT, 0, "say:recovery-over stop-helper "
	      "announce-end:recovery stop-group:TERM", STATE_STOPPING });
}

static struct limits
notified_limits(void)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_APP;
	return limits;
}

Test(lifecycle, an_app_that_tells_is_ready_when_it_says_so)
{
	struct limits limits = notified_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 700, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 700, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 800, EVENT_HEALTHY, 0, "", STATE_READY },
	    { 900, EVENT_SIGNAL, SIGTERM, "withdraw announce-end:stop "
	      "say:stopping stop-group:TERM", STATE_STOPPING },
	    { 910, EVENT_APP_STOPPING, 0, "", STATE_STOPPING },
	    { 920, EVENT_HEALTHY, 0, "", STATE_STOPPING },
	    { 930, EVENT_APP_EXITED, 0, "stop-helper terminate-rest",
	      STATE_SWEEPING });
}

Test(lifecycle, an_app_that_nobody_can_hear_is_not_ready)
{
	struct limits limits = notified_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_HELPER_LOST, 0, "say:helper-lost "
	      "announce-end:helper-lost stop-group:TERM", STATE_STOPPING });
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 10, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 20, EVENT_HELPER_LOST, 0, "withdraw say:unready-for-good",
	      STATE_UNREADY });
}

Test(lifecycle, an_app_that_says_that_it_stops_is_unready_and_may_come_back)
{
	struct limits limits = notified_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 500, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 501, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 502, EVENT_APP_STOPPING, 0, "", STATE_STARTING },
	    { 601, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 700, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 701, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 800, EVENT_APP_STOPPING, 0, "withdraw say:app-stopping",
	      STATE_UNREADY },
	    { 801, EVENT_APP_STOPPING, 0, "", STATE_UNREADY },
	    { 802, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 803, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 804, EVENT_APP_STOPPING, 0, "withdraw say:app-stopping",
	      STATE_UNREADY },
	    { 900, EVENT_APP_EXITED, 0, "name-left announce-end:app "
	      "stop-helper terminate-all", STATE_SWEEPING });
}

Test(lifecycle, an_app_that_says_that_it_stops_has_no_need_to_recover)
{
	struct limits limits = notified_limits();

	limits.recovery_ms = 1000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 500, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 501, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 600, EVENT_APP_STOPPING, 0, "withdraw say:app-stopping",
	      STATE_UNREADY },
	    { 1700, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    /* But nobody can hear any more whether it does. */
	    { 2000, EVENT_HELPER_LOST, 0, "say:unready-for-good",
	      STATE_UNREADY },
	    { 2999, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 3000, EVENT_TIMEOUT, 0, "say:recovery-over "
	      "announce-end:recovery stop-group:TERM", STATE_STOPPING });
}

static struct limits
watched_limits(void)
{
	struct limits limits = notified_limits();

	limits.silence_ms = 500;
	return limits;
}

Test(lifecycle, an_app_that_misses_its_watchdog_is_unready_until_it_is_alive)
{
	struct limits limits = watched_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 100, EVENT_ALIVE, 0, "", STATE_STARTING },
	    { 900, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1400, EVENT_ALIVE, 0, "", STATE_READY },
	    { 1899, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 1900, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY },
	    { 5000, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 6000, EVENT_ALIVE, 0, "publish", STATE_UNREADY },
	    { 6000, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 6500, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY },
	    { 7000, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 7000, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY });
}

/* The file cannot be written for longer than the watchdog waits. */
Test(lifecycle, the_watchdog_begins_when_readiness_is_published)
{
	struct limits limits = watched_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISH_FAILED, 0, "", STATE_STARTING },
	    { 1600, EVENT_TIMEOUT, 0, "publish", STATE_STARTING },
	    { 1600, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 2099, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 2100, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY },
	    { 3000, EVENT_ALIVE, 0, "publish", STATE_UNREADY },
	    { 3000, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 3500, EVENT_TIMEOUT, 0, "", STATE_UNREADY },
	    { 3600, EVENT_ALIVE, 0, "publish", STATE_UNREADY });
}

Test(lifecycle, an_app_that_fails_by_its_own_account_has_missed_its_watchdog)
{
	struct limits limits = watched_limits();

	limits.recovery_ms = 1000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_APP_FAILED, 0, "", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1100, EVENT_APP_FAILED, 0, "withdraw say:app-failed",
	      STATE_UNREADY },
	    { 1200, EVENT_APP_FAILED, 0, "", STATE_UNREADY },
	    { 2100, EVENT_TIMEOUT, 0, "say:recovery-over "
	      "announce-end:recovery stop-group:TERM", STATE_STOPPING },
	    { 2110, EVENT_APP_FAILED, 0, "", STATE_STOPPING },
	    { 2120, EVENT_ALIVE, 0, "", STATE_STOPPING });
	/* As sd_notify(3) says, this takes no watchdog. */
	limits.silence_ms = 0;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1100, EVENT_APP_FAILED, 0, "withdraw say:app-failed",
	      STATE_UNREADY },
	    { 1200, EVENT_ALIVE, 0, "publish", STATE_UNREADY },
	    { 1200, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 9999, EVENT_TIMEOUT, 0, "", STATE_READY });
}

Test(lifecycle, an_app_that_stops_by_itself_may_be_alive_without_being_ready)
{
	struct limits limits = watched_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1500, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY },
	    { 1600, EVENT_APP_STOPPING, 0, "", STATE_UNREADY },
	    { 1700, EVENT_ALIVE, 0, "", STATE_UNREADY },
	    { 1800, EVENT_HEALTHY, 0, "publish", STATE_UNREADY },
	    { 1801, EVENT_PUBLISH_FAILED, 0, "", STATE_UNREADY },
	    { 1900, EVENT_ALIVE, 0, "publish", STATE_UNREADY },
	    { 1900, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 2000, EVENT_APP_STOPPING, 0, "withdraw say:app-stopping",
	      STATE_UNREADY },
	    { 2100, EVENT_ALIVE, 0, "", STATE_UNREADY });
}

Test(lifecycle, an_app_may_set_its_watchdog_but_not_get_one)
{
	struct limits limits = watched_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_WATCHDOG_SET, 2000, "", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 2999, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 2999, EVENT_WATCHDOG_SET, 100, "", STATE_READY },
	    { 3099, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY },
	    { 3100, EVENT_WATCHDOG_SET, 0, "", STATE_UNREADY },
	    { 3200, EVENT_ALIVE, 0, "publish", STATE_UNREADY },
	    { 3200, EVENT_PUBLISHED, 0, "say:ready-again", STATE_READY },
	    { 99999, EVENT_TIMEOUT, 0, "", STATE_READY },
	    { 99999, EVENT_WATCHDOG_SET, 100, "", STATE_READY },
	    { 100099, EVENT_TIMEOUT, 0, "withdraw say:watchdog-missed",
	      STATE_UNREADY });
	limits.silence_ms = 0;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 10, EVENT_WATCHDOG_SET, 100, "", STATE_STARTING },
	    { 1000, EVENT_HEALTHY, 0, "publish", STATE_STARTING },
	    { 1000, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 1010, EVENT_WATCHDOG_SET, 100, "", STATE_READY },
	    { 9999, EVENT_TIMEOUT, 0, "", STATE_READY });
}

Test(lifecycle, an_app_may_ask_for_more_time_to_start_but_not_for_less)
{
	struct limits limits = notified_limits();

	limits.budget_ms = 1000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 100, EVENT_EXTENDED, 500, "", STATE_STARTING },
	    { 700, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 900, EVENT_EXTENDED, 500, "", STATE_STARTING },
	    { 1000, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 1399, EVENT_TIMEOUT, 0, "", STATE_STARTING },
	    { 1400, EVENT_TIMEOUT, 0, "say:budget-over announce-end:budget "
	      "stop-group:TERM", STATE_STOPPING });
	limits.budget_ms = 0;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 100, EVENT_EXTENDED, 500, "", STATE_STARTING },
	    { 700, EVENT_TIMEOUT, 0, "", STATE_STARTING });
}

Test(lifecycle, withdraws_readiness_before_relaying_sigterm)
{
	struct limits limits = gated_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 9, EVENT_HEALTHY, 0, "stop-helper publish", STATE_STARTING },
	    { 9, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 50, EVENT_SIGNAL, SIGTERM, "withdraw stop-helper "
	      "announce-end:stop say:stopping stop-group:TERM",
	      STATE_STOPPING });
}

Test(lifecycle, drains_before_it_relays_and_the_grace_runs_from_the_relay)
{
	struct limits limits = plain_limits();

	limits.drain_ms = 5000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 100, EVENT_SIGNAL, SIGTERM, "say:draining", STATE_DRAINING },
	    { 200, EVENT_SIGNAL, SIGHUP, "group:HUP", STATE_DRAINING },
	    { 5099, EVENT_TIMEOUT, 0, "", STATE_DRAINING },
	    { 5100, EVENT_TIMEOUT, 0, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 14099, EVENT_TIMEOUT, 0, "", STATE_STOPPING },
	    { 14100, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING });
}

Test(lifecycle, a_second_stop_signal_skips_the_drain_and_both_are_relayed)
{
	struct limits limits = plain_limits();

	limits.drain_ms = 5000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 100, EVENT_SIGNAL, SIGTERM, "say:draining", STATE_DRAINING },
	    { 200, EVENT_SIGNAL, SIGINT, "say:stopping stop-group:TERM "
	      "stop-group:INT", STATE_STOPPING });
}

Test(lifecycle, an_app_that_was_never_ready_is_not_drained)
{
	struct limits limits = gated_limits();

	limits.drain_ms = 5000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 100, EVENT_SIGNAL, SIGTERM, "stop-helper announce-end:stop "
	      "say:stopping stop-group:TERM", STATE_STOPPING },
	    { 101, EVENT_HEALTHY, 0, "", STATE_STOPPING },
	    { 102, EVENT_HELPER_LOST, 0, "", STATE_STOPPING });
}

Test(lifecycle, later_stop_signals_are_relayed_and_do_not_restart_the_clock)
{
	struct limits limits = plain_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 100, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 8000, EVENT_SIGNAL, SIGINT, "stop-group:INT",
	      STATE_STOPPING },
	    { 8100, EVENT_SIGNAL, SIGUSR1, "group:USR1", STATE_STOPPING },
	    { 9100, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING });
}

Test(lifecycle, rewrites_drops_and_aims_signals_by_the_one_that_arrived)
{
	struct limits limits = plain_limits();

	limits.signals.rewrite[SIGTERM] = SIGQUIT;
	limits.signals.rewrite[SIGHUP] = 0;
	limits.signals.main_only = signals_bit(SIGTERM) |
	    signals_bit(SIGUSR1);
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGHUP, "", STATE_READY },
	    { 2, EVENT_SIGNAL, SIGUSR1, "main:USR1", STATE_READY },
	    { 3, EVENT_SIGNAL, SIGQUIT, "group:QUIT", STATE_READY },
	    { 4, EVENT_SIGNAL, SIGTERM, "say:stopping stop-main:QUIT",
	      STATE_STOPPING });
}

Test(lifecycle, a_stop_signal_rewritten_to_nothing_has_no_effect)
{
	struct limits limits = plain_limits();

	limits.signals.rewrite[SIGTERM] = 0;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 4, EVENT_SIGNAL, SIGTERM, "", STATE_READY },
	    { 5, EVENT_SIGNAL, SIGINT, "say:stopping stop-group:INT",
	      STATE_STOPPING });
}

/* The log names it. */
Test(lifecycle, keeps_in_mind_which_signal_has_begun_the_stop)
{
	const struct event events[] = {
		{ .now = 0, .type = EVENT_EXECUTED },
		{ .now = 1, .type = EVENT_SIGNAL, .arg = SIGINT },
		{ .now = 2, .type = EVENT_SIGNAL, .arg = SIGTERM },
	};
	struct limits limits = plain_limits();
	struct lifecycle lc;

	lifecycle_init(&lc, &limits);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct actions actions;

		lifecycle_step(&lc, &events[i], &actions);
	}
	cr_expect_eq(lc.stop_signal, SIGINT);
}

Test(lifecycle, the_same_stop_signal_again_skips_the_drain_but_is_relayed_once)
{
	struct limits limits = plain_limits();

	limits.drain_ms = 5000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 100, EVENT_SIGNAL, SIGINT, "say:draining", STATE_DRAINING },
	    { 200, EVENT_SIGNAL, SIGINT, "say:stopping stop-group:INT",
	      STATE_STOPPING });
}

Test(lifecycle, leftovers_get_the_rest_of_the_grace_of_a_stop)
{
	struct limits limits = plain_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 100, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 8000, EVENT_APP_EXITED, 0, "terminate-rest", STATE_SWEEPING },
	    { 8001, EVENT_SIGNAL, SIGTERM, "", STATE_SWEEPING },
	    { 9100, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING },
	    { 9101, EVENT_CHILDREN_GONE, 0, "report:stop exit:0",
	      STATE_ENDED });
}

Test(lifecycle, leftovers_get_a_fresh_grace_when_no_stop_was_under_way)
{
	struct limits limits = plain_limits();

	limits.drain_ms = 1000;
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 50, EVENT_SIGNAL, SIGTERM, "say:draining", STATE_DRAINING },
	    { 100, EVENT_APP_EXITED, 7, "terminate-all", STATE_SWEEPING },
	    { 9099, EVENT_TIMEOUT, 0, "", STATE_SWEEPING },
	    { 9100, EVENT_TIMEOUT, 0, "say:grace-over kill-all",
	      STATE_KILLING },
	    { 9101, EVENT_CHILDREN_GONE, 0, "report:stop exit:7",
	      STATE_ENDED });
}

Test(lifecycle, the_end_of_a_ready_app_withdraws_readiness_first)
{
	struct limits limits = gated_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "start-helper", STATE_STARTING },
	    { 9, EVENT_HEALTHY, 0, "stop-helper publish", STATE_STARTING },
	    { 9, EVENT_PUBLISHED, 0, "say:ready", STATE_READY },
	    { 50, EVENT_APP_EXITED, 1, "withdraw name-left stop-helper "
	      "announce-end:app terminate-all", STATE_SWEEPING });
}

Test(lifecycle, kills_again_and_leaves_one_second_after_sigkill)
{
	struct limits limits = plain_limits();
	struct lifecycle lc;
	struct actions actions;

	limits.grace_ms = 0;
	lifecycle_init(&lc, &limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	step(&lc, 10, EVENT_SIGNAL, SIGTERM);
	step(&lc, 10, EVENT_TIMEOUT, 0);
	cr_assert_eq(lc.state, STATE_KILLING);
	for (int64_t now = 110; now < 1010; now += KILL_AGAIN_MS) {
		cr_assert_eq(lifecycle_deadline(&lc), now);
		actions = step(&lc, now, EVENT_TIMEOUT, 0);
		cr_assert_str_eq(describe(&actions), "kill-all");
	}
	actions = step(&lc, 1010, EVENT_TIMEOUT, 0);
	cr_assert_str_eq(describe(&actions),
	    "say:unkillable report:kill exit:137");
}

Test(lifecycle, suspends_with_the_app_only_while_no_deadline_of_a_stop_runs)
{
	struct limits limits = plain_limits();

	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_APP_STOPPED, SIGTSTP, "suspend:TSTP", STATE_READY },
	    { 2, EVENT_SIGNAL, SIGCONT, "lend-terminal group:CONT",
	      STATE_READY },
	    { 3, EVENT_SIGNAL, SIGTERM, "say:stopping stop-group:TERM",
	      STATE_STOPPING },
	    { 4, EVENT_APP_STOPPED, SIGTSTP, "", STATE_STOPPING });
}

Test(lifecycle, the_sweep_spares_those_whom_the_stop_signal_has_reached)
{
	struct limits limits = plain_limits();

	limits.signals.main_only = signals_bit(SIGTERM);
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGTERM, "say:stopping stop-main:TERM",
	      STATE_STOPPING },
	    { 2, EVENT_APP_EXITED, 0, "terminate-all", STATE_SWEEPING });
	play(&limits,
	    { 0, EVENT_EXECUTED, 0, "", STATE_READY },
	    { 1, EVENT_SIGNAL, SIGTERM, "say:stopping stop-main:TERM",
	      STATE_STOPPING },
	    { 2, EVENT_SIGNAL, SIGINT, "stop-group:INT", STATE_STOPPING },
	    { 3, EVENT_APP_EXITED, 0, "terminate-rest", STATE_SWEEPING });
}

Test(lifecycle, a_pause_ends_with_a_stop_signal_and_nothing_else)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_PAUSE;
	play(&limits,
	    { 0, EVENT_CHILDREN_GONE, 0, "", STATE_PAUSED },
	    { 1, EVENT_SIGNAL, SIGHUP, "", STATE_PAUSED },
	    { 2, EVENT_SIGNAL, SIGINT, "terminate-all look",
	      STATE_SWEEPING },
	    { 2, EVENT_ALL_GONE, 0, "report:stop exit:0", STATE_ENDED });
}

Test(lifecycle, a_stopped_pause_looks_until_the_last_process_is_gone)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_PAUSE;
	play(&limits,
	    { 0, EVENT_SIGNAL, SIGTERM, "terminate-all look",
	      STATE_SWEEPING },
	    { 1, EVENT_CHILDREN_GONE, 0, "look", STATE_SWEEPING },
	    { 20, EVENT_TIMEOUT, 0, "", STATE_SWEEPING },
	    { 21, EVENT_TIMEOUT, 0, "look", STATE_SWEEPING },
	    { 41, EVENT_TIMEOUT, 0, "look", STATE_SWEEPING },
	    { 41, EVENT_ALL_GONE, 0, "report:stop exit:0", STATE_ENDED });
}

Test(lifecycle, a_stopped_pause_kills_what_outlives_the_grace)
{
	struct limits limits = plain_limits();

	limits.gate = GATE_PAUSE;
	play(&limits,
	    { 0, EVENT_SIGNAL, SIGTERM, "terminate-all look",
	      STATE_SWEEPING },
	    { 9000, EVENT_TIMEOUT, 0, "say:grace-over kill-all look",
	      STATE_KILLING },
	    { 9020, EVENT_TIMEOUT, 0, "look", STATE_KILLING },
	    { 9020, EVENT_ALL_GONE, 0, "report:stop exit:0", STATE_ENDED });
}

static int
exit_of(const struct actions *actions)
{
	cr_assert_eq(actions->count, 2);
	cr_assert_eq(actions->list[0].type, ACTION_REPORT);
	cr_assert_eq(actions->list[1].type, ACTION_EXIT);
	return actions->list[1].arg;
}

/* The exit status if COMMAND ends AT ms after SIGTERM, with STATUS. */
static int
status_after_stop(const struct limits *limits, int64_t at, int status)
{
	struct lifecycle lc;
	struct actions actions;

	lifecycle_init(&lc, limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	step(&lc, 0, EVENT_SIGNAL, SIGTERM);
	if (at >= limits->grace_ms)
		step(&lc, limits->grace_ms, EVENT_TIMEOUT, 0);
	step(&lc, at, EVENT_APP_EXITED, status);
	actions = step(&lc, at, EVENT_CHILDREN_GONE, 0);
	return exit_of(&actions);
}

static int
status_without_stop(const struct limits *limits, int status)
{
	struct lifecycle lc;
	struct actions actions;

	lifecycle_init(&lc, limits);
	step(&lc, 0, EVENT_EXECUTED, 0);
	step(&lc, 1, EVENT_APP_EXITED, status);
	actions = step(&lc, 1, EVENT_CHILDREN_GONE, 0);
	return exit_of(&actions);
}

Test(lifecycle, ok_stop_forgives_just_the_relayed_signal_in_time)
{
	struct limits limits = plain_limits();

	cr_assert_eq(status_after_stop(&limits, 5, 143), 143);
	limits.ok_stop = true;
	cr_assert_eq(status_after_stop(&limits, 5, 143), 0);
	cr_assert_eq(status_after_stop(&limits, 5, 0), 0);
	cr_assert_eq(status_after_stop(&limits, 5, 130), 130);
	cr_assert_eq(status_after_stop(&limits, 5, 15), 15);
	cr_assert_eq(status_after_stop(&limits, 5, 128), 128);
	cr_assert_eq(status_after_stop(&limits, 5, 255), 255);
	cr_assert_eq(status_after_stop(&limits, 9001, 137), 137);
	cr_assert_eq(status_after_stop(&limits, 9001, 143), 143);
	cr_assert_eq(status_without_stop(&limits, 143), 143);
	limits.signals.rewrite[SIGTERM] = SIGQUIT;
	cr_assert_eq(status_after_stop(&limits, 5, 143), 143);
	cr_assert_eq(status_after_stop(&limits, 5, 131), 0);
}

Test(lifecycle, ok_exit_forgives_the_listed_codes_at_any_time)
{
	struct limits limits = plain_limits();

	limits.ok_exit[0] = UINT64_C(1) << 3;
	limits.ok_exit[255 / 64] |= UINT64_C(1) << 255 % 64;
	for (int status = 0; status < 256; status++) {
		int expected = status == 3 || status == 255 ? 0 : status;

		cr_assert_eq(status_without_stop(&limits, status), expected);
		cr_assert_eq(status_after_stop(&limits, 1, status), expected);
	}
}

/* A lifecycle of LIMITS, brought to STATE. */
static struct lifecycle
machine_in(enum state state, const struct limits *limits)
{
	static const struct {
		enum event_type event;
		int arg;
	} ways[STATE_COUNT][6] = {
		[STATE_LAUNCHING] = { { EVENT_COUNT, 0 } },
		[STATE_PAUSED] = { { EVENT_COUNT, 0 } },
		[STATE_STARTING] = { { EVENT_EXECUTED, 0 },
		    { EVENT_COUNT, 0 } },
		[STATE_READY] = { { EVENT_EXECUTED, 0 }, { EVENT_HEALTHY, 0 },
		    { EVENT_PUBLISHED, 0 }, { EVENT_COUNT, 0 } },
		[STATE_UNREADY] = { { EVENT_EXECUTED, 0 },
		    { EVENT_HEALTHY, 0 }, { EVENT_PUBLISHED, 0 },
		    { EVENT_UNHEALTHY, 0 }, { EVENT_COUNT, 0 } },
		[STATE_DRAINING] = { { EVENT_EXECUTED, 0 },
		    { EVENT_HEALTHY, 0 }, { EVENT_PUBLISHED, 0 },
		    { EVENT_SIGNAL, SIGTERM }, { EVENT_COUNT, 0 } },
		[STATE_STOPPING] = { { EVENT_EXECUTED, 0 },
		    { EVENT_SIGNAL, SIGTERM }, { EVENT_COUNT, 0 } },
		[STATE_KILLING] = { { EVENT_EXECUTED, 0 },
		    { EVENT_SIGNAL, SIGTERM }, { EVENT_TIMEOUT, 0 },
		    { EVENT_COUNT, 0 } },
		[STATE_SWEEPING] = { { EVENT_EXECUTED, 0 },
		    { EVENT_APP_EXITED, 3 }, { EVENT_COUNT, 0 } },
		[STATE_ENDED] = { { EVENT_EXECUTED, 0 },
		    { EVENT_APP_EXITED, 3 }, { EVENT_CHILDREN_GONE, 0 },
		    { EVENT_COUNT, 0 } },
	};
	struct lifecycle lc;

	lifecycle_init(&lc, limits);
	for (size_t i = 0; ways[state][i].event != EVENT_COUNT; i++)
		step(&lc, ways[state][i].event == EVENT_TIMEOUT ?
		    limits->grace_ms : 0, ways[state][i].event,
		    ways[state][i].arg);
	cr_assert_eq(lc.state, state, "%s is not reached, but %s",
	    lifecycle_state_name(state), lifecycle_state_name(lc.state));
	return lc;
}

static bool
has_action(const struct actions *actions, enum action_type type)
{
	for (unsigned int i = 0; i < actions->count; i++)
		if (actions->list[i].type == type)
			return true;
	return false;
}

/* What must hold after any event in any state. */
static void
check_pair(const struct lifecycle *before, const struct lifecycle *after,
    enum event_type event, const struct actions *actions)
{
	const char *pair = lifecycle_state_name(before->state);
	bool stopped = before->state >= STATE_DRAINING;

	cr_assert(actions->count <= ACTIONS_MAX);
	cr_assert(!(stopped && has_action(actions, ACTION_PUBLISH)),
	    "%s publishes on event %d", pair, event);
	cr_assert(!after->published || after->state == STATE_READY,
	    "%s is published after event %d", pair, event);
	cr_assert(has_action(actions, ACTION_EXIT) ==
	    (after->state == STATE_ENDED && before->state != STATE_ENDED),
	    "%s leaves without an exit on event %d", pair, event);
	cr_assert(before->published == after->published ||
	    event == EVENT_PUBLISHED || has_action(actions, ACTION_WITHDRAW),
	    "%s forgets the file on event %d", pair, event);
	cr_assert(!has_action(actions, ACTION_KILL_ALL) ||
	    event == EVENT_TIMEOUT, "%s kills on event %d", pair, event);
}

Test(lifecycle, every_event_in_every_state_keeps_the_rules)
{
	static const int64_t times[] = { 0, 1, 9000, 10000, 100000 };

	for (int state = 0; state < STATE_COUNT; state++) {
		struct limits limits = gated_limits();

		limits.drain_ms = 500;
		limits.monitor_failures = state == STATE_UNREADY;
		if (state == STATE_PAUSED)
			limits.gate = GATE_PAUSE;
		for (int event = 0; event < EVENT_COUNT; event++) {
			for (size_t i = 0; i < ARRAY_SIZE(times) * 64; i++) {
				struct lifecycle before = machine_in(
				    (enum state)state, &limits);
				struct lifecycle after = before;
				struct actions actions = step(&after,
				    times[i / 64], (enum event_type)event,
				    (int)(i % 64) + 1);

				check_pair(&before, &after,
				    (enum event_type)event, &actions);
			}
		}
	}
}

Test(lifecycle, the_timers_alone_lead_from_every_state_of_a_stop_to_the_exit)
{
	for (int state = STATE_DRAINING; state <= STATE_SWEEPING; state++) {
		struct limits limits = gated_limits();
		struct lifecycle lc;
		int steps = 0;

		limits.drain_ms = 500;
		lc = machine_in((enum state)state, &limits);
		while (lc.state != STATE_ENDED) {
			int64_t deadline = lifecycle_deadline(&lc);

			cr_assert_neq(deadline, INT64_MAX, "%s hangs",
			    lifecycle_state_name((enum state)state));
			step(&lc, deadline, EVENT_TIMEOUT, 0);
			cr_assert(++steps < 100);
		}
	}
}

/* True if the SIZE bytes at OFFSET take two values in what is explored. */
static bool
takes_two_values(size_t offset, size_t size)
{
	struct limits first;
	struct limits other;

	exploration_get_limits(0, &first);
	for (size_t i = 1; exploration_get_limits(i, &other); i++)
		if (memcmp((const char *)&first + offset,
		    (const char *)&other + offset, size) != 0)
			return true;
	return false;
}

/* The members of struct limits, and of the struct signal_policy in it. */
#define MEMBER(name, member) \
	{ name, offsetof(struct limits, member), \
	    sizeof(((struct limits *)NULL)->member) }
static const struct {
	const char *name;
	size_t offset;
	size_t size;
} members[] = {
	MEMBER("gate", gate),
	MEMBER("ok_stop", ok_stop),
	MEMBER("monitor_failures", monitor_failures),
	MEMBER("silence_ms", silence_ms),
	MEMBER("budget_ms", budget_ms),
	MEMBER("recovery_ms", recovery_ms),
	MEMBER("drain_ms", drain_ms),
	MEMBER("grace_ms", grace_ms),
	MEMBER("ok_exit", ok_exit),
	MEMBER("signals", signals),
	MEMBER("stop", signals.stop),
	MEMBER("first_stop", signals.first_stop),
	MEMBER("main_only", signals.main_only),
	MEMBER("rewrite", signals.rewrite),
};

/* Fails the test unless the limit NAME takes two values in the exploration. */
static void
expect_explored(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(members) && strcmp(members[i].name, name) != 0)
		i++;
	cr_assert(i < ARRAY_SIZE(members), "'%s' is not in members above",
	    name);
	cr_expect(takes_two_values(members[i].offset, members[i].size),
	    "the exploration knows but one value of '%s': see choose_limits",
	    name);
}

/* Expects two values of each member that HEADER gives STRUCTURE. */
static void
expect_members_explored(const char *header, const char *structure)
{
	const char *line = strstr(read_file(header), structure);
	int found = 0;

	cr_assert_not_null(line, "%s has no %s", header, structure);
	line += strlen(structure);
	while ((line = strchr(line, '\n') + 1)[0] != '}') {
		char name[64];

		/* Nothing matches a line that is only a comment. */
		if (sscanf(line, " enum %*s %63[a-z_]", name) == 1 ||
		    sscanf(line, " struct %*s %63[a-z_]", name) == 1 ||
		    sscanf(line, " unsigned %*s %63[a-z_]", name) == 1 ||
		    sscanf(line, " %*[a-z0-9_] %63[a-z_]", name) == 1) {
			found++;
			expect_explored(name);
		}
	}
	cr_expect_gt(found, 0);
}

Test(lifecycle, is_explored_with_two_values_of_each_limit)
{
	expect_members_explored(SOURCE_DIR "/init/life/lifecycle.h",
	    "\nstruct limits {");
	expect_members_explored(SOURCE_DIR "/init/base/signals.h",
	    "\nstruct signal_policy {");
}

/* And dinit-lifecycle(7) lists the ways between states as they are. */
Test(lifecycle, every_order_of_events_keeps_the_rules, .timeout = 300)
{
	static struct exploration exploration;

	exploration_run(&exploration);
	printf("lifecycle: %zu situations, %zu steps explored\n",
	    exploration.situations, exploration.steps);
	cr_assert(exploration.violation[0] == '\0', "%s",
	    exploration.violation);
	guides_expect_ways(&exploration);
}
