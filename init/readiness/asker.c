/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "readiness/asker.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/number.h"
#include "base/problem.h"
#include "readiness/readiness_wire.h"

/* dinit writes at most once a second: the second read is a rare one. */
#define READ_TRIES 4

/* Opens PATH to ask for its lock. A descriptor; -ENOENT: there is no file. */
static int
open_to_ask(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
asker_is_ready(const char *path)
{
	int fd = open_to_ask(path);
	int answer;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	answer = readiness_wire_is_locked(fd);
	close(fd);
	return answer;
}

/* A reader need not know it to the millisecond. */
static void
format_about(int64_t ms, char *text)
{
	int64_t unit = ms < 60000 ? 100 : 1000;

	duration_format(ms < 0 ? 0 : ms - ms % unit, text, DURATION_TEXT_MAX);
}

/* Reads a blank and a number off *TEXT. False: there are none. */
static bool
read_field(const char **text, uint64_t *number)
{
	size_t length = **text == ' ' ? number_read(*text + 1, number) : 0;

	if (length > 0)
		*text += 1 + length;
	return length > 0;
}

/*
 * Makes a reason to read of LINE, which follows READINESS_WIRE_ALIVE. "": LINE
 * is none that dinit writes.
 */
static void
format_reason(const char *line, char why[ASKER_WHY_MAX])
{
	int state_length = (int)strcspn(line, " ");
	const char *rest = line + state_length;
	char lasted[DURATION_TEXT_MAX];
	char limit[DURATION_TEXT_MAX];
	uint64_t since_ms = 0;
	uint64_t limit_ms = 0;

	why[0] = '\0';
	if (!read_field(&rest, &since_ms) || !read_field(&rest, &limit_ms) ||
	    (*rest != ' ' && *rest != '\0'))
		return;
	rest += *rest == ' ';
	format_about(clock_monotonic_ms() - (int64_t)since_ms, lasted);
	duration_format((int64_t)limit_ms, limit, sizeof(limit));
	snprintf(why, ASKER_WHY_MAX, "%.*s for %s%s%s%s%s", state_length, line,
	    lasted, limit_ms > 0 ? " of " : "", limit_ms > 0 ? limit : "",
	    *rest == '\0'      ? ""
		: limit_ms > 0 ? "; "
			       : ": ",
	    rest);
}

/*
 * Reads the line of the state file. dinit may be writing it at that moment, so
 * it counts once two reads in a row have found the same. BEFORE is room for the
 * first of them.
 */
static void
read_line(int state_fd, char line[LINE_FILE_MAX], char before[LINE_FILE_MAX])
{
	ssize_t length;

	line[0] = '\0';
	for (int i = 0; i < READ_TRIES; i++) {
		memcpy(before, line, strlen(line) + 1);
		length = pread(state_fd, line, LINE_FILE_MAX - 1, 0);
		line[length > 0 ? length : 0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		if (i > 0 && strcmp(before, line) == 0)
			return;
	}
}

/*
 * dinit-answer runs this too, and each further buffer on its stack may cost it
 * a page of memory. So read_line reads to why_never and compares in
 * why_not_yet, and only then do both get what belongs there.
 */
static void
read_why(struct asker_view *view)
{
	size_t length = strlen(READINESS_WIRE_ALIVE);
	char *line = view->why_never;

	read_line(view->state_fd, line, view->why_not_yet);
	view->why_not_yet[0] = '\0';
	if (strncmp(line, READINESS_WIRE_ALIVE, length) != 0)
		return;
	format_reason(line + length, view->why_not_yet);
	line[0] = '\0';
}

/*
 * Opens the state file of a living dinit. -ENOENT: no dinit lives there. STATE
 * is room for its path.
 */
static int
open_living_state(const char *path, char state[PATH_MAX])
{
	int directory_length = (int)(readiness_wire_file_name(path) - path);
	char name[NAME_MAX + 1];
	int answer;
	int fd;

	if (readiness_wire_name_state(path, name) < 0 ||
	    snprintf(state, PATH_MAX, "%.*s%s", directory_length, path, name) >=
		PATH_MAX)
		return -ENAMETOOLONG;
	fd = open_to_ask(state);
	if (fd < 0)
		return fd;
	answer = readiness_wire_is_locked(fd);
	if (answer == 1)
		return fd;
	close(fd);
	return answer < 0 ? answer : -ENOENT;
}

/*
 * Locks the byte of the state file by which dinit sees that somebody waits. If
 * that fails, dinit does not wait for this process at its end. The lock of the
 * process (gVisor) would be gone as soon as the process closes the file,
 * however often it has opened it (fcntl(2)), so that each look locks once more.
 */
static void
show_waiter(int state_fd)
{
	struct flock byte = {
		.l_type = F_RDLCK,
		.l_whence = SEEK_SET,
		.l_start = READINESS_WIRE_WAITER_BYTE,
		.l_len = 1,
	};

	if (fcntl(state_fd, F_OFD_SETLK, &byte) < 0 && errno == EINVAL)
		fcntl(state_fd, F_SETLK, &byte);
}

int
asker_look(const char *path, struct asker_view *view)
{
	int answer = asker_is_ready(path);
	int state_fd = open_living_state(path, view->state_path);

	if (state_fd >= 0) {
		if (view->state_fd >= 0)
			close(view->state_fd);
		view->state_fd = state_fd;
		if (view->waits)
			show_waiter(state_fd);
	}
	view->is_ready = answer == 1;
	view->was_alive = view->was_alive || view->is_alive;
	view->is_alive = state_fd >= 0;
	view->why_never[0] = '\0';
	view->why_not_yet[0] = '\0';
	if (view->state_fd >= 0)
		read_why(view);
	if (answer < 0)
		return answer;
	return state_fd < 0 && state_fd != -ENOENT ? state_fd : 0;
}

void
asker_explain(const struct asker_view *view, const char *path,
    struct problem *problem)
{
	if (view->why_never[0] != '\0')
		problem_set(problem, "%s", view->why_never);
	else if (!view->is_alive)
		problem_set(problem,
		    "no dinit publishes %.300s (does the container's "
		    "entrypoint run dinit, with --health-cmd, --notify or "
		    "this --ready-file?)",
		    path);
	else
		problem_set(problem, "%s",
		    view->why_not_yet[0] != '\0' ? view->why_not_yet
						 : "about to start");
}

/*
 * Looks for the reason why no container is ready at PATH. If one has become
 * ready meanwhile, that is the answer.
 */
static int
ask_why(const char *path, struct problem *problem)
{
	struct asker_view view;
	int error;

	/* All of VIEW but its texts, which are large and need no value yet. */
	view.waits = false;
	view.is_alive = false;
	view.was_alive = false;
	view.state_fd = -1;
	error = asker_look(path, &view);
	if (view.state_fd >= 0)
		close(view.state_fd);
	if (error < 0)
		problem_set(problem, "cannot read readiness file %.300s: %s",
		    path, strerror(-error));
	else
		asker_explain(&view, path, problem);
	return view.is_ready ? 1 : error;
}

int
asker_ask(const char *path, struct problem *problem)
{
	return asker_is_ready(path) == 1 ? 1 : ask_why(path, problem);
}
