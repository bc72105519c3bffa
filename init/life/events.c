/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "life/events.h"
#include "app/spawn.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/exit_status.h"
#include "base/log.h"
#include "base/text.h"
#include "life/actions.h"
#include "life/supervisor_state.h"
#include "privileges/privileges.h"
#include "readiness/answer.h"
#include "readiness/health.h"
#include "readiness/listener.h"

/*
 * How much of one kind of news is taken before all others have their turn, so
 * that a flood of one kind keeps dinit neither from the others nor from a
 * deadline.
 */
#define AT_ONCE 8

/*
 * The same for children. There are more of them at once, as after each turn
 * dinit may look for all that is left, which takes far longer than to reap.
 */
#define REAPED_AT_ONCE 32

/*
 * So many signals are taken one after the other before those with higher
 * numbers have their turn: more than are ever sent at once, whose order then
 * stays, and few enough to take only some milliseconds.
 */
#define SIGNALS_IN_A_ROW 1024

/* Long enough to cost nothing, short enough for a stop to be in time. */
#define RETRY_PAUSE_MS 20

/* --- Events --- */

/*
 * Lets the lifecycle take one step, and performs its actions. The event that
 * answers the last one, or ACTIONS_NO_EVENT.
 */
static int
take_step(struct supervisor *sup, enum event_type type, int arg)
{
	const struct event event = {
		.now = clock_monotonic_ms(),
		.type = type,
		.arg = arg,
	};
	struct actions actions;
	int answer = ACTIONS_NO_EVENT;

	lifecycle_step(&sup->lifecycle, &event, &actions);
	log_set_state(lifecycle_state_name(sup->lifecycle.state));
	for (unsigned int i = 0; i < actions.count; i++)
		answer = actions_perform(sup, &actions.list[i]);
	sup->passed_on = lifecycle_passed_on(&sup->lifecycle);
	actions_explain(sup, event.now);
	return answer;
}

/* Takes in one event, then the one that answers its actions, and so on. */
static void
handle_event(struct supervisor *sup, enum event_type type, int arg)
{
	int next = take_step(sup, type, arg);

	while (next != ACTIONS_NO_EVENT)
		next = take_step(sup, (enum event_type)next, 0);
}

/*
 * WHAT has failed for a reason that nobody foresaw. That must neither end PID 1
 * nor make it spin: it sleeps for a moment, after which its loop tries again.
 * The same error is logged once.
 */
static void
pause_before_retry(struct supervisor *sup, const char *what, int error)
{
	const struct timespec moment = {
		.tv_nsec = RETRY_PAUSE_MS * CLOCK_NS_PER_MS,
	};
	const struct log_facts retrying = {
		.event = messages_event_name(TOPIC_RETRYING),
		.reason = strerror(-error),
	};

	if (sup->retry_error != error)
		log_event(LOG_LEVEL_WARN, &retrying,
		    "cannot %s: %s; trying again", what, retrying.reason);
	sup->retry_error = error;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

/* The same for news, of which no further signal tells. */
static void
look_again_later(struct supervisor *sup, const char *what, int error)
{
	sup->must_look_again = true;
	pause_before_retry(sup, what, error);
}

/* --- Signals --- */

/*
 * True if the signal is one to relay to COMMAND. These are never relayed:
 * SIGCHLD, which is about dinit's children;
 * a SIGPIPE or SIGXFSZ that a write of dinit itself has caused (write(2);
 * setrlimit(2), RLIMIT_FSIZE), which comes as if dinit had called kill(2);
 * and a stop that the terminal sends to dinit's own process group.
 */
static bool
is_for_app(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGCHLD:
		return false;
	case SIGPIPE:
	case SIGXFSZ:
		return info->si_pid != getpid() || info->si_code != SI_USER;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return info->si_code != SI_KERNEL;
	default:
		return true;
	}
}

/* --- The helper that checks --- */

/* False: there is no result, for now or for good. */
static bool
take_check(struct supervisor *sup)
{
	struct life_facts *facts = &sup->facts;
	ssize_t length;

	if (sup->health.fd < 0)
		return false;
	length = health_receive(&sup->health, &facts->last_check,
	    facts->last_output);
	if (length == -EAGAIN)
		return false;
	if (length == -ENOMEM) {
		look_again_later(sup, "hear dinit-health", -ENOMEM);
		return false;
	}
	if (length < 0) {
		helper_close(&sup->health);
		handle_event(sup, EVENT_HELPER_LOST, 0);
		return false;
	}
	sup->checked_ns = clock_monotonic_ns();
	facts->last_output_length = text_measure_trimmed(facts->last_output,
	    (size_t)length);
	/* Where nothing was printed, the page is not even touched. */
	if (facts->last_output_length > 0)
		facts->last_output[facts->last_output_length] = '\0';
	messages_log_check(facts);
	if (facts->last_check.outcome != HEALTH_PASSED) {
		facts->unready_why = MESSAGE_UNHEALTHY;
		handle_event(sup, EVENT_UNHEALTHY, 0);
		return true;
	}
	handle_event(sup, EVENT_HEALTHY, 0);
	if (sup->setup->feeds_watchdog)
		actions_tell_engine(sup, "WATCHDOG=1");
	return true;
}

