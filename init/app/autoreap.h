/* SPDX-License-Identifier: MIT */
/*
 * The kernel reaps: with SIGCHLD ignored it frees whoever ends, without waking
 * dinit at all, and how COMMAND ended is told by its pidfd afterwards. As its
 * number may be anybody's by then, COMMAND is signalled through it too.
 */
#ifndef DINIT_AUTOREAP_H
#define DINIT_AUTOREAP_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * From here on the kernel reaps all children that end, but those that have
 * ended before (sigaction(2), SIG_IGN of SIGCHLD). The pidfd of APP, which
 * must be an unreaped child, close-on-exec: it shows POLLIN when APP dies and
 * POLLHUP once it is gone, some microseconds or, where a tracer holds it, much
 * later; or -errno, with nothing changed, where the kernel cannot do it all:
 * Linux 6.15 can (PIDFD_GET_INFO with PIDFD_INFO_EXIT), and no filter denies
 * it here.
 */
int
autoreap_begin(pid_t app);

/* Back to waiting for children, and APP_FD is closed. */
void
autoreap_end(int app_fd);

/*
 * How COMMAND ended: its exit status, 128+N for signal N; -EAGAIN: it has not;
 * -ENODATA: the kernel does not say, against its promise.
 */
int
autoreap_exit_status(int app_fd);

/* SIGNO to COMMAND. 0 or -errno; -ESRCH once it is gone. */
int
autoreap_signal_app(int app_fd, int signo);

/* SIGNO to the process group that COMMAND leads, or led. 0 or -errno. */
int
autoreap_signal_group(int app_fd, int signo);

#endif
