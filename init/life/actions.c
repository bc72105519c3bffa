/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "life/actions.h"
#include "app/leftovers.h"
#include "app/memory_kills.h"
#include "base/clock.h"
#include "base/line_file.h"
#include "base/log.h"
#include "base/signals.h"
#include "life/supervisor_state.h"
#include "privileges/denial.h"
#include "readiness/answer.h"
#include "readiness/answer_helper.h"
#include "readiness/health.h"
#include "readiness/listener.h"

/* The state file is written at most this often while the state is the same. */
#define EXPLAIN_PAUSE_MS 1000

/* --- Signals --- */

/* Logs that SIGNO did not reach WHOM. That WHOM is gone is no failure. */
static void
log_undelivered(const char *whom, int signo, int error)
{
	struct log_facts undelivered = {
		.event = messages_event_name(TOPIC_SIGNAL_UNDELIVERED),
		.signal = signo,
	};

	if (error >= 0 || error == -ESRCH)
		return;
	undelivered.reason = strerror(-error);
	log_event(LOG_LEVEL_WARN, &undelivered, "cannot send SIG%s to %s: %s%s",
	    signals_name(signo), whom, undelivered.reason,
	    error == -EPERM ? "; does the container lack CAP_KILL?" : "");
}

/*
 * Logs that SIGNO is relayed to WHOM with the number ID. This comes before the
 * signal is sent, so where the level leaves the line out, nothing else is done.
 */
static void
log_relay(const char *whom, pid_t id, int signo)
{
	struct log_facts relay = { .pid = id, .signal = signo };

	if (!log_includes(LOG_LEVEL_DEBUG))
		return;
	relay.event = messages_event_name(TOPIC_SIGNAL_RELAYED);
	log_event(LOG_LEVEL_DEBUG, &relay, "relaying SIG%s to %s%d",
	    signals_name(signo), whom, id);
}

static void
signal_group(const struct supervisor *sup, int signo)
{
	log_relay("group ", sup->family.app, signo);
	log_undelivered("the app's group", signo,
	    children_signal_group(&sup->family, signo));
}

static void
signal_main(const struct supervisor *sup, int signo)
{
	log_relay("", sup->family.app, signo);
	log_undelivered("the app", signo,
	    children_signal_app(&sup->family, signo));
}

/*
 * SIGCONT follows, as a stopped process acts on SIGNO only once it is continued
 * (signal(7)). The time is taken after the signals, so that a process which has
 * started later has certainly not got them.
 */
static void
stop_group(struct supervisor *sup, int signo)
{
	signal_group(sup, signo);
	signal_group(sup, SIGCONT);
	sup->group_told_ticks = clock_boot_ticks();
}

static void
stop_main(const struct supervisor *sup, int signo)
{
	signal_main(sup, signo);
	signal_main(sup, SIGCONT);
}

/*
 * Logs that SIGNO did not reach what is left. Signals are sent there again and
 * again, so the same failure is logged once. -ENOENT means that there is no
 * /proc of this PID namespace to find processes in. Perhaps there are none, so
 * that this is logged only if it is still so at the first SIGKILL.
 */
static void
log_unswept(struct supervisor *sup, int signo, int error)
{
	const struct log_facts unswept = {
		.event = messages_event_name(TOPIC_SIGNAL_UNDELIVERED),
		.reason = "/proc is missing or of another namespace",
		.signal = signo,
	};
	bool is_first_kill = signo == SIGKILL && !sup->has_killed;

	if (error != -ENOENT && error != sup->sweep_error)
		log_undelivered("what is left", signo, error);
	else if (error == -ENOENT && error == sup->sweep_error && is_first_kill)
		log_event(LOG_LEVEL_WARN, &unswept,
		    "cannot find what is left outside of the app's group: "
		    "/proc is missing or of another namespace");
	sup->has_killed = sup->has_killed || signo == SIGKILL;
	sup->sweep_error = error;
}

static int
signal_all(struct supervisor *sup, int signo)
{
	int error = children_signal_all(&sup->family, signo);

	log_unswept(sup, signo, error);
	return error;
}

