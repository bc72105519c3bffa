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
 * Asked of the terminal, not by comparing numbers: in a PID namespace made
 * under somebody's shell (unshare(1)) every group outside is number 0. A read
 * of no bytes fails with EIO exactly in a background group that blocks
 * SIGTTIN (tty_ioctl(4), "job control"; n_tty's read checks this first).
 */
bool
terminal_is_in_foreground(const struct terminal *terminal)
{
	char nothing;

	if (terminal->fd < 0)
		return false;
	/* EAGAIN: somebody else reads at the moment, which is asked later. */
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