/* True: there may be more. */
static bool
take_checks(struct supervisor *sup)
{
	int taken = 0;

	while (taken < AT_ONCE && take_check(sup))
		taken++;
	return taken == AT_ONCE;
}

/* --- The helper that hears COMMAND --- */

/*
 * The engine is told READY=1 when readiness is published the first time, and
 * then only to answer a RELOADING=1 of COMMAND, after which it waits for that.
 */
static void
take_ready(struct supervisor *sup)
{
	handle_event(sup, EVENT_HEALTHY, 0);
	if (!sup->is_reloading || !sup->lifecycle.published)
		return;
	actions_tell_engine(sup, "READY=1");
	sup->is_reloading = false;
}

/* What COMMAND says to its watchdog. */
static void
take_watchdog_news(struct supervisor *sup, const struct listener_news *news)
{
	const uint32_t signs = LISTENER_READY | LISTENER_ALIVE |
	    LISTENER_WATCHDOG;

	if (news->says & signs)
		sup->checked_ns = clock_monotonic_ns();
	if (news->says & LISTENER_WATCHDOG)
		handle_event(sup, EVENT_WATCHDOG_SET, news->watchdog_ms);
	if (news->says & LISTENER_ALIVE)
		handle_event(sup, EVENT_ALIVE, 0);
	if (news->says & LISTENER_TRIGGER)
		handle_event(sup, EVENT_APP_FAILED, 0);
}

/*
 * NEWS may have several lines, whose order does not matter: what is logged or
 * passed on to the engine comes first, and then what changes the state.
 */
static void
take_news(struct supervisor *sup, const struct listener_news *news)
{
	if (news->says & LISTENER_IGNORED) {
		messages_log_ignored_ready(news, sup->family.app);
		return;
	}
	if (news->says & LISTENER_NEW_STATUS)
		messages_log_app_status(&sup->facts, news->text);
	if (news->text[0] != '\0')
		actions_tell_engine(sup, news->text);
	if (news->extend_ms > 0)
		handle_event(sup, EVENT_EXTENDED, news->extend_ms);
	take_watchdog_news(sup, news);
	if (news->says & LISTENER_READY)
		take_ready(sup);
	if (news->says & LISTENER_RELOADING)
		sup->is_reloading = true;
	if (news->says & LISTENER_STOPPING)
		handle_event(sup, EVENT_APP_STOPPING, 0);
}

/* False: there is no notification, for now or for good. */
static bool
take_notification(struct supervisor *sup)
{
	struct listener_news news;
	int error;

	if (sup->listener.fd < 0)
		return false;
	error = listener_receive(&sup->listener, &news);
	if (error == 0) {
		take_news(sup, &news);
		listener_go_on(&sup->listener);
	} else if (error == -ENOMEM) {
		look_again_later(sup, "hear dinit-notify", error);
	} else if (error != -EAGAIN) {
		helper_close(&sup->listener);
		handle_event(sup, EVENT_HELPER_LOST, 0);
	}
	return error == 0;
}

/* True: there may be more. */
static bool
take_notifications(struct supervisor *sup)
{
	int taken = 0;

	while (taken < AT_ONCE && take_notification(sup))
		taken++;
	return taken == AT_ONCE;
}

/*
 * Takes all that the helper has passed on. As dinit has no child left, the
 * helper has ended as well, and nothing will follow.
 */
static void
take_last_notifications(struct supervisor *sup)
{
	while (take_notification(sup))
		continue;
}

/* --- The helpers that answer --- */

/*
 * Another process, or the kernel for lack of memory, may have ended one while
 * COMMAND runs. dinit itself kills both when the grace is over.
 */
static void
take_ends_of_answers(struct supervisor *sup)
{
	struct helper *first = &sup->answers[0];
	struct helper *spare = &sup->answers[1];
	bool has_lost_first = answer_has_ended(first);
	bool has_lost_spare = answer_has_ended(spare);

	if (has_lost_first)
		helper_close(first);
	if (has_lost_spare)
		helper_close(spare);
	if (sup->has_killed)
		return;
	if (has_lost_first && spare->fd >= 0) {
		answer_take_over(spare);
		messages_log_answer_killed(true);
	} else if ((has_lost_first || has_lost_spare) && first->fd < 0 &&
	    spare->fd < 0) {
		messages_log_answer_killed(false);
	}
}

