/* SPDX-License-Identifier: MIT */
/*
 * Ignores every signal and, with three children that do the same, sends its
 * parent (dinit) real-time signals as fast as it can. "flooding" is printed
 * first of all.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
	pid_t init = getppid();

	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_IGN);
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			break;
	printf("flooding\n");
	fflush(stdout);
	for (;;)
		kill(init, SIGRTMIN + 6);
}
