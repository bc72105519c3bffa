/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "app/terminal.h"

void
terminal_open(struct terminal *terminal)
{
	terminal->fd = open("/dev/tty",
	    O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	terminal->group = terminal->fd < 0 ? 0 : getpgrp();
}

/*
 * This does not compare the numbers of groups: in a PID namespace that was made
 * under a shell (unshare(1)), every group outside of it has the number 0. But a
 * process of a background group that blocks SIGTTIN gets EIO from read(2), even
 * if it reads no bytes, because the kernel checks this first (job_control() in
 * drivers/tty/n_tty.c).
 */
bool
terminal_is_in_foreground(const struct terminal *terminal)
{
	char nothing;

	if (terminal->fd < 0)
		return false;
	/* EAGAIN: the check is passed, but another process is reading now. */
	return read(terminal->fd, &nothing, 0) == 0 || errno == EAGAIN;
}

void
terminal_set_foreground(const struct terminal *terminal, pid_t group)
{
	tcsetpgrp(terminal->fd, group);
}

void
terminal_lend(const struct terminal *terminal, pid_t group)
{
	if (terminal_is_in_foreground(terminal))
		terminal_set_foreground(terminal, group);
}

void
terminal_take_back(const struct terminal *terminal, pid_t group)
{
	pid_t foreground;

	if (terminal->fd < 0 || terminal->group == 0)
		return;
	foreground = tcgetpgrp(terminal->fd);
	if (foreground > 0 &&
	    (foreground == group ||
		(kill(-foreground, 0) < 0 && errno == ESRCH)))
		tcsetpgrp(terminal->fd, terminal->group);
}
