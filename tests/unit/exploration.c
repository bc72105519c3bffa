/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exploration.h"
#include "base/array.h"
#include "base/exit_status.h"

#define NEVER INT64_MAX

/* There are far fewer situations: a search that finds so many has no end. */
#define NODES_MAX 100000
#define SLOTS_MAX 262144 /* a power of two */

/* What makes the container ready, and whether that goes on afterwards. */
static const struct gating {
	enum gate gate;
	int monitor_failures;
	int64_t silence_ms;
	int64_t recovery_ms;
} gatings[] = {
	{ .gate = GATE_PAUSE },
	{ .gate = GATE_NONE },
	{ .gate = GATE_EXEC },
	{ .gate = GATE_APP },
	{ .gate = GATE_HEALTH },
	{ .gate = GATE_HEALTH, .monitor_failures = 2, .silence_ms = 250 },
	{ .gate = GATE_HEALTH, .monitor_failures = 2 },
	{ .gate = GATE_HEALTH, .monitor_failures = 1, .recovery_ms = 250 },
	{ .gate = GATE_APP, .silence_ms = 250, .recovery_ms = 250 },
};

/* How many combinations of the other settings there are: four bits. */
#define CHOICES 16

/* By its timers alone, each life that is stopped ends within so many steps. */
#define STEPS_MAX 100

/* What a bystander would know of a life from its events and actions. */
struct witness {
	bool is_published;
	bool is_stopping;       /* a stop was accepted, or the app has ended */
	bool has_helper;        /* that checks the app, or hears it */
	int held_signal;        /* a stop signal that is still to be relayed */
	int app_status;         /* -1: it runs */
	int failure_status;     /* 0: dinit has not given up */
	bool grace_over;        /* and the app had not ended by then */
	bool app_stops;         /* as it says */
	bool group_was_told;    /* a stop signal was relayed to the group */
	bool was_swept;         /* what is left was sent SIGTERM */
	uint64_t stops_sent;
	int64_t watchdog_ms;      /* of the app; 0: it has none */
	int64_t watchdog_at;      /* a ready app has missed it from then on */
	int64_t give_up_at;       /* the recovery budget is over */
	uint64_t others_sent;     /* signals that are no stop signals */
	int64_t slow_at;          /* not before: a start that takes long */
	int64_t kill_allowed_at;  /* SIGKILL, when the grace is over */
	int64_t leave_allowed_at; /* exit, though children are left */
};

struct node {
	struct lifecycle lc;
	struct witness witness;
};

/* One step of a life, which is checked. */
struct step {
	const struct limits *limits;
	const struct node *before;
	const struct event *event;
	const struct actions *actions;
	const struct node *after;
};

static struct node nodes[NODES_MAX];
static const struct node *slots[SLOTS_MAX]; /* by hash */
static size_t node_count;

static int
count_actions(const struct actions *actions, enum action_type type)
{
	int found = 0;

	for (unsigned int i = 0; i < actions->count; i++)
		found += actions->list[i].type == type;
	return found;
}

/* Place of the first action of TYPE; behind the last one if there is none. */
static unsigned int
place_of(const struct actions *actions, enum action_type type)
{
	unsigned int i = 0;

	while (i < actions->count && actions->list[i].type != type)
		i++;
	return i;
}

/* The relay of a stop signal, which SIGCONT follows. */
static bool
is_stop_relay(const struct action *action)
{
	return action->type == ACTION_STOP_GROUP ||
	    action->type == ACTION_STOP_MAIN;
}

static int
count_relays(const struct actions *actions, int signo)
{
	int found = 0;

	for (unsigned int i = 0; i < actions->count; i++)
		found += actions->list[i].arg == signo &&
		    (is_stop_relay(&actions->list[i]) ||
		    actions->list[i].type == ACTION_RELAY_TO_GROUP ||
		    actions->list[i].type == ACTION_RELAY_TO_MAIN);
	return found;
}

static int
count_stop_relays(const struct actions *actions)
{
	return count_actions(actions, ACTION_STOP_GROUP) +
	    count_actions(actions, ACTION_STOP_MAIN);
}

static int
count_sweeps(const struct actions *actions)
{
	return count_actions(actions, ACTION_TERMINATE_ALL) +
	    count_actions(actions, ACTION_TERMINATE_REST);
}

static bool
is_stop(const struct limits *limits, const struct event *event)
{
	return event->type == EVENT_SIGNAL &&
	    (limits->signals.stop & signals_bit(event->arg)) &&
	    limits->signals.rewrite[event->arg] != 0;
}

/* COMMAND has ended, one way or the other. */
static bool
is_app_end(const struct event *event)
{
	return event->type == EVENT_APP_EXITED ||
	    event->type == EVENT_APP_KILLED;
}