static int
signal_rest(struct supervisor *sup, int signo)
{
	int error = children_signal_rest(&sup->family, sup->group_told_ticks,
	    signo);

	log_unswept(sup, signo, error);
	return error;
}

/*
 * Asks what is left to end, by SEND. If COMMAND has left no child, there is
 * nothing to look for. With --pause there may be processes that came in from
 * outside (docker exec), and are not dinit's children.
 */
static void
terminate(struct supervisor *sup,
    int (*send)(struct supervisor *sup, int signo))
{
	if (sup->setup->command != NULL && !children_exist())
		return;
	if (send(sup, SIGTERM) != -ESRCH)
		send(sup, SIGCONT);
}

static int
look_for_others(const struct supervisor *sup)
{
	return children_is_anybody_left(&sup->family) ? ACTIONS_NO_EVENT
						      : EVENT_ALL_GONE;
}

/*
 * The terminal has stopped the app (Ctrl-Z). The shell that has started dinit
 * regards both as one job, so that it must see dinit stop as well. Where nobody
 * could continue dinit, the kernel does not stop it; then the app must not stay
 * stopped for ever either. The terminal never sends SIGSTOP.
 */
static void
suspend(const struct supervisor *sup, int signo)
{
	const struct terminal *terminal = &sup->setup->terminal;

	if (terminal->fd < 0 || signo == SIGSTOP)
		return;
	terminal_take_back(terminal, sup->family.app);
	if (signals_stop_own_group(signo))
		return;
	terminal_lend(terminal, sup->family.app);
	if (signo == SIGTSTP)
		signal_group(sup, SIGCONT);
}

/* --- Helpers --- */

/* Logs that HELPER could not be started. */
static void
log_unstarted(const char *helper, int error)
{
	const struct log_facts unstarted = {
		.event = messages_event_name(TOPIC_HELPER_NOT_STARTED),
		.reason = strerror(-error),
	};
	char hint[DENIAL_HINT_MAX];

	denial_format_hint(error, true, hint);
	log_event(LOG_LEVEL_ERROR, &unstarted, "cannot start %s: %s%s", helper,
	    unstarted.reason, hint);
}

static int
start_health(struct supervisor *sup)
{
	int error = health_start(&sup->setup->health_plan, &sup->health);

	if (error == 0)
		return ACTIONS_NO_EVENT;
	log_unstarted("the health helper", error);
	return EVENT_HELPER_LOST;
}

/* Hands the socket that COMMAND tells over to the helper. */
static int
start_listener(struct supervisor *sup)
{
	struct setup *setup = sup->setup;
	const struct listener_plan plan = {
		.socket_fd = setup->notify_socket.fd,
		.app = sup->family.app,
		.access = setup->notify_access,
		.has_engine = setup->upstream.fd >= 0,
		.locks_down = setup->locks_down,
		.privileges = setup->privileges,
	};
	int error = listener_start(&plan, &sup->listener);

	close(setup->notify_socket.fd);
	setup->notify_socket.fd = -1;
	if (error == 0)
		return ACTIONS_NO_EVENT;
	log_unstarted("the helper that hears the app", error);
	return EVENT_HELPER_LOST;
}

static int
start_helper(struct supervisor *sup)
{
	return sup->setup->limits.gate == GATE_APP ? start_listener(sup)
						   : start_health(sup);
}

static void
stop_helpers(struct supervisor *sup)
{
	helper_close(&sup->health);
	listener_finish(&sup->listener);
}

/*
 * The helpers are started after COMMAND: a client that connects to the socket
 * before that waits for a moment. Then PID 1 closes the socket, so that no
 * client waits in vain once both helpers are gone.
 */
