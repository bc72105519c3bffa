/* SPDX-License-Identifier: MIT */
/*
 * There is one function for each state, a switch over all events. An event that
 * cannot come in a state or means nothing there is listed with the reason.
 *
 * Every stop passes through begin_stopping (with --pause: stop_pausing), every
 * end of COMMAND through begin_sweeping, and every life ends in end_life.
 */
#include <assert.h>

#include "life/lifecycle.h"
#include "base/array.h"
#include "base/exit_status.h"

#define NEVER INT64_MAX

/*
 * A reason for which dinit stops COMMAND by itself: what it says at once, what
 * it says at the end, and its exit status, whatever that of COMMAND is.
 */
struct reason {
	enum message message;
	enum ending ending;
	int exit_status;
};

static const struct reason budget_over = {
	.message = MESSAGE_BUDGET_OVER,
	.ending = ENDING_BUDGET,
	.exit_status = EXIT_STATUS_BUDGET,
};

static const struct reason helper_lost = {
	.message = MESSAGE_HELPER_LOST,
	.ending = ENDING_HELPER_LOST,
	.exit_status = EXIT_STATUS_BUDGET,
};

static const struct reason recovery_over = {
	.message = MESSAGE_RECOVERY_OVER,
	.ending = ENDING_RECOVERY,
	.exit_status = EXIT_STATUS_RECOVERY,
};

static void
add(struct actions *out, enum action_type type, int arg)
{
	assert(out->count < ACTIONS_MAX);
	out->list[out->count].type = type;
	out->list[out->count].arg = arg;
	out->count++;
}

/* A stop signal that is rewritten to nothing has no effect at all. */
static bool
is_stop(const struct lifecycle *lc, int signo)
{
	const struct signal_policy *policy = &lc->limits->signals;

	return policy->stop & signals_bit(signo) && policy->rewrite[signo] != 0;
}

/* Where SIGNO goes depends on what arrived, not on what it is rewritten to. */
static enum action_type
relay_action(const struct lifecycle *lc, int signo)
{
	return lc->limits->signals.main_only & signals_bit(signo)
	    ? ACTION_RELAY_TO_MAIN
	    : ACTION_RELAY_TO_GROUP;
}

/* A dropped signal does not arrive, and SIGCONT never ends a process. */
void
lifecycle_note_relay(struct lifecycle *lc, int signo, int64_t now)
{
	int sent = lc->limits->signals.rewrite[signo];

	if (sent == 0 || sent == SIGCONT)
		return;
	lc->relayed |= signals_bit(sent);
	lc->relayed_signal = signo;
	lc->relayed_until = now + RELAY_EFFECT_MS;
}

/* Relays the signal that EV is as the rewrite map says, which may drop it. */
static void
relay(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	int sent = lc->limits->signals.rewrite[ev->arg];

	if (sent == 0)
		return;
	add(out, relay_action(lc, ev->arg), sent);
	lifecycle_note_relay(lc, ev->arg, ev->now);
}

/*
 * Relays a stop signal as the rewrite map says. The map drops only signals that
 * arrive: if it drops SIGNO, this is dinit's own (give_up), sent as it is.
 */
static void
relay_stop(struct lifecycle *lc, int signo, struct actions *out)
{
	bool to_group = relay_action(lc, signo) == ACTION_RELAY_TO_GROUP;
	int sent = lc->limits->signals.rewrite[signo];

	if (sent == 0)
		sent = signo;
	lc->stops_relayed |= signals_bit(sent);
	lc->group_was_told = lc->group_was_told || to_group;
	add(out, to_group ? ACTION_STOP_GROUP : ACTION_STOP_MAIN, sent);
}

static void
withdraw(struct lifecycle *lc, struct actions *out)
{
	if (!lc->published)
		return;
	lc->published = false;
	add(out, ACTION_WITHDRAW, 0);
}

/* From NOW on silence is allowed for as long as the limit says. */
static void
allow_silence(struct lifecycle *lc, int64_t now)
{
	lc->silent_at = lc->silence_ms > 0 ? now + lc->silence_ms : NEVER;
}

/* Until the next EVENT_HEALTHY nothing is published, and no silence counts. */
static void
drop_publication(struct lifecycle *lc)
{
	lc->publish_again_at = NEVER;
	lc->silent_at = NEVER;
}

