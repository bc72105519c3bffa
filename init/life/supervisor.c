/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "life/supervisor.h"
#include "app/descriptors.h"
#include "app/spawn.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/exit_status.h"
#include "base/line_file.h"
#include "base/log.h"
#include "base/signals.h"
#include "privileges/denial.h"
#include "privileges/lockdown.h"
#include "privileges/privileges.h"

/* A full or broken log never changes what happens; nor do these. */
#define NO_EVENT (-1)

/* A signal that cannot be delivered is said; it never ends PID 1. */
static void
report_undelivered(const char *whom, int signo, int error)
{
	if (error < 0 && error != -ESRCH)
		log_line(LOG_LEVEL_WARN, "cannot send SIG%s to %s: %s%s",
		    signals_name(signo), whom, strerror(-error),
		    error == -EPERM ? "; does the container lack CAP_KILL?"
				    : "");
}

static void
signal_group(const struct supervisor *sup, int signo)
{
	log_line(LOG_LEVEL_DEBUG, "relaying SIG%s to group %d",
	    signals_name(signo), sup->family.app);
	report_undelivered("the app's group", signo,
	    children_signal_group(&sup->family, signo));
}

static void
signal_main(const struct supervisor *sup, int signo)
{
	log_line(LOG_LEVEL_DEBUG, "relaying SIG%s to %d", signals_name(signo),
	    sup->family.app);
	report_undelivered("the app", signo,
	    children_signal_app(&sup->family, signo));
}

/*
 * A stopped process acts on a signal only once it is continued: signal(7). The
 * time is taken behind the signals, so that whoever started later has certainly
 * not been told.
 */
static void
stop_group(struct supervisor *sup, int signo)
{
	signal_group(sup, signo);
	signal_group(sup, SIGCONT);
	sup->group_told = clock_boot_ticks();
}

static void
stop_main(const struct supervisor *sup, int signo)
{
	signal_main(sup, signo);
	signal_main(sup, SIGCONT);
}

/*
 * Signals go to what is left again and again: the same failure is said once.
 * Without a /proc of ours (-ENOENT) there may well be nothing left.
 */
static void
report_unswept(struct supervisor *sup, int signo, int error)
{
	if (error == -ENOENT && signo == SIGKILL && sup->sweep_error == error)
		log_line(LOG_LEVEL_WARN,
		    "cannot find what is left outside of the app's group: "
		    "/proc is missing or of another namespace");
	else if (error != -ENOENT && error != sup->sweep_error)
		report_undelivered("what is left", signo, error);
	sup->sweep_error = error == -ENOENT && signo == SIGKILL ? -ESRCH
								: error;
}

static int
signal_all(struct supervisor *sup, int signo)
{
	int error = children_signal_all(&sup->family, signo);

	report_unswept(sup, signo, error);
	return error;
}

static int
signal_rest(struct supervisor *sup, int signo)
{
	int error = children_signal_rest(&sup->family, sup->group_told, signo);

	report_unswept(sup, signo, error);
	return error;
}

/*
 * Nobody is looked for where COMMAND has left no child. Only with --pause are
 * those to be reached that came in from outside and are nobody's children here.
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
start_health(struct supervisor *sup)
{
	int error = health_start(&sup->setup->health_plan, &sup->health);

	if (error == 0)
		return NO_EVENT;
	denial_log_failure("start", "the health helper", error, true);
	return EVENT_HEALTH_LOST;
}

/* The socket is the helper's alone from then on. */
static int
start_listener(struct supervisor *sup)
{
	const struct listener_plan plan = {
		.socket_fd = sup->setup->notify_socket.fd,
		.app = sup->family.app,
		.access = sup->setup->notify_access,
		.has_engine = sup->setup->upstream.fd >= 0,
		.locks_down = sup->setup->locks_down,
		.privileges = sup->setup->privileges,
	};
	int error = listener_start(&plan, &sup->listener);

	close(sup->setup->notify_socket.fd);
	sup->setup->notify_socket.fd = -1;
	if (error == 0)
		return NO_EVENT;
	denial_log_failure("start", "the helper that hears the app", error,
	    true);
	return EVENT_HEALTH_LOST;
}