void
actions_start_answers(struct supervisor *sup)
{
	struct setup *setup = sup->setup;
	struct answer_plan plan = {
		.listen_fd = setup->answer_fd,
		.ready_file = setup->readiness.path,
		.locks_down = setup->locks_down,
		.privileges = setup->privileges,
	};
	const char *object = "dinit-answer";
	int error;

	if (setup->answer_fd < 0)
		return;
	error = answer_start(&plan, &sup->answers[0]);
	if (error == 0) {
		object = "a spare dinit-answer";
		plan.is_spare = true;
		error = answer_start(&plan, &sup->answers[1]);
	}
	if (error < 0)
		log_unstarted(object, error);
	close(setup->answer_fd);
	setup->answer_fd = -1;
}

void
actions_stop_answers(struct supervisor *sup)
{
	helper_close(&sup->answers[0]);
	helper_close(&sup->answers[1]);
}

/* --- Readiness --- */

/* Logs that the engine could not be sent TEXT. */
static void
log_untold(enum log_level level, const char *text, int error)
{
	const struct log_facts untold = {
		.event = messages_event_name(TOPIC_ENGINE_NOT_TOLD),
		.reason = strerror(-error),
	};

	log_event(level, &untold, "cannot notify the engine (%s): %s", text,
	    untold.reason);
}

static int
fail_to_publish(struct supervisor *sup, int error)
{
	messages_log_publish_failure(&sup->facts, error);
	sup->facts.publish_error = error;
	return EVENT_PUBLISH_FAILED;
}

/*
 * Publishes readiness both in the file and to the engine, or in neither. The
 * file comes first, as it is the one that can fail; but nothing is written
 * while the engine's queue is full. If the queue has become full since that was
 * looked at, the file is deleted again. In all these cases the lifecycle tries
 * again later.
 */
static int
publish(struct supervisor *sup)
{
	const struct notify_upstream nobody = { .fd = -1 };
	struct setup *setup = sup->setup;
	bool was_ready = sup->facts.ready_after_ms >= 0;
	/* Many engines do not listen any more once they have heard READY=1. */
	const struct notify_upstream *engine = was_ready ? &nobody
							 : &setup->upstream;
	const struct readiness_facts facts = {
		.pid = sup->family.app,
		.since = clock_wall().tv_sec,
		.ready_after_ms = was_ready ? sup->facts.ready_after_ms
					    : clock_ms_since(sup->executed_ns),
		.checks = sup->facts.last_check.checks,
	};
	int error = -EAGAIN;

	if (notify_has_room(engine))
		error = readiness_publish(&setup->readiness, &facts);
	if (error < 0)
		return fail_to_publish(sup, error);
	error = notify_send(engine, "READY=1");
	if (error == -EAGAIN) {
		readiness_withdraw(&setup->readiness);
		return fail_to_publish(sup, error);
	}
	if (error < 0)
		log_untold(LOG_LEVEL_WARN, "READY=1", error);
	sup->facts.publish_error = 0;
	sup->facts.ready_after_ms = facts.ready_after_ms;
	return EVENT_PUBLISHED;
}

static void
withdraw(struct supervisor *sup)
{
	struct readiness *readiness = &sup->setup->readiness;
	int error = readiness_withdraw(readiness);
	struct log_facts failed = {
		.event = messages_event_name(TOPIC_WITHDRAW_FAILED),
	};

	if (error >= 0)
		return;
	failed.reason = strerror(-error);
	log_event(LOG_LEVEL_ERROR, &failed,
	    "cannot delete %s (unlocked, it no longer reads as ready): %s",
	    readiness->path, failed.reason);
}

/* --- Words --- */

void
actions_tell_engine(const struct supervisor *sup, const char *text)
{
	int error = notify_send(&sup->setup->upstream, text);
	/* Many engines listen only until they have heard READY=1. */
	bool is_gone = error == -ECONNREFUSED || error == -ENOENT;

	if (error < 0)
		log_untold(is_gone ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN, text,
		    error);
}

/*
 * Has the last word, in the log and in the report file. When COMMAND could not
 * be executed, the error message is there already, and says more.
 */
