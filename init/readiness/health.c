/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/health.h"
#include "app/program.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "privileges/privileges.h"
#include "readiness/helper.h"

#define PAUSE_MIN_MS 10

/* How long SIGKILL may take on the way out, as dinit itself has it. */
#define LEAVE_LIMIT_MS 1000

/* The helper at work. */
struct worker {
	const struct health_plan *plan;
	char *const *arguments;
	int report_fd; /* its other end closed: time to go */
	int signal_fd; /* readable: a check may have ended */
	int64_t started_ns;
	int64_t checks;
	bool monitors; /* one has succeeded: the app has started */
};

/* One check while it runs. */
struct check {
	pid_t pid;     /* leader of its own process group; 0: reaped or none */
	int output_fd; /* -1: nobody writes to it any more */
	int64_t started_ns;
	size_t output_length;
	char output[HEALTH_OUTPUT_MAX];
};

int64_t
health_pause_ms(int64_t since_start_ms, int64_t took_ms, int64_t interval_ms)
{
	int64_t pause = since_start_ms / 20;

	if (pause > interval_ms)
		pause = interval_ms;
	if (pause < PAUSE_MIN_MS)
		pause = PAUSE_MIN_MS;
	if (pause < 4 * took_ms)
		pause = 4 * took_ms;
	return pause;
}

/* Room for COUNT arguments and the NULL behind them. NULL: no memory. */
static char **
new_arguments(size_t count)
{
	return calloc(count + 1, sizeof(char *));
}

static bool
is_exec_form(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return false;
	return json_array_size(value) > 0;
}

static char *const *
copy_strings(const json_t *array)
{
	size_t count = json_array_size(array);
	char **arguments = new_arguments(count);

	for (size_t i = 0; arguments != NULL && i < count; i++)
		arguments[i] =
		    strdup(json_string_value(json_array_get(array, i)));
	return arguments;
}

char *const *
health_arguments(const char *command)
{
	json_t *value = json_loads(command, 0, NULL);
	char *const *arguments = is_exec_form(value) ? copy_strings(value)
						     : NULL;
	char **shell;

	json_decref(value);
	if (arguments != NULL)
		return arguments;
	shell = new_arguments(3);
	if (shell == NULL)
		return NULL;
	shell[0] = strdup("/bin/sh");
	shell[1] = strdup("-c");
	shell[2] = strdup(command);
	return shell;
}

/*
 * First the bare error: the profile that the check is under may be deadly to
 * one that looks at files.
 */
static void __attribute__((noreturn))
execute_command(char *const *arguments)
{
	char why[EXECUTABLE_HINT_MAX];
	int place;
	int error = program_execute(arguments, &place);

	dprintf(STDERR_FILENO, "cannot execute %s: %s", arguments[0],
	    strerror(-error));
	program_explain(arguments[0], error, place, why);
	dprintf(STDERR_FILENO, "%s\n", why);
	program_end(program_exit_status(error));
}

/*
 * The check itself. It must not outlive the helper, however that dies; the
 * second look at the parent is for a helper that died before the first
 * (prctl(2), PR_SET_PDEATHSIG).
 */
static void __attribute__((noreturn))
run_command(const struct worker *worker, pid_t helper, int output_fd)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != helper)
		_exit(EXIT_STATUS_NOT_EXECUTABLE);
	setpgid(0, 0);
	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	signals_hand_back(worker->plan->signals);
	if (worker->plan->privileges != NULL &&
	    privileges_apply_filter(worker->plan->privileges) < 0)
		_exit(EXIT_STATUS_NOT_EXECUTABLE);
	execute_command(worker->arguments);
}

static int
start_check(const struct worker *worker, struct check *check)
{
	pid_t helper = getpid();
	int ends[2];
	pid_t pid;

	check->output_length = 0;
	check->started_ns = clock_monotonic_ns();
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		/* A command may not expect a pipe that refuses to wait. */
		fcntl(ends[1], F_SETFL, 0);
		run_command(worker, helper, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		int error = errno;

		close(ends[0]);
		return -error;
	}
	/* Here too, so that the group is there whoever runs first. */
	setpgid(pid, pid);
	check->pid = pid;
	check->output_fd = ends[0];
	return 0;
}