/* The exit status of an event of is_app_end. */
static int
status_of(const struct event *event)
{
	return event->type == EVENT_APP_KILLED ? 128 + event->arg : event->arg;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* --- What has to hold. Each gives NULL, or says what does not hold -------- */

static const char *
check_publication(const struct step *step)
{
	const struct witness *after = &step->after->witness;
	const struct actions *actions = step->actions;

	if (after->is_published != step->after->lc.published)
		return "it is mistaken about the file";
	if (after->is_published && step->after->lc.state != STATE_READY)
		return "the file is there though it is not ready";
	if (after->is_stopping && after->is_published)
		return "the file is there after a stop was accepted";
	if (step->before->witness.is_stopping &&
	    count_actions(actions, ACTION_PUBLISH) > 0)
		return "it publishes after a stop was accepted";
	if (count_actions(actions, ACTION_WITHDRAW) >
	    step->before->witness.is_published)
		return "it withdraws what was not published";
	return NULL;
}

/* The supervisor takes only the event that answers the last action. */
static const char *
check_answers(const struct step *step)
{
	static const enum action_type answered[] = {
		ACTION_START_HELPER, ACTION_PUBLISH, ACTION_LOOK,
	};
	const struct actions *actions = step->actions;

	for (size_t i = 0; i < ARRAY_SIZE(answered); i++)
		if (place_of(actions, answered[i]) + 1 < actions->count)
			return "it does something behind what is answered";
	return NULL;
}

static bool
has_file(const struct limits *limits)
{
	return limits->gate != GATE_PAUSE && limits->gate != GATE_NONE;
}

static const char *
check_order(const struct step *step)
{
	static const enum action_type tells[] = {
		ACTION_RELAY_TO_GROUP, ACTION_RELAY_TO_MAIN, ACTION_STOP_GROUP,
		ACTION_STOP_MAIN, ACTION_TERMINATE_ALL, ACTION_TERMINATE_REST,
	};
	const struct actions *actions = step->actions;
	unsigned int withdrawn = place_of(actions, ACTION_WITHDRAW);

	for (size_t i = 0; i < ARRAY_SIZE(tells); i++)
		if (withdrawn < actions->count &&
		    step->after->witness.is_stopping &&
		    place_of(actions, tells[i]) < withdrawn)
			return "it relays a stop before it withdraws readiness";
	if (!step->before->witness.is_stopping &&
	    step->after->witness.is_stopping && has_file(step->limits) &&
	    count_actions(actions, ACTION_ANNOUNCE_END) !=
	    (step->before->lc.state != STATE_ENDED))
		return "it does not announce the end just once";
	if (step->before->witness.is_stopping &&
	    count_actions(actions, ACTION_ANNOUNCE_END) > 0)
		return "it announces the end again";
	return NULL;
}

static const char *
check_helper(const struct step *step)
{
	const struct witness *after = &step->after->witness;
	const struct limits *limits = step->limits;

	if (after->has_helper && after->app_status >= 0)
		return "the helper goes on after the app's end";
	if (after->has_helper && after->is_stopping &&
	    limits->gate == GATE_HEALTH)
		return "the app is checked though a stop was accepted";
	if (limits->gate == GATE_APP && after->app_status < 0 &&
	    count_actions(step->actions, ACTION_STOP_HELPER) > 0)
		return "nobody hears what the app still has to say";
	if (step->event->type == EVENT_HELPER_LOST && after->is_published &&
	    (limits->gate == GATE_APP || limits->monitor_failures > 0))
		return "it is ready though nobody can tell any more";
	return NULL;
}

/* How often the signal that arrived is to be relayed in this step. */
static int
expected_relays(const struct step *step)
{
	int signo = step->event->arg;

	if (step->limits->signals.rewrite[signo] == 0)
		return 0;
	switch (step->before->lc.state) {
	case STATE_READY:
		return !is_stop(step->limits, step->event) ||
		    step->limits->drain_ms == 0;
	case STATE_STARTING:
	case STATE_UNREADY:
	case STATE_STOPPING:
	case STATE_DRAINING: /* it may be the one that is held back */
		return 1;
	case STATE_LAUNCHING:
	case STATE_KILLING:
	case STATE_SWEEPING:
	case STATE_PAUSED:
	case STATE_ENDED:
		break;
	}
	return 0;
}

/* The exit status of each message that says that dinit gives up. */
static const int failure_statuses[MESSAGE_COUNT] = {
	[MESSAGE_BUDGET_OVER] = EXIT_STATUS_BUDGET,
	[MESSAGE_HELPER_LOST] = EXIT_STATUS_BUDGET,
	[MESSAGE_RECOVERY_OVER] = EXIT_STATUS_RECOVERY,
};

/* The exit status with which dinit gives up in this step; 0: it does not. */
static int
status_of_giving_up(const struct step *step)
{
	for (unsigned int i = 0; i < step->actions->count; i++) {
		const struct action *action = &step->actions->list[i];

		if (action->type == ACTION_SAY &&
		    failure_statuses[action->arg] != 0)
			return failure_statuses[action->arg];
	}
	return 0;
}

static bool
gives_up(const struct step *step)
{
	return status_of_giving_up(step) != 0;
}

/* True if MESSAGE is said in this step. */
static bool
says(const struct step *step, enum message message)
{
	for (unsigned int i = 0; i < step->actions->count; i++)
		if (step->actions->list[i].type == ACTION_SAY &&
		    step->actions->list[i].arg == (int)message)
			return true;
	return false;
}

/* A ready app is unready when it misses its watchdog, and not before. */
static const char *
check_watchdog(const struct step *step)
{
	const struct witness *before = &step->before->witness;
	const struct witness *after = &step->after->witness;
	enum event_type event = step->event->type;
	int64_t now = step->event->now;

	if (step->limits->gate != GATE_APP)
		return NULL;
	if (says(step, MESSAGE_WATCHDOG_MISSED) && now < before->watchdog_at)
		return "it withdraws readiness before the watchdog is missed";
	if (event == EVENT_TIMEOUT && now >= before->watchdog_at &&
	    after->is_published)
		return "the watchdog is missed, but the app is ready";
	if (event == EVENT_APP_FAILED && after->is_published)
		return "the app has failed by its own account, but is ready";
	if (after->is_published &&
	    lifecycle_deadline(&step->after->lc) != after->watchdog_at)
		return "it is not woken when the watchdog is missed";
	if (event == EVENT_ALIVE && step->before->lc.state == STATE_UNREADY &&
	    (count_actions(step->actions, ACTION_PUBLISH) == 1) ==
	    before->app_stops)
		return "an app that is alive again is not ready just then";
	return NULL;
}

/* An app that is not ready again is given up on when that is due, not before. */
static const char *
check_recovery(const struct step *step)
{
	int64_t due = step->before->witness.give_up_at;
	int64_t now = step->event->now;
	bool is_over = status_of_giving_up(step) == EXIT_STATUS_RECOVERY;

	if (is_over && step->before->lc.state != STATE_UNREADY)
		return "an app that is not unready is given up on";
	if (is_over && now < due)
		return "it gives up before the recovery budget is over";
	if (step->event->type == EVENT_TIMEOUT && now >= due && !is_over)
		return "the recovery budget is over, but it does not give up";
	if (step->after->lc.state == STATE_UNREADY &&
	    lifecycle_deadline(&step->after->lc) >
	    step->after->witness.give_up_at)
		return "it is not woken when the recovery budget is over";
	return NULL;
}

/* What dinit itself sends is relayed even if the rewrite map drops it. */
static const char *
check_own_stop(const struct step *step)
{
	const struct signal_policy *policy = &step->limits->signals;
	int signo = policy->rewrite[policy->first_stop] != 0 ?
	    policy->rewrite[policy->first_stop] : policy->first_stop;

	if (gives_up(step) && count_relays(step->actions, signo) != 1)
		return "it gives up, but does not stop the app";
	return NULL;
}

static const char *
check_relay(const struct step *step)
{
	int held = step->before->witness.held_signal;
	int sent = step->event->type != EVENT_SIGNAL ? 0 :
	    step->limits->signals.rewrite[step->event->arg];

	if (step->event->type == EVENT_SIGNAL && sent != 0 &&
	    count_relays(step->actions, sent) != expected_relays(step))
		return "a signal is not relayed once";
	if (held != 0 && step->after->witness.held_signal == 0 &&
	    !is_app_end(step->event) &&
	    count_relays(step->actions,
	    step->limits->signals.rewrite[held]) != 1)
		return "the stop signal that was held back is not relayed once";
	return NULL;
}

static bool
is_just_relayed_to_group(const struct step *step)
{
	const struct action *only = step->actions->list;
	struct lifecycle noted = step->before->lc;

	lifecycle_note_relay(&noted, step->event->arg, step->event->now);
	return step->actions->count == 1 &&
	    only->type == ACTION_RELAY_TO_GROUP &&
	    only->arg == step->event->arg &&
	    memcmp(&noted, &step->after->lc, sizeof(noted)) == 0;
}

/* What is relayed without asking is what the step would have relayed. */
static const char *
check_passed_on(const struct step *step)
{
	uint64_t set = lifecycle_passed_on(&step->before->lc);

	if (step->event->type == EVENT_SIGNAL &&
	    is_just_relayed_to_group(step) !=
	    ((set & signals_bit(step->event->arg)) != 0))
		return "it is mistaken about a signal that needs no decision";
	return NULL;
}

/* How many stop signals may be relayed in this step. */
static int
allowed_stops(const struct step *step)
{
	return gives_up(step) + is_stop(step->limits, step->event) +
	    (step->before->witness.held_signal != 0);
}

/* No process gets a stop signal from dinit twice unless two arrived. */
static const char *
check_telling(const struct step *step)
{
	const struct witness *before = &step->before->witness;
	const struct actions *actions = step->actions;

	if (count_stop_relays(actions) > allowed_stops(step))
		return "it relays a stop signal that nobody sent";
	if (before->was_swept &&
	    count_stop_relays(actions) + count_sweeps(actions) > 0)
		return "it tells what is left a second time";
	if (before->group_was_told &&
	    count_actions(actions, ACTION_TERMINATE_ALL) > 0)
		return "the sweep tells the group again";
	if (!before->group_was_told &&
	    count_actions(actions, ACTION_TERMINATE_REST) > 0)
		return "the sweep spares a group that was not told";
	if (step->after->lc.state == STATE_SWEEPING && !before->was_swept &&
	    count_sweeps(actions) != 1)
		return "it sweeps without telling what is left";
	return NULL;
}

static const char *
check_force(const struct step *step)
{
	const struct witness *before = &step->before->witness;
	int64_t now = step->event->now;

	if (count_actions(step->actions, ACTION_KILL_ALL) > 0 &&
	    now < before->kill_allowed_at)
		return "SIGKILL before the grace is over";
	if (count_actions(step->actions, ACTION_EXIT) > 0 &&
	    step->event->type != EVENT_ALL_GONE &&
	    (step->event->type != EVENT_CHILDREN_GONE ||
	    (step->limits->gate == GATE_PAUSE &&
	    before->leave_allowed_at == NEVER)) &&
	    now < before->leave_allowed_at)
		return "it leaves children behind before SIGKILL had its time";
	return NULL;
}

static int
expected_status(const struct step *step)
{
	const struct witness *witness = &step->before->witness;
	int status = witness->app_status;

	if (witness->failure_status != 0)
		return witness->failure_status;
	if (step->limits->gate == GATE_PAUSE)
		return 0;
	if (status < 0)
		return 128 + SIGKILL;
	if (step->limits->ok_exit[status / 64] >> (status % 64) & 1)
		return 0;
	if (step->limits->ok_stop && !witness->grace_over && status > 128 &&
	    (witness->stops_sent & signals_bit(status - 128)))
		return 0;
	return status;
}

/* True if there is nothing left to wait for. */
static bool
has_to_end(const struct step *step)
{
	switch (step->before->lc.state) {
	case STATE_SWEEPING:
		return step->event->type == EVENT_ALL_GONE ||
		    (step->event->type == EVENT_CHILDREN_GONE &&
		    step->limits->gate != GATE_PAUSE);
	case STATE_KILLING:
		return step->event->type == EVENT_ALL_GONE ||
		    step->event->type == EVENT_CHILDREN_GONE;
	default:
		return false;
	}
}

static const char *
check_end(const struct step *step)
{
	const struct actions *actions = step->actions;
	unsigned int exit = place_of(actions, ACTION_EXIT);
	bool has_ended = step->before->lc.state != STATE_ENDED &&
	    step->after->lc.state == STATE_ENDED;

	if (step->before->lc.state == STATE_ENDED && actions->count > 0)
		return "it goes on after the end";
	if (has_to_end(step) && !has_ended)
		return "it does not end though there is nothing left to do";
	if (step->before->lc.state == STATE_PAUSED &&
	    is_stop(step->limits, step->event) !=
	    (step->after->lc.state == STATE_SWEEPING))
		return "the pause ends otherwise than by a stop signal";
	if (step->limits->gate == GATE_PAUSE &&
	    step->after->witness.is_stopping &&
	    step->after->lc.state != STATE_ENDED &&
	    step->after->lc.look_again_at == NEVER)
		return "nobody looks whether the last process is gone";
	if ((exit < actions->count) != has_ended)
		return "it ends without an exit, or exits without an end";
	if (has_ended && actions->list[exit].arg != expected_status(step))
		return "the exit status is another one than documented";
	if (has_ended && count_actions(actions, ACTION_REPORT) != 1)
		return "it does not report just once";
	return NULL;
}

/* Once a stop has begun, the deadlines alone lead to the end. */
static const char *
check_way_out(const struct step *step)
{
	struct lifecycle lc = step->after->lc;
	struct actions actions;

	if (!step->after->witness.is_stopping &&
	    (lc.state != STATE_STARTING || lc.limits->budget_ms == 0))
		return NULL;
	for (int i = 0; i < STEPS_MAX && lc.state != STATE_ENDED; i++) {
		const struct event timeout = {
			.now = lifecycle_deadline(&lc),
			.type = EVENT_TIMEOUT,
		};

		if (timeout.now == NEVER)
			return "it hangs without a deadline";
		lifecycle_step(&lc, &timeout, &actions);
	}
	return lc.state == STATE_ENDED ? NULL : "its deadlines lead nowhere";
}

/* A ready container has no deadline but the one of a helper that is silent. */
static const char *
check_idleness(const struct step *step)
{
	const struct lifecycle *lc = &step->after->lc;

	if (lc->state == STATE_READY && step->limits->silence_ms == 0 &&
	    lifecycle_deadline(lc) != NEVER)
		return "it wakes up though there is nothing to do";
	if (step->event->type == EVENT_TIMEOUT &&
	    step->event->now < lifecycle_deadline(&step->before->lc) &&
	    lc->failures != step->before->lc.failures)
		return "a silence that is not over counts as a failure";
	return NULL;
}

/* A start that takes long is said when that is due, and not before. */
static const char *
check_slow_start(const struct step *step)
{
	bool is_said = says(step, MESSAGE_SLOW_START);
	bool is_due = step->event->now >= step->before->witness.slow_at;
	const struct lifecycle *after = &step->after->lc;

	if (is_said && (!is_due || step->before->lc.state != STATE_STARTING ||
	    after->state != STATE_STARTING))
		return "it says too early, or too late, that it starts";
	if (!is_said && is_due && step->event->type == EVENT_TIMEOUT &&
	    after->state == STATE_STARTING)
		return "it does not say that the start takes long";
	if (after->state == STATE_STARTING &&
	    lifecycle_deadline(after) == NEVER)
		return "it starts and is never heard of again";
	return NULL;
}

/* The app has ended, and a status of its own is that of the stop signal. */
static bool
has_stop_status(const struct step *step)
{
	const struct witness *before = &step->before->witness;
	int status = status_of(step->event);

	return before->failure_status == 0 && status > 128 &&
	    (before->stops_sent & signals_bit(status - 128)) &&
	    !step->limits->ok_stop &&
	    !(step->limits->ok_exit[status / 64] >> (status % 64) & 1);
}

/* What is said of the app's end is true, and is said where it is needed. */
static const char *
check_end_words(const struct step *step)
{
	const struct witness *before = &step->before->witness;
	const struct actions *actions = step->actions;
	bool ends = is_app_end(step->event) && count_sweeps(actions) > 0;
	uint64_t sent = before->stops_sent | before->others_sent;
	bool is_foreign = ends && step->event->type == EVENT_APP_KILLED &&
	    !(sent & signals_bit(step->event->arg));

	if (says(step, MESSAGE_APP_KILLED) != is_foreign)
		return "it is mistaken about who has killed the app";
	if (says(step, MESSAGE_RELAYED_END) && (!ends || is_foreign ||
	    before->is_stopping || before->others_sent == 0))
		return "it blames a signal for the end that was not relayed";
	if (says(step, MESSAGE_STOP_STATUS) !=
	    (ends && before->is_stopping && has_stop_status(step)))
		return "it is mistaken about the status of a stop";
	if (count_actions(actions, ACTION_NAME_LEFT) !=
	    (ends && !before->is_stopping))
		return "it does not name what is left just when that is odd";
	if (count_actions(actions, ACTION_NAME_LEFT) > 0 &&
	    place_of(actions, ACTION_STOP_HELPER) <
	    place_of(actions, ACTION_NAME_LEFT))
		return "it may take a check that it ends for what is left";
	return NULL;
}

/* If the helper is silent after a check, readiness is withdrawn in time. */
static const char *
check_silence(const struct step *step)
{
	struct lifecycle lc = step->after->lc;
	int64_t now = step->event->now;
	struct actions actions;

	if (lc.state != STATE_READY || step->limits->silence_ms == 0 ||
	    step->limits->gate != GATE_HEALTH ||
	    step->before->lc.state != STATE_READY ||
	    step->event->type != EVENT_HEALTHY)
		return NULL;
	for (int i = 0; i < step->limits->monitor_failures; i++) {
		const struct event timeout = {
			.now = now + step->limits->silence_ms,
			.type = EVENT_TIMEOUT,
		};

		if (!lc.published || lifecycle_deadline(&lc) != timeout.now)
			return "the helper's silence is not waited for";
		lifecycle_step(&lc, &timeout, &actions);
		now = timeout.now;
	}
	return lc.published ? "it is ready though nobody checks" : NULL;
}

/* If the helper is silent, a publication that fails is given up in time. */
static const char *
check_silent_start(const struct step *step)
{
	struct lifecycle lc = step->after->lc;
	struct event event = *step->event;
	int64_t until = event.now + step->limits->silence_ms;
	struct actions actions;

	if (event.type != EVENT_HEALTHY || step->limits->silence_ms == 0 ||
	    step->limits->gate != GATE_HEALTH ||
	    count_actions(step->actions, ACTION_PUBLISH) == 0)
		return NULL;
	actions = *step->actions;
	for (int i = 0; i < STEPS_MAX && event.now < until; i++) {
		bool is_asked = count_actions(&actions, ACTION_PUBLISH) > 0;

		event.type = is_asked ? EVENT_PUBLISH_FAILED : EVENT_TIMEOUT;
		if (!is_asked)
			event.now = lifecycle_deadline(&lc);
		lifecycle_step(&lc, &event, &actions);
	}
	return count_actions(&actions, ACTION_PUBLISH) > 0 ||
	    ((lc.state == STATE_UNREADY || lc.state == STATE_STARTING) &&
	    lifecycle_deadline(&lc) != (lc.state == STATE_UNREADY ?
	    lc.recover_until : earlier(lc.budget_until, lc.slow_at))) ?
	    "it publishes though nobody checks" : NULL;
}

static const char *
check(const struct step *step)
{
	const char *(*const checks[])(const struct step *) = {
		check_publication, check_answers, check_order, check_helper,
		check_passed_on, check_own_stop, check_recovery,
		check_watchdog, check_relay, check_telling, check_force,
		check_end, check_slow_start, check_end_words, check_way_out,
		check_idleness, check_silence, check_silent_start,
	};
	const char *violation = NULL;

	for (size_t i = 0; violation == NULL && i < ARRAY_SIZE(checks); i++)
		violation = checks[i](step);
	return violation;
}

/* --- What the bystander sees ---------------------------------------------- */

/*
 * From when on dinit may give up on an app that was ready. What the app does of
 * its own accord is no failure; a lost helper always is one.
 */
static void
see_recovery(struct node *after, const struct step *step)
{
	const struct limits *limits = step->limits;
	bool is_loss = step->before->lc.state == STATE_READY ||
	    step->event->type == EVENT_HELPER_LOST;
	int64_t *due = &after->witness.give_up_at;

	if (after->lc.state != STATE_UNREADY ||
	    step->event->type == EVENT_APP_STOPPING)
		*due = NEVER;
	else if (*due == NEVER && is_loss && limits->recovery_ms > 0)
		*due = step->event->now + limits->recovery_ms;
}

static void
see_event(struct witness *witness, const struct limits *limits,
    const struct node *before, const struct event *event)
{
	bool runs = before->lc.state != STATE_LAUNCHING &&
	    before->lc.state != STATE_PAUSED;

	if (event->type == EVENT_EXECUTED &&
	    before->lc.state == STATE_LAUNCHING)
		witness->slow_at = event->now + SLOW_START_MS;
	if (is_app_end(event) && runs && witness->app_status < 0) {
		witness->app_status = status_of(event);
		witness->is_stopping = true;
		witness->held_signal = 0;
	}
	if (event->type == EVENT_EXEC_FAILED &&
	    before->lc.state == STATE_LAUNCHING) {
		witness->failure_status = event->arg;
		witness->app_status = event->arg;
		witness->is_stopping = true;
	}
	if (event->type == EVENT_HELPER_LOST)
		witness->has_helper = false;
	if (event->type == EVENT_PUBLISHED && !witness->is_stopping &&
	    (before->lc.state == STATE_STARTING ||
	    before->lc.state == STATE_UNREADY))
		witness->is_published = true;
	if (is_stop(limits, event) && before->lc.state == STATE_PAUSED)
		witness->is_stopping = true;
	if (is_stop(limits, event) && runs && !witness->is_stopping) {
		witness->is_stopping = true;
		if (before->lc.state == STATE_READY && limits->drain_ms > 0)
			witness->held_signal = event->arg;
	}
}

static void
see_action(struct witness *witness, const struct limits *limits,
    const struct action *action, int64_t now)
{
	switch (action->type) {
	case ACTION_START_HELPER:
		witness->has_helper = true;
		break;
	case ACTION_STOP_HELPER:
		witness->has_helper = false;
		break;
	case ACTION_WITHDRAW:
		witness->is_published = false;
		break;
	case ACTION_RELAY_TO_GROUP:
	case ACTION_RELAY_TO_MAIN:
		if (action->arg != SIGCONT)
			witness->others_sent |= signals_bit(action->arg);
		break;
	case ACTION_SAY:
		if (action->arg == MESSAGE_SLOW_START)
			witness->slow_at = now + SLOW_START_MS;
		if (failure_statuses[action->arg] != 0) {
			witness->failure_status = failure_statuses[action->arg];
			witness->is_stopping = true;
		}
		break;
	case ACTION_STOP_GROUP:
	case ACTION_STOP_MAIN:
	case ACTION_TERMINATE_ALL:
	case ACTION_TERMINATE_REST:
		if (witness->kill_allowed_at == NEVER)
			witness->kill_allowed_at = now + limits->grace_ms;
		witness->held_signal = 0;
		break;
	case ACTION_KILL_ALL:
		witness->has_helper = false;
		witness->grace_over = witness->grace_over ||
		    witness->app_status < 0;
		if (witness->leave_allowed_at == NEVER)
			witness->leave_allowed_at = now + KILL_LIMIT_MS;
		break;
	default:
		break;
	}
}

static void
see_stops(struct witness *witness, const struct actions *actions)
{
	for (unsigned int i = 0; i < actions->count; i++)
		if (is_stop_relay(&actions->list[i]))
			witness->stops_sent |=
			    signals_bit(actions->list[i].arg);
	witness->group_was_told = witness->group_was_told ||
	    count_actions(actions, ACTION_STOP_GROUP) > 0;
	witness->was_swept = witness->was_swept || count_sweeps(actions) > 0;
}

/*
 * When the app misses its watchdog, which it has once it is ready. (Nobody
 * checks such an app, but EVENT_UNHEALTHY would be a sign of life as well.)
 */
static void
see_watchdog(struct witness *witness, const struct step *step)
{
	enum event_type event = step->event->type;
	bool may_be_set = step->limits->gate == GATE_APP &&
	    step->limits->silence_ms > 0;
	bool was_ready = step->before->lc.state == STATE_READY ||
	    step->before->lc.state == STATE_UNREADY;
	bool runs = step->before->lc.state == STATE_STARTING || was_ready;

	if (event == EVENT_WATCHDOG_SET && may_be_set && runs)
		witness->watchdog_ms = step->event->arg;
	if (event == EVENT_APP_STOPPING && was_ready)
		witness->app_stops = true;
	if (event == EVENT_HEALTHY && step->before->lc.state == STATE_UNREADY)
		witness->app_stops = false;
	if (witness->is_stopping)
		witness->app_stops = false;
	if (!witness->is_published || witness->watchdog_ms == 0)
		witness->watchdog_at = NEVER;
	else if (event == EVENT_WATCHDOG_SET || event == EVENT_ALIVE ||
	    event == EVENT_HEALTHY || event == EVENT_UNHEALTHY ||
	    !step->before->witness.is_published)
		witness->watchdog_at = step->event->now + witness->watchdog_ms;
}

static void
see(struct node *after, const struct step *step)
{
	see_event(&after->witness, step->limits, step->before, step->event);
	for (unsigned int i = 0; i < step->actions->count; i++)
		see_action(&after->witness, step->limits,
		    &step->actions->list[i], step->event->now);
	see_stops(&after->witness, step->actions);
	see_recovery(after, step);
	see_watchdog(&after->witness, step);
}

/* --- The search ----------------------------------------------------------- */

/* Leaves of a time, in ms from now, only what makes for other steps. */
static void
round_up(int64_t *time, int64_t unit)
{
	if (*time != NEVER && *time > 0)
		*time = (*time + unit - 1) / unit * unit;
}

/*
 * Times that are much longer than all others are told apart roughly, or there
 * would be thousands of them. How long a start takes counts while it lasts, and
 * what was relayed until the app has ended.
 */
static void
round_long_times(struct node *node)
{
	round_up(&node->lc.relayed_until, RELAY_EFFECT_MS);
	if (node->witness.is_stopping)
		node->lc.relayed_until = 0;
	if (node->witness.app_status >= 0) {
		node->lc.relayed = 0;
		node->lc.relayed_signal = 0;
		node->witness.others_sent = 0;
	}
	if (node->lc.budget_until > 300)
		round_up(&node->lc.budget_until, 3000);
	if (node->lc.state == STATE_STARTING) {
		node->lc.started_at = -SLOW_START_MS;
		if (node->lc.slow_at > 0)
			node->lc.slow_at = SLOW_START_MS;
		round_up(&node->witness.slow_at, SLOW_START_MS);
		return;
	}
	node->lc.started_at = 0;
	node->lc.slow_at = NEVER;
	node->witness.slow_at = NEVER;
}

/*
 * Makes NOW the moment 0, so that situations can be compared. It makes no
 * difference how long ago a deadline was.
 */
static void
shift_time(struct node *node, int64_t now)
{
	int64_t *const deadlines[] = {
		&node->lc.budget_until, &node->lc.recover_until,
		&node->lc.publish_again_at,
		&node->lc.slow_at, &node->witness.slow_at,
		&node->lc.relayed_until,
		&node->lc.silent_at,
		&node->lc.drain_until, &node->lc.grace_until,
		&node->lc.kill_again_at, &node->lc.kill_until,
		&node->lc.look_again_at,
		&node->witness.watchdog_at,
		&node->witness.give_up_at, &node->witness.kill_allowed_at,
		&node->witness.leave_allowed_at,
	};

	for (size_t i = 0; i < ARRAY_SIZE(deadlines); i++) {
		if (*deadlines[i] == NEVER)
			continue;
		*deadlines[i] -= now;
		if (*deadlines[i] < 0)
			*deadlines[i] = 0;
	}
	round_long_times(node);
}

/* The products do not wait for each other: half of the search was this. */
static size_t
hash(const struct node *node)
{
	uint32_t words[sizeof(*node) / sizeof(uint32_t)];
	uint64_t value = 0;
	uint64_t key = 0;

	_Static_assert(sizeof(words) == sizeof(*node), "words are left over");
	memcpy(words, node, sizeof(words));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		key += UINT64_C(0x9E3779B97F4A7C15);
		value += words[i] * key;
	}
	return (size_t)(value ^ value >> 32);
}

