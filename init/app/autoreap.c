/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "app/autoreap.h"
#include "base/kernel.h"

/*
 * struct pidfd_info in linux/pidfd.h of Linux 6.15. Installed headers may be
 * older.
 */
struct process_info {
	uint64_t mask;
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code; /* encoded as by wait(2) */
};
static_assert(sizeof(struct process_info) == 64,
    "KERNEL_PIDFD_GET_INFO fills in another size");
#define INFO_EXIT (UINT64_C(1) << 3)
#define SIGNAL_PROCESS_GROUP (1U << 2)
#define ID_IS_PIDFD ((idtype_t)3) /* P_PIDFD of Linux 5.4 */

/* How long the kernel takes to put down how a process ended, about. */
#define MOMENT_NS 20000

static int
get_info(int app_fd, struct process_info *out)
{
	*out = (struct process_info){ .mask = INFO_EXIT };
	/* The type of the request in ioctl(3) differs between C libraries. */
	return syscall(SYS_ioctl, app_fd, KERNEL_PIDFD_GET_INFO, out) < 0
	    ? -errno
	    : 0;
}

static int
set_flags(int flags)
{
	const struct sigaction action = {
		.sa_handler = SIG_DFL,
		.sa_flags = flags,
	};

	return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : 0;
}

/*
 * 0 while COMMAND is a child, and INFO: its si_pid is 0 while COMMAND lives.
 * -ECHILD from the moment on when COMMAND ends and the kernel sends its SIGCHLD
 * (exit_notify() in kernel/exit.c). How it ended can be asked for some
 * microseconds later.
 */
static int
look_for_child(int app_fd, siginfo_t *info)
{
	int error;

	info->si_pid = 0;
	do
		error = waitid(ID_IS_PIDFD, (id_t)app_fd, info,
		    WEXITED | WNOHANG | WNOWAIT);
	while (error < 0 && errno == EINTR);
	return error < 0 ? -errno : 0;
}

int
autoreap_begin(pid_t app)
{
	struct process_info info;
	siginfo_t child;
	int error;
	int fd;

	/*
	 * Linux 6.13 and 6.14 have PIDFD_GET_INFO too, and ignore a request for
	 * PIDFD_INFO_EXIT. While COMMAND lives, nothing but the version of the
	 * kernel shows whether the exit status will be there.
	 */
	if (kernel_version() < kernel_of(6, 15))
		return -ENOSYS;
	fd = (int)syscall(SYS_pidfd_open, app, 0);
	if (fd < 0)
		return -errno;
	error = get_info(fd, &info);
	if (error == 0)
		error = look_for_child(fd, &child);
	if (error == 0)
		error = autoreap_signal_group(fd, 0);
	if (error == 0)
		error = set_flags(SA_NOCLDWAIT | SA_NOCLDSTOP);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

void
autoreap_end(int app_fd)
{
	set_flags(0);
	close(app_fd);
}

/* True if COMMAND has ended, and INFO says how. */
static bool
get_exit_info(int app_fd, struct process_info *info)
{
	return get_info(app_fd, info) == 0 && (info->mask & INFO_EXIT);
}

/* What autoreap_wait_status returns for a COMMAND that is no child any more. */
static int
await_exit_info(int app_fd)
{
	const struct timespec moment = { .tv_nsec = MOMENT_NS };
	struct process_info info;
	bool is_gone = false;

	/* What the kernel does not tell once it is gone, it never tells. */
	while (!get_exit_info(app_fd, &info)) {
		if (is_gone)
			return -ENODATA;
		is_gone = autoreap_signal_app(app_fd, 0) == -ESRCH;
		if (!is_gone)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
	}
	return info.exit_code;
}

int
autoreap_wait_status(int app_fd)
{
	siginfo_t child;
	int error = look_for_child(app_fd, &child);

	if (error == -ECHILD)
		return await_exit_info(app_fd);
	if (error < 0)
		return error;
	/* A zombie is from before autoreap_begin(). */
	if (child.si_pid == 0)
		return -EAGAIN;
	return child.si_code == CLD_EXITED ? child.si_status << 8
					   : child.si_status;
}

static int
send_by_pidfd(int app_fd, int signo, unsigned int flags)
{
	if (syscall(SYS_pidfd_send_signal, app_fd, signo, NULL, flags) < 0)
		return -errno;
	return 0;
}

int
autoreap_signal_app(int app_fd, int signo)
{
	return send_by_pidfd(app_fd, signo, 0);
}

int
autoreap_signal_group(int app_fd, int signo)
{
	return send_by_pidfd(app_fd, signo, SIGNAL_PROCESS_GROUP);
}