/* --- Children --- */

/*
 * The stop is consumed before dinit acts on it: dinit may continue the app,
 * which may stop again at once, and that is then found as another change.
 */
static void
take_stop(struct supervisor *sup, const struct child_change *change)
{
	children_reap(&sup->family, change);
	if (change->pid == sup->family.app)
		handle_event(sup, EVENT_APP_STOPPED, change->stop_signal);
}

static void
take_app_exit(struct supervisor *sup, const struct child_change *change)
{
	sup->facts.app_status = change->exit_status;
	/* The life must not wait for them, and there is no app to ask about. */
	actions_stop_answers(sup);
	if (change->is_killed)
		sup->facts.app_signal = change->exit_status - 128;
	if (change->error < 0)
		sup->facts.app_status = EXIT_STATUS_DINIT;
	if (change->error < 0 || sup->executed_ns != 0)
		messages_log_app_end(&sup->facts, change->error);
	if (change->is_killed)
		handle_event(sup, EVENT_APP_KILLED, sup->facts.app_signal);
	else
		handle_event(sup, EVENT_APP_EXITED, sup->facts.app_status);
	terminal_take_back(&sup->setup->terminal, sup->family.app);
}

static void
log_orphan(const struct child_change *change)
{
	const struct log_facts reaped = {
		.event = messages_event_name(TOPIC_ORPHAN_REAPED),
		.pid = change->pid,
		.signal = change->is_killed ? change->exit_status - 128 : 0,
		.has_status = true,
		.status = change->exit_status,
	};

	log_event(LOG_LEVEL_WARN, &reaped, "reaped orphan %d (exit status %d)",
	    change->pid, change->exit_status);
}

/*
 * As PID 1, dinit reaps COMMAND before it acts on COMMAND's end: it signals
 * what is left by kill(-1), and children_exist then tells whether COMMAND has
 * left anything. Otherwise it signals what is left by the number of COMMAND's
 * group, which is safe only until COMMAND is reaped.
 */
static void
take_exit(struct supervisor *sup, const struct child_change *change)
{
	bool is_app = change->pid == sup->family.app;

	if (is_app && !sup->family.is_init)
		take_app_exit(sup, change);
	children_reap(&sup->family, change);
	if (is_app && sup->family.is_init)
		take_app_exit(sup, change);
	if (is_app)
		sup->family.app = 0;
	else if (change->pid == sup->health.pid)
		sup->health.pid = 0;
	else if (change->pid == sup->listener.pid)
		sup->listener.pid = 0;
	else if (change->pid == sup->answers[0].pid)
		sup->answers[0].pid = 0;
	else if (change->pid == sup->answers[1].pid)
		sup->answers[1].pid = 0;
	else if (sup->setup->warns_of_orphans)
		log_orphan(change);
}

/*
 * Takes in the children that have stopped or ended. 0; -ECHILD: there is no
 * child left; or another -errno.
 */
static int
take_changes(struct supervisor *sup)
{
	struct child_change change;
	int found = 1;

	for (int i = 0; i < REAPED_AT_ONCE && found == 1; i++) {
		found = children_next(&sup->family, &change);
		if (found == 1 && change.stop_signal != 0)
			take_stop(sup, &change);
		else if (found == 1)
			take_exit(sup, &change);
	}
	sup->must_look_again = sup->must_look_again || found == 1;
	return found < 0 ? found : 0;
}

/*
 * Makes no event of having no child, which means nothing before COMMAND runs:
 * an event looks at the clock, and COMMAND would wait for the first look, which
 * takes several microseconds.
 */
int
events_take_early_children(struct supervisor *sup)
{
	int error = take_changes(sup);

	return error == -ECHILD ? 0 : error;
}

/* Once COMMAND runs, a failure to wait for children is no reason to end. */
static void
take_children(struct supervisor *sup)
{
	int error = take_changes(sup);

	if (error == -ECHILD && sup->exit_status < 0) {
		take_last_notifications(sup);
		handle_event(sup, EVENT_CHILDREN_GONE, 0);
	} else if (error < 0 && error != -ECHILD) {
		look_again_later(sup, "wait for children", error);
	}
}

/* --- The exec of COMMAND --- */

static void
take_exec_success(struct supervisor *sup)
{
	sup->executed_ns = clock_monotonic_ns();
	/*
	 * From now on the app may write to the report file as well. dinit only
	 * adds one line at the end.
	 */
	log_set_report(-1);
	handle_event(sup, EVENT_EXECUTED, 0);
	actions_start_answers(sup);
	/* If the kernel reaps, dinit learns of no orphans and of no stops. */
	if (!sup->setup->warns_of_orphans && sup->setup->terminal.fd < 0 &&
	    children_leave_to_kernel(&sup->family))
		take_children(sup);
}