static void
write_report(struct supervisor *sup, enum ending ending)
{
	char text[LINE_FILE_MAX];

	if (ending == ENDING_BUDGET)
		sup->facts.budget_name = setup_budget_name(sup->setup);
	else if (ending == ENDING_RECOVERY)
		sup->facts.recovery_name = setup_recovery_name(sup->setup);
	messages_log_exit(&sup->facts, ending);
	if (sup->setup->report_fd < 0 || ending == ENDING_EXEC)
		return;
	messages_format_ending(&sup->facts, ending, text, sizeof(text));
	line_file_append(sup->setup->report_fd, text);
}

/* Finds out what the words for MESSAGE need and nothing else does. */
static void
gather_facts(struct supervisor *sup, enum message message)
{
	struct life_facts *facts = &sup->facts;

	if (message == MESSAGE_SLOW_START)
		facts->starting_ms = clock_ms_since(sup->executed_ns);
	else if (message == MESSAGE_RELAYED_END)
		facts->relayed_signal = sup->lifecycle.relayed_signal;
	else if (message == MESSAGE_DRAINING || message == MESSAGE_STOPPING)
		facts->stop_signal = sup->lifecycle.stop_signal;
	else if (message == MESSAGE_APP_KILLED)
		facts->memory_kills = memory_kills_count(MEMORY_KILLS_PATH);
}

/*
 * True if the state file must be written. A new state or another reason is told
 * at once, as is how the first check ended: until then there was nothing to
 * tell. How a later check ended is told EXPLAIN_PAUSE_MS after the last time,
 * with the next event. A state file that is empty, as somebody has deleted the
 * one before, is written at once too.
 */
static bool
must_explain(const struct supervisor *sup, int64_t now)
{
	const struct told *told = &sup->told;
	const struct life_facts *facts = &sup->facts;
	int64_t checks = facts->last_check.checks;

	if (told->state != sup->lifecycle.state ||
	    told->inode != sup->setup->readiness.state.id.inode)
		return true;
	if (told->state == STATE_READY)
		return false;
	return told->loss != facts->unready_why ||
	    told->publish_error != facts->publish_error ||
	    (told->checks != checks &&
		(told->checks == 0 || now - told->at_ms >= EXPLAIN_PAUSE_MS));
}

/* Keeps of what the state file tells from NOW on. */
static void
keep_told(struct supervisor *sup, int64_t now)
{
	int64_t since_ms = sup->told.since_ms;

	sup->told = (struct told){
		.state = sup->lifecycle.state,
		.since_ms = sup->lifecycle.state == sup->told.state ? since_ms
								    : now,
		.at_ms = now,
		.inode = sup->setup->readiness.state.id.inode,
		.checks = sup->facts.last_check.checks,
		.loss = sup->facts.unready_why,
		.publish_error = sup->facts.publish_error,
	};
}

static void
explain(struct supervisor *sup, const char *state, int64_t now)
{
	const struct lifecycle *lc = &sup->lifecycle;
	char why[LINE_FILE_MAX] = "somebody has deleted the readiness file";
	struct state_reason reason = { .doing = state, .why = why };

	if (!must_explain(sup, now))
		return;
	keep_told(sup, now);
	reason.since_ms = sup->told.since_ms;
	if (lc->state == STATE_STARTING && lc->budget_until != INT64_MAX)
		reason.limit_ms = lc->budget_until - reason.since_ms;
	if (lc->state != STATE_READY)
		messages_format_why_unready(&sup->facts, why, sizeof(why));
	state_file_explain(&sup->setup->readiness.state, &reason);
}

/* Writes ENDING to the state file, and what the container does until then. */
static void
explain_end(const struct supervisor *sup, enum ending ending)
{
	enum state state = sup->lifecycle.state;
	char why[LINE_FILE_MAX];
	char line[LINE_FILE_MAX + 16];

	messages_format_ending(&sup->facts, ending, why, sizeof(why));
	snprintf(line, sizeof(line), "%s%s",
	    state == STATE_DRAINING       ? "draining: "
		: state == STATE_STOPPING ? "stopping: "
					  : "",
	    why);
	state_file_give_up(&sup->setup->readiness.state, line);
}

/*
 * When a stop begins, announce_end() writes why. That line says "draining"
 * while a drain lasts, so it is written once more when the drain is over.
 */