/* Sends TEXT to the engine; that it does not listen is worth a line. */
static void
tell_engine(const struct supervisor *sup, const char *text)
{
	int error = notify_send(&sup->setup->upstream, text);
	/* Many engines listen only until they have heard READY=1. */
	bool is_gone = error == -ECONNREFUSED || error == -ENOENT;

	if (error < 0)
		log_line(is_gone ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		    "cannot notify the engine (%s): %s", text,
		    strerror(-error));
}

static int
publish_failed(struct supervisor *sup, int error)
{
	messages_log_publish_failure(&sup->facts, error);
	sup->facts.publish_error = error;
	return EVENT_PUBLISH_FAILED;
}

/*
 * The file first, for it can fail; but not while the engine's queue is full,
 * for then nobody shall hear of it. Should the queue fill up just in between,
 * the file goes again until the next try.
 */
static int
publish(struct supervisor *sup)
{
	const struct notify_upstream nobody = { .fd = -1 };
	bool was_ready = sup->facts.ready_after_ms >= 0;
	/* Having heard it once, many engines do not listen any more. */
	const struct notify_upstream *engine = was_ready
	    ? &nobody
	    : &sup->setup->upstream;
	struct readiness_facts facts = {
		.pid = sup->family.app,
		.since = clock_wall().tv_sec,
		.ready_after_ms = was_ready ? sup->facts.ready_after_ms
					    : clock_ms_since(sup->executed_ns),
		.checks = sup->facts.last_check.checks,
	};
	int error = -EAGAIN;

	if (notify_has_room(engine))
		error = readiness_publish(&sup->setup->readiness, &facts);
	if (error < 0)
		return publish_failed(sup, error);
	error = notify_send(engine, "READY=1");
	if (error == -EAGAIN) {
		readiness_withdraw(&sup->setup->readiness);
		return publish_failed(sup, error);
	}
	if (error < 0)
		log_line(LOG_LEVEL_WARN, "cannot notify the engine: %s",
		    strerror(-error));
	sup->facts.publish_error = 0;
	sup->facts.ready_after_ms = facts.ready_after_ms;
	return EVENT_PUBLISHED;
}

static void
withdraw(struct supervisor *sup)
{
	int error = readiness_withdraw(&sup->setup->readiness);

	if (error < 0)
		log_line(LOG_LEVEL_ERROR,
		    "cannot delete %s (unlocked, it no longer reads as ready): "
		    "%s",
		    sup->setup->readiness.path, strerror(-error));
}

/*
 * Stopped by the terminal (which never sends SIGSTOP), the app is one job with
 * us: the shell must see us stop. Where nobody could continue us we are not
 * stopped, and a Ctrl-Z must not leave the app stopped for ever either.
 */
static void
suspend(const struct supervisor *sup, int signo)
{
	if (sup->setup->terminal.fd < 0 || signo == SIGSTOP)
		return;
	terminal_take_back(&sup->setup->terminal, sup->family.app);
	if (signals_stop_own_group(signo))
		return;
	terminal_lend(&sup->setup->terminal, sup->family.app);
	if (signo == SIGTSTP)
		signal_group(sup, SIGCONT);
}

static void
announce_end(const struct supervisor *sup, enum ending ending)
{
	char why[LINE_FILE_MAX];

	messages_format_ending(&sup->facts, ending, why, sizeof(why));
	readiness_give_up(&sup->setup->readiness, why);
	tell_engine(sup, "STOPPING=1");
}

/* Of a failed exec the error line says more. */
static void
report(const struct supervisor *sup, enum ending ending)
{
	char text[LINE_FILE_MAX];

	if (sup->setup->report_fd < 0 || ending == ENDING_EXEC)
		return;
	messages_format_ending(&sup->facts, ending, text, sizeof(text));
	line_file_append(sup->setup->report_fd, text);
}

