/* SPDX-License-Identifier: MIT */
/*
 * Lets the kernel reap (sigaction(2), SA_NOCLDWAIT). It frees every child that
 * ends, and still sends SIGCHLD. A pidfd of COMMAND then tells how COMMAND
 * ended. Signals to COMMAND go through the pidfd as well, because COMMAND's
 * number may belong to another process by then.
 */
#ifndef DINIT_AUTOREAP_H
#define DINIT_AUTOREAP_H

#include <sys/types.h>

/*
 * Makes the kernel reap every child that ends from here on. Children that have
 * ended before must still be waited for: their SIGCHLD, if it was pending, is
 * lost. Nothing tells of children that stop. APP must be a child that is not
 * reaped.
 *
 * Returns a pidfd of APP, which is close-on-exec. Returns -errno, with nothing
 * changed, if the kernel is older than Linux 6.15 (PIDFD_GET_INFO with
 * PIDFD_INFO_EXIT) or a seccomp filter denies a part of it.
 */
int
autoreap_begin(pid_t app);

/* Makes children wait to be reaped by dinit again, and closes APP_FD. */
void
autoreap_end(int app_fd);

/*
 * Returns how COMMAND has ended, encoded as in wait(2); -EAGAIN if COMMAND has
 * not ended; -ENODATA if the kernel does not say how COMMAND ended, although
 * Linux promises to; or another -errno if it cannot be asked now.
 */
int
autoreap_wait_status(int app_fd);

/* Sends SIGNO to COMMAND. 0, -ESRCH once COMMAND is gone, or -errno. */
int
autoreap_signal_app(int app_fd, int signo);

/* Sends SIGNO to the process group that COMMAND leads or led. 0 or -errno. */
int
autoreap_signal_group(int app_fd, int signo);

#endif
