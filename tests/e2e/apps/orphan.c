/* SPDX-License-Identifier: MIT */
/*
 * Makes an orphan, which says who its new parent is ("adopted by N") on
 * standard output and ends; then waits for a signal that ends it.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
become_orphan(void)
{
	pid_t parent = getpid();
	const struct timespec breath = { .tv_nsec = 1000000 };

	if (fork() != 0)
		_exit(0);
	while (getppid() == parent)
		nanosleep(&breath, NULL);
	printf("adopted by %d\n", getppid());
	fflush(stdout);
	_exit(0);
}

int
main(void)
{
	if (fork() == 0)
		become_orphan();
	wait(NULL);
	puts("childless");
	fflush(stdout);
	for (;;)
		pause();
}
