/* SPDX-License-Identifier: MIT */
/*
 * A fork bomb under a limit. Writes "up"; after a line of standard input, it
 * and all its children fork and fork, every other one in a session of its own,
 * and block all signals. "full" is written when it cannot be forked any more;
 * only SIGKILL ends any of them.
 *
 *     bomb N
 *
 * More than N of them and there is no limit: then they all leave, with status
 * 3, and the machine is still there.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct counters {
	atomic_int forks;
	atomic_bool is_full;
};

static void
say(const char *text)
{
	dprintf(STDOUT_FILENO, "%s\n", text);
}

static void
explode(struct counters *shared, int max)
{
	for (;;) {
		pid_t pid;

		if (atomic_load(&shared->forks) >= max)
			_exit(3);
		pid = fork();
		if (pid > 0)
			atomic_fetch_add(&shared->forks, 1);
		else if (pid < 0 && !atomic_exchange(&shared->is_full, true))
			say("full");
		else if (pid == 0 && getpid() % 2 == 0)
			setsid();
	}
}

int
main(int argc, char **argv)
{
	struct counters *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sigset_t all;

	if (argc != 2 || shared == MAP_FAILED)
		return 1;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	say("up");
	if (getchar() != '\n')
		return 1;
	explode(shared, atoi(argv[1]));
}
