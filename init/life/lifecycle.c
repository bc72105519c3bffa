/* SPDX-License-Identifier: MIT */
/*
 * One function per state, each a switch over all events. Where a pair cannot
 * happen or means nothing, it is listed with the reason.
 *
 * A stop, however it begins, ends in begin_stopping; COMMAND's end, from any
 * state, in begin_sweeping; the way out is always end.
 */
#include <assert.h>
#include <stddef.h>

#include "life/lifecycle.h"
#include "base/exit_status.h"

#define NEVER INT64_MAX

/*
 * Why dinit stops COMMAND by itself: what is logged at once, what is said of
 * the end, and the exit status, whatever COMMAND's own is.
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
	.message = MESSAGE_HEALTH_LOST,
	.ending = ENDING_HEALTH_LOST,
	.exit_status = EXIT_STATUS_BUDGET,
};

static void
add(struct actions *out, enum action_type type, int arg)
{
	assert(out->count < ACTIONS_MAX);
	out->list[out->count].type = type;
	out->list[out->count].arg = arg;
	out->count++;
}

/* One that is rewritten to nothing is meant to have no effect at all. */
static bool
starts_stop(const struct lifecycle *lc, int signo)
{
	const struct signal_policy *policy = &lc->limits->signals;

	return policy->stop & signals_bit(signo) && policy->rewrite[signo] != 0;
}

/* Whom SIGNO is for. */
static enum action_type
relay_action(const struct lifecycle *lc, int signo)
{
	return lc->limits->signals.main_only & signals_bit(signo)
	    ? ACTION_RELAY_TO_MAIN
	    : ACTION_RELAY_TO_GROUP;
}

/* Relays what stands for SIGNO, if anything does. */
static void
relay(const struct lifecycle *lc, int signo, struct actions *out)
{
	int sent = lc->limits->signals.rewrite[signo];

	if (sent != 0)
		add(out, relay_action(lc, signo), sent);
}

/*
 * A signal that is dropped begins no stop; but where dinit itself does, it is
 * sent all the same.
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

/*
 * The next report of the health helper is waited for from now on: it vouches
 * for what is published, or about to be.
 */
static void
await_report(struct lifecycle *lc, int64_t now)
{
	if (lc->limits->silence_ms > 0)
		lc->report_until = now + lc->limits->silence_ms;
}

/* Nothing is published until another check has succeeded. */
static void
drop_publication(struct lifecycle *lc)
{
	lc->publish_again_at = NEVER;
	lc->report_until = NEVER;
}

/* What ends readiness, for a stop and for COMMAND's end alike. */
static void
end_readiness(struct lifecycle *lc, struct actions *out)
{
	withdraw(lc, out);
	drop_publication(lc);
	if (lc->limits->gate == GATE_HEALTH)
		add(out, ACTION_STOP_HEALTH, 0);
	if (lc->limits->gate != GATE_NONE)
		add(out, ACTION_ANNOUNCE_END, (int)lc->ending);
}

static void
begin_stopping(struct lifecycle *lc, int64_t now, int signo,
    struct actions *out)
{
	lc->state = STATE_STOPPING;
	lc->grace_until = now + lc->limits->grace_ms;
	relay_stop(lc, signo, out);
}