/*
 * Ends readiness for good, for a stop or because COMMAND has ended. Checks have
 * no purpose any more, but an app that tells by itself is heard until its end.
 * What an app has left behind that ended without a stop is named.
 */
static void
end_readiness(struct lifecycle *lc, struct actions *out)
{
	withdraw(lc, out);
	drop_publication(lc);
	lc->recover_until = NEVER;
	lc->app_stops = false;
	/* As long as the helper lives, the processes of a check are its own. */
	if (lc->ending == ENDING_APP)
		add(out, ACTION_NAME_LEFT, 0);
	if (lc->limits->gate == GATE_HEALTH)
		add(out, ACTION_STOP_HELPER, 0);
	if (lc->limits->gate != GATE_NONE)
		add(out, ACTION_ANNOUNCE_END, (int)lc->ending);
}

/* Relays the stop signal SIGNO. The grace begins now. */
static void
begin_stopping(struct lifecycle *lc, int64_t now, int signo,
    struct actions *out)
{
	lc->state = STATE_STOPPING;
	lc->grace_until = now + lc->limits->grace_ms;
	relay_stop(lc, signo, out);
}

/* Begins a stop. EV is the first stop signal that has arrived. */
static void
accept_stop(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	lc->ending = ENDING_STOP;
	lc->stop_signal = ev->arg;
	end_readiness(lc, out);
	/* An app that is not ready has no requests to finish. */
	if (lc->state == STATE_READY && lc->limits->drain_ms > 0) {
		lc->state = STATE_DRAINING;
		lc->drain_until = ev->now + lc->limits->drain_ms;
		add(out, ACTION_SAY, MESSAGE_DRAINING);
		return;
	}
	add(out, ACTION_SAY, MESSAGE_STOPPING);
	begin_stopping(lc, ev->now, ev->arg, out);
}

static void
stop_or_relay(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	if (is_stop(lc, ev->arg))
		accept_stop(lc, ev, out);
	else
		relay(lc, ev, out);
}

/* Stops COMMAND for REASON, with the first of the stop signals. */
static void
give_up(struct lifecycle *lc, int64_t now, const struct reason *reason,
    struct actions *out)
{
	lc->ending = reason->ending;
	lc->failure_status = reason->exit_status;
	add(out, ACTION_SAY, (int)reason->message);
	end_readiness(lc, out);
	begin_stopping(lc, now, lc->limits->signals.first_stop, out);
}

/* An app that tells by itself has its watchdog from now on. */
static void
become_ready(struct lifecycle *lc, int64_t now, enum message message,
    struct actions *out)
{
	lc->state = STATE_READY;
	lc->published = true;
	lc->failures = 0;
	lc->recover_until = NEVER;
	if (lc->limits->gate == GATE_APP)
		allow_silence(lc, now);
	add(out, ACTION_SAY, (int)message);
}

/*
 * Only EVENT_HEALTHY or EVENT_ALIVE can end this; from a lost helper none comes
 * any more. The recovery budget begins, unless it has begun already.
 */
static void
become_unready(struct lifecycle *lc, int64_t now, enum message why,
    struct actions *out)
{
	withdraw(lc, out);
	drop_publication(lc);
	lc->state = STATE_UNREADY;
	if (lc->recover_until == NEVER && lc->limits->recovery_ms > 0)
		lc->recover_until = now + lc->limits->recovery_ms;
	add(out, ACTION_SAY, (int)why);
}

/*
 * The app has said that it stops. This is no failure that it would have to
 * recover from, and how long it takes is up to the app.
 */
static void
believe_stopping(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (lc->state == STATE_READY)
		become_unready(lc, now, MESSAGE_APP_STOPPING, out);
	drop_publication(lc);
	lc->recover_until = NEVER;
	lc->app_stops = true;
}

/*
 * The app sets its watchdog, from now on. But it cannot get one that the user
 * has not given it.
 */
static void
set_watchdog(struct lifecycle *lc, const struct event *ev)
{
	if (lc->limits->gate != GATE_APP || lc->limits->silence_ms == 0)
		return;
	lc->silence_ms = ev->arg;
	if (lc->state == STATE_READY)
		allow_silence(lc, ev->now);
}