/* Keeps the first bytes and lets the rest go, so that no check gets stuck. */
static bool
read_output(struct check *check)
{
	char rest[512];
	size_t room = sizeof(check->output) - check->output_length;
	ssize_t length = room > 0
	    ? read(check->output_fd, check->output + check->output_length, room)
	    : read(check->output_fd, rest, sizeof(rest));

	if (length > 0 && room > 0)
		check->output_length += (size_t)length;
	return length > 0;
}

/* Empties the signalfd; only that it was readable matters. */
static void
drain_signals(const struct worker *worker)
{
	char signals[1024];

	while (read(worker->signal_fd, signals, sizeof(signals)) > 0)
		continue;
}

/* The leader by itself too: it may have moved to another group. */
static void
kill_check(const struct check *check)
{
	kill(-check->pid, SIGKILL);
	kill(check->pid, SIGKILL);
}

static bool
has_ended(const struct check *check)
{
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_PID, (id_t)check->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) < 0 &&
	    errno == EINTR)
		continue;
	return info.si_pid != 0;
}

/*
 * Ends what is left of the check's group, while its leader is not reaped and
 * the group's id cannot have been reused; then reaps the leader, which has
 * ended. Its exit status.
 */
static int
reap_check(struct check *check)
{
	siginfo_t info = { .si_code = 0 };

	kill_check(check);
	waitid(P_PID, (id_t)check->pid, &info, WEXITED);
	check->pid = 0;
	if (check->output_fd >= 0)
		close(check->output_fd);
	check->output_fd = -1;
	return exit_status_of_child(&info);
}

/*
 * Nobody listens any more: the check's group goes at once, then we do. The
 * check is reaped here, as to dinit it would be an orphan to warn about; but
 * one that SIGKILL does not end must not keep the helper, and dinit with it.
 */
static void __attribute__((noreturn))
leave(const struct worker *worker, struct check *check)
{
	struct pollfd news = { .fd = worker->signal_fd, .events = POLLIN };
	int64_t began_ns = clock_monotonic_ns();
	int64_t left = LEAVE_LIMIT_MS;

	if (check->pid == 0)
		_exit(0);
	kill_check(check);
	while (!has_ended(check) && left > 0) {
		poll(&news, 1, (int)left);
		drain_signals(worker);
		left = LEAVE_LIMIT_MS - clock_ms_since(began_ns);
	}
	if (has_ended(check))
		reap_check(check);
	_exit(0);
}

/* Waits up to TIMEOUT_MS for something to happen to the helper or CHECK. */
static void
wait_for_something(const struct worker *worker, struct check *check,
    int64_t timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = worker->report_fd, .events = 0 },
		{ .fd = worker->signal_fd, .events = POLLIN },
		{ .fd = check->output_fd, .events = POLLIN },
	};

	poll(fds, ARRAY_SIZE(fds),
	    timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms);
	if (fds[0].revents != 0)
		leave(worker, check);
	if (fds[1].revents & POLLIN)
		drain_signals(worker);
	/* Its end of the pipe closed by a check that lives on: no news. */
	if (fds[2].revents != 0 && !read_output(check) &&
	    (fds[2].revents & POLLHUP)) {
		close(check->output_fd);
		check->output_fd = -1;
	}
}

/* Waits until CHECK has ended. False: its time is over, and it has not. */
static bool
await_end(const struct worker *worker, struct check *check)
{
	int64_t timeout_ms = worker->plan->timeout_ms;

	while (!has_ended(check)) {
		int64_t left = timeout_ms - clock_ms_since(check->started_ns);

		if (timeout_ms > 0 && left <= 0)
			return false;
		wait_for_something(worker, check,
		    timeout_ms > 0 ? left : INT32_MAX);
	}
	return true;
}

/* Waits for CHECK to end, kills it when its time is over, and reports on it. */
static void
finish_check(const struct worker *worker, struct check *check,
    struct health_report *report)
{
	bool is_over = await_end(worker, check);

	kill_check(check);
	/* Somebody who got away may write on and on: no more than we keep. */
	while (check->output_length < sizeof(check->output) &&
	    read_output(check))
		continue;
	report->took_ms = clock_ms_since(check->started_ns);
	report->result = HEALTH_TIMED_OUT;
	if (!is_over)
		return;
	report->status = reap_check(check);
	report->result = report->status == 0 ? HEALTH_PASSED : HEALTH_FAILED;
}

static void
run_check(struct worker *worker, struct check *check,
    struct health_report *report)
{
	int error;