/* Adds NODE unless it is known already. False: there are too many. */
static bool
add_node(const struct node *node)
{
	size_t slot = hash(node) % SLOTS_MAX;

	for (; slots[slot] != NULL; slot = (slot + 1) % SLOTS_MAX)
		if (memcmp(slots[slot], node, sizeof(*node)) == 0)
			return true;
	if (node_count == NODES_MAX)
		return false;
	slots[slot] = memcpy(&nodes[node_count++], node, sizeof(*node));
	return true;
}

const char *
exploration_event_name(enum event_type type)
{
	static const char *const names[EVENT_COUNT] = {
		[EVENT_EXECUTED] = "EVENT_EXECUTED",
		[EVENT_EXEC_FAILED] = "EVENT_EXEC_FAILED",
		[EVENT_SIGNAL] = "EVENT_SIGNAL",
		[EVENT_HEALTHY] = "EVENT_HEALTHY",
		[EVENT_UNHEALTHY] = "EVENT_UNHEALTHY",
		[EVENT_APP_STOPPING] = "EVENT_APP_STOPPING",
		[EVENT_EXTENDED] = "EVENT_EXTENDED",
		[EVENT_ALIVE] = "EVENT_ALIVE",
		[EVENT_APP_FAILED] = "EVENT_APP_FAILED",
		[EVENT_WATCHDOG_SET] = "EVENT_WATCHDOG_SET",
		[EVENT_HELPER_LOST] = "EVENT_HELPER_LOST",
		[EVENT_PUBLISHED] = "EVENT_PUBLISHED",
		[EVENT_PUBLISH_FAILED] = "EVENT_PUBLISH_FAILED",
		[EVENT_APP_STOPPED] = "EVENT_APP_STOPPED",
		[EVENT_APP_EXITED] = "EVENT_APP_EXITED",
		[EVENT_APP_KILLED] = "EVENT_APP_KILLED",
		[EVENT_CHILDREN_GONE] = "EVENT_CHILDREN_GONE",
		[EVENT_ALL_GONE] = "EVENT_ALL_GONE",
		[EVENT_TIMEOUT] = "EVENT_TIMEOUT",
	};

	return names[type];
}

