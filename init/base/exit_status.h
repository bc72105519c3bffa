/* SPDX-License-Identifier: MIT */
/*
 * The exit statuses of dinit itself, which are those of timeout(1) and shells,
 * and how the exit status of a child is computed.
 */
#ifndef DINIT_EXIT_STATUS_H
#define DINIT_EXIT_STATUS_H

#include <signal.h>
#include <sys/wait.h>

#define EXIT_STATUS_RECOVERY 123       /* the recovery budget ran out */
#define EXIT_STATUS_BUDGET 124         /* the startup budget ran out */
#define EXIT_STATUS_DINIT 125          /* dinit itself failed */
#define EXIT_STATUS_NOT_EXECUTABLE 126 /* found, but not executable */
#define EXIT_STATUS_NOT_FOUND 127

/*
 * Returns the exit status of a child that has ended, by what waitid(2) says:
 * 128+N for signal N.
 */
static inline int
exit_status_of_child(const siginfo_t *info)
{
	return info->si_code == CLD_EXITED ? info->si_status
					   : 128 + info->si_status;
}

/* Does the same for WAIT_STATUS, which is encoded as in wait(2). */
static inline int
exit_status_of_wait(int wait_status)
{
	return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
				      : 128 + WTERMSIG(wait_status);
}

#endif
