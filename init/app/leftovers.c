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

/*
 * No process has this many ancestors. The bound ends a search that would go on
 * forever because processes come and go while it runs.
 */
#define DEPTH_MAX 100000

/*
 * How often kill_own_children reads the list of children at most. One more look
 * nearly always finds no new child.
 */
#define ROUNDS_MAX 10

/* How many bytes of /proc are read at once, and the shortest entry in them. */
#define BLOCK_SIZE 1024
#define ENTRY_SIZE_MIN 24

/*
 * An entry as getdents64(2) writes it. The C libraries differ in how they
 * declare it.
 */
struct directory_entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* What /proc/PID/stat says about a process (proc(5)). */
struct process {
	char name[16];
	char state;
	pid_t parent;
	pid_t group;
	unsigned long flags;   /* PF_* of the kernel */
	int64_t started;       /* in clock ticks since boot: clock_boot_ticks */
	unsigned long pending; /* signals, of its first thread */
};

/* A process with this flag is about to end (include/linux/sched.h). */
#define PF_EXITING 0x4

/* Returns the field with the number WANTED; TEXT begins with field FIRST. */
static const char *
find_field(const char *text, int first, int wanted)
{
	for (; *text != '\0' && first < wanted; text++)
		first += *text == ' ';
	return text;
}

/* Takes in TEXT, which begins with field 3. */
static void
parse_fields(const char *text, struct process *out)
{
	char *end;

	out->state = text[0];
	out->parent = (pid_t)strtol(text + 1, &end, 10);
	out->group = (pid_t)strtol(end, NULL, 10);
	text = find_field(text, 3, 9);
	out->flags = strtoul(text, NULL, 10);
	text = find_field(text, 9, 22);
	out->started = strtoll(text, NULL, 10);
	out->pending = strtoul(find_field(text, 22, 31), NULL, 10);
}

/* False if the process is gone. */
static bool
read_process(pid_t pid, struct process *out)
{
	char path[32];
	char text[512];
	const char *name;
	const char *end;
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
	/* Field 2, the name, is in parentheses and may contain some. */
	name = strchr(text, '(');
	end = strrchr(text, ')');
	if (name == NULL || end == NULL || strlen(end) < sizeof(") S 1 1") - 1)
		return false;
	snprintf(out->name, sizeof(out->name), "%.*s", (int)(end - name - 1),
	    name + 1);
	parse_fields(end + 2, out);
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

/* What a search of /proc needs. SELF saves a getpid(2) for each process. */
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
 * Signals PID, which is not a child, if it is still meant. Its number may be
 * given to another process at any time. So a pidfd is opened first, and then
 * /proc is read once more: if that still shows a process that is meant, the
 * pidfd refers to it, and the signal cannot reach any other. Where there are no
 * pidfds (before Linux 5.3), or a filter denies their use, kill(2) is called
 * right after is_meant. 0 or -errno.
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
		error = errno == ENOSYS || errno == EPERM
		    ? signals_send(pid, signo)
		    : -errno;
	close(pidfd);
	return error;
}

/*
 * Signals PID if it is meant. A child keeps its number until it is reaped, so
 * that kill(2) is safe. 0, also if the process is gone, or -errno.
 */
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

/* The numbers in a /proc of another PID namespace mean other processes. */
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

/*
 * Fills PIDS with the numbers of the processes that BLOCK, a part of /proc,
 * lists. Returns how many there are.
 */
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

/* Reads a directory as getdents64(2) does: a length, or -1 and errno. */
static long
read_entries(int directory_fd, char block[BLOCK_SIZE])
{
	return syscall(SYS_getdents64, directory_fd, block, BLOCK_SIZE);
}

/* A filter that denies a look at /proc is treated like a missing /proc. */
static int
reading_error(void)
{
	return errno == EPERM || errno == ENOSYS ? -ENOENT : -errno;
}

/*
 * Signals the processes in PROC_FD, a descriptor of /proc. In each block it
 * begins with the last, which is the newest: a process that forks and ends all
 * the time is gone soonest.
 */
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
 * Opens the list of dinit's children, which has "PID " for each (proc(5)).
 * Returns -1 and errno if the kernel was built without CONFIG_PROC_CHILDREN.
 */
static int
open_children(void)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	return open(path, O_RDONLY | O_CLOEXEC);
}

/*
 * False if CHILD of dinit surely leads to no leftover: it is one of HELPERS, or
 * it is APP and a zombie. A running APP may have children in other groups.
 */
static bool
may_lead_to_leftovers(pid_t child, pid_t app,
    const pid_t helpers[LEFTOVERS_HELPERS])
{
	struct process process;

	for (int i = 0; i < LEFTOVERS_HELPERS; i++)
		if (child == helpers[i])
			return false;
	return child != app || !read_process(app, &process) ||
	    process.state != 'Z';
}