static const char *
gate_name(enum gate gate)
{
	static const char *const names[GATE_COUNT] = {
		[GATE_PAUSE] = "GATE_PAUSE",
		[GATE_NONE] = "GATE_NONE",
		[GATE_EXEC] = "GATE_EXEC",
		[GATE_HEALTH] = "GATE_HEALTH",
		[GATE_APP] = "GATE_APP",
	};

	return names[gate];
}

static void
say_violation(struct exploration *exploration, const struct step *step,
    const char *violation)
{
	snprintf(exploration->violation, sizeof(exploration->violation),
	    "%s, on %s with %d at %d, leads to %s: %s (with %s, a budget of "
	    "%d, a drain of %d and a grace of %d)",
	    lifecycle_state_name(step->before->lc.state),
	    exploration_event_name(step->event->type), step->event->arg,
	    (int)step->event->now,
	    lifecycle_state_name(step->after->lc.state), violation,
	    gate_name(step->limits->gate), (int)step->limits->budget_ms,
	    (int)step->limits->drain_ms, (int)step->limits->grace_ms);
}

/* Takes the step from FROM to TO, whose moment 0 is the one of EVENT. */
static void
take_step(struct exploration *exploration, const struct node *from,
    const struct event *event, struct node *to)
{
	struct actions actions;
	const struct step step = { from->lc.limits, from, event, &actions,
		to };
	const char *violation;

	memcpy(to, from, sizeof(*to));
	lifecycle_step(&to->lc, event, &actions);
	see(to, &step);
	exploration->steps++;
	if (to->lc.state != from->lc.state)
		exploration->leads[from->lc.state][to->lc.state] = true;
	violation = check(&step);
	if (violation != NULL)
		say_violation(exploration, &step, violation);
	shift_time(to, event->now);
}

