/* SPDX-License-Identifier: MIT */
/*
 * Leaves N orphans that end in the moment in which it ends itself, with status
 * 7. The last thing that each does is to write a dot to standard output. All
 * block all signals, so only SIGKILL can keep one from it: that of dinit, or that
 * of the kernel if dinit does not wait for them.
 *
 *     burst N
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The app has the last writing end, which is closed when it ends. */
static void
await_end(const int ends[2])
{
	char nothing;

	close(ends[1]);
	while (read(ends[0], &nothing, 1) > 0)
		continue;
	_exit(write(STDOUT_FILENO, ".", 1) != 1);
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	sigset_t all;
	int ends[2];
	pid_t between;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (pipe(ends) < 0)
		return 1;
	between = fork();
	if (between == 0) {
		while (count-- > 0)
			if (fork() == 0)
				await_end(ends);
		_exit(0);
	}
	waitpid(between, NULL, 0);
	return 7;
}
