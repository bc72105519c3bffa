/* SPDX-License-Identifier: MIT */
/*
 * What dinit supervises while it is made to fail:
 *
 *     app exit            ends at once
 *     app serve           says "up", ends on SIGTERM
 *     app stubborn        so does a child in a session of its own: neither ends
 *     app check FOLDER    a health check: fails once, which makes FOLDER
 *
 * A fault meant for dinit's children before their exec meets this too, if it
 * makes as many calls of that kind. It must not matter here: what fails is
 * tried again, and there is as little of it as can be.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No status of dinit's own. */
#define STATUS 7

/* By another exec, as all that happens before one is taken for dinit's. */
static void
leave_child(char **argv)
{
	char *const arguments[] = { argv[0], "left", NULL };
	pid_t pid;

	do
		pid = fork();
	while (pid < 0);
	while (pid == 0)
		execv("/proc/self/exe", arguments);
}

static int
check(const char *folder)
{
	while (mkdir(folder, 0700) < 0)
		if (errno == EEXIST)
			return 0;
	return 1;
}

int
main(int argc, char **argv)
{
	const char *role = argc > 1 ? argv[1] : "";
	sigset_t stop;

	if (strcmp(role, "check") == 0 && argc == 3)
		return check(argv[2]);
	if (strcmp(role, "exit") == 0)
		return STATUS;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	while (strcmp(role, "left") == 0 && setsid() < 0)
		continue;
	while (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		continue;
	if (strcmp(role, "stubborn") == 0)
		leave_child(argv);
	while (write(STDOUT_FILENO, "up\n", 3) < 0)
		continue;
	for (;;)
		if (sigwaitinfo(&stop, NULL) == SIGTERM &&
		    strcmp(role, "serve") == 0)
			return STATUS;
}