static void
say(const struct supervisor *sup, enum message message)
{
	char status[MESSAGES_STATUS_MAX];

	messages_log(&sup->facts, message);
	if (messages_format_status(&sup->facts, message, status))
		tell_engine(sup, status);
}

static int
start_helper(struct supervisor *sup)
{
	return sup->setup->limits.gate == GATE_APP ? start_listener(sup)
						   : start_health(sup);
}

static int
look(const struct supervisor *sup)
{
	return children_is_anybody_left(&sup->family) ? NO_EVENT
						      : EVENT_ALL_GONE;
}

/* Carries ACTION out. The event that answers it, or NO_EVENT. */
static int
perform(struct supervisor *sup, const struct action *action)
{
	switch (action->type) {
	case ACTION_START_HEALTH:
		return start_helper(sup);
	case ACTION_STOP_HEALTH:
		helper_close(&sup->health);
		listener_finish(&sup->listener);
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
		return look(sup);
	case ACTION_SUSPEND:
		suspend(sup, action->arg);
		break;
	case ACTION_LEND_TERMINAL:
		terminal_lend(&sup->setup->terminal, sup->family.app);
		break;
	case ACTION_SAY:
		say(sup, (enum message)action->arg);
		break;
	case ACTION_REPORT:
		report(sup, (enum ending)action->arg);
		break;
	case ACTION_EXIT:
		/* A group that had it may have outlived COMMAND until now. */
		terminal_take_back(&sup->setup->terminal, sup->family.app);
		sup->exit_status = action->arg;
		break;
	}
	return NO_EVENT;
}

/* Lets the lifecycle take one step. The event that answers it, or NO_EVENT. */
static int
take_step(struct supervisor *sup, enum event_type type, int arg)
{
	const struct event event = {
		.now = clock_monotonic_ms(),
		.type = type,
		.arg = arg,
	};
	struct actions actions;
	int answer = NO_EVENT;

	lifecycle_step(&sup->lifecycle, &event, &actions);
	for (unsigned int i = 0; i < actions.count; i++)
		answer = perform(sup, &actions.list[i]);
	return answer;
}

/* Takes in one event, and then those that answer its actions. */
static void
handle(struct supervisor *sup, enum event_type type, int arg)
{
	int next = take_step(sup, type, arg);

	while (next != NO_EVENT)
		next = take_step(sup, (enum event_type)next, 0);
}

/*
 * What is COMMAND's is let go: peers of its pipes and sockets must see their
 * end when it closes them, and no mount stays busy because of us. Standard
 * output stays, like standard error: cron jobs and hooks write to
 * /proc/1/fd/1, which leads to what the engine logs.
 */
static void
let_go(const struct supervisor *sup)
{
	const int kept[] = {
		STDOUT_FILENO,
		STDERR_FILENO,
		log_descriptor(),
		sup->setup->signal_fd,
		sup->family.app_fd,
		sup->health.fd,
		sup->setup->terminal.fd,
		sup->setup->readiness.directory_fd,
		sup->setup->readiness.parent_fd,
		sup->setup->readiness.file_fd,
		sup->setup->readiness.state_fd,
		sup->setup->upstream.fd,
		sup->listener.fd,
		sup->setup->report_fd,
	};

	descriptors_close_others(kept, ARRAY_SIZE(kept));
	if (chdir("/") < 0)
		log_line(LOG_LEVEL_DEBUG, "cannot change to /: %s",
		    strerror(errno));
}

/*
 * From here on dinit can do no more than its work takes. What a kernel does
 * not grant is no reason not to start.
 */
