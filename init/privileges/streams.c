/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges/streams.h"

/*
 * True if the controlling terminal is the container's: an engine starts dinit,
 * or the init above it, as the leader of a session of its own. Outside of a
 * container the terminal is that of somebody's shell, and stays theirs.
 */
static bool
has_own_session(void)
{
	pid_t leader = getsid(0);

	return leader == getppid() || leader == 1;
}

static bool
is_container_terminal(int fd, const struct stat *stream)
{
	return S_ISCHR(stream->st_mode) && isatty(fd) == 1 && has_own_session();
}

/* The group stays: that of a terminal may be one that is for terminals. */
static void
give_stream(int fd, const struct stat *stream, uid_t uid)
{
	mode_t right = fd == STDIN_FILENO ? S_IROTH : S_IWOTH;

	if (stream->st_uid == uid || fchown(fd, uid, (gid_t)-1) == 0)
		return;
	/* Nobody else may read what is typed. */
	if (fd != STDIN_FILENO || S_ISFIFO(stream->st_mode))
		(void)fchmod(fd, (stream->st_mode & 07777) | right);
}

void
streams_give(uid_t uid)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		struct stat stream;

		if (fstat(fd, &stream) == 0 &&
		    (S_ISFIFO(stream.st_mode) ||
			is_container_terminal(fd, &stream)))
			give_stream(fd, &stream, uid);
	}
}
