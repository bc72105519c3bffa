/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "leftovers.h"

/* No tree is this deep; a bound in case the one we read changes under us. */
#define DEPTH_MAX 100000

/*
 * Looks at /proc for one SIGKILL: each nearly always finds what the last one
 * missed.
 */
#define ROUNDS_MAX 10

/* Entries of /proc read at once, and the shortest there can be. */
#define BLOCK_SIZE 1024
#define ENTRY_SIZE_MIN 24

/* As the kernel lays it out (getdents64(2)); musl's differs from glibc's. */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* What /proc/PID/stat says of a process (proc(5)). */
struct process {
	char state;
	pid_t parent;
	pid_t group;
};

static int
send_signal(pid_t pid, int signo)
{
	return kill(pid, signo) < 0 ? -errno : 0;
}

/* False when there is no such process any more. */
static bool
read_process(pid_t pid, struct process *out)
{
	char path[32];
	char text[512];
	char *end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	/* The name is in parentheses, and may hold some itself. */
	end = strrchr(text, ')');
	if (end == NULL || strlen(end) < sizeof(") S 1 1") - 1)
		return false;
	out->state = end[2];
	out->parent = (pid_t)strtol(end + 3, &end, 10);
	out->group = (pid_t)strtol(end, &end, 10);
	return true;
}

static bool
is_descendant(const struct process *process, pid_t ancestor)
{
	struct process above = *process;

	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (above.parent == ancestor)
			return true;
		if (above.parent <= 1 || !read_process(above.parent, &above))
			return false;
	}
	return false;
}

/* Those that the app's group does not reach. */
static bool
is_left_over(pid_t app, pid_t pid, struct process *out)
{
	return read_process(pid, out) &&
	    (app == 0 || out->group != app) &&
	    is_descendant(out, getpid());
}

/*
 * Through a pidfd, and looked at once more behind it: should the process be
 * gone by then and its number given to a stranger, the signal finds nobody.
 * Where there are no pidfds (Linux 5.3, filters) kill(2) has to do, right after
 * the look; 0 or -errno.
 */
static int
signal_grandchild(pid_t app, pid_t pid, int signo)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct process process;
	int error = 0;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : send_signal(pid, signo);
	if (is_left_over(app, pid, &process) &&
	    syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0) < 0)
		error = errno == ENOSYS ? send_signal(pid, signo) : -errno;
	close(pidfd);
	return error;
}

/*
 * A child of ours keeps its number until we reap it: no detour, for what forks
 * and ends all the time has to be hit in between. 1: it was one of ours, and
 * not gone yet; 0: it was not; or -errno.
 */
static int
signal_left_over(pid_t app, pid_t pid, int signo)
{
	struct process process;
	int error;

	if (!is_left_over(app, pid, &process))
		return 0;
	error = process.parent == getpid() ? send_signal(pid, signo) :
	    signal_grandchild(app, pid, signo);
	return error < 0 && error != -ESRCH ? error : 1;
}

/* A /proc of another PID namespace would name strangers. */
static bool
is_own_proc(void)
{
	char text[16];
	ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);

	if (length <= 0)
		return false;
	text[length] = '\0';
	return atoi(text) == getpid();
}

/* The numbers of processes in BLOCK, in its order; how many. */
static int
parse_block(const char *block, long length,
    pid_t pids[BLOCK_SIZE / ENTRY_SIZE_MIN])
{
	int count = 0;

	for (long at = 0; at < length;) {
		const struct directory_entry *entry =
		    (const void *)(block + at);
		pid_t pid = atoi(entry->name);

		if (pid > 0)
			pids[count++] = pid;
		at += entry->length;
	}
	return count;
}

/*
 * Signals those above HIGHEST, which becomes the highest of them. The newest
 * of a block first: it is the one that may be gone the soonest.
 */
static int
signal_entries(pid_t app, int proc, int signo,
    pid_t *highest)
{
	_Alignas(struct directory_entry) char block[BLOCK_SIZE];
	pid_t pids[BLOCK_SIZE / ENTRY_SIZE_MIN];
	pid_t seen = *highest;
	int error = 0;
	long length;

	while ((length = syscall(SYS_getdents64, proc, block,
	    sizeof(block))) > 0) {
		int count = parse_block(block, length, pids);

		while (count-- > 0 && pids[count] > seen) {
			int sent = signal_left_over(app, pids[count],
			    signo);

			if (sent < 0)
				error = sent;
			if (sent != 0 && pids[count] > *highest)
				*highest = pids[count];
		}
	}
	return length < 0 ? -errno : error;
}

/*
 * Without another child there is no descendant to look for, once COMMAND is a
 * zombie: until then it may have some. The kernel may have been built without
 * this list (proc(5)): then there may be some too.
 */
static bool
may_have_left_overs(pid_t app)
{
	char path[48];
	char text[64];
	struct process main;
	ssize_t length;
	char *rest;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length < 0)
		return true;
	text[length] = '\0';
	if (length == 0)
		return false;
	return strtol(text, &rest, 10) != app ||
	    strcmp(rest, " ") != 0 ||
	    !read_process(app, &main) || main.state != 'Z';
}

/*
 * One look at /proc shows what was there when it began. What has forked since
 * and ended is shown by its child, which has a higher number: for SIGKILL we
 * go on until there is none. Should the numbers start over, the next SIGKILL
 * is for those.
 */
int
leftovers_signal(pid_t app, int signo)
{
	pid_t highest = 0;
	pid_t seen;
	int rounds = signo == SIGKILL ? ROUNDS_MAX : 1;
	int error = 0;
	int failed;
	int proc;

	if (!is_own_proc())
		return -ENOENT;
	if (!may_have_left_overs(app))
		return 0;
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	do {
		seen = highest;
		lseek(proc, 0, SEEK_SET);
		failed = signal_entries(app, proc, signo, &highest);
		if (failed < 0)
			error = failed;
	} while (highest > seen && --rounds > 0);
	close(proc);
	return error;
}