static void
follow(struct exploration *exploration, const struct node *from,
    const struct event *event)
{
	struct node to;

	take_step(exploration, from, event, &to);
	if (exploration->violation[0] == '\0' && !add_node(&to))
		snprintf(exploration->violation,
		    sizeof(exploration->violation), "there is no end of "
		    "situations; does shift_time know all deadlines?");
}

/* Lists the arguments that an event of TYPE is tried with. Their number. */
static size_t
list_args(enum event_type type, int args[5])
{
	switch (type) {
	case EVENT_SIGNAL:
		args[0] = SIGTERM;
		args[1] = SIGINT;
		args[2] = SIGQUIT;
		args[3] = SIGCONT;
		args[4] = SIGUSR1;
		return 5;
	case EVENT_APP_EXITED:
		args[0] = 0;
		args[1] = 3;
		args[2] = 128 + SIGTERM;
		args[3] = 128 + SIGQUIT;
		return 4;
	case EVENT_APP_KILLED:
		args[0] = SIGTERM;
		args[1] = SIGQUIT;
		return 2;
	case EVENT_EXEC_FAILED:
		args[0] = 127;
		return 1;
	case EVENT_APP_STOPPED:
		args[0] = SIGTSTP;
		return 1;
	case EVENT_EXTENDED:
		args[0] = 300;
		return 1;
	case EVENT_WATCHDOG_SET:
		args[0] = 0; /* off */
		return 1;
	default:
		args[0] = 0;
		return 1;
	}
}

