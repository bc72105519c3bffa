/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/spawn.h"
#include "app/program.h"
#include "app/terminal.h"
#include "base/array.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "privileges/privileges.h"

/* Room for the path of COMMAND, and for what the C library needs. */
#define SHARED_STACK_SIZE 32768

/*
 * AddressSanitizer would take what the child leaves on its stack for dinit's
 * own.
 */
#ifdef __SANITIZE_ADDRESS__
#define CAN_SHARE_MEMORY false
#else
#define CAN_SHARE_MEMORY true
#endif

/* What the child that becomes COMMAND gets from its parent. */
struct child {
	const struct spawn_request *request;
	pid_t parent;
	struct spawned *out; /* for the failure, if both share their memory */
	int result_fd; /* else a pipe for it; -1: they share their memory */
};

/*
 * Tells the parent about FAILURE, and ends the child. Its exit status matters
 * under an emulator that makes a fork of a vfork (valgrind, qemu): the parent
 * has another memory there, and takes this for COMMAND's own end.
 */
static void __attribute__((noreturn))
report_failure(const struct child *child, const struct spawn_failure *failure)
{
	ssize_t written = 0;

	if (child->result_fd >= 0) {
		written = write(child->result_fd, failure, sizeof(*failure));
	} else {
		child->out->failure = *failure;
		child->out->has_failed = true;
	}
	program_end(written < 0 ? EXIT_STATUS_DINIT
				: spawn_exit_status(failure));
}

static void __attribute__((noreturn))
fail(const struct child *child, enum spawn_step step, int error,
    const char *detail)
{
	const struct spawn_failure failure = {
		.step = step,
		.error = error,
		.detail = detail,
	};

	report_failure(child, &failure);
}

static void __attribute__((noreturn))
execute(const struct child *child)
{
	struct spawn_failure failure = { .step = SPAWN_STEP_EXEC };

	failure.error = -program_execute(child->request->argv,
	    &failure.directory);
	report_failure(child, &failure);
}

/*
 * Variables whose value is the process that they are meant for:
 * sd_listen_fds(3) and sd_watchdog_enabled(3) ignore them in any other. If the
 * value is dinit's number, they are meant for COMMAND, which runs in its place.
 */
static const char *const pid_names[] = { "LISTEN_PID=", "WATCHDOG_PID=" };

/* Corrected entries of the environment, which must exist until the exec. */
struct pid_texts {
	char texts[ARRAY_SIZE(pid_names)][32];
};

/* Which of the variables ENTRY is, if it names dinit; or -1. */
static int
find_pid_name(const char *entry, pid_t parent)
{
	for (size_t i = 0; i < ARRAY_SIZE(pid_names); i++) {
		size_t length = strlen(pid_names[i]);

		if (strncmp(entry, pid_names[i], length) == 0 &&
		    atol(entry + length) == parent)
			return (int)i;
	}
	return -1;
}

/* It names the inode of dinit's pidfd, which COMMAND's differs from. */
static bool
is_pidfd_id(const char *entry)
{
	return strncmp(entry, "LISTEN_PIDFDID=", 15) == 0;
}

/* Returns what replaces ENTRY, ENTRY itself, or NULL if it is removed. */
static char *
correct_entry(char *entry, pid_t parent, struct pid_texts *out)
{
	int i = find_pid_name(entry, parent);

	if (is_pidfd_id(entry))
		return NULL;
	if (i < 0)
		return entry;
	snprintf(out->texts[i], sizeof(out->texts[i]), "%s%ld", pid_names[i],
	    (long)getpid());
	return out->texts[i];
}

static bool
must_correct_environment(pid_t parent)
{
	extern char **environ;

	for (char **entry = environ; *entry != NULL; entry++)
		if (is_pidfd_id(*entry) || find_pid_name(*entry, parent) >= 0)
			return true;
	return false;
}

static void
correct_environment(pid_t parent, struct pid_texts *out)
{
	extern char **environ;
	char **kept = environ;

	for (char **entry = environ; *entry != NULL; entry++) {
		*kept = correct_entry(*entry, parent, out);
		if (*kept != NULL)
			kept++;
	}
	*kept = NULL;
}

/* A child that shares dinit's memory needs no change: see can_share(). */
static void
set_environment(const struct child *child, struct pid_texts *texts)
{
	const char *socket = child->request->notify_socket;

	if (child->result_fd < 0)
		return;
	correct_environment(child->parent, texts);
	if (socket != NULL && setenv("NOTIFY_SOCKET", socket, 1) < 0)
		fail(child, SPAWN_STEP_ENVIRONMENT, errno, NULL);
}

static void
take_privileges(const struct child *child)
{
	const struct privileges *privileges = child->request->privileges;
	const char *detail = NULL;
	int error;

	if (privileges == NULL)
		return;
	error = privileges_apply(privileges, &detail);
	if (error < 0)
		fail(child, SPAWN_STEP_PRIVILEGES, -error, detail);
}