/* Counts a check that has failed, or a silence that was too long. */
static void
count_failure(struct lifecycle *lc, int64_t now, enum message why,
    struct actions *out)
{
	allow_silence(lc, now);
	if (lc->limits->monitor_failures > 0 &&
	    ++lc->failures == lc->limits->monitor_failures)
		become_unready(lc, now, why, out);
}

/* Nothing was heard of the helper, or of the app, for too long. */
static void
take_silence(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (lc->limits->gate == GATE_APP)
		become_unready(lc, now, MESSAGE_WATCHDOG_MISSED, out);
	else
		count_failure(lc, now, MESSAGE_HELPER_SILENT, out);
}

/*
 * From the moment of EV on the app needs EV's ms to start. The budget is never
 * shortened by that; and where there is none (budget_until is NEVER), none
 * begins.
 */
static void
extend_budget(struct lifecycle *lc, const struct event *ev)
{
	if (lc->budget_until < ev->now + ev->arg)
		lc->budget_until = ev->now + ev->arg;
}

/*
 * Publishes again when that is due. But not when the silence has been too long
 * by then: the last report says nothing about the app any more.
 */
static void
publish_again(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (now >= lc->silent_at)
		drop_publication(lc);
	if (now < lc->publish_again_at)
		return;
	lc->publish_again_at = NEVER;
	add(out, ACTION_PUBLISH, 0);
}

/*
 * Looks for other processes, now and at regular intervals from now on. Nothing
 * else shows whether processes that are not dinit's children are gone.
 */
static void
look_for_others(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->look_again_at = now + LOOK_FOR_OTHERS_MS;
	add(out, ACTION_LOOK, 0);
}

static void
begin_killing(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->state = STATE_KILLING;
	lc->grace_over = lc->exit_status < 0;
	if (lc->grace_over && lc->ending == ENDING_STOP)
		lc->ending = ENDING_KILL;
	lc->kill_until = now + KILL_LIMIT_MS;
	lc->kill_again_at = now + KILL_AGAIN_MS;
	add(out, ACTION_SAY, MESSAGE_GRACE_OVER);
	add(out, ACTION_KILL_ALL, 0);
	if (lc->limits->gate == GATE_PAUSE)
		look_for_others(lc, now, out);
}

/* Says that the start takes long, when that is due. */
static void
say_slow_start(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (now < lc->slow_at)
		return;
	lc->slow_at = now + (now - lc->started_at);
	add(out, ACTION_SAY, MESSAGE_SLOW_START);
}

/* True if COMMAND has ended in time by, or as if by, a relayed stop signal. */
static bool
has_stop_status(const struct lifecycle *lc)
{
	int status = lc->exit_status;

	return !lc->grace_over && status > 128 && status <= 128 + SIGNALS_MAX &&
	    (lc->stops_relayed & signals_bit(status - 128));
}

static bool
is_ok_exit(const struct limits *limits, int status)
{
	return limits->ok_exit[status / 64] >> (status % 64) & 1;
}

/* True if the end that EV tells of may be due to a signal that was relayed. */
static bool
is_relayed_end(const struct lifecycle *lc, const struct event *ev)
{
	if (lc->ending != ENDING_APP)
		return false;
	return ev->type == EVENT_APP_KILLED
	    ? ev->arg == lc->limits->signals.rewrite[lc->relayed_signal]
	    : ev->now < lc->relayed_until;
}

/* The exit status that EV, which tells of COMMAND's end, stands for. */
static int
app_status(const struct event *ev)
{
	return ev->type == EVENT_APP_KILLED ? 128 + ev->arg : ev->arg;
}

/* Says what the end of COMMAND alone, which EV tells of, does not show. */
static void
explain_end(const struct lifecycle *lc, const struct event *ev,
    struct actions *out)
{
	if (lc->ending == ENDING_EXEC)
		return;
	if (is_relayed_end(lc, ev))
		add(out, ACTION_SAY, MESSAGE_RELAYED_END);
	else if (ev->type == EVENT_APP_KILLED &&
	    !((lc->stops_relayed | lc->relayed) & signals_bit(ev->arg)))
		add(out, ACTION_SAY, MESSAGE_APP_KILLED);
	else if (lc->ending == ENDING_STOP && has_stop_status(lc) &&
	    !lc->limits->ok_stop && !is_ok_exit(lc->limits, lc->exit_status))
		add(out, ACTION_SAY, MESSAGE_STOP_STATUS);
}

