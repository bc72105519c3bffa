/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"
#include "exit_status.h"

/* Where execvp(3) looks when there is no PATH. */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin"

extern char **environ;

/* A script without #!: whatever its language, it is the shell's by custom. */
static int
execute_script(const char *path, char *const *argv)
{
	size_t count = 0;
	const char **arguments;

	while (argv[count] != NULL)
		count++;
	arguments = calloc(count + 2, sizeof(*arguments));
	if (arguments == NULL)
		return -ENOMEM;
	arguments[0] = "/bin/sh";
	arguments[1] = path;
	for (size_t i = 1; i < count; i++)
		arguments[i + 1] = argv[i];
	execve(arguments[0], (char *const *)arguments, environ);
	free(arguments);
	return -ENOEXEC;
}

static int
execute_file(const char *path, char *const *argv)
{
	execve(path, argv, environ);
	return errno == ENOEXEC ? execute_script(path, argv) : -errno;
}

/* Elsewhere in PATH there may be another of this name. */
static bool
may_look_further(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES;
}

int
program_execute(char *const *argv)
{
	const char *place = getenv("PATH");
	char path[PATH_MAX];
	int worst = -ENOENT;

	if (strchr(argv[0], '/') != NULL)
		return execute_file(argv[0], argv);
	if (argv[0][0] == '\0')
		return -ENOENT;
	for (place = place == NULL ? DEFAULT_PATH : place; place != NULL;
	    place = strchr(place, ':') == NULL ? NULL
					       : strchr(place, ':') + 1) {
		int length = (int)strcspn(place, ":");
		int error;

		if (snprintf(path, sizeof(path), "%.*s%s%s", length, place,
			length > 0 ? "/" : "", argv[0]) >= (int)sizeof(path))
			continue;
		error = execute_file(path, argv);
		if (!may_look_further(error))
			return error;
		if (error == -EACCES)
			worst = -EACCES;
	}
	return worst;
}

int
program_exit_status(int error)
{
	return error == -ENOENT || error == -ENOTDIR
	    ? EXIT_STATUS_NOT_FOUND
	    : EXIT_STATUS_NOT_EXECUTABLE;
}

/* musl's _exit(2) would try for ever. A trap needs no system call. */
void
program_end(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_trap();
}