static void
apply_filter(const struct child *child)
{
	const struct privileges *privileges = child->request->privileges;
	int error = privileges == NULL ? 0
				       : privileges_apply_filter(privileges);

	if (error < 0)
		fail(child, SPAWN_STEP_FILTER, -error, NULL);
}

/*
 * Is the child from its beginning to the exec, and never returns; clone(2)
 * wants it to have this type.
 *
 * The order matters. Whether dinit's group is in the foreground is asked before
 * the child leaves that group. The child's group must exist before it can
 * become the foreground group. The signals are handed back late, because those
 * that are pending are meant for COMMAND, not for this child of dinit. The
 * filter comes last, so that it need not allow any call but the exec.
 */
static int
become_command(void *argument)
{
	const struct child *child = argument;
	const struct spawn_request *request = child->request;
	bool in_foreground = terminal_is_in_foreground(request->terminal);
	struct pid_texts pid_texts;
	int error;

	if (setpgid(0, 0) < 0)
		fail(child, SPAWN_STEP_GROUP, errno, NULL);
	if (in_foreground)
		terminal_set_foreground(request->terminal, getpid());
	set_environment(child, &pid_texts);
	take_privileges(child);
	error = signals_hand_back(request->signals);
	if (error < 0)
		fail(child, SPAWN_STEP_SIGNALS, -error, NULL);
	apply_filter(child);
	execute(child);
}

/*
 * Starts a child in dinit's own memory, as vfork(2) does: dinit sleeps until
 * the child executes COMMAND or ends. This takes half the time of fork(2),
 * which copies page tables and makes the kernel copy each page that is written
 * to afterwards. The child must not change anything that dinit still needs, and
 * has a stack of its own. That is given back in the end: if it were a part of
 * dinit's stack, the pages that the child has written to would stay in memory.
 * Returns the child's pid, or -1.
 */
static pid_t
start_sharing(struct child *child)
{
	char *stack = mmap(NULL, SHARED_STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	pid_t pid;

	if (stack == MAP_FAILED)
		return -1;
	pid = clone(become_command, stack + SHARED_STACK_SIZE,
	    CLONE_VM | CLONE_VFORK | SIGCHLD, child);
	munmap(stack, SHARED_STACK_SIZE);
	return pid;
}

/*
 * True if COMMAND can be started in dinit's memory. Where the child takes other
 * privileges, the kernel protects its memory, and so dinit's, from debuggers
 * (prctl(2), PR_SET_DUMPABLE). And a variable that the child sets would be set
 * in dinit's environment too.
 */
static bool
can_share(const struct child *child)
{
	return CAN_SHARE_MEMORY && child->request->privileges == NULL &&
	    child->request->notify_socket == NULL &&
	    !must_correct_environment(child->parent);
}

/* Reads the failure that the child has written, if it has. */
static void
read_result(int fd, struct spawned *out)
{
	struct spawn_failure failure;
	ssize_t length;

	do
		length = read(fd, &failure, sizeof(failure));
	while (length < 0 && errno == EINTR);
	out->has_failed = length == sizeof(failure);
	if (out->has_failed)
		out->failure = failure;
}

/* Starts a child with a copy of dinit's memory. 0 or -errno. */
static int
start_apart(struct child *child)
{
	int ends[2];
	int error = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child->result_fd = ends[1];
	child->out->pid = fork();
	if (child->out->pid == 0)
		become_command(child);
	if (child->out->pid < 0)
		error = -errno;
	close(ends[1]);
	if (error == 0)
		read_result(ends[0], child->out);
	close(ends[0]);
	return error;
}

int
spawn_command(const struct spawn_request *request, struct spawned *out)
{
	struct spawned spawned = { .has_failed = false };
	struct child child = {
		.request = request,
		.parent = getpid(),
		.out = &spawned,
		.result_fd = -1,
	};
	int error = 0;

	spawned.pid = can_share(&child) ? start_sharing(&child) : -1;
	if (spawned.pid < 0)
		error = start_apart(&child);
	if (error == 0)
		*out = spawned;
	return error;
}

const char *
spawn_step_name(const struct spawn_failure *failure)
{
	static const char *const names[] = {
		[SPAWN_STEP_GROUP] = "make a process group for",
		[SPAWN_STEP_ENVIRONMENT] = "set NOTIFY_SOCKET for",
		[SPAWN_STEP_SIGNALS] = "restore the signals for",
		[SPAWN_STEP_FILTER] = "put the seccomp filter on",
		[SPAWN_STEP_EXEC] = "execute",
	};

	return failure->step == SPAWN_STEP_PRIVILEGES ? failure->detail
						      : names[failure->step];
}

void
spawn_explain(const struct spawn_failure *failure, const char *command,
    char text[EXECUTABLE_HINT_MAX])
{
	text[0] = '\0';
	if (failure->step == SPAWN_STEP_EXEC)
		program_explain(command, -failure->error, failure->directory,
		    text);
}

int
spawn_exit_status(const struct spawn_failure *failure)
{
	if (failure->step != SPAWN_STEP_EXEC)
		return EXIT_STATUS_DINIT;
	return program_exit_status(-failure->error);
}