/* Tries each event before the deadline of FROM, and at it. */
static void
follow_all(struct exploration *exploration, const struct node *from)
{
	int64_t deadline = lifecycle_deadline(&from->lc);
	const int64_t moments[] = { 0, deadline };
	size_t count = deadline == NEVER || deadline == 0 ? 1 : 2;

	for (size_t i = 0; i < count; i++) {
		for (int type = 0; type < EVENT_COUNT; type++) {
			struct event event = {
				.now = moments[i],
				.type = (enum event_type)type,
			};
			int args[5];
			size_t left = list_args(event.type, args);

			while (left > 0 && exploration->violation[0] == '\0') {
				event.arg = args[--left];
				follow(exploration, from, &event);
			}
		}
	}
}

/* Makes FIRST the beginning of a life under LIMITS. */
static void
begin(struct node *first, const struct limits *limits)
{
	memset(first, 0, sizeof(*first));
	lifecycle_init(&first->lc, limits);
	first->witness.slow_at = NEVER;
	first->witness.app_status = -1;
	if (limits->gate == GATE_APP)
		first->witness.watchdog_ms = limits->silence_ms;
	first->witness.watchdog_at = NEVER;
	first->witness.give_up_at = NEVER;
	first->witness.kill_allowed_at = NEVER;
	first->witness.leave_allowed_at = NEVER;
}