static void
lock_down(const struct supervisor *sup)
{
	const struct lockdown_owner owner = {
		.uid = sup->setup->readiness.owner,
		.gid = sup->setup->readiness.group,
	};
	int error;

	if (!sup->setup->locks_down)
		return;
	error = lockdown_drop_capabilities(sup->setup->readiness.path == NULL
		? NULL
		: &owner);
	if (error < 0)
		log_line(LOG_LEVEL_WARN,
		    "cannot give up capabilities: %s; going on with them",
		    strerror(-error));
	else if (error > 0)
		log_line(LOG_LEVEL_DEBUG,
		    "cannot take on the ids of uid %u by setfsuid(2); keeping "
		    "CAP_DAC_OVERRIDE to write %s",
		    owner.uid, sup->setup->readiness.path);
	error = lockdown_filter_calls();
	if (error < 0)
		log_line(LOG_LEVEL_DEBUG,
		    "cannot filter system calls: %s; going on without a filter",
		    strerror(-error));
}

/*
 * Not relayed: SIGCHLD, which is about our children; a SIGPIPE or SIGXFSZ that
 * our own write caused, for which the kernel names us as the sender, as if we
 * had called kill(2) (write(2); setrlimit(2), RLIMIT_FSIZE); stops that the
 * terminal sends to our group, for they are not the app's.
 */
static bool
is_for_app(const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGCHLD:
		return false;
	case SIGPIPE:
	case SIGXFSZ:
		return info->ssi_pid != (uint32_t)getpid() ||
		    info->ssi_code != SI_USER;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return info->ssi_code != SI_KERNEL;
	default:
		return true;
	}
}

/*
 * A few at a time, here and below: whoever floods us must keep us neither from
 * anything else nor from a deadline.
 */
#define AT_ONCE 8

/* More of these: to look for what is left (leftovers.h) takes far longer. */
#define REAPED_AT_ONCE 32

/* Long enough to cost nothing, short enough for a stop to be in time. */
#define MOMENT_MS 20

/*
 * What keeps us from doing WHAT, which nobody foresaw, must neither end PID 1
 * nor make it spin: a moment later it is tried again. Said once.
 */
static void
wait_a_moment(struct supervisor *sup, const char *what, int error)
{
	const struct timespec moment = {
		.tv_nsec = MOMENT_MS * CLOCK_NS_PER_MS,
	};

	if (sup->wait_error != error)
		log_line(LOG_LEVEL_WARN, "cannot %s: %s; trying again", what,
		    strerror(-error));
	sup->wait_error = error;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

static void
take_signals(struct supervisor *sup)
{
	struct signalfd_siginfo infos[AT_ONCE];
	ssize_t length = read(sup->setup->signal_fd, infos, sizeof(infos));
	size_t count = length < 0 ? 0 : (size_t)length / sizeof(infos[0]);

	if (length < 0 && errno != EAGAIN && errno != EINTR)
		wait_a_moment(sup, "read signals", -errno);
	for (size_t i = 0; i < count; i++)
		if (is_for_app(&infos[i]))
			handle(sup, EVENT_SIGNAL, (int)infos[i].ssi_signo);
}

static void
take_reports(struct supervisor *sup)
{
	for (int i = 0; i < AT_ONCE && sup->health.fd >= 0; i++) {
		struct life_facts *facts = &sup->facts;
		ssize_t length = health_receive(&sup->health,
		    &facts->last_check, facts->last_output);

		if (length == -EAGAIN)
			return;
		if (length < 0) {
			helper_close(&sup->health);
			handle(sup, EVENT_HEALTH_LOST, 0);
			return;
		}
		sup->checked_ns = clock_monotonic_ns();
		facts->last_output_length = (size_t)length;
		messages_log_check(facts);
		if (facts->last_check.outcome != HEALTH_PASSED) {
			handle(sup, EVENT_UNHEALTHY, 0);
			continue;
		}
		handle(sup, EVENT_HEALTHY, 0);
		if (sup->setup->feeds_watchdog)
			tell_engine(sup, "WATCHDOG=1");
	}
}

/*
 * After a RELOADING=1 the engine waits for a READY=1, of which it has otherwise
 * heard once and for all.
 */
static void
take_ready(struct supervisor *sup)
{
	handle(sup, EVENT_HEALTHY, 0);
	if (!sup->is_reloading || !sup->lifecycle.published)
		return;
	tell_engine(sup, "READY=1");
	sup->is_reloading = false;
}

/*
 * Acts on NEWS in an order of its own, whatever the order of its lines was:
 * what is logged or passed on to the engine comes before what changes the
 * state.
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
		tell_engine(sup, news->text);
	if (news->extend_ms > 0)
		handle(sup, EVENT_EXTENDED, news->extend_ms);
	if (news->says & LISTENER_READY)
		take_ready(sup);
	if (news->says & LISTENER_RELOADING)
		sup->is_reloading = true;
	if (news->says & LISTENER_STOPPING)
		handle(sup, EVENT_APP_STOPPING, 0);
}

/* False: there is no more, for now or for good. */
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
	} else if (error != -EAGAIN) {
		helper_close(&sup->listener);
		handle(sup, EVENT_HEALTH_LOST, 0);
	}
	return error == 0;
}

