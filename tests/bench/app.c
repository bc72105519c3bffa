/* SPDX-License-Identifier: MIT */
/*
 * The supervised app; notes times in the driver's memory.
 *
 *	app once               ends at once
 *	app later              ends by itself, when all has settled
 *	app wait               ends on SIGTERM, takes all other signals
 *	app stubborn           takes SIGTERM too
 *	app orphans N          makes N orphans that end at once, one after the
 *	                       other, then as wait
 *	app bursts N           makes N times 100 orphans that end all at once,
 *	                       then as wait
 *	app tree N             has N children in its group, then as wait
 *	app leave N            has N children in sessions of their own, and ends
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measures.h"

static struct measures *measures;

/* One process in between each, whose end makes an orphan of the other. */
static void
make_orphans(int count)
{
	while (count-- > 0) {
		pid_t between = fork();

		if (between == 0) {
			fork();
			_exit(0);
		}
		waitpid(between, NULL, 0);
	}
}

/*
 * The process in between leaves orphans that wait until the pipe GO is closed.
 * The pipe GONE is at its end when all of them have ended.
 */
static void
make_burst(int count)
{
	int go[2];
	int gone[2];
	char none;
	pid_t between;

	if (pipe(go) < 0 || pipe(gone) < 0)
		_exit(1);
	between = fork();
	if (between == 0) {
		close(go[1]);
		while (count-- > 0)
			if (fork() == 0) {
				(void)!read(go[0], &none, 1);
				_exit(0);
			}
		_exit(0);
	}
	waitpid(between, NULL, 0);
	close(go[0]);
	close(go[1]);
	close(gone[1]);
	(void)!read(gone[0], &none, 1);
	close(gone[0]);
}

static void
make_children(int count, int in_sessions)
{
	while (count-- > 0)
		if (fork() == 0) {
			sigset_t none;

			if (in_sessions)
				setsid();
			sigemptyset(&none);
			sigaddset(&none, SIGUSR1);
			sigprocmask(SIG_SETMASK, &none, NULL);
			for (;;)
				pause();
		}
}

static void
end(void)
{
	measures->ended = measures_now();
	_exit(0);
}

int
main(int argc, char **argv)
{
	int64_t started = measures_now();
	const char *what = argc > 1 ? argv[1] : "once";
	int count = argc > 2 ? atoi(argv[2]) : 0;
	sigset_t all;
	int signo;

	sigfillset(&all);
	sigdelset(&all, SIGCHLD);
	sigprocmask(SIG_SETMASK, &all, NULL);
	measures = mmap(NULL, sizeof(*measures), PROT_READ | PROT_WRITE,
	    MAP_SHARED, MEASURES_FD, 0);
	measures->started = started;
	if (strcmp(what, "later") == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	if (strcmp(what, "once") == 0 || strcmp(what, "later") == 0)
		end();
	if (strcmp(what, "orphans") == 0)
		make_orphans(count);
	if (strcmp(what, "bursts") == 0)
		while (count-- > 0)
			make_burst(100);
	if (strcmp(what, "tree") == 0)
		make_children(count, 0);
	if (strcmp(what, "leave") == 0) {
		make_children(count, 1);
		end();
	}
	measures->is_set = 1;
	while (sigwait(&all, &signo) == 0) {
		measures->signalled = measures_now();
		measures->signals++;
		if (signo == SIGTERM && strcmp(what, "stubborn") != 0)
			end();
	}
	return 1;
}