/*
 * COMMAND has ended, and EV says how. What it left behind gets SIGTERM and the
 * rest of the grace, or all of it where no stop signal was relayed before.
 *
 * Processes that have got the relayed stop signal get no SIGTERM on top of it.
 * To many programs a second stop signal means to end at once, and a server that
 * finishes its work on SIGQUIT may break it off on SIGTERM.
 */
static void
begin_sweeping(struct lifecycle *lc, const struct event *ev,
    struct actions *out)
{
	/* A stop that has begun has ended readiness already. */
	if (lc->grace_until == NEVER && lc->state != STATE_DRAINING)
		end_readiness(lc, out);
	if (lc->grace_until == NEVER)
		lc->grace_until = ev->now + lc->limits->grace_ms;
	/* The app was heard until its end. */
	if (lc->limits->gate == GATE_APP)
		add(out, ACTION_STOP_HELPER, 0);
	lc->exit_status = app_status(ev);
	explain_end(lc, ev, out);
	lc->state = STATE_SWEEPING;
	add(out,
	    lc->group_was_told ? ACTION_TERMINATE_REST : ACTION_TERMINATE_ALL,
	    0);
}

/* With --pause all processes came in from outside; they get the grace. */
static void
stop_pausing(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->ending = ENDING_STOP;
	lc->exit_status = 0;
	lc->grace_until = now + lc->limits->grace_ms;
	lc->state = STATE_SWEEPING;
	add(out, ACTION_TERMINATE_ALL, 0);
	look_for_others(lc, now, out);
}

static int
final_status(const struct lifecycle *lc)
{
	int status = lc->exit_status;

	if (lc->failure_status != 0)
		return lc->failure_status;
	/* COMMAND has not ended, though it was sent SIGKILL. */
	if (status < 0)
		return 128 + SIGKILL;
	if (is_ok_exit(lc->limits, status))
		return 0;
	if (lc->limits->ok_stop && has_stop_status(lc))
		return 0;
	return status;
}

static void
end_life(struct lifecycle *lc, struct actions *out)
{
	lc->state = STATE_ENDED;
	add(out, ACTION_REPORT, (int)lc->ending);
	add(out, ACTION_EXIT, final_status(lc));
}

/* COMMAND runs now. If readiness was asked for, it is waited for. */
static void
begin_starting(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (lc->limits->gate == GATE_NONE) {
		lc->state = STATE_READY;
		return;
	}
	lc->state = STATE_STARTING;
	lc->started_at = now;
	lc->slow_at = now + SLOW_START_MS;
	if (lc->limits->budget_ms > 0)
		lc->budget_until = now + lc->limits->budget_ms;
	add(out,
	    lc->limits->gate == GATE_EXEC ? ACTION_PUBLISH
					  : ACTION_START_HELPER,
	    0);
}

static void
step_launching(struct lifecycle *lc, const struct event *ev,
    struct actions *out)
{
	switch (ev->type) {
	case EVENT_EXECUTED:
		begin_starting(lc, ev->now, out);
		break;
	case EVENT_EXEC_FAILED:
		lc->ending = ENDING_EXEC;
		lc->failure_status = ev->arg;
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_SIGNAL:      /* signals stay pending until the exec */
	case EVENT_APP_STOPPED: /* before its exec the child does not stop */
	case EVENT_APP_EXITED:  /* the result of the exec comes first */
	case EVENT_APP_KILLED:
	case EVENT_CHILDREN_GONE: /* the child is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
	case EVENT_HEALTHY:       /* neither the app nor a helper runs yet */
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING:
	case EVENT_EXTENDED:
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_PUBLISHED: /* nothing was published yet */
	case EVENT_PUBLISH_FAILED:
	case EVENT_TIMEOUT: /* there is no deadline yet */
		break;
	}
}

/* A deadline is over, but the budget is not. */
static void
go_on_starting(struct lifecycle *lc, int64_t now, struct actions *out)
{
	say_slow_start(lc, now, out);
	publish_again(lc, now, out);
}

