/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/program.h"
#include "base/exit_status.h"

/* Where to search if PATH is not set. */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin"

extern char **environ;

/* By custom the shell runs a script without a #! line. */
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
	int error;

	execve(path, argv, environ);
	error = errno;
	return error == ENOEXEC && executable_is_for_shell(path)
	    ? execute_script(path, argv)
	    : -error;
}

/* True if the search goes on in the next directory of PATH. */
static bool
may_look_further(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES;
}

static const char *
first_place(void)
{
	const char *places = getenv("PATH");

	return places == NULL ? DEFAULT_PATH : places;
}

/*
 * Writes the path of NAME in the directory at *PLACE, a position in PATH, and
 * moves *PLACE to the next directory, or to NULL behind the last one. False if
 * the path is too long.
 */
static bool
take_place(const char **place, const char *name, char path[PATH_MAX])
{
	int length = (int)strcspn(*place, ":");
	int written = snprintf(path, PATH_MAX, "%.*s%s%s", length, *place,
	    length > 0 ? "/" : "", name);

	*place = (*place)[length] == ':' ? *place + length + 1 : NULL;
	return written < PATH_MAX;
}

int
program_execute(char *const *argv, int *place)
{
	const char *next = first_place();
	char path[PATH_MAX];
	int worst = -ENOENT;

	*place = 0;
	if (strchr(argv[0], '/') != NULL)
		return execute_file(argv[0], argv);
	if (argv[0][0] == '\0')
		return -ENOENT;
	for (int i = 0; next != NULL; i++) {
		int error;

		if (!take_place(&next, argv[0], path))
			continue;
		error = execute_file(path, argv);
		if (!may_look_further(error)) {
			*place = i;
			return error;
		}
		if (error == -EACCES)
			worst = -EACCES;
	}
	return worst;
}

/*
 * If the file exists, -ENOENT means that its interpreter or loader is missing.
 * So the first file that exists is the one to explain. dinit may see files that
 * COMMAND's user cannot reach, but the error is -EACCES for those. For all
 * other errors, PLACE says which directory of PATH has the file.
 */
void
program_explain(const char *name, int error, int place,
    char text[EXECUTABLE_HINT_MAX])
{
	const char *next = first_place();
	char path[PATH_MAX];

	text[0] = '\0';
	if (strchr(name, '/') != NULL) {
		executable_explain(name, -error, text);
		return;
	}
	for (int i = 0; name[0] != '\0' && next != NULL; i++) {
		if (!take_place(&next, name, path) || i < place ||
		    access(path, F_OK) < 0)
			continue;
		executable_explain(path, -error, text);
		return;
	}
}

int
program_exit_status(int error)
{
	return error == -ENOENT || error == -ENOTDIR
	    ? EXIT_STATUS_NOT_FOUND
	    : EXIT_STATUS_NOT_EXECUTABLE;
}

/*
 * musl's _exit(2) repeats the system call for ever if a filter denies it. The
 * trap instruction ends the process without a system call.
 */
void
program_end(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_trap();
}