	*report = (struct health_report){ .checks = ++worker->checks };
	if (check->pid != 0) {
		report->result = HEALTH_STUCK;
		report->took_ms = clock_ms_since(check->started_ns);
		return;
	}
	error = start_check(worker, check);
	if (error == 0) {
		finish_check(worker, check, report);
		return;
	}
	report->result = HEALTH_NOT_RUN;
	report->status = -error;
}

/* False: memory is short, and PID 1 has not got the report. */
static bool
send_report(const struct worker *worker, struct check *check,
    struct health_report *report)
{
	struct iovec parts[] = {
		{ .iov_base = report, .iov_len = sizeof(*report) },
		{ .iov_base = check->output, .iov_len = check->output_length },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	if (sendmsg(worker->report_fd, &message, MSG_NOSIGNAL) >= 0)
		return true;
	if (errno != ENOMEM && errno != ENOBUFS)
		leave(worker, check);
	return false;
}

/* After a report that was lost, the next check comes at the pace of a start. */
static int64_t
next_pause_ms(struct worker *worker, const struct health_report *last,
    bool is_reported)
{
	const struct health_plan *plan = worker->plan;
	/* A check that is stuck takes no more of the app's time. */
	int64_t took_ms = last->result == HEALTH_STUCK ? plan->timeout_ms
						       : last->took_ms;

	if (is_reported && plan->monitor_ms > 0 &&
	    last->result == HEALTH_PASSED)
		worker->monitors = true;
	if (is_reported && worker->monitors)
		return plan->monitor_ms;
	return health_pause_ms(clock_ms_since(worker->started_ns), took_ms,
	    plan->interval_ms);
}

/*
 * Pauses for at least PAUSE_MS: what is left of it is rounded up. A check that
 * was killed is reaped whenever it ends.
 */
static void
pause_checks(const struct worker *worker, struct check *check, int64_t pause_ms)
{
	int64_t end_ns = clock_monotonic_ns() + pause_ms * CLOCK_NS_PER_MS;

	for (;;) {
		int64_t left_ns = end_ns - clock_monotonic_ns();

		if (check->pid != 0 && has_ended(check))
			reap_check(check);
		if (left_ns <= 0)
			return;
		wait_for_something(worker, check,
		    (left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS);
	}
}

/*
 * The helper runs as the app's user and with its capabilities. The app's filter
 * is put on a check only, as it need not allow what the helper does. So the app
 * must not get at the helper, nor at a check before its exec: neither of them
 * is dumpable.
 */
static void
work(const void *what, int report_fd)
{
	const struct health_plan *plan = what;
	struct worker worker = {
		.plan = plan,
		.report_fd = report_fd,
		.started_ns = clock_monotonic_ns(),
		.arguments = health_arguments(plan->command),
		.signal_fd = signals_open_descriptor(),
	};
	struct check check = { .output_fd = -1 };
	struct health_report report = { .checks = 0 };

	if (worker.arguments == NULL || worker.signal_fd < 0)
		_exit(1);
	for (;;) {
		bool is_reported;

		run_check(&worker, &check, &report);
		is_reported = send_report(&worker, &check, &report);
		pause_checks(&worker, &check,
		    next_pause_ms(&worker, &report, is_reported));
	}
}

int
health_start(const struct health_plan *plan, struct helper *out)
{
	const struct helper_role role = {
		.name = "dinit-health",
		.privileges = plan->privileges,
		.kept_fd = -1,
		.work = work,
		.plan = plan,
	};

	return helper_start(&role, out);
}

/* Not so from one that the app, who may be the same user, has taken over. */
static bool
is_known(enum health_result result)
{
	switch (result) {
	case HEALTH_PASSED:
	case HEALTH_FAILED:
	case HEALTH_TIMED_OUT:
	case HEALTH_STUCK:
	case HEALTH_NOT_RUN:
		return true;
	}
	return false;
}

ssize_t
health_receive(const struct helper *helper, struct health_report *report,
    char output[HEALTH_OUTPUT_MAX])
{
	struct health_report received = { .result = HEALTH_NOT_RUN };
	struct iovec parts[] = {
		{ .iov_base = &received, .iov_len = sizeof(received) },
		{ .iov_base = output, .iov_len = HEALTH_OUTPUT_MAX },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t length = recvmsg(helper->fd, &message, MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN || errno == ENOMEM ? -EAGAIN : -EPIPE;
	if (length < (ssize_t)sizeof(received) || !is_known(received.result))
		return -EPIPE;
	*report = received;
	return length - (ssize_t)sizeof(received);
}