static void
step_starting(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		stop_or_relay(lc, ev, out);
		break;
	case EVENT_HEALTHY:
		if (lc->limits->gate == GATE_HEALTH &&
		    lc->limits->monitor_failures == 0)
			add(out, ACTION_STOP_HELPER, 0);
		if (lc->limits->gate == GATE_HEALTH)
			allow_silence(lc, ev->now);
		add(out, ACTION_PUBLISH, 0);
		break;
	case EVENT_UNHEALTHY: /* a publication may wait to be tried again */
	case EVENT_APP_STOPPING:
		drop_publication(lc);
		break;
	case EVENT_EXTENDED:
		extend_budget(lc, ev);
		break;
	case EVENT_WATCHDOG_SET:
		set_watchdog(lc, ev);
		break;
	case EVENT_HELPER_LOST:
		give_up(lc, ev->now, &helper_lost, out);
		break;
	case EVENT_PUBLISHED:
		become_ready(lc, ev->now, MESSAGE_READY, out);
		break;
	case EVENT_PUBLISH_FAILED:
		lc->publish_again_at = ev->now + PUBLISH_AGAIN_MS;
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->budget_until)
			give_up(lc, ev->now, &budget_over, out);
		else
			go_on_starting(lc, ev->now, out);
		break;
	case EVENT_ALIVE: /* the watchdog is for an app that is ready */
	case EVENT_APP_FAILED:
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
		break;
	}
}

static void
step_ready(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		stop_or_relay(lc, ev, out);
		break;
	case EVENT_HEALTHY:
		lc->failures = 0;
		allow_silence(lc, ev->now);
		break;
	case EVENT_UNHEALTHY:
		count_failure(lc, ev->now, MESSAGE_UNHEALTHY, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->silent_at)
			take_silence(lc, ev->now, out);
		break;
	case EVENT_ALIVE:
		allow_silence(lc, ev->now);
		break;
	case EVENT_APP_FAILED:
		become_unready(lc, ev->now, MESSAGE_APP_FAILED, out);
		break;
	case EVENT_WATCHDOG_SET:
		set_watchdog(lc, ev);
		break;
	case EVENT_HELPER_LOST: /* without monitoring, it was stopped */
		if (lc->limits->monitor_failures > 0 ||
		    lc->limits->gate == GATE_APP)
			become_unready(lc, ev->now, MESSAGE_UNREADY_FOR_GOOD,
			    out);
		break;
	case EVENT_APP_STOPPING:
		believe_stopping(lc, ev->now, out);
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_EXTENDED:  /* the start is over */
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
		break;
	}
}

static void
step_unready(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		stop_or_relay(lc, ev, out);
		break;
	case EVENT_HEALTHY:
		lc->app_stops = false;
		allow_silence(lc, ev->now);
		add(out, ACTION_PUBLISH, 0);
		break;
	case EVENT_ALIVE: /* which an app that stops may well be */
		if (lc->app_stops)
			break;
		allow_silence(lc, ev->now);
		add(out, ACTION_PUBLISH, 0);
		break;
	case EVENT_UNHEALTHY:
	case EVENT_APP_FAILED:
		drop_publication(lc);
		break;
	case EVENT_WATCHDOG_SET:
		set_watchdog(lc, ev);
		break;
	case EVENT_APP_STOPPING:
		believe_stopping(lc, ev->now, out);
		break;
	case EVENT_HELPER_LOST:
		become_unready(lc, ev->now, MESSAGE_UNREADY_FOR_GOOD, out);
		break;
	case EVENT_PUBLISHED:
		become_ready(lc, ev->now, MESSAGE_READY_AGAIN, out);
		break;
	case EVENT_PUBLISH_FAILED:
		lc->publish_again_at = ev->now + PUBLISH_AGAIN_MS;
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->recover_until)
			give_up(lc, ev->now, &recovery_over, out);
		else
			publish_again(lc, ev->now, out);
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_EXTENDED: /* the start is over */
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
		break;
	}
}

static void
step_draining(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		if (!is_stop(lc, ev->arg)) {
			relay(lc, ev, out);
			break;
		}
		add(out, ACTION_SAY, MESSAGE_STOPPING);
		begin_stopping(lc, ev->now, lc->stop_signal, out);
		/* Two pending ones of the same kind are one: signal(7). */
		if (ev->arg != lc->stop_signal)
			relay_stop(lc, ev->arg, out);
		break;
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now < lc->drain_until)
			break;
		add(out, ACTION_SAY, MESSAGE_STOPPING);
		begin_stopping(lc, ev->now, lc->stop_signal, out);
		break;
	case EVENT_APP_STOPPED: /* dinit may not stop: a deadline runs */
	case EVENT_HEALTHY:     /* readiness has ended for good */
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING: /* it is stopped anyway */
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_EXTENDED: /* the start is over */
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
		break;
	}
}