static void
take_notifications(struct supervisor *sup)
{
	for (int i = 0; i < AT_ONCE && take_notification(sup); i++)
		continue;
}

/*
 * Takes what the helper had passed on before it ended: by now it has, as dinit
 * has no child left.
 */
static void
take_last_words(struct supervisor *sup)
{
	while (take_notification(sup))
		continue;
}

/*
 * A stop is taken in before it is acted on: continued by us, the app may stop
 * once more at once, and that is another change.
 */
static void
take_stop(struct supervisor *sup, const struct child_change *change)
{
	children_reap(&sup->family, change);
	if (change->pid == sup->family.app)
		handle(sup, EVENT_APP_STOPPED, change->stop_signal);
}

static void
take_app_exit(struct supervisor *sup, const struct child_change *change)
{
	sup->facts.app_status = change->exit_status;
	if (change->error < 0) {
		log_line(LOG_LEVEL_ERROR,
		    "cannot learn how the app ended: %s; reporting failure",
		    strerror(-change->error));
		sup->facts.app_status = EXIT_STATUS_DINIT;
	} else if (sup->executed_ns != 0) {
		messages_log_app_end(&sup->facts);
	}
	handle(sup, EVENT_APP_EXITED, sup->facts.app_status);
	terminal_take_back(&sup->setup->terminal, sup->family.app);
}

/*
 * PID 1 reaps COMMAND first: it needs no group's id to signal what is left, and
 * waitid(2) then tells whether anybody is. Otherwise COMMAND's end is acted on
 * first, for until it is reaped its group's id is safe to signal.
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
	else if (sup->setup->warns_of_orphans)
		log_line(LOG_LEVEL_WARN, "reaped orphan %d (exit status %d)",
		    change->pid, change->exit_status);
}

/* 0, or -errno where children cannot be waited for. */
static int
take_children(struct supervisor *sup)
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
	sup->has_more_children = found == 1;
	if (found == -ECHILD && sup->exit_status < 0) {
		take_last_words(sup);
		handle(sup, EVENT_CHILDREN_GONE, 0);
	}
	return found == -ECHILD || found > 0 ? 0 : found;
}

/*
 * As take_children, while COMMAND runs: an error is no reason to end, so that
 * waiting for children is tried until it works again.
 */
static void
reap_children(struct supervisor *sup)
{
	int error = take_children(sup);

	if (error == 0)
		return;
	sup->has_more_children = true;
	wait_a_moment(sup, "wait for children", error);
}

static void
take_start(struct supervisor *sup)
{
	sup->executed_ns = clock_monotonic_ns();
	/*
	 * From now on the app may write to the report as well. Of ours only
	 * one line is still to come, the last one.
	 */
	log_set_report(-1);
	handle(sup, EVENT_EXECUTED, 0);
	/* Stops are news only where there is a terminal. */
	if (!sup->setup->warns_of_orphans && sup->setup->terminal.fd < 0 &&
	    children_leave_to_kernel(&sup->family))
		reap_children(sup);
}

