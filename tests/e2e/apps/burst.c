/* SPDX-License-Identifier: MIT */
/*
 * Leaves N orphans that end the moment it does itself, with status 7.
 *
 *     burst N
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Until the last writing end is closed: that one is main's. */
static void
await_end(const int ends[2])
{
	char nothing;

	close(ends[1]);
	while (read(ends[0], &nothing, 1) > 0)
		continue;
	_exit(0);
}

int
main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	int ends[2];
	pid_t between;

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