static void
accept_stop(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	lc->ending = ENDING_STOP;
	end_readiness(lc, out);
	/* Nobody sends work to what was never ready: nothing to drain. */
	if (lc->state == STATE_READY && lc->limits->drain_ms > 0) {
		lc->state = STATE_DRAINING;
		lc->stop_signal = ev->arg;
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
	if (starts_stop(lc, ev->arg))
		accept_stop(lc, ev, out);
	else
		relay(lc, ev->arg, out);
}

/* Stops COMMAND for REASON, as the first stop signal would, but undrained. */
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

/* It may become ready again, unless nobody can tell any more. */
static void
become_unready(struct lifecycle *lc, enum message why, struct actions *out)
{
	withdraw(lc, out);
	drop_publication(lc);
	lc->state = STATE_UNREADY;
	add(out, ACTION_SAY, (int)why);
}

/*
 * Counts one failure: a check that has failed, or a helper that has said
 * nothing for as long as a check and the pause before it may take.
 */
static void
take_failure(struct lifecycle *lc, int64_t now, enum message why,
    struct actions *out)
{
	await_report(lc, now);
	if (lc->limits->monitor_failures > 0 &&
	    ++lc->failures == lc->limits->monitor_failures)
		become_unready(lc, why, out);
}

/* No limit stays none, and no extension makes it shorter. */
static void
extend_budget(struct lifecycle *lc, const struct event *ev)
{
	if (lc->budget_until < ev->now + ev->arg)
		lc->budget_until = ev->now + ev->arg;
}

/*
 * Publishes when that is due again, unless the last report is so old that
 * nobody vouches for the app any more.
 */
static void
publish_again(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (now >= lc->report_until)
		drop_publication(lc);
	if (now < lc->publish_again_at)
		return;
	lc->publish_again_at = NEVER;
	add(out, ACTION_PUBLISH, 0);
}

/* With --pause, nothing but a look tells that the last process is gone. */
static void
look(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->look_again_at = now + LOOK_FOR_OTHERS_MS;
	add(out, ACTION_LOOK, 0);
}

static void
begin_killing(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->state = STATE_KILLING;
	lc->overdue = lc->exit_status < 0;
	if (lc->overdue && lc->ending == ENDING_STOP)
		lc->ending = ENDING_KILL;
	lc->kill_until = now + KILL_LIMIT_MS;
	lc->kill_again_at = now + KILL_AGAIN_MS;
	add(out, ACTION_SAY, MESSAGE_GRACE_OVER);
	add(out, ACTION_KILL_ALL, 0);
	if (lc->limits->gate == GATE_PAUSE)
		look(lc, now, out);
}

/*
 * What COMMAND left behind gets what remains of the grace; a fresh one without
 * a stop. Whoever was in the group when the stop signal was relayed to it has
 * been told, and is not told again: to many programs a second stop signal means
 * "at once", and SIGTERM breaks off what SIGQUIT, say, lets a server finish.
 */
static void
begin_sweeping(struct lifecycle *lc, const struct event *ev,
    struct actions *out)
{
	/* Where a stop is under way, that has ended it. */
	if (lc->grace_until == NEVER && lc->state != STATE_DRAINING)
		end_readiness(lc, out);
	if (lc->grace_until == NEVER)
		lc->grace_until = ev->now + lc->limits->grace_ms;
	/* Until now COMMAND may have had something to say. */
	if (lc->limits->gate == GATE_APP)
		add(out, ACTION_STOP_HEALTH, 0);
	lc->exit_status = ev->arg;
	lc->state = STATE_SWEEPING;
	add(out,
	    lc->group_was_told ? ACTION_TERMINATE_REST : ACTION_TERMINATE_ALL,
	    0);
}

/* With --pause all work came in from outside: it gets SIGTERM and the grace. */
static void
stop_pausing(struct lifecycle *lc, int64_t now, struct actions *out)
{
	lc->ending = ENDING_STOP;
	lc->exit_status = 0;
	lc->grace_until = now + lc->limits->grace_ms;
	lc->state = STATE_SWEEPING;
	add(out, ACTION_TERMINATE_ALL, 0);
	look(lc, now, out);
}

static bool
is_ok_exit(const struct limits *limits, int status)
{
	return limits->ok_exit[status / 64] >> (status % 64) & 1;
}

static int
final_status(const struct lifecycle *lc)
{
	int status = lc->exit_status;

	if (lc->failure_status != 0)
		return lc->failure_status;
	if (status < 0)
		return 128 + SIGKILL;
	if (is_ok_exit(lc->limits, status))
		return 0;
	if (lc->limits->ok_stop && !lc->overdue && status > 128 &&
	    status <= 128 + SIGNALS_MAX &&
	    (lc->stops_relayed & signals_bit(status - 128)))
		return 0;
	return status;
}

static void
end(struct lifecycle *lc, int status, struct actions *out)
{
	lc->state = STATE_ENDED;
	add(out, ACTION_REPORT, (int)lc->ending);
	add(out, ACTION_EXIT, status);
}

/* COMMAND runs now: readiness is waited for, unless nobody has asked for it. */
static void
begin_starting(struct lifecycle *lc, int64_t now, struct actions *out)
{
	if (lc->limits->gate == GATE_NONE) {
		lc->state = STATE_READY;
		return;
	}
	lc->state = STATE_STARTING;
	if (lc->limits->budget_ms > 0)
		lc->budget_until = now + lc->limits->budget_ms;
	add(out,
	    lc->limits->gate == GATE_EXEC ? ACTION_PUBLISH
					  : ACTION_START_HEALTH,
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
	case EVENT_SIGNAL:        /* left pending until the exec is over */
	case EVENT_APP_STOPPED:   /* our own code: it does not stop */
	case EVENT_APP_EXITED:    /* the exec's result comes first */
	case EVENT_CHILDREN_GONE: /* there is one */
	case EVENT_ALL_GONE:      /* only a pause looks */
	case EVENT_HEALTHY:       /* no helper runs yet, nor the app */
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING:
	case EVENT_EXTENDED:
	case EVENT_PUBLISHED: /* nothing was published yet */
	case EVENT_PUBLISH_FAILED:
	case EVENT_TIMEOUT: /* no deadline was set */
		break;
	}
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
			add(out, ACTION_STOP_HEALTH, 0);
		await_report(lc, ev->now);
		add(out, ACTION_PUBLISH, 0);
		break;
	case EVENT_UNHEALTHY: /* nor is it any more, if it was before */
	case EVENT_APP_STOPPING:
		drop_publication(lc);
		break;
	case EVENT_EXTENDED:
		extend_budget(lc, ev);
		break;
	case EVENT_HEALTH_LOST:
		give_up(lc, ev->now, &helper_lost, out);
		break;
	case EVENT_PUBLISHED:
		lc->state = STATE_READY;
		lc->published = true;
		add(out, ACTION_SAY, MESSAGE_READY);
		break;
	case EVENT_PUBLISH_FAILED:
		lc->publish_again_at = ev->now + PUBLISH_AGAIN_MS;
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->budget_until)
			give_up(lc, ev->now, &budget_over, out);
		else
			publish_again(lc, ev->now, out);
		break;
	case EVENT_EXECUTED: /* happens once, before */
	case EVENT_EXEC_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is one, until APP_EXITED */
	case EVENT_ALL_GONE:      /* only a pause looks */
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
		await_report(lc, ev->now);
		break;
	case EVENT_UNHEALTHY:
		take_failure(lc, ev->now, MESSAGE_UNHEALTHY, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->report_until)
			take_failure(lc, ev->now, MESSAGE_MONITOR_SILENT, out);
		break;
	case EVENT_HEALTH_LOST: /* it was told to end, or it was needed */
		if (lc->limits->monitor_failures > 0 ||
		    lc->limits->gate == GATE_APP)
			become_unready(lc, MESSAGE_MONITOR_LOST, out);
		break;
	case EVENT_APP_STOPPING:
		become_unready(lc, MESSAGE_APP_STOPPING, out);
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_EXECUTED: /* happens once, before */
	case EVENT_EXEC_FAILED:
	case EVENT_EXTENDED:  /* it has started */
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is one, until APP_EXITED */
	case EVENT_ALL_GONE:      /* only a pause looks */
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
		await_report(lc, ev->now);
		add(out, ACTION_PUBLISH, 0);
		break;
	case EVENT_UNHEALTHY:
	case EVENT_APP_STOPPING:
		drop_publication(lc);
		break;
	case EVENT_HEALTH_LOST:
		become_unready(lc, MESSAGE_MONITOR_LOST, out);
		break;
	case EVENT_PUBLISHED:
		lc->state = STATE_READY;
		lc->published = true;
		lc->failures = 0;
		add(out, ACTION_SAY, MESSAGE_READY_AGAIN);
		break;
	case EVENT_PUBLISH_FAILED:
		lc->publish_again_at = ev->now + PUBLISH_AGAIN_MS;
		break;
	case EVENT_TIMEOUT:
		publish_again(lc, ev->now, out);
		break;
	case EVENT_APP_STOPPED:
		add(out, ACTION_SUSPEND, ev->arg);
		break;
	case EVENT_APP_EXITED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_EXTENDED: /* it has started */
	case EVENT_EXECUTED: /* happens once, before */
	case EVENT_EXEC_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is one, until APP_EXITED */
	case EVENT_ALL_GONE:      /* only a pause looks */
		break;
	}
}

