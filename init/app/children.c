/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/children.h"
#include "app/autoreap.h"
#include "app/leftovers.h"
#include "base/exit_status.h"
#include "base/signals.h"

/* Does what children_next does while dinit reaps. */
static int
peek_at_child(struct child_change *out)
{
	const int changes = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
	siginfo_t info = { .si_pid = 0 };

	/*
	 * An interrupted call is repeated, as no further SIGCHLD comes for a
	 * child that has changed already.
	 */
	while (waitid(P_ALL, 0, &info, changes) < 0)
		if (errno != EINTR)
			return -errno;
	if (info.si_pid == 0)
		return 0;
	*out = (struct child_change){ .pid = info.si_pid };
	if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) {
		out->stop_signal = info.si_status;
		return 1;
	}
	out->exit_status = exit_status_of_child(&info);
	out->is_killed = info.si_code != CLD_EXITED;
	return 1;
}

/*
 * Consumes the end or the stop that CHANGE is, and nothing else: a child that
 * was stopped may have ended since, and children_next must report that too.
 */
static void
reap(const struct child_change *change)
{
	siginfo_t info;

	waitid(P_PID, (id_t)change->pid, &info,
	    (change->stop_signal != 0 ? WSTOPPED : WEXITED) | WNOHANG);
}

/* Does what children_next does while the kernel reaps. */
static int
peek_at_app(const struct family *family, struct child_change *out)
{
	int status = autoreap_wait_status(family->app_fd);

	if (status == -EAGAIN)
		return 0;
	if (status < 0 && status != -ENODATA)
		return status;
	*out = (struct child_change){ .pid = family->app };
	if (status < 0) {
		out->error = status;
		return 1;
	}
	out->exit_status = exit_status_of_wait(status);
	out->is_killed = WIFSIGNALED(status);
	return 1;
}

static void
end_autoreap(struct family *family)
{
	autoreap_end(family->app_fd);
	family->app_fd = -1;
}

bool
children_leave_to_kernel(struct family *family)
{
	struct child_change change = { .pid = 0 };
	int found;
	int fd;

	if (!family->is_init || family->app == 0)
		return false;
	fd = autoreap_begin(family->app);
	if (fd < 0)
		return false;
	family->app_fd = fd;
	while ((found = peek_at_child(&change)) == 1) {
		if (change.pid == family->app && change.stop_signal == 0)
			break;
		reap(&change);
	}
	return found != 0 && found != -ECHILD;
}

int
children_next(const struct family *family, struct child_change *out)
{
	return children_kernel_reaps(family) ? peek_at_app(family, out)
					     : peek_at_child(out);
}

void
children_reap(struct family *family, const struct child_change *change)
{
	if (children_kernel_reaps(family))
		end_autoreap(family);
	else
		reap(change);
}

int
children_signal_app(const struct family *family, int signo)
{
	if (family->app == 0)
		return 0;
	return children_kernel_reaps(family)
	    ? autoreap_signal_app(family->app_fd, signo)
	    : signals_send(family->app, signo);
}

/*
 * True if the app has moved to another process group, where a signal to the
 * group that it had first does not reach it. If the kernel reaps and the app is
 * gone, its number may belong to another process. The answer is then wrong but
 * harmless, because the app is signalled through its pidfd.
 */
static bool
app_has_left_group(const struct family *family)
{
	pid_t group = getpgid(family->app);

	return group >= 0 && group != family->app;
}

int
children_signal_group(const struct family *family, int signo)
{
	bool has_left;
	int error;

	if (family->app == 0)
		return 0;
	/* Nothing but the next wait comes behind the signal: see events.c. */
	has_left = app_has_left_group(family);
	error = children_kernel_reaps(family)
	    ? autoreap_signal_group(family->app_fd, signo)
	    : signals_send(-family->app, signo);
	if (error == -ESRCH || has_left)
		return children_signal_app(family, signo);
	return error;
}

bool
children_exist(void)
{
	siginfo_t info;
	int error;

	do
		error = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
	while (error < 0 && errno == EINTR);
	return error == 0 || errno != ECHILD;
}

/*
 * kill(-1) fails with ESRCH only if there is no other process. It fails with
 * EPERM if there are some that dinit may not signal (kill(2)).
 */
bool
children_is_anybody_left(const struct family *family)
{
	return family->is_init ? signals_send(-1, 0) != -ESRCH
			       : children_exist();
}

int
children_signal_all(const struct family *family, int signo)
{
	const struct leftovers outside_of_group = {
		.spared_group = family->app,
		.spared_until = INT64_MAX,
	};
	int error;
	int rest;

	if (family->is_init)
		return signals_send(-1, signo);
	error = children_signal_group(family, signo);
	rest = leftovers_signal(&outside_of_group, signo);
	return rest < 0 ? rest : error;
}

int
children_signal_rest(const struct family *family, int64_t told, int signo)
{
	const struct leftovers untold = {
		.everybody = family->is_init,
		.spared_group = family->app,
		.spared_until = told,
	};
	int error = leftovers_signal(&untold, signo);

	return error == -ENOENT ? children_signal_all(family, signo) : error;
}