/* Inlined, its room would lie on the stack of every PID 1. */
static void __attribute__((noinline))
say_start_failed(const struct supervisor *sup,
    const struct spawn_failure *failure)
{
	char why[EXECUTABLE_HINT_MAX];
	char hint[DENIAL_HINT_MAX];

	spawn_explain(failure, sup->setup->command[0], why);
	denial_format_hint(-failure->error, false, hint);
	log_line(LOG_LEVEL_ERROR, "cannot %s %s: %s%s%s",
	    spawn_step_name(failure), sup->setup->command[0],
	    strerror(failure->error), why, hint);
}

static void
take_exec_result(struct supervisor *sup)
{
	struct spawn_failure failure;
	int failed = spawn_read_result(sup->spawn_fd, &failure);

	sup->spawn_fd = -1;
	if (failed) {
		say_start_failed(sup, &failure);
		handle(sup, EVENT_EXEC_FAILED, spawn_exit_status(&failure));
	} else {
		take_start(sup);
	}
	if (sup->setup->privileges != NULL)
		privileges_release(sup->setup->privileges);
	/* It may all be over by now, and take_children() has seen it. */
	if (sup->exit_status < 0) {
		let_go(sup);
		lock_down(sup);
	}
}

static void
take_timeout(struct supervisor *sup)
{
	/* The log names this time where the helper was silent for too long. */
	sup->facts.silent_ms = clock_ms_since(sup->checked_ns);
	handle(sup, EVENT_TIMEOUT, 0);
}

/*
 * Sleeps until one of FDS is readable or LEFT is over (NULL: without end).
 * Where a filter denies ppoll(2), poll(2) may be there; without either, all of
 * FDS are said to be, as everybody takes from them without waiting.
 */
static void
poll_descriptors(struct supervisor *sup, struct pollfd *fds, nfds_t count,
    const struct timespec *left)
{
	int left_ms = -1;

	if (ppoll(fds, count, left, NULL) >= 0 || errno == EINTR)
		return;
	if (left != NULL)
		left_ms = left->tv_sec >= INT_MAX / 1000
		    ? INT_MAX
		    : (int)(left->tv_sec * 1000 +
			  left->tv_nsec / CLOCK_NS_PER_MS + 1);
	if (poll(fds, count, left_ms) >= 0 || errno == EINTR)
		return;
	wait_a_moment(sup, "wait for news", -errno);
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].fd >= 0)
			fds[i].revents = POLLIN;
}

/*
 * Sleeps until something happens or the lifecycle's deadline is here; not at
 * all while there are children of whom no further SIGCHLD tells.
 */
static void
wait_for_news(struct supervisor *sup, struct pollfd *fds, nfds_t count)
{
	int64_t deadline = sup->has_more_children
	    ? 0
	    : lifecycle_deadline(&sup->lifecycle);
	struct timespec left = { 0 };
	int64_t left_ns;

	if (deadline == INT64_MAX) {
		poll_descriptors(sup, fds, count, NULL);
		return;
	}
	left_ns = deadline * CLOCK_NS_PER_MS - clock_monotonic_ns();
	if (left_ns > 0) {
		left.tv_sec = left_ns / (1000 * CLOCK_NS_PER_MS);
		left.tv_nsec = left_ns % (1000 * CLOCK_NS_PER_MS);
	}
	poll_descriptors(sup, fds, count, &left);
}

/* Signals stay pending until the exec is over: they are for COMMAND. */
static void
wait_for_exec(struct supervisor *sup)
{
	struct pollfd result = { .fd = sup->spawn_fd, .events = POLLIN };

	wait_for_news(sup, &result, 1);
	if (result.revents != 0)
		take_exec_result(sup);
}