static void
step_draining(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL:
		if (!starts_stop(lc, ev->arg)) {
			relay(lc, ev->arg, out);
			break;
		}
		add(out, ACTION_SAY, MESSAGE_STOPPING);
		begin_stopping(lc, ev->now, lc->stop_signal, out);
		/* The same again is one signal by the time it is relayed. */
		if (ev->arg != lc->stop_signal)
			relay_stop(lc, ev->arg, out);
		break;
	case EVENT_APP_EXITED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now < lc->drain_until)
			break;
		add(out, ACTION_SAY, MESSAGE_STOPPING);
		begin_stopping(lc, ev->now, lc->stop_signal, out);
		break;
	case EVENT_APP_STOPPED: /* we may not stop too: a deadline runs */
	case EVENT_HEALTHY:     /* never ready again */
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING: /* we know */
	case EVENT_EXTENDED:     /* it is about the start */
	case EVENT_EXECUTED:     /* happens once, before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is one, until APP_EXITED */
	case EVENT_ALL_GONE:      /* only a pause looks */
		break;
	}
}

static void
step_stopping(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_SIGNAL: /* later ones do not restart the clock */
		if (starts_stop(lc, ev->arg))
			relay_stop(lc, ev->arg, out);
		else
			relay(lc, ev->arg, out);
		break;
	case EVENT_APP_EXITED:
		begin_sweeping(lc, ev, out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->grace_until)
			begin_killing(lc, ev->now, out);
		break;
	case EVENT_APP_STOPPED: /* we may not stop too: a deadline runs */
	case EVENT_HEALTHY:     /* never ready again */
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING: /* we know */
	case EVENT_EXTENDED:     /* it is about the start */
	case EVENT_EXECUTED:     /* happens once, before */
	case EVENT_EXEC_FAILED:
	case EVENT_PUBLISHED: /* no publication is under way */
	case EVENT_PUBLISH_FAILED:
	case EVENT_CHILDREN_GONE: /* COMMAND is one, until APP_EXITED */
	case EVENT_ALL_GONE:      /* only a pause looks */
		break;
	}
}

