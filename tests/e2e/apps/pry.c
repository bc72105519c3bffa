/* SPDX-License-Identifier: MIT */
/*
 * An attacker: tries to get at other processes.
 *
 *     pry TARGET...
 *     pry hold PID
 *
 * TARGET is a pid, or a command name that it waits for. Each is traced, its
 * memory opened for writing and a descriptor taken from it, until process 1 has
 * locked itself down and once after that. Writes a line "TARGET WAY: ok" or
 * with the last reason why not for each, and "done". With "hold" it traces and
 * stops PID, writes "held" and stays.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc before 2.32 does not know it. */
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* The first line of /proc/PID/FILE that begins with WORD; "" if none does. */
static const char *
line_of(const char *pid, const char *file, const char *word)
{
	static char line[256];
	char path[300];
	FILE *stream;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	stream = fopen(path, "re");
	if (stream == NULL)
		return "";
	while (fgets(line, sizeof(line), stream) != NULL)
		if (strncmp(line, word, strlen(word)) == 0)
			break;
		else
			line[0] = '\0';
	fclose(stream);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static pid_t
find_by_name(const char *name)
{
	const struct dirent *entry;
	pid_t found = 0;
	DIR *proc = opendir("/proc");

	while (found == 0 && (entry = readdir(proc)) != NULL)
		if (atoi(entry->d_name) > 0 &&
		    strcmp(line_of(entry->d_name, "comm", ""), name) == 0)
			found = atoi(entry->d_name);
	closedir(proc);
	return found;
}

static pid_t
find(const char *target)
{
	pid_t pid = atoi(target);

	while (pid == 0) {
		usleep(1000);
		pid = find_by_name(target);
	}
	return pid;
}

static bool
traces(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;
}

static bool
opens_memory(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool
takes_descriptor(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, STDERR_FILENO, 0);
	int error = errno;

	if (pidfd >= 0)
		close(pidfd);
	if (fd >= 0)
		close(fd);
	errno = error;
	return fd >= 0;
}

static void
hold(pid_t pid)
{
	int status;

	if (!traces(pid) || ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 ||
	    waitpid(pid, &status, __WALL) != pid)
		err(1, "hold");
	dprintf(STDOUT_FILENO, "held\n");
	for (;;)
		pause();
}

static void
pry(const char *target, const char *way, bool (*succeeds)(pid_t))
{
	pid_t pid = find(target);
	bool last;
	bool found;

	do {
		last = strcmp(line_of("1", "status", "Seccomp:"),
		    "Seccomp:\t2") == 0;
		found = succeeds(pid);
	} while (!found && !last);
	printf("%s %s: %s\n", target, way, found ? "ok" : strerror(errno));
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "hold") == 0)
		hold(atoi(argv[2]));
	for (int i = 1; i < argc; i++) {
		pry(argv[i], "memory", opens_memory);
		pry(argv[i], "descriptor", takes_descriptor);
		pry(argv[i], "trace", traces);
	}
	puts("done");
	return 0;
}
