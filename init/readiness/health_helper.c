/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "readiness/health_helper.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/signals.h"
#include "readiness/check.h"
#include "readiness/health_wire.h"
#include "readiness/pace.h"

/* How long a killed check may take to end; KILL_LIMIT_MS of PID 1 equals it. */
#define CHECK_END_LIMIT_MS 1000

/* The state of the helper. */
struct checker {
	const struct health_plan *plan;
	char *const *arguments;
	int results_fd; /* the helper ends once its other end is closed */
	int signal_fd;  /* readable: a check may have ended */
	int64_t started_ns;
	int64_t checks;
	bool monitors; /* a check has succeeded, and monitor_ms counts now */
};

/* Empties the signalfd. It does not matter which signals have arrived. */
static void
drain_signals(const struct checker *checker)
{
	char signals[1024];

	while (read(checker->signal_fd, signals, sizeof(signals)) > 0)
		continue;
}

/*
 * Kills and reaps the check, and ends the helper. If the helper did not reap
 * the check, PID 1 would take it for an orphan of the app. But the helper waits
 * for it CHECK_END_LIMIT_MS at most: SIGKILL may not end the check, and PID 1
 * waits for the helper.
 */
static void __attribute__((noreturn))
end_helper(const struct checker *checker, struct check *check)
{
	struct pollfd signals = { .fd = checker->signal_fd, .events = POLLIN };
	int64_t began_ns = clock_monotonic_ns();
	int64_t left = CHECK_END_LIMIT_MS;

	if (check->pid == 0)
		_exit(0);
	check_kill(check);
	while (!check_has_ended(check) && left > 0) {
		poll(&signals, 1, (int)left);
		drain_signals(checker);
		left = CHECK_END_LIMIT_MS - clock_ms_since(began_ns);
	}
	if (check_has_ended(check))
		check_reap(check);
	_exit(0);
}

/*
 * Waits up to TIMEOUT_MS until CHECK prints something or ends, or any signal
 * arrives. Once PID 1 wants no more results, this ends the helper and does not
 * return. PID 1 never sends anything to the helper, so that POLLIN is the end
 * of its socket; gVisor wakes nobody who waits for the hang-up (POLLHUP) alone.
 */
static void
wait_or_end(const struct checker *checker, struct check *check,
    int64_t timeout_ms)
{
	enum { RESULTS, SIGNALS, OUTPUT };
	struct pollfd fds[] = {
		[RESULTS] = { .fd = checker->results_fd, .events = POLLIN },
		[SIGNALS] = { .fd = checker->signal_fd, .events = POLLIN },
		[OUTPUT] = { .fd = check->output_fd, .events = POLLIN },
	};

	poll(fds, ARRAY_SIZE(fds),
	    timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms);
	if (fds[RESULTS].revents != 0)
		end_helper(checker, check);
	if (fds[SIGNALS].revents & POLLIN)
		drain_signals(checker);
	/* A check may close its end of the pipe long before it ends. */
	if (fds[OUTPUT].revents != 0 && !check_read_output(check) &&
	    (fds[OUTPUT].revents & POLLHUP)) {
		close(check->output_fd);
		check->output_fd = -1;
	}
}

/* Waits until CHECK has ended. False: its time is over, and it has not. */
static bool
await_end(const struct checker *checker, struct check *check)
{
	int64_t timeout_ms = checker->plan->timeout_ms;

	while (!check_has_ended(check)) {
		int64_t left = timeout_ms - clock_ms_since(check->started_ns);

		if (timeout_ms > 0 && left <= 0)
			return false;
		wait_or_end(checker, check, timeout_ms > 0 ? left : INT32_MAX);
	}
	return true;
}

/* Waits for CHECK to end, or kills it when its time is over. */
static void
finish_check(const struct checker *checker, struct check *check,
    struct health_result *result)
{
	bool has_ended = await_end(checker, check);