void
events_take_start(struct supervisor *sup, const struct spawned *spawned)
{
	const struct spawn_failure *failure = &spawned->failure;

	if (spawned->has_failed) {
		messages_log_exec_failure(failure, sup->setup->command[0]);
		handle_event(sup, EVENT_EXEC_FAILED,
		    spawn_exit_status(failure));
	} else {
		take_exec_success(sup);
	}
	if (sup->setup->privileges != NULL)
		privileges_release(sup->setup->privileges);
}

/* --- Waiting --- */

static void
take_timeout(struct supervisor *sup)
{
	/* The log says how long, if it was silent for too long. */
	sup->facts.silent_ms = clock_ms_since(sup->checked_ns);
	handle_event(sup, EVENT_TIMEOUT, 0);
}

/* Takes in whatever the helpers have written, and the children's ends. */
static void
look_for_news(struct supervisor *sup)
{
	bool has_more;

	sup->must_look_again = false;
	/* What COMMAND has said comes before its end. */
	has_more = take_notifications(sup);
	take_children(sup);
	has_more = take_checks(sup) || has_more;
	take_ends_of_answers(sup);
	sup->must_look_again = sup->must_look_again || has_more;
}

static void
pass_on(struct supervisor *sup, int signo)
{
	const struct action relay = {
		.type = ACTION_RELAY_TO_GROUP,
		.arg = signo,
	};

	actions_perform(sup, &relay);
	lifecycle_note_relay(&sup->lifecycle, signo, clock_monotonic_ms());
}

static void
take_signal(struct supervisor *sup, const siginfo_t *info)
{
	sup->last_signal = info->si_signo;
	sup->signals_in_a_row++;
	if (info->si_signo == SIGCHLD || signals_is_descriptor_news(info))
		sup->must_look_again = true;
	else if (!is_for_app(info))
		return;
	else if (sup->passed_on & signals_bit(info->si_signo))
		pass_on(sup, info->si_signo);
	else
		handle_event(sup, EVENT_SIGNAL, info->si_signo);
}

/*
 * The kernel hands out the pending signal with the lowest number first. A
 * signal that is sent without pause must not keep back the others: after some
 * signals, those with higher numbers than the last one have their turn.
 */
static uint64_t
signals_in_turn(const struct supervisor *sup)
{
	if (sup->signals_in_a_row < SIGNALS_IN_A_ROW)
		return SIGNALS_ALL;
	return sup->last_signal == SIGNALS_MAX
	    ? 0
	    : SIGNALS_ALL << sup->last_signal;
}

/* How long to sleep; INT64_MAX: without end. */
static int64_t
time_left_ns(const struct supervisor *sup)
{
	int64_t deadline = lifecycle_deadline(&sup->lifecycle);
	int64_t left_ns;

	if (sup->must_look_again)
		return 0;
	if (deadline == INT64_MAX)
		return INT64_MAX;
	left_ns = deadline * CLOCK_NS_PER_MS - clock_monotonic_ns();
	return left_ns < 0 ? 0 : left_ns;
}

/*
 * Sleeps until there is a signal, or a deadline is over. Returns the signal and
 * fills INFO, or 0 if there is none.
 */
static int
wait_for_signal(struct supervisor *sup, siginfo_t *info)
{
	uint64_t set = signals_in_turn(sup);
	int64_t left_ns = set == SIGNALS_ALL ? time_left_ns(sup) : 0;
	int signo = signals_wait(set, left_ns, info);

	if (signo > 0)
		return signo;
	sup->signals_in_a_row = 0;
	if (signo != -EAGAIN && signo != -EINTR)
		pause_before_retry(sup, "wait for signals", signo);
	return 0;
}

/*
 * This is the only place where PID 1 sleeps. Everything that happens is a
 * signal: those that are sent to dinit, SIGCHLD, and the one that tells of news
 * from a helper. Relaying a signal takes as few steps as possible, because the
 * kernel often puts the app on PID 1's own CPU, where it runs only when PID 1
 * sleeps again.
 */
void
events_await(struct supervisor *sup)
{
	siginfo_t info;
	int64_t deadline;

	if (wait_for_signal(sup, &info) > 0)
		take_signal(sup, &info);
	if (sup->must_look_again)
		look_for_news(sup);
	deadline = lifecycle_deadline(&sup->lifecycle);
	if (deadline != INT64_MAX && clock_monotonic_ms() >= deadline)
		take_timeout(sup);
}
