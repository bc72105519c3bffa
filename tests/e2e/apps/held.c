/* SPDX-License-Identifier: MIT */
/*
 * Ends with status 7, and stays a zombie ("held" on standard output) until its
 * argument exists: its child traces it, and waits so long.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
hold(pid_t app, const char *path, int ready)
{
	const struct timespec breath = { .tv_nsec = 1000000 };
	siginfo_t info;

	if (ptrace(PTRACE_SEIZE, app, NULL, NULL) < 0) {
		perror("ptrace");
		return;
	}
	close(ready);
	waitid(P_PID, (id_t)app, &info, WEXITED | WNOWAIT);
	puts("held");
	fflush(stdout);
	while (access(path, F_OK) < 0)
		nanosleep(&breath, NULL);
}

int
main(int argc, char **argv)
{
	pid_t app = getpid();
	int ready[2];
	char byte;

	if (argc != 2 || pipe(ready) < 0)
		return 1;
	/* Where only descendants may be traced. */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	if (fork() == 0) {
		close(ready[0]);
		hold(app, argv[1], ready[1]);
		return 0;
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 0 ? 7 : 1;
}
