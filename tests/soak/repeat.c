/* SPDX-License-Identifier: MIT */
/*
 * Runs PROGRAM again and again, each time as PID 1 of a fresh PID namespace:
 *
 *     repeat COUNT STATUS PROGRAM [ARG]...
 *
 * Says how many of the runs did not end with STATUS (128+N: by signal N), and
 * with what the first of those did. A run that takes PATIENCE_S ends them all.
 */
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_S 60

/* fork(2) that puts the child into a new PID namespace, as its PID 1. */
static pid_t
fork_init(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
}

static int
run(char **command)
{
	pid_t pid = fork_init();
	int status;

	if (pid < 0)
		err(2, "clone");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(command[0], command);
		_exit(2);
	}
	alarm(PATIENCE_S);
	if (waitpid(pid, &status, 0) < 0)
		err(2, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	int first = -1;
	int wrong = 0;

	if (argc < 4)
		errx(2, "usage: repeat COUNT STATUS PROGRAM [ARG]...");
	for (int left = atoi(argv[1]); left > 0; left--) {
		int status = run(argv + 3);

		if (status == atoi(argv[2]))
			continue;
		if (wrong++ == 0)
			first = status;
	}
	if (wrong > 0)
		errx(1, "%d of %s runs, first status %d, not %s", wrong,
		    argv[1], first, argv[2]);
	return 0;
}
