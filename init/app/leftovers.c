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

#include "app/leftovers.h"
#include "base/signals.h"

/* No tree is this deep; a bound in case the one we read changes under us. */
#define DEPTH_MAX 100000

/* Looks at our children for one SIGKILL: each nearly always finds the last. */
#define ROUNDS_MAX 10

/* Bytes of /proc read at once, and of the shortest entry there can be. */
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
	int64_t started; /* in clock ticks since boot */
};

/* In /proc/PID/stat the 5th field is the group, and the 22nd the start. */
#define SPACES_BETWEEN (22 - 5)

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
	for (int spaces = 0; *end != '\0' && spaces < SPACES_BETWEEN; end++)
		spaces += *end == ' ';
	out->started = strtoll(end, NULL, 10);
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

/* One search of /proc, by one system call for who we are. */
struct search {
	const struct leftovers *which;
	pid_t self;
};

static bool
is_spared(const struct leftovers *which, const struct process *process)
{
	return which->spared_group != 0 &&
	    process->group == which->spared_group &&
	    process->started <= which->spared_until;
}

static bool
is_meant(const struct search *search, pid_t pid, struct process *out)
{
	return pid != search->self && read_process(pid, out) &&
	    !is_spared(search->which, out) &&
	    (search->which->everybody || is_descendant(out, search->self));
}

/*
 * Through a pidfd, and looked at once more behind it: should the process be
 * gone by then and its number given to a stranger, the signal finds nobody.
 * Where there are no pidfds (Linux 5.3, filters) kill(2) has to do, right after
 * the look; 0 or -errno.
 */
static int
signal_grandchild(const struct search *search, pid_t pid, int signo)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct process process;
	int error = 0;

	if (pidfd < 0)
		return errno == ESRCH ? 0 : signals_send(pid, signo);
	if (is_meant(search, pid, &process) &&
	    syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0) < 0)
		error = errno == ENOSYS ? signals_send(pid, signo) : -errno;
	close(pidfd);
	return error;
}

/* A child of ours keeps its number until we reap it: no detour. 0 or -errno. */
static int
signal_leftover(const struct search *search, pid_t pid, int signo)
{
	struct process process;
	int error;

	if (!is_meant(search, pid, &process))
		return 0;
	error = process.parent == search->self
	    ? signals_send(pid, signo)
	    : signal_grandchild(search, pid, signo);
	return error == -ESRCH ? 0 : error;
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
		const void *next = block + at;
		const struct directory_entry *entry = next;
		pid_t pid = atoi(entry->name);

		if (pid > 0)
			pids[count++] = pid;
		at += entry->length;
	}
	return count;
}

/* As read(2), of a directory (getdents64(2)). */
static long
read_entries(int directory_fd, char block[BLOCK_SIZE])
{
	return syscall(SYS_getdents64, directory_fd, block, BLOCK_SIZE);
}

/* Where a filter denies a look at /proc, it is as if there were none. */
static int
reading_error(void)
{
	return errno == EPERM || errno == ENOSYS ? -ENOENT : -errno;
}

/* The newest of a block first: it is the one that may be gone the soonest. */
static int
signal_entries(const struct search *search, int proc_fd, int signo)
{
	_Alignas(struct directory_entry) char block[BLOCK_SIZE];
	pid_t pids[BLOCK_SIZE / ENTRY_SIZE_MIN];
	int error = 0;
	long length;

	while ((length = read_entries(proc_fd, block)) > 0) {
		int count = parse_block(block, length, pids);

		while (count-- > 0) {
			int sent = signal_leftover(search, pids[count], signo);

			if (sent < 0)
				error = sent;
		}
	}
	return length < 0 ? reading_error() : error;
}

/*
 * The list of our children, "PID " each (proc(5)); or -1, and errno: the kernel
 * may have been built without it.
 */
static int
open_children(void)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * Without a child other than COMMAND, the leader of the spared group, there is
 * no descendant to look for once COMMAND is a zombie: until then it may have
 * some. Where the kernel has no list, there may always be some.
 */
static bool
may_have_leftovers(pid_t app)
{
	char text[64];
	struct process main;
	ssize_t length;
	char *rest;
	int list_fd = open_children();

	if (list_fd < 0)
		return true;
	length = read(list_fd, text, sizeof(text) - 1);
	close(list_fd);
	if (length < 0)
		return true;
	text[length] = '\0';
	if (length == 0)
		return false;
	return strtol(text, &rest, 10) != app || strcmp(rest, " ") != 0 ||
	    !read_process(app, &main) || main.state != 'Z';
}

/* Kills those above SEEN. The highest of all. */
static pid_t
kill_newer_children(int list_fd, pid_t seen)
{
	char block[BLOCK_SIZE];
	pid_t highest = seen;
	pid_t pid = 0;
	ssize_t length;

	while ((length = read(list_fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; i < length; i++) {
			if (block[i] != ' ') {
				pid = 10 * pid + block[i] - '0';
				continue;
			}
			if (pid > seen)
				signals_send(pid, SIGKILL);
			if (pid > highest)
				highest = pid;
			pid = 0;
		}
	}
	return highest;
}

/*
 * What forks and ends all the time has no other parent than us. Our children
 * are few and all in one file: to look at them takes less time than to fork and
 * end, as a look at the /proc of a busy host does not. Who has ended since is
 * followed by a child, which has a higher number: we go on until there is none.
 * Should the numbers start over, the next SIGKILL is for those.
 */
static void
kill_own_children(void)
{
	int list_fd = open_children();
	int rounds = ROUNDS_MAX;
	pid_t highest = 0;
	pid_t seen;

	if (list_fd < 0)
		return;
	do {
		seen = highest;
		lseek(list_fd, 0, SEEK_SET);
		highest = kill_newer_children(list_fd, seen);
	} while (highest > seen && --rounds > 0);
	close(list_fd);
}

int
leftovers_signal(const struct leftovers *which, int signo)
{
	const struct search search = { .which = which, .self = getpid() };
	int error;
	int proc_fd;

	if (!is_own_proc())
		return -ENOENT;
	if (!which->everybody && !may_have_leftovers(which->spared_group))
		return 0;
	if (signo == SIGKILL)
		kill_own_children();
	proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return reading_error();
	error = signal_entries(&search, proc_fd, signo);
	close(proc_fd);
	return error;
}