static void
step_stopping(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL: /* the grace goes on, whatever is relayed */
		if (is_stop(lc, ev->arg))
			relay_stop(lc, ev->arg, out);
		else
			relay(lc, ev, out);
		break;
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->grace_until)
			begin_killing(lc, ev->now, out);
		break;
	case EVENT_APP_STOPPED: /* dinit may not stop: a deadline runs */
	case EVENT_HEALTHY:     /* readiness has ended for good */
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING: /* it is stopped anyway */
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_EXTENDED: /* the start is over */
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is there until APP_EXITED */
	case EVENT_ALL_GONE:      /* only --pause looks for others */
		break;
	}
}

static void
step_killing(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED: /* EXEC_FAILED may have said it already */
		if (lc->exit_status < 0)
			lc->exit_status = app_status(ev);
		break;
	case EVENT_CHILDREN_GONE: /* --pause waits for no others here */
	case EVENT_ALL_GONE:
		end_life(lc, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->kill_until) {
			add(out, ACTION_SAY, MESSAGE_UNKILLABLE);
			end_life(lc, out);
			break;
		}
		if (ev->now >= lc->kill_again_at) {
			lc->kill_again_at = ev->now + KILL_AGAIN_MS;
			add(out, ACTION_KILL_ALL, 0);
		}
		if (ev->now >= lc->look_again_at)
			look_for_others(lc, ev->now, out);
		break;
	case EVENT_SIGNAL: /* after SIGKILL no process acts on it */
	case EVENT_APP_STOPPED:
	case EVENT_HEALTHY: /* readiness has ended for good */
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING: /* it is stopped anyway */
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_EXTENDED: /* the start is over */
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
		break;
	}
}

static void
step_sweeping(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_CHILDREN_GONE:
		if (lc->limits->gate == GATE_PAUSE) /* others may be left */
			look_for_others(lc, ev->now, out);
		else
			end_life(lc, out);
		break;
	case EVENT_ALL_GONE:
		end_life(lc, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->grace_until)
			begin_killing(lc, ev->now, out);
		else if (ev->now >= lc->look_again_at)
			look_for_others(lc, ev->now, out);
		break;
	case EVENT_SIGNAL: /* COMMAND, to which signals go, is gone */
	case EVENT_APP_STOPPED:
	case EVENT_APP_EXITED: /* known already, maybe from EXEC_FAILED */
	case EVENT_APP_KILLED:
	case EVENT_HEALTHY: /* readiness has ended for good */
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING: /* it is stopped anyway */
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_EXTENDED: /* the start is over */
	case EVENT_EXECUTED: /* came before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
		break;
	}
}

static void
step_paused(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		if (is_stop(lc, ev->arg))
			stop_pausing(lc, ev->now, out);
		break;
	case EVENT_ALL_GONE: /* others are not looked for yet */
	case EVENT_TIMEOUT:  /* there is no deadline */
	case EVENT_EXECUTED: /* these are about COMMAND, or its helper */
	case EVENT_EXEC_FAILED:
	case EVENT_HEALTHY:
	case EVENT_UNHEALTHY:
	case EVENT_HELPER_LOST:
	case EVENT_APP_STOPPING:
	case EVENT_EXTENDED:
	case EVENT_ALIVE:
	case EVENT_APP_FAILED:
	case EVENT_WATCHDOG_SET:
	case EVENT_PUBLISHED:
	case EVENT_PUBLISH_FAILED:
	case EVENT_APP_STOPPED:
	case EVENT_APP_EXITED:
	case EVENT_APP_KILLED:
	case EVENT_CHILDREN_GONE:
		break;
	}
}

/* A shell's fg makes dinit's group the foreground and then sends SIGCONT. */
static void
lend_terminal(const struct event *ev, struct actions *out)
{
	if (ev->type == EVENT_SIGNAL && ev->arg == SIGCONT)
		add(out, ACTION_LEND_TERMINAL, 0);
}