/*
 * False if dinit surely has no descendant outside of APP's group and of what
 * belongs to HELPERS: the ancestors of such a one include a child of dinit.
 * True if the kernel has no list of children, or a long one.
 */
static bool
may_have_leftovers(pid_t app, const pid_t helpers[LEFTOVERS_HELPERS])
{
	char text[64];
	ssize_t length;
	char *at = text;
	int list_fd = open_children();

	if (list_fd < 0)
		return true;
	length = read(list_fd, text, sizeof(text) - 1);
	close(list_fd);
	if (length < 0 || length == sizeof(text) - 1)
		return true;
	text[length] = '\0';
	while (*at != '\0') {
		pid_t child = (pid_t)strtol(at, &at, 10);

		if (may_lead_to_leftovers(child, app, helpers))
			return true;
		at += *at == ' ';
	}
	return false;
}

/*
 * Kills the children in the list whose numbers are above SEEN. Returns the
 * highest number in the list, or SEEN if that is higher.
 */
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
 * Kills processes that fork and end all the time, which a slow walk through
 * /proc may never find. When such a process ends, its child becomes a child of
 * dinit. The children of dinit are few, and the kernel lists them in one file:
 * to read that takes less time than to fork and end.
 *
 * A process that has ended before it was killed has left a child with a higher
 * number. So the list is read until it has no new numbers. If the kernel's
 * numbers start over from the lowest, such a child is missed, and the next
 * SIGKILL finds it.
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
	static const pid_t no_helpers[LEFTOVERS_HELPERS];
	const struct search search = { .which = which, .self = getpid() };
	int error;
	int proc_fd;

	if (!is_own_proc())
		return -ENOENT;
	if (!which->everybody &&
	    !may_have_leftovers(which->spared_group, no_helpers))
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

/* --- Names --- */

/*
 * True if PROCESS will be gone in a moment, or is gone and waits to be reaped:
 * it was sent SIGKILL, say, because the helper that checks ends its check.
 */
static bool
is_dying(const struct process *process)
{
	return process->state == 'Z' || process->state == 'X' ||
	    (process->flags & PF_EXITING) ||
	    (process->pending >> (SIGKILL - 1) & 1);
}

static bool
belongs_to_helper(const pid_t helpers[LEFTOVERS_HELPERS], pid_t pid,
    const struct process *process)
{
	for (int i = 0; i < LEFTOVERS_HELPERS; i++)
		if (helpers[i] != 0 &&
		    (pid == helpers[i] || is_descendant(process, helpers[i])))
			return true;
	return false;
}

static bool
is_left_behind(pid_t self, const pid_t helpers[LEFTOVERS_HELPERS], pid_t pid,
    struct process *out)
{
	return pid != self && read_process(pid, out) && !is_dying(out) &&
	    is_descendant(out, self) && !belongs_to_helper(helpers, pid, out);
}

/* True if NAME is one of the names in LIST already. */
static bool
is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);
	const char *at = list;

	while ((at = strstr(at, name)) != NULL) {
		if ((at == list || at[-1] == ' ') &&
		    (at[length] == ',' || at[length] == '\0'))
			return true;
		at++;
	}
	return false;
}

static void
add_name(char names[LEFTOVERS_NAMES_MAX], const char *name)
{
	static const char more[] = ", ...";
	size_t used = strlen(names);

	if (name[0] == '\0' || is_listed(names, name))
		return;
	if (used + 2 + strlen(name) + sizeof(more) <= LEFTOVERS_NAMES_MAX)
		snprintf(names + used, LEFTOVERS_NAMES_MAX - used, "%s%s",
		    used > 0 ? ", " : "", name);
	else if (!is_listed(names, "..."))
		snprintf(names + used, LEFTOVERS_NAMES_MAX - used, "%s", more);
}

int
leftovers_name(pid_t app, const pid_t helpers[LEFTOVERS_HELPERS],
    char names[LEFTOVERS_NAMES_MAX])
{
	_Alignas(struct directory_entry) char block[BLOCK_SIZE];
	pid_t pids[BLOCK_SIZE / ENTRY_SIZE_MIN];
	pid_t self = getpid();
	int found = 0;
	long length;
	int proc_fd;

	names[0] = '\0';
	if (!is_own_proc() || !may_have_leftovers(app, helpers))
		return 0;
	proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc_fd < 0)
		return 0;
	while ((length = read_entries(proc_fd, block)) > 0) {
		int count = parse_block(block, length, pids);

		for (int i = 0; i < count; i++) {
			struct process process;

			if (!is_left_behind(self, helpers, pids[i], &process))
				continue;
			found++;
			add_name(names, process.name);
		}
	}
	close(proc_fd);
	return found;
}
