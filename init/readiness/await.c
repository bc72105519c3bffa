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
 * The kernel tells that a file is closed before it lets go of the lock; and
 * where nothing can be watched we have to look every now and then.
 */
#define SETTLE_MS 20
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
	bool is_watching; /* otherwise we have to look again and again */
	struct asker_view view;
	bool is_settling; /* something has just changed */
};

/*
 * The folder of the file, or as much of the way there as there is yet. Once
 * more each time, as it may be another one by now; the same one is not watched
 * twice (inotify(7)). False: it cannot be, as others watch too much already.
 */
static bool
watch(const struct waiter *waiter)
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

/* 1 or 0 as await_readiness; -EAGAIN: it is still open. */
static int
judge(struct waiter *waiter, struct problem *problem)
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

static int
give_up(const struct waiter *waiter, struct problem *problem)
{
	char duration[DURATION_TEXT_MAX];

	duration_format(waiter->timeout_ms, duration, sizeof(duration));
	problem_set(problem,
	    waiter->view.is_alive
		? "not ready within %s"
		: "not ready within %s; no dinit publishes %.300s",
	    duration, waiter->path);
	return 0;
}

/* True if a signal has arrived that would have ended us. */
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
 * As poll(2). Where a filter denies that, we look at everything again in a
 * while, as we do where nothing can be watched.
 */
static void
poll_descriptors(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	const struct timespec a_while = {
		.tv_nsec = LOOK_AGAIN_MS * CLOCK_NS_PER_MS,
	};

	if (poll(fds, count, timeout_ms) >= 0 || errno == EINTR)
		return;
	clock_nanosleep(CLOCK_MONOTONIC, 0, &a_while, NULL);
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = POLLIN;
}

/* Sleeps until something has changed. False: a signal asks us to end. */
static bool
sleep_on(struct waiter *waiter)
{
	struct pollfd fds[] = {
		{ .fd = waiter->inotify_fd, .events = POLLIN },
		{ .fd = waiter->signal_fd, .events = POLLIN },
	};
	int64_t left = waiter->deadline_ms - clock_monotonic_ms();
	char events[4096];

	if (waiter->is_settling && left > SETTLE_MS)
		left = SETTLE_MS;
	if (!waiter->is_watching && left > LOOK_AGAIN_MS)
		left = LOOK_AGAIN_MS;
	poll_descriptors(fds, ARRAY_SIZE(fds),
	    left > INT_MAX ? INT_MAX
		: left > 0 ? (int)left
			   : 0);
	waiter->is_settling = fds[0].revents != 0;
	if (fds[0].revents != 0)
		while (read(waiter->inotify_fd, events, sizeof(events)) > 0)
			continue;
	return fds[1].revents == 0 || !was_told_to_end(waiter);
}

static void
close_all(const struct waiter *waiter)
{
	const int fds[] = { waiter->inotify_fd, waiter->signal_fd,
		waiter->view.state_fd };

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
		.view.state_fd = -1,
	};
	int answer;

	for (;;) {
		bool is_late = clock_monotonic_ms() >= waiter.deadline_ms;

		/* Before the look: what changes after it is not missed. */
		waiter.is_watching = watch(&waiter);
		answer = judge(&waiter, problem);
		if (answer == -EAGAIN && is_late)
			answer = give_up(&waiter, problem);
		if (answer != -EAGAIN)
			break;
		if (!sleep_on(&waiter)) {
			/* Perhaps it is dinit that ends us, and says why. */
			answer = judge(&waiter, problem);
			if (answer == -EAGAIN)
				answer = problem_set(problem,
				    "not ready: told to wait no longer");
			break;
		}
	}
	close_all(&waiter);
	return answer;
}