static void
step_killing(struct lifecycle *lc, const struct event *ev, struct actions *out)
{
	switch (ev->type) {
	case EVENT_APP_EXITED: /* unless it was before the killing */
		if (lc->exit_status < 0)
			lc->exit_status = ev->arg;
		break;
	case EVENT_CHILDREN_GONE: /* others are not waited for any more */
	case EVENT_ALL_GONE:
		end(lc, final_status(lc), out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->kill_until) {
			add(out, ACTION_SAY, MESSAGE_UNKILLABLE);
			end(lc, final_status(lc), out);
			break;
		}
		if (ev->now >= lc->kill_again_at) {
			lc->kill_again_at = ev->now + KILL_AGAIN_MS;
			add(out, ACTION_KILL_ALL, 0);
		}
		if (ev->now >= lc->look_again_at)
			look(lc, ev->now, out);
		break;
	case EVENT_SIGNAL: /* SIGKILL is out: nobody could act on it */
	case EVENT_APP_STOPPED:
	case EVENT_HEALTHY: /* never ready again */
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING: /* we know */
	case EVENT_EXTENDED:     /* it is about the start */
	case EVENT_EXECUTED:     /* happens once, before */
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
			look(lc, ev->now, out);
		else
			end(lc, final_status(lc), out);
		break;
	case EVENT_ALL_GONE:
		end(lc, final_status(lc), out);
		break;
	case EVENT_TIMEOUT:
		if (ev->now >= lc->grace_until)
			begin_killing(lc, ev->now, out);
		else if (ev->now >= lc->look_again_at)
			look(lc, ev->now, out);
		break;
	case EVENT_SIGNAL: /* COMMAND, to whom they go, is gone */
	case EVENT_APP_STOPPED:
	case EVENT_APP_EXITED: /* once is enough, also after EXEC_FAILED */
	case EVENT_HEALTHY:    /* never ready again */
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING: /* we know */
	case EVENT_EXTENDED:     /* it is about the start */
	case EVENT_EXECUTED:     /* happens once, before */
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
		if (starts_stop(lc, ev->arg))
			stop_pausing(lc, ev->now, out);
		break;
	case EVENT_ALL_GONE: /* nobody has looked yet */
	case EVENT_EXECUTED: /* all the rest is about COMMAND */
	case EVENT_EXEC_FAILED:
	case EVENT_HEALTHY:
	case EVENT_UNHEALTHY:
	case EVENT_HEALTH_LOST:
	case EVENT_APP_STOPPING:
	case EVENT_EXTENDED:
	case EVENT_PUBLISHED:
	case EVENT_PUBLISH_FAILED:
	case EVENT_APP_STOPPED:
	case EVENT_APP_EXITED:
	case EVENT_CHILDREN_GONE:
	case EVENT_TIMEOUT:
		break;
	}
}

/* SIGCONT comes from a shell's fg, which may have given us the terminal. */
static void
lend_terminal(const struct event *ev, struct actions *out)
{
	if (ev->type == EVENT_SIGNAL && ev->arg == SIGCONT)
		add(out, ACTION_LEND_TERMINAL, 0);
}

void
lifecycle_init(struct lifecycle *lc, const struct limits *limits)
{
	*lc = (struct lifecycle){
		.limits = limits,
		.state = limits->gate == GATE_PAUSE ? STATE_PAUSED
						    : STATE_LAUNCHING,
		.exit_status = -1,
		.budget_until = NEVER,
		.publish_again_at = NEVER,
		.report_until = NEVER,
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
		return earlier(lc->budget_until,
		    earlier(lc->publish_again_at, lc->report_until));
	case STATE_READY:
		return lc->report_until;
	case STATE_UNREADY:
		return earlier(lc->publish_again_at, lc->report_until);
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

const char *
lifecycle_state_name(enum state state)
{
	static const char *const names[STATE_COUNT] = {
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

	return names[state];
}
