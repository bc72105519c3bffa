/* SPDX-License-Identifier: MIT */
/*
 * What dinit supervises while it is made to fail:
 *
 *     app exit            ends at once
 *     app serve           says "up", ends on SIGTERM
 *     app stubborn        so does a child in a session of its own: neither ends
 *     app check FOLDER    a health check: fails once, which makes FOLDER
 *     app slow            takes a while and ends; a health check that succeeds
 *     app notify          as serve, and says on NOTIFY_SOCKET that it is ready
 *     app confined        ends at once, otherwise if it is not: see below
 *
 * A fault meant for dinit's children before their exec meets this too, if it
 * makes as many calls of that kind. It must not matter here: what fails is
 * tried again, and there is as little of it as can be.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* No statuses of dinit's own. */
#define STATUS 7
#define STATUS_NOT_CONFINED 66

/* User and group that the scenario asks for. */
#define NOBODY 65534

/* As in the kernel's headers, which musl does not come with. */
#define CAP_NET_RAW 13
#define SECCOMP_MODE_FILTER 2

/* What its profile lets getpriority(2) fail with. */
#define DENIED 42

/* Long enough for who does not sleep meanwhile to be found out. */
static const struct timespec a_while = { .tv_sec = 1 };

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

static void
tell_ready(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlen(path) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, path);
	do
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	while (fd < 0);
	while (sendto(fd, ready, sizeof(ready) - 1, 0,
	    (struct sockaddr *)&address, sizeof(address)) < 0)
		continue;
}

static bool
is_nobody(void)
{
	uid_t uids[3] = { 0 };
	gid_t gids[3] = { 0 };
	gid_t groups[64] = { NOBODY };
	int count = getgroups(64, groups);

	getresuid(&uids[0], &uids[1], &uids[2]);
	getresgid(&gids[0], &gids[1], &gids[2]);
	for (int i = 0; i < 3; i++)
		if (uids[i] != NOBODY || gids[i] != NOBODY)
			return false;
	return count == 0 || (count == 1 && groups[0] == NOBODY);
}

/* That and no other, in any set that counts: what it can be is bounded so. */
static bool
has_one_capability(int capability)
{
	for (int i = 0; i < 64; i++) {
		bool expected = i == capability;

		if ((prctl(PR_CAPBSET_READ, i) > 0) != expected ||
		    (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) >
		    0) != expected)
			return false;
	}
	return true;
}

static bool
is_under_profile(void)
{
	errno = 0;
	getpriority(PRIO_PROCESS, 0);
	return errno == DENIED && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	    prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

/* Looked at again where a fault may have been met. */
static bool
is_confined(void)
{
	for (int i = 0; i < 3; i++)
		if (is_nobody() && has_one_capability(CAP_NET_RAW) &&
		    is_under_profile())
			return true;
	return false;
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
	if (strcmp(role, "slow") == 0)
		return clock_nanosleep(CLOCK_MONOTONIC, 0, &a_while, NULL);
	if (strcmp(role, "confined") == 0)
		return is_confined() ? STATUS : STATUS_NOT_CONFINED;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	while (strcmp(role, "left") == 0 && setsid() < 0)
		continue;
	while (sigprocmask(SIG_BLOCK, &stop, NULL) < 0)
		continue;
	if (strcmp(role, "stubborn") == 0)
		leave_child(argv);
	if (strcmp(role, "notify") == 0)
		tell_ready();
	while (write(STDOUT_FILENO, "up\n", 3) < 0)
		continue;
	for (;;)
		if (sigwaitinfo(&stop, NULL) == SIGTERM &&
		    (strcmp(role, "serve") == 0 || strcmp(role, "notify") == 0))
			return STATUS;
}