const char *
lifecycle_state_name(enum state state)
{
	static const char *const names[] = {
		[STATE_LAUNCHING] = "launching",
		[STATE_STARTING] = "starting",
		[STATE_READY] = "ready",
		[STATE_UNREADY] = "unready",
		[STATE_DRAINING] = "draining",
		[STATE_STOPPING] = "stopping",
		[STATE_KILLING] = "killing",
		[STATE_SWEEPING] = "sweeping",
		[STATE_PAUSED] = "paused",
		[STATE_ENDED] = "ended",
	};

	static_assert(ARRAY_SIZE(names) == STATE_COUNT,
	    "each state has a name");
	return names[state];
}

void
lifecycle_init(struct lifecycle *lc, const struct limits *limits)
{
	*lc = (struct lifecycle){
		.limits = limits,
		.state = limits->gate == GATE_PAUSE ? STATE_PAUSED
						    : STATE_LAUNCHING,
		.exit_status = -1,
		.silence_ms = limits->silence_ms,
		.slow_at = NEVER,
		.budget_until = NEVER,
		.recover_until = NEVER,
		.publish_again_at = NEVER,
		.silent_at = NEVER,
		.drain_until = NEVER,
		.grace_until = NEVER,
		.kill_again_at = NEVER,
		.kill_until = NEVER,
		.look_again_at = NEVER,
	};
}

void
lifecycle_step(struct lifecycle *lc, const struct event *ev,
    struct actions *out)
{
	out->count = 0;
	switch (lc->state) {
	case STATE_LAUNCHING:
		step_launching(lc, ev, out);
		break;
	case STATE_STARTING:
		lend_terminal(ev, out);
		step_starting(lc, ev, out);
		break;
	case STATE_READY:
		lend_terminal(ev, out);
		step_ready(lc, ev, out);
		break;
	case STATE_UNREADY:
		lend_terminal(ev, out);
		step_unready(lc, ev, out);
		break;
	case STATE_DRAINING:
		lend_terminal(ev, out);
		step_draining(lc, ev, out);
		break;
	case STATE_STOPPING:
		lend_terminal(ev, out);
		step_stopping(lc, ev, out);
		break;
	case STATE_KILLING:
		step_killing(lc, ev, out);
		break;
	case STATE_SWEEPING:
		step_sweeping(lc, ev, out);
		break;
	case STATE_PAUSED:
		step_paused(lc, ev, out);
		break;
	case STATE_ENDED: /* nothing is done any more */
		break;
	}
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
lifecycle_deadline(const struct lifecycle *lc)
{
	switch (lc->state) {
	case STATE_STARTING:
		return earlier(earlier(lc->budget_until, lc->slow_at),
		    earlier(lc->publish_again_at, lc->silent_at));
	case STATE_READY:
		return lc->silent_at;
	case STATE_UNREADY:
		return earlier(lc->recover_until,
		    earlier(lc->publish_again_at, lc->silent_at));
	case STATE_DRAINING:
		return lc->drain_until;
	case STATE_STOPPING:
		return lc->grace_until;
	case STATE_SWEEPING:
		return earlier(lc->grace_until, lc->look_again_at);
	case STATE_KILLING:
		return earlier(lc->kill_until,
		    earlier(lc->kill_again_at, lc->look_again_at));
	case STATE_LAUNCHING:
	case STATE_PAUSED:
	case STATE_ENDED:
		break;
	}
	return NEVER;
}

static bool
relays_to_command(enum state state)
{
	switch (state) {
	case STATE_STARTING:
	case STATE_READY:
	case STATE_UNREADY:
	case STATE_DRAINING:
	case STATE_STOPPING:
		return true;
	case STATE_LAUNCHING:
	case STATE_KILLING:
	case STATE_SWEEPING:
	case STATE_PAUSED:
	case STATE_ENDED:
		break;
	}
	return false;
}

uint64_t
lifecycle_passed_on(const struct lifecycle *lc)
{
	const struct signal_policy *policy = &lc->limits->signals;
	/* SIGCONT brings back the terminal as well: see lend_terminal(). */
	uint64_t set = ~(policy->stop | policy->main_only |
	    signals_bit(SIGCONT));

	if (!relays_to_command(lc->state))
		return 0;
	for (int signo = 1; signo <= SIGNALS_MAX; signo++)
		if (policy->rewrite[signo] != signo)
			set &= ~signals_bit(signo);
	return set;
}