/* Finds all situations under LIMITS, breadth first. */
static void
explore(struct exploration *exploration, const struct limits *limits)
{
	struct node first;

	node_count = 0;
	memset(slots, 0, sizeof(slots));
	begin(&first, limits);
	exploration->leads[OUTSIDE][first.lc.state] = true;
	add_node(&first);
	for (size_t next = 0; next < node_count &&
	    exploration->violation[0] == '\0'; next++)
		follow_all(exploration, &nodes[next]);
	exploration->situations += node_count;
}

/*
 * What GATING says, and four more settings: one for each bit of CHOICE. Further
 * settings change along with these, so that there are not more combinations.
 */
static struct limits
choose_limits(const struct gating *gating, unsigned int choice)
{
	struct limits limits = {
		.gate = gating->gate,
		.monitor_failures = gating->monitor_failures,
		.silence_ms = gating->silence_ms,
		.recovery_ms = gating->recovery_ms,
		.budget_ms = choice & 1 ? (choice == 1 ? 6000 : 300) : 0,
		.drain_ms = choice >> 1 & 1 ? 300 : 0,
		.grace_ms = choice >> 2 & 1 ? 200 : 0,
		.ok_stop = choice >> 3 & 1,
		.signals = {
			.stop = signals_bit(SIGTERM) | signals_bit(SIGINT),
			.first_stop = SIGTERM,
		},
	};

	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		limits.signals.rewrite[signo] = (unsigned char)signo;
	/* What was relayed makes for many more situations: not in all lives. */
	if (choice >> 2 & 1)
		limits.signals.rewrite[SIGQUIT] = 0;
	if (choice >> 1 & 1) {
		/* 3; and 127, which must not forgive a failed exec */
		limits.ok_exit[0] = UINT64_C(1) << 3;
		limits.ok_exit[1] = UINT64_C(1) << 63;
	}
	if ((choice & 9) == 1)
		limits.signals.stop = signals_bit(SIGTERM);
	if (choice >> 3 & 1) {
		limits.signals.rewrite[SIGINT] = 0;
		limits.signals.first_stop = SIGINT;
		limits.signals.rewrite[SIGTERM] = SIGQUIT;
		limits.signals.main_only = signals_bit(SIGTERM);
		limits.signals.rewrite[SIGUSR1] = SIGUSR2;
	}
	return limits;
}

