/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "readiness/probe_plan.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/problem.h"
#include "base/signals.h"
#include "base/text.h"
#include "readiness/hosts.h"
#include "readiness/pace.h"

#define HOSTS_PATH "/etc/hosts"

#define LINE_MAX_LENGTH ((size_t)PROBE_TARGETS_MAX * PROBE_RESULT_MAX)

/* A check of the targets, up to the first that is not healthy. */
struct attempt {
	size_t healthy; /* how many are, before that one */
	struct probe_rules rules;
	int64_t took_ms;
	struct probe_result results[PROBE_TARGETS_MAX];
};

/* The state of the process. */
struct prober {
	const struct probe_plan *plan;
	size_t count; /* of the targets */
	struct probe_target targets[PROBE_TARGETS_MAX];
	sigset_t ends; /* signals that end a pause, and with it the process */
	int64_t started_ns;
	int64_t attempts;
	struct attempt last; /* whose result counts */
};

/* --- Before the first check --- */

static int
look_up(struct probe_target *target, struct problem *problem)
{
	struct hosts_addresses found;
	int error = hosts_look_up(HOSTS_PATH, target->name, target->name_length,
	    &found);

	if (error == -ENOENT)
		return problem_set(problem,
		    "--probe: '%.200s' is wrong; it takes %s", target->url,
		    probe_target_expectation(-EADDRNOTAVAIL));
	if (error < 0)
		return problem_set(problem,
		    "--probe: '%.200s': cannot read " HOSTS_PATH ": %s",
		    target->url, strerror(-error));
	target->six.sin6_family = found.six.sin6_family;
	target->six.sin6_addr = found.six.sin6_addr;
	target->four.sin_family = found.four.sin_family;
	target->four.sin_addr = found.four.sin_addr;
	return 0;
}

static int
prepare_targets(struct prober *prober, struct problem *problem)
{
	for (const char *const *url = prober->plan->urls; *url != NULL; url++) {
		struct probe_target *target = &prober->targets[prober->count++];
		int error = probe_target_parse(*url, target);

		if (error == 0 && target->name != NULL)
			error = look_up(target, problem);
		if (error < 0)
			return error;
	}
	return 0;
}

/*
 * SIGPIPE is ignored, because the exit status counts even if nobody reads the
 * line. The other signals get their old dispositions back, by which most of
 * them end the process. Not so process 1, for which the kernel ignores them
 * (pid_namespaces(7)): while it waits, as an init container may, they stay
 * blocked and end a pause.
 */
static void
prepare_signals(struct prober *prober, const struct signal_state *found)
{
	sigemptyset(&prober->ends);
	if (getpid() == 1 && prober->plan->wait_ms > 0) {
		sigaddset(&prober->ends, SIGTERM);
		sigaddset(&prober->ends, SIGINT);
		sigaddset(&prober->ends, SIGHUP);
		sigaddset(&prober->ends, SIGQUIT);
	} else {
		signals_hand_back(found);
	}
	signal(SIGPIPE, SIG_IGN);
}

/* --- Checks --- */

static int64_t
left_ms(const struct prober *prober)
{
	return prober->plan->wait_ms - clock_ms_since(prober->started_ns);
}

/* The time-out of the next attempt, which ends with the wait at the latest. */
static int64_t
choose_timeout(const struct prober *prober)
{
	int64_t timeout_ms = prober->plan->rules.timeout_ms;
	/* The first attempt has all of the wait, as its line may say. */
	int64_t left = prober->attempts == 0 ? prober->plan->wait_ms
					     : left_ms(prober);

	if (prober->plan->wait_ms == 0)
		return timeout_ms;
	if (left < 1)
		left = 1;
	return timeout_ms == 0 || left < timeout_ms ? left : timeout_ms;
}

static bool
is_healthy(const struct prober *prober)
{
	return prober->last.healthy == prober->count;
}

static void
check_targets(const struct prober *prober, struct attempt *out)
{
	int64_t began_ns = clock_monotonic_ns();
	int64_t deadline = INT64_MAX;

	out->healthy = 0;
	out->rules = prober->plan->rules;
	out->rules.timeout_ms = choose_timeout(prober);
	if (out->rules.timeout_ms > 0)
		deadline = clock_monotonic_ms() + out->rules.timeout_ms;
	while (out->healthy < prober->count) {
		struct probe_result *result = &out->results[out->healthy];

		probe_run(&prober->targets[out->healthy], &out->rules, deadline,
		    result);
		if (!result->is_healthy)
			break;
		out->healthy++;
	}
	out->took_ms = clock_ms_since(began_ns);
}

