/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "readiness/asker.h"
#include "readiness/readiness_wire.h"

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

static void
read_why(int state_fd, char why[LINE_FILE_MAX])
{
	ssize_t length = pread(state_fd, why, LINE_FILE_MAX - 1, 0);

	why[length > 0 ? length : 0] = '\0';
	why[strcspn(why, "\n")] = '\0';
	if (strcmp(why, READINESS_WIRE_ALIVE) == 0)
		why[0] = '\0';
}

/* Opens the state file of a living dinit. -ENOENT: no dinit lives there. */
static int
open_living_state(const char *path)
{
	int directory_length = (int)(readiness_wire_file_name(path) - path);
	char name[NAME_MAX + 1];
	char state[PATH_MAX];
	int answer;
	int fd;

	if (readiness_wire_name_state(path, name) < 0 ||
	    snprintf(state, sizeof(state), "%.*s%s", directory_length, path,
		name) >= (int)sizeof(state))
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

int
asker_look(const char *path, struct asker_view *view)
{
	int answer = asker_is_ready(path);
	int state_fd = open_living_state(path);

	if (state_fd >= 0) {
		if (view->state_fd >= 0)
			close(view->state_fd);
		view->state_fd = state_fd;
	}
	view->is_ready = answer == 1;
	view->was_alive = view->was_alive || view->is_alive;
	view->is_alive = state_fd >= 0;
	view->why_never[0] = '\0';
	if (view->state_fd >= 0)
		read_why(view->state_fd, view->why_never);
	if (answer < 0)
		return answer;
	return state_fd < 0 && state_fd != -ENOENT ? state_fd : 0;
}
