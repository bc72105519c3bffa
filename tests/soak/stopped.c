/* SPDX-License-Identifier: MIT */
/* Has dinit, its parent, stop it, and ends with status 7 at once when told. */
#include <signal.h>
#include <unistd.h>

int
main(void)
{
	sigset_t term;
	int signo;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	kill(getppid(), SIGTERM);
	sigwait(&term, &signo);
	return 7;
}
