/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "readiness/await.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/problem.h"
#include "base/signals.h"
#include "readiness/asker.h"

/*
 * The kernel reports that a file was closed a moment before it releases the
 * file's lock. So after each change we look once more when SETTLE_MS is over.
 */
#define SETTLE_MS 20

/* The pause between two looks where nothing can be watched. */
#define LOOK_AGAIN_MS 100

#define CHANGES                                                                \
	(IN_CREATE | IN_DELETE | IN_MODIFY | IN_MOVED_TO | IN_CLOSE_WRITE |    \
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct waiter {
	const char *path;
	int64_t timeout_ms;
	int64_t deadline_ms;
	int inotify_fd;
	int signal_fd;
	bool is_watching; /* false: look again every LOOK_AGAIN_MS */
	struct asker_view view;
	bool is_settling; /* something changed: look again in SETTLE_MS */
};

/*
 * Watches the folder of the file, or the nearest folder above it that exists.
 * Each look calls this first, as it may be another folder by now; the kernel
 * does not watch the same folder twice (inotify_add_watch(2)). False: it cannot
 * be watched, for instance because the user watches too many folders already.
 */
static bool
watch_folder(const struct waiter *waiter)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", waiter->path);
	while ((slash = strrchr(folder, '/')) != NULL) {
		/* The root keeps its slash. */
		folder[slash == folder ? 1 : slash - folder] = '\0';
		if (inotify_add_watch(waiter->inotify_fd, folder, CHANGES) >= 0)
			return true;
		if (slash == folder || (errno != ENOENT && errno != ENOTDIR))
			return false;
	}
	return false;
}

/* Returns what await_readiness does; -EAGAIN: there is no answer yet. */
static int
find_answer(struct waiter *waiter, struct problem *problem)
{
	struct asker_view *view = &waiter->view;
	int error = asker_look(waiter->path, view);

	if (error < 0) {
		problem_set(problem, "cannot read readiness file %.300s: %s",
		    waiter->path, strerror(-error));
		return error;
	}
	if (view->is_ready)
		return 1;
	if (view->why_never[0] != '\0') {
		problem_set(problem, "not ready, nor will it be: %s",
		    view->why_never);
		return 0;
	}
	if (view->was_alive && !view->is_alive) {
		problem_set(problem, "not ready: the container has ended");
		return 0;
	}
	return -EAGAIN;
}

/* The answer when the time is over. */
static int
answer_too_late(const struct waiter *waiter, struct problem *problem)
{
	char duration[DURATION_TEXT_MAX];
	struct problem why;

	duration_format(waiter->timeout_ms, duration, sizeof(duration));
	asker_explain(&waiter->view, waiter->path, &why);
	problem_set(problem, "not ready within %s: %s", duration, why.text);
	return 0;
}

/* True if a signal has arrived that ends a program by default. */
static bool
was_told_to_end(const struct waiter *waiter)
{
	struct signalfd_siginfo info;

	while (read(waiter->signal_fd, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info))
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT ||
		    info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT)
			return true;
	return false;
}

/*
 * Waits until one of FDS is readable or LEFT_MS is over. If a filter denies
 * ppoll(2), that takes no longer than LOOK_AGAIN_MS.
 */
static void
wait_for_any(struct pollfd *fds, nfds_t count, int64_t left_ms)
{
	const struct timespec a_while = {
		.tv_nsec = LOOK_AGAIN_MS * CLOCK_NS_PER_MS,
	};
	const struct timespec left = {
		.tv_sec = left_ms / 1000,
		.tv_nsec = (long)(left_ms % 1000 * CLOCK_NS_PER_MS),
	};

	if (ppoll(fds, count, &left, NULL) >= 0 || errno == EINTR)
		return;
	/* A filter that denies the newer call may allow the older one. */
	if (poll(fds, count, LOOK_AGAIN_MS) < 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &a_while, NULL);
}

/* True if anything has changed since the last call. */
static bool
take_changes(const struct waiter *waiter)
{
	char events[4096];
	bool has_some = false;

	while (read(waiter->inotify_fd, events, sizeof(events)) > 0)
		has_some = true;
	return has_some;
}

/* Sleeps until it is time to look again. False: a signal asks us to end. */
static bool
sleep_until_change(struct waiter *waiter)
{
	struct pollfd fds[] = {
		{ .fd = waiter->inotify_fd, .events = POLLIN },
		{ .fd = waiter->signal_fd, .events = POLLIN },
	};
	int64_t left = waiter->deadline_ms - clock_monotonic_ms();

	if (waiter->is_settling && left > SETTLE_MS)
		left = SETTLE_MS;
	if (!waiter->is_watching && left > LOOK_AGAIN_MS)
		left = LOOK_AGAIN_MS;
	wait_for_any(fds, ARRAY_SIZE(fds), left < 0 ? 0 : left);
	waiter->is_settling = take_changes(waiter);
	return !was_told_to_end(waiter);
}

/*
 * The answer when a signal asks us to end. Often the whole container is ending:
 * then dinit may have written to the state file why it cannot become ready.
 */
static int
answer_signal(struct waiter *waiter, struct problem *problem)
{
	int answer = find_answer(waiter, problem);

	if (answer != -EAGAIN)
		return answer;
	problem_set(problem, "not ready: told to wait no longer");
	return 0;
}

/*
 * The state file stays open until this process ends. Its lock keeps PID 1 from
 * ending, which would kill this process before it has said why.
 */
static void
close_all(const struct waiter *waiter)
{
	const int fds[] = { waiter->inotify_fd, waiter->signal_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int
await_readiness(const char *path, int64_t timeout_ms, struct problem *problem)
{
	struct waiter waiter = {
		.path = path,
		.timeout_ms = timeout_ms,
		.deadline_ms = clock_monotonic_ms() + timeout_ms,
		.inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		.signal_fd = signals_open_descriptor(),
		.view.waits = true,
		.view.state_fd = -1,
	};
	int answer;

	do {
		bool is_late = clock_monotonic_ms() >= waiter.deadline_ms;

		/* Before the look, so that no change after it is missed. */
		waiter.is_watching = watch_folder(&waiter);
		answer = find_answer(&waiter, problem);
		if (answer == -EAGAIN && is_late)
			answer = answer_too_late(&waiter, problem);
	} while (answer == -EAGAIN && sleep_until_change(&waiter));
	if (answer == -EAGAIN)
		answer = answer_signal(&waiter, problem);
	close_all(&waiter);
	return answer;
}
