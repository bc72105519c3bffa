/* SPDX-License-Identifier: MIT */
/*
 * Forks all the time and ignores all that can be ignored; only SIGKILL ends
 * it, and only when it gets them all.
 *
 *     breed chain N    N lines of processes, each of which forks the next one
 *                      and ends; the first process stays
 *     breed tree N     N children, which have N children each, and so on
 *                      twice more; whichever dies is replaced
 *
 * Writes "up" to standard output when it has begun.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TREE_DEPTH 3

/* Not faster: a small system has 32768 process numbers, for all of us. */
static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* Every other process in a session of its own. */
static void
chain(void)
{
	for (unsigned int i = 0;; i++) {
		if (fork() > 0)
			_exit(0);
		if (i % 2 == 0)
			setsid();
		nap();
	}
}

static void
tree(int width, int depth)
{
	for (int children = 0;;) {
		pid_t pid = depth < TREE_DEPTH && children < width ? fork() :
		    -1;

		if (pid == 0) {
			children = 0;
			depth++;
		} else if (pid > 0) {
			children++;
		} else if (waitpid(-1, NULL, 0) > 0) {
			children--;
		} else {
			nap();
		}
	}
}

int
main(int argc, char **argv)
{
	sigset_t all;
	int count;

	if (argc != 3)
		return 1;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	count = atoi(argv[2]);
	if (strcmp(argv[1], "tree") == 0 && fork() == 0)
		tree(count, 0);
	for (int i = 0; strcmp(argv[1], "chain") == 0 && i < count; i++)
		if (fork() == 0)
			chain();
	if (write(STDOUT_FILENO, "up\n", 3) != 3)
		return 1;
	for (;;)
		pause();
}
