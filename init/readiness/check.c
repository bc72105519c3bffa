/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/check.h"
#include "app/program.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/exit_status.h"
#include "base/signals.h"
#include "base/text.h"
#include "privileges/privileges.h"

static bool
is_exec_form(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return false;
	return json_array_size(value) > 0;
}

/* One block of the heap: COUNT pointers and NULL, and what they point to. */
static char *const *
copy_strings(const char *const *strings, size_t count)
{
	size_t size = (count + 1) * sizeof(char *);
	char **copies;
	char *next;

	for (size_t i = 0; i < count; i++)
		size += strlen(strings[i]) + 1;
	copies = calloc(1, size);
	if (copies == NULL)
		return NULL;
	next = (char *)(copies + count + 1);
	for (size_t i = 0; i < count; i++) {
		copies[i] = next;
		next = stpcpy(next, strings[i]) + 1;
	}
	return copies;
}

static char *const *
copy_array(const json_t *array)
{
	size_t count = json_array_size(array);
	const char **strings = calloc(count, sizeof(char *));
	char *const *arguments;

	if (strings == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		strings[i] = json_string_value(json_array_get(array, i));
	arguments = copy_strings(strings, count);
	free(strings);
	return arguments;
}

char *const *
check_arguments(const char *command)
{
	const char *const shell[] = { "/bin/sh", "-c", command };
	json_t *value = json_loads(command, 0, NULL);
	char *const *arguments = is_exec_form(value)
	    ? copy_array(value)
	    : copy_strings(shell, ARRAY_SIZE(shell));

	json_decref(value);
	return arguments;
}

/*
 * The error is printed before its explanation, because program_explain() looks
 * at files, and the app's seccomp profile may kill this process for that.
 */
static void __attribute__((noreturn))
execute_command(char *const *arguments)
{
	const char *quote = text_quote(arguments[0]);
	char why[EXECUTABLE_HINT_MAX];
	int directory;
	int error = program_execute(arguments, &directory);

	dprintf(STDERR_FILENO, "cannot execute %s%s%s: %s", quote, arguments[0],
	    quote, strerror(-error));
	program_explain(arguments[0], error, directory, why);
	dprintf(STDERR_FILENO, "%s\n", why);
	program_end(program_exit_status(error));
}

/*
 * The child, until its exec. It must not outlive the helper. If the helper
 * dies, PR_SET_PDEATHSIG(2const) has the kernel kill the child; if it died
 * before that call, getppid(2) shows it.
 */
static void __attribute__((noreturn))
run_command(const struct health_plan *plan, char *const *arguments,
    pid_t helper, int output_fd)
{
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != helper)
		_exit(EXIT_STATUS_NOT_EXECUTABLE);
	setpgid(0, 0);
	dup2(output_fd, STDOUT_FILENO);
	dup2(output_fd, STDERR_FILENO);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	signals_hand_back(plan->signals);
	if (plan->privileges != NULL &&
	    privileges_apply_filter(plan->privileges) < 0)
		_exit(EXIT_STATUS_NOT_EXECUTABLE);
	execute_command(arguments);
}

int
check_start(struct check *check, const struct health_plan *plan,
    char *const *arguments)
{
	pid_t helper = getpid();
	int ends[2];
	pid_t pid;

	check->output_length = 0;
	check->started_ns = clock_monotonic_ns();
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		/* Programs expect that a write to a pipe waits. */
		fcntl(ends[1], F_SETFL, 0);
		run_command(plan, arguments, helper, ends[1]);
	}
	close(ends[1]);
	if (pid < 0) {
		int error = errno;

		close(ends[0]);
		return -error;
	}
	/* The child does the same; either may be first (setpgid(2)). */
	setpgid(pid, pid);
	check->pid = pid;
	check->output_fd = ends[0];
	return 0;
}

bool
check_read_output(struct check *check)
{
	char rest[512];
	size_t room = sizeof(check->output) - check->output_length;
	ssize_t length = room > 0
	    ? read(check->output_fd, check->output + check->output_length, room)
	    : read(check->output_fd, rest, sizeof(rest));

	if (length > 0 && room > 0)
		check->output_length += (size_t)length;
	return length > 0;
}

/* The leader is also killed by its pid, as it may have left its group. */
void
check_kill(const struct check *check)
{
	kill(-check->pid, SIGKILL);
	kill(check->pid, SIGKILL);
}

bool
check_has_ended(const struct check *check)
{
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_PID, (id_t)check->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) < 0 &&
	    errno == EINTR)
		continue;
	return info.si_pid != 0;
}

/*
 * The group is killed before its leader is reaped: until then no other group
 * can get the same id.
 */
int
check_reap(struct check *check)
{
	siginfo_t info = { .si_code = 0 };

	check_kill(check);
	waitid(P_PID, (id_t)check->pid, &info, WEXITED);
	check->pid = 0;
	if (check->output_fd >= 0)
		close(check->output_fd);
	check->output_fd = -1;
	return exit_status_of_child(&info);
}
