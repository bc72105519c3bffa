/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../support.h"
#include "parts.h"

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(STATUS_DENIED);
	close(fd);
}

/* Makes this process root of a user namespace that maps only its own user. That
 * takes no privilege outside. */
static void
enter_namespaces(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS) < 0)
		_exit(STATUS_DENIED);
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %d 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %d 1", gid);
	write_file("/proc/self/gid_map", map);
}

static void
kill_descendants(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && descends_from(pid, getpid()))
			kill(pid, SIGKILL);
	}
	if (proc != NULL)
		closedir(proc);
}

/* Kills and reaps what dinit has left. Orphans of an ordinary dinit come to the
 * keeper, as it is a subreaper. */
static void
end_the_rest(void)
{
	const struct timespec breath = { .tv_nsec = 1000000 };

	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid == 0) {
			kill_descendants();
			nanosleep(&breath, NULL);
		}
	}
}

/* Returns dinit's wait status. If the test ends first (SIGTERM), this process
 * ends with all below it. */
static int
wait_for_init(pid_t init, const sigset_t *news)
{
	int status;
	int signo;

	while (waitpid(init, &status, WNOHANG) == 0) {
		sigwait(news, &signo);
		if (signo != SIGTERM)
			continue;
		kill(init, SIGKILL);
		end_the_rest();
		_exit(STATUS_BROKEN);
	}
	return status;
}

static void
wait_for_release(const struct container *container, const sigset_t *news)
{
	const struct timespec breath = { .tv_nsec = 2000000 };

	container_touch(container, "lingers");
	while (access(container_path(container, "release"), F_OK) < 0) {
		if (sigtimedwait(news, NULL, &breath) != SIGTERM)
			continue;
		end_the_rest();
		_exit(STATUS_BROKEN);
	}
}

static void
note_left_behind(const struct container *container)
{
	if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
		return;
	container_touch(container, "left-behind");
	end_the_rest();
}

/* Moves FD to a number that close_from spares. */
static int
move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTORS_END);

	if (moved < 0)
		_exit(STATUS_BROKEN);
	close(fd);
	return moved;
}

/* Forks the process that becomes dinit. When this returns, it has its mounts,
 * and its further words can be read from WORDS. */
static pid_t
fork_init(const struct run *run, const struct container *container, int slave,
    int *words)
{
	int ends[2];
	int status;
	char word;
	pid_t init;

	if (pipe2(ends, O_CLOEXEC) < 0)
		_exit(STATUS_BROKEN);
	init = fork();
	if (init == 0)
		become_init(run, container, slave, move_up(ends[1]));
	close(ends[1]);
	if (init < 0)
		_exit(STATUS_BROKEN);
	if (read(ends[0], &word, 1) != 1) {
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_BROKEN);
	}
	*words = move_up(ends[0]);
	return init;
}

/* Makes the file "broken" if dinit never ran. If it did, WORD_EXEC is the only
 * word that is left. The exit status does not tell, as an app may have any. */
static void
note_broken(const struct container *container, int status, int words)
{
	char text[2];

	if (WIFEXITED(status) && read(words, text, sizeof(text)) != 1)
		container_touch(container, "broken");
}

void
keep(const struct run *run, const struct container *container, int slave,
    int report)
{
	sigset_t news;
	int status;
	int words;
	pid_t init;

	sigemptyset(&news);
	sigaddset(&news, SIGCHLD);
	sigaddset(&news, SIGTERM);
	sigprocmask(SIG_BLOCK, &news, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1L);
	if (run->place == AS_PID_1)
		enter_namespaces();
	if (run->place == AS_PID_1_AS_ROOT &&
	    unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		_exit(STATUS_DENIED);
	init = fork_init(run, container, slave, &words);
	if (write(report, &init, sizeof(init)) != sizeof(init))
		_exit(STATUS_BROKEN);
	/* Tests wait for the last end of a pipe to be closed. */
	close_from(STDIN_FILENO, STDERR_FILENO);
	status = wait_for_init(init, &news);
	note_broken(container, status, words);
	if (run->lingers)
		wait_for_release(container, &news);
	note_left_behind(container);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status));
}
