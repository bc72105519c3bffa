/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "readiness/helper.h"
#include "app/descriptors.h"
#include "base/array.h"
#include "base/signals.h"
#include "privileges/privileges.h"

/* Linux 6.16; the headers at hand may be older. */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* The helper gets a session of its own, which has no terminal: setsid(2). */
static void __attribute__((noreturn))
become_helper(const struct helper_role *role, int fd)
{
	const int kept[] = { fd, role->kept_fd };
	const char *step;

	prctl(PR_SET_DUMPABLE, 0L);
	prctl(PR_SET_NAME, role->name);
	setsid();
	descriptors_close_others(kept, ARRAY_SIZE(kept));
	descriptors_hold_standard();
	if (role->privileges != NULL &&
	    privileges_apply(role->privileges, &step) < 0)
		_exit(1);
	role->main(role->plan, fd);
	_exit(0);
}

int
helper_start(const struct helper_role *role, struct helper *out)
{
	const int off = 0;
	int ends[2];
	pid_t pid;
	int error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	/*
	 * An app that has taken the helper over could pass descriptors to us.
	 * Kernels that know SO_PASSRIGHTS refuse them then.
	 */
	setsockopt(ends[0], SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
	error = signals_watch_descriptor(ends[0]);
	if (error < 0) {
		close(ends[0]);
		close(ends[1]);
		return error;
	}
	pid = fork();
	if (pid == 0) {
		/* Otherwise the helper could not see that PID 1 closes it. */
		close(ends[0]);
		become_helper(role, ends[1]);
	}
	error = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (error < 0) {
		close(ends[0]);
		return error;
	}
	out->pid = pid;
	out->fd = ends[0];
	return 0;
}

void
helper_close(struct helper *helper)
{
	if (helper->fd >= 0)
		close(helper->fd);
	helper->fd = -1;
}
