/* SPDX-License-Identifier: MIT */
/*
 * Leaves N orphans that end in the tick in which it does so itself, with status
 * 7. Each writes a dot to standard output as the last thing it does; as they
 * block all signals, only SIGKILL can keep one from it: that of dinit, or the
 * kernel's if dinit does not wait for them.
 *
 *     tick N
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Until the last writing end is closed: that one is the app's. */
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