void
actions_explain(struct supervisor *sup, int64_t now)
{
	enum state state = sup->lifecycle.state;

	if (sup->setup->readiness.state.fd < 0)
		return;
	if (state == STATE_STARTING)
		explain(sup, "starting", now);
	else if (state == STATE_READY)
		explain(sup, "running", now);
	else if (state == STATE_UNREADY)
		explain(sup, "unready", now);
	else if (sup->told.state == STATE_DRAINING && state != STATE_DRAINING)
		explain_end(sup, sup->lifecycle.ending);
	sup->told.state = state;
}

/*
 * Tells those who wait for readiness, and the engine, that it is over. If no
 * process is left and nobody waits, the state file is deleted a moment later,
 * and nobody could read why.
 */
static void
announce_end(const struct supervisor *sup, enum ending ending)
{
	if (children_exist() ||
	    state_file_is_awaited(&sup->setup->readiness.state))
		explain_end(sup, ending);
	actions_tell_engine(sup, "STOPPING=1");
}

static void
log_message(struct supervisor *sup, enum message message)
{
	char status[MESSAGES_STATUS_MAX];

	if (messages_is_loss(message))
		sup->facts.unready_why = message;
	gather_facts(sup, message);
	messages_log(&sup->facts, message);
	if (messages_format_status(&sup->facts, message, status))
		actions_tell_engine(sup, status);
}

/*
 * Without a child there is nothing to look for. The helpers are children too.
 */
static void
name_left(const struct supervisor *sup)
{
	const pid_t helpers[LEFTOVERS_HELPERS] = { sup->health.pid,
		sup->listener.pid, sup->answers[0].pid, sup->answers[1].pid };
	char names[LEFTOVERS_NAMES_MAX];
	int count;

	if (!children_exist())
		return;
	count = leftovers_name(sup->family.app, helpers, names);
	if (count > 0)
		messages_log_left(&sup->facts, count, names);
}

static void
end_life(struct supervisor *sup, int exit_status)
{
	/* COMMAND's group may have had the foreground until now. */
	terminal_take_back(&sup->setup->terminal, sup->family.app);
	sup->exit_status = exit_status;
}

/* --- All of them --- */

int
actions_perform(struct supervisor *sup, const struct action *action)
{
	switch (action->type) {
	case ACTION_START_HELPER:
		return start_helper(sup);
	case ACTION_STOP_HELPER:
		stop_helpers(sup);
		break;
	case ACTION_PUBLISH:
		return publish(sup);
	case ACTION_WITHDRAW:
		withdraw(sup);
		break;
	case ACTION_ANNOUNCE_END:
		announce_end(sup, (enum ending)action->arg);
		break;
	case ACTION_RELAY_TO_GROUP:
		signal_group(sup, action->arg);
		break;
	case ACTION_RELAY_TO_MAIN:
		signal_main(sup, action->arg);
		break;
	case ACTION_STOP_GROUP:
		stop_group(sup, action->arg);
		break;
	case ACTION_STOP_MAIN:
		stop_main(sup, action->arg);
		break;
	case ACTION_NAME_LEFT:
		name_left(sup);
		break;
	case ACTION_TERMINATE_ALL:
		terminate(sup, signal_all);
		break;
	case ACTION_TERMINATE_REST:
		terminate(sup, signal_rest);
		break;
	case ACTION_KILL_ALL:
		signal_all(sup, SIGKILL);
		break;
	case ACTION_LOOK:
		return look_for_others(sup);
	case ACTION_SUSPEND:
		suspend(sup, action->arg);
		break;
	case ACTION_LEND_TERMINAL:
		terminal_lend(&sup->setup->terminal, sup->family.app);
		break;
	case ACTION_SAY:
		log_message(sup, (enum message)action->arg);
		break;
	case ACTION_REPORT:
		write_report(sup, (enum ending)action->arg);
		break;
	case ACTION_EXIT:
		end_life(sup, action->arg);
		break;
	}
	return ACTIONS_NO_EVENT;
}