/* True if the end of the wait has cut ATTEMPT short, which tells nothing. */
static bool
was_cut_short(const struct prober *prober, const struct attempt *attempt)
{
	return attempt->healthy < prober->count &&
	    attempt->results[attempt->healthy].answer == -ETIME &&
	    attempt->rules.timeout_ms != prober->plan->rules.timeout_ms;
}

static void
try_once(struct prober *prober)
{
	struct attempt next = { .healthy = 0 };

	check_targets(prober, &next);
	if (prober->attempts == 0 || !was_cut_short(prober, &next))
		prober->last = next;
	prober->attempts++;
}

/*
 * The pause before the next attempt; 0: there is no time for another one. The
 * last attempt begins so that it is over when the wait is.
 */
static int64_t
next_pause_ms(const struct prober *prober)
{
	int64_t took_ms = prober->last.took_ms;
	int64_t longest = left_ms(prober) - took_ms - PACE_PAUSE_MIN_MS;
	int64_t pause = pace_pause_ms(clock_ms_since(prober->started_ns),
	    took_ms, prober->plan->interval_ms);

	if (longest <= 0)
		return 0;
	return pause < longest ? pause : longest;
}

/* Pauses. Returns the number of the signal that has ended the pause, or 0. */
static int
pause_attempts(const struct prober *prober, int64_t pause_ms)
{
	const struct timespec pause = {
		.tv_sec = pause_ms / 1000,
		.tv_nsec = (long)(pause_ms % 1000 * CLOCK_NS_PER_MS),
	};
	int signo = sigtimedwait(&prober->ends, NULL, &pause);

	if (signo > 0)
		return signo;
	/* A filter that denies one call may allow the other. */
	if (errno != EAGAIN && errno != EINTR)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	return 0;
}

/*
 * Tries until the targets are healthy or the wait is over. Returns what
 * pause_attempts does.
 */
static int
try_in_time(struct prober *prober)
{
	for (;;) {
		int64_t pause_ms;
		int signo;

		try_once(prober);
		pause_ms = is_healthy(prober) ? 0 : next_pause_ms(prober);
		if (pause_ms == 0)
			return 0;
		signo = pause_attempts(prober, pause_ms);
		if (signo > 0)
			return signo;
	}
}

/* --- The line --- */

static void
append_result(const struct prober *prober, size_t i, char *line)
{
	const struct attempt *last = &prober->last;
	char text[PROBE_RESULT_MAX];

	probe_format_result(&prober->targets[i], &last->rules,
	    &last->results[i], text);
	text_append(line, LINE_MAX_LENGTH, "%s", text);
}

static void
append_effort(const struct prober *prober, char *line)
{
	char duration[DURATION_TEXT_MAX];

	if (prober->attempts == 1)
		return;
	duration_format(clock_ms_since(prober->started_ns), duration,
	    sizeof(duration));
	text_append(line, LINE_MAX_LENGTH, " (%lld checks in %s)",
	    (long long)prober->attempts, duration);
}

static void
print_result(const struct prober *prober)
{
	char line[LINE_MAX_LENGTH] = "";

	if (!is_healthy(prober)) {
		text_append(line, sizeof(line), "unhealthy: ");
		append_result(prober, prober->last.healthy, line);
	}
	for (size_t i = 0; is_healthy(prober) && i < prober->count; i++) {
		text_append(line, sizeof(line), i == 0 ? "healthy: " : "; ");
		append_result(prober, i, line);
	}
	append_effort(prober, line);
	dprintf(STDOUT_FILENO, "%s\n", line);
}

int
probe_plan_run(const struct probe_plan *plan, const struct signal_state *found,
    struct problem *problem)
{
	struct prober prober = {
		.plan = plan,
		.started_ns = clock_monotonic_ns(),
	};
	int error = prepare_targets(&prober, problem);
	int signo;

	if (error < 0)
		return error;
	prepare_signals(&prober, found);
	signo = try_in_time(&prober);
	if (signo > 0)
		return 128 + signo;
	print_result(&prober);
	return is_healthy(&prober) ? 0 : 1;
}