bool
exploration_get_limits(size_t i, struct limits *out)
{
	if (i >= ARRAY_SIZE(gatings) * CHOICES)
		return false;
	/*
	 * What does not hold is found soon: each kind of gating comes early,
	 * first with the settings that make for the fewest situations.
	 */
	*out = choose_limits(&gatings[i % ARRAY_SIZE(gatings)],
	    (unsigned int)(CHOICES - 1 - i / ARRAY_SIZE(gatings)));
	return true;
}

void
exploration_run(struct exploration *exploration)
{
	struct limits limits;

	memset(exploration, 0, sizeof(*exploration));
	for (size_t i = 0; exploration_get_limits(i, &limits); i++)
		if (exploration->violation[0] == '\0')
			explore(exploration, &limits);
	exploration->leads[STATE_ENDED][OUTSIDE] = true;
}

/* The bytes choose type and argument, and the time since the last event. */
static struct event
make_event(const unsigned char bytes[3])
{
	struct event event = {
		.now = bytes[2],
		.type = (enum event_type)(bytes[0] % EVENT_COUNT),
		.arg = bytes[1],
	};

	if (event.type == EVENT_SIGNAL || event.type == EVENT_APP_STOPPED ||
	    event.type == EVENT_APP_KILLED)
		event.arg = 1 + bytes[1] % SIGNALS_MAX;
	return event;
}

void
exploration_walk(struct exploration *exploration, const unsigned char *bytes,
    size_t size)
{
	struct limits limits;
	struct node here;
	struct node next;

	memset(exploration, 0, sizeof(*exploration));
	if (size < 2)
		return;
	limits = choose_limits(&gatings[bytes[0] % ARRAY_SIZE(gatings)],
	    bytes[1] % CHOICES);
	begin(&here, &limits);
	for (size_t at = 2; at + 3 <= size &&
	    exploration->violation[0] == '\0'; at += 3) {
		struct event event = make_event(bytes + at);

		take_step(exploration, &here, &event, &next);
		here = next;
	}
}