static void
run_once(struct supervisor *sup)
{
	struct pollfd fds[] = {
		{ .fd = sup->setup->signal_fd, .events = POLLIN },
		{ .fd = sup->health.fd, .events = POLLIN },
		{ .fd = sup->listener.fd, .events = POLLIN },
		{ .fd = sup->family.app_fd,
		    .events = sup->app_is_dying ? 0 : POLLIN },
	};

	/* SIGCHLD is only sent to who reaps. */
	const struct pollfd *children = children_kernel_reaps(&sup->family)
	    ? &fds[3]
	    : &fds[0];

	wait_for_news(sup, fds, ARRAY_SIZE(fds));
	if (fds[3].revents != 0)
		sup->app_is_dying = true;
	if (fds[0].revents != 0)
		take_signals(sup);
	/* Before its end, what COMMAND said until then. */
	if (fds[2].revents != 0)
		take_notifications(sup);
	if (children->revents != 0 || sup->has_more_children)
		reap_children(sup);
	if (fds[1].revents != 0)
		take_reports(sup);
	if (clock_monotonic_ms() >= lifecycle_deadline(&sup->lifecycle))
		take_timeout(sup);
}

/* A page of its own: in an ungated container it is never touched. */
static int
make_room_for_output(struct supervisor *sup)
{
	void *room = mmap(NULL, HEALTH_OUTPUT_MAX, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED) {
		log_line(LOG_LEVEL_ERROR, "cannot map memory: %s",
		    strerror(errno));
		return -ENOMEM;
	}
	sup->facts.last_output = room;
	return 0;
}

static int
launch(struct supervisor *sup)
{
	struct spawned spawned;
	const struct spawn_request request = {
		.argv = sup->setup->command,
		.signals = sup->setup->signals_found,
		.terminal = &sup->setup->terminal,
		.privileges = sup->setup->privileges,
		.notify_socket = sup->setup->notify_socket.fd < 0
		    ? NULL
		    : sup->setup->notify_socket.path,
	};
	int error = spawn_command(&request, &spawned);

	if (error < 0)
		return denial_log_failure("start", sup->setup->command[0],
		    error, true);
	sup->family.app = spawned.pid;
	sup->spawn_fd = spawned.result_fd;
	return 0;
}

/*
 * Reaps what has ended before our exec, whose SIGCHLD came long ago, and proves
 * that dinit can reap at all. 0, or -errno after one message.
 */
static int
take_early_children(struct supervisor *sup)
{
	int error = take_children(sup);

	return error == 0
	    ? 0
	    : denial_log_failure("wait for", "children", error, false);
}

/* Forks, and sees to it until the exec has succeeded or failed. */
static int
run_command(struct supervisor *sup)
{
	int error = launch(sup);

	while (error == 0 && sup->spawn_fd >= 0)
		wait_for_exec(sup);
	return error;
}

int
supervisor_run(struct setup *setup)
{
	struct supervisor supervisor = {
		.setup = setup,
		.family.is_init = setup->is_init,
		.family.app_fd = -1,
		.listener.fd = -1,
		.health.fd = -1,
		.spawn_fd = -1,
		.exit_status = -1,
	};
	struct supervisor *sup = &supervisor;

	sup->facts = (struct life_facts){
		.limits = &setup->limits,
		.ready_file = setup->readiness.path,
		.ready_after_ms = -1,
		.app_status = -1,
	};
	lifecycle_init(&sup->lifecycle, &setup->limits);
	if (setup->limits.gate == GATE_HEALTH && make_room_for_output(sup) < 0)
		return EXIT_STATUS_DINIT;
	if (take_early_children(sup) < 0)
		return EXIT_STATUS_DINIT;
	if (setup->command == NULL) {
		log_set_report(-1);
		let_go(sup);
		lock_down(sup);
	} else if (run_command(sup) < 0) {
		return EXIT_STATUS_DINIT;
	}
	while (sup->exit_status < 0)
		run_once(sup);
	return sup->exit_status;
}