	check_kill(check);
	/* A process that left the group may print on, so there is a limit. */
	while (check->output_length < sizeof(check->output) &&
	    check_read_output(check))
		continue;
	result->took_ms = clock_ms_since(check->started_ns);
	result->outcome = HEALTH_TIMED_OUT;
	if (!has_ended)
		return;
	result->status = check_reap(check);
	result->outcome = result->status == 0 ? HEALTH_PASSED : HEALTH_FAILED;
}

static void
run_check(struct checker *checker, struct check *check,
    struct health_result *result)
{
	int error;

	*result = (struct health_result){ .checks = ++checker->checks };
	if (check->pid != 0) {
		result->outcome = HEALTH_STUCK;
		result->took_ms = clock_ms_since(check->started_ns);
		return;
	}
	error = check_start(check, checker->plan, checker->arguments);
	if (error == 0) {
		finish_check(checker, check, result);
		return;
	}
	result->outcome = HEALTH_NOT_RUN;
	result->status = -error;
}

/* False: memory is short, and the result is lost. */
static bool
send_result(const struct checker *checker, struct check *check,
    struct health_result *result)
{
	struct iovec parts[] = {
		{ .iov_base = result, .iov_len = sizeof(*result) },
		{ .iov_base = check->output, .iov_len = check->output_length },
	};
	struct msghdr message = {
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
	};

	if (sendmsg(checker->results_fd, &message, MSG_NOSIGNAL) >= 0)
		return true;
	if (errno != ENOMEM && errno != ENOBUFS)
		end_helper(checker, check);
	return false;
}

/* After a lost result, the pause is as short as while the app starts. */
static int64_t
next_pause_ms(struct checker *checker, const struct health_result *last,
    bool is_sent)
{
	const struct health_plan *plan = checker->plan;
	/* A check that is stuck uses no processor time, however old it is. */
	int64_t took_ms = last->outcome == HEALTH_STUCK ? plan->timeout_ms
							: last->took_ms;

	if (is_sent && plan->monitor_ms > 0 && last->outcome == HEALTH_PASSED)
		checker->monitors = true;
	if (is_sent && checker->monitors)
		return plan->monitor_ms;
	return pace_pause_ms(clock_ms_since(checker->started_ns), took_ms,
	    plan->interval_ms);
}

/*
 * Pauses for at least PAUSE_MS, and meanwhile reaps a check that was killed as
 * soon as it has ended.
 */
static void
pause_checks(const struct checker *checker, struct check *check,
    int64_t pause_ms)
{
	int64_t end_ns = clock_monotonic_ns() + pause_ms * CLOCK_NS_PER_MS;

	for (;;) {
		int64_t left_ns = end_ns - clock_monotonic_ns();

		if (check->pid != 0 && check_has_ended(check))
			check_reap(check);
		if (left_ns <= 0)
			return;
		wait_or_end(checker, check,
		    (left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS);
	}
}

/*
 * The helper has the app's user and capabilities, but not the app's seccomp
 * filter, because that may forbid what the helper does; only the checks get the
 * filter. So the app must not be able to trace the helper or a check before its
 * exec. It is not, because neither of them is dumpable (helper.h).
 */
void
health_helper_main(const void *plan, int results_fd)
{
	struct checker checker = {
		.plan = plan,
		.results_fd = results_fd,
		.started_ns = clock_monotonic_ns(),
		.signal_fd = signals_open_descriptor(),
	};
	struct check check = { .output_fd = -1 };
	struct health_result result = { .checks = 0 };

	checker.arguments = check_arguments(checker.plan->command);
	if (checker.arguments == NULL || checker.signal_fd < 0)
		_exit(1);
	for (;;) {
		bool is_sent;

		run_check(&checker, &check, &result);
		is_sent = send_result(&checker, &check, &result);
		pause_checks(&checker, &check,
		    next_pause_ms(&checker, &result, is_sent));
	}
}
