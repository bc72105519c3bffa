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

/* True if the search goes on in the next directory of PATH after ERROR. */
static bool
may_look_further(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES;
}

static const char *
search_path(void)
{
	const char *value = getenv("PATH");

	return value == NULL ? DEFAULT_PATH : value;
}

/*
 * Writes the path of NAME in the first directory of *SEARCH, the rest of PATH,
 * and removes this directory from *SEARCH, which is NULL after the last one.
 * False if the path is too long.
 */
static bool
take_directory(const char **search, const char *name, char path[PATH_MAX])
{
	int length = (int)strcspn(*search, ":");
	int written = snprintf(path, PATH_MAX, "%.*s%s%s", length, *search,
	    length > 0 ? "/" : "", name);

	*search = (*search)[length] == ':' ? *search + length + 1 : NULL;
	return written < PATH_MAX;
}

int
program_execute(char *const *argv, int *directory)
{
	const char *search = search_path();
	char path[PATH_MAX];
	int worst = -ENOENT;

	*directory = 0;
	if (strchr(argv[0], '/') != NULL)
		return execute_file(argv[0], argv);
	if (argv[0][0] == '\0')
		return -ENOENT;
	for (int i = 0; search != NULL; i++) {
		int error;

		if (!take_directory(&search, argv[0], path))
			continue;
		error = execute_file(path, argv);
		if (!may_look_further(error)) {
			*directory = i;
			return error;
		}
		if (error == -EACCES)
			worst = -EACCES;
	}
	return worst;
}

/*
 * A blank in NAME often means that a whole command line was given as one word:
 * CMD ["python3 app.py"] in a Dockerfile, or quotes in an engine's settings.
 */
static void
explain_blank(const char *name, int error, char text[EXECUTABLE_HINT_MAX])
{
	if (text[0] == '\0' && error == -ENOENT && strpbrk(name, " \t") != NULL)
		snprintf(text, EXECUTABLE_HINT_MAX,
		    "; it is one word, and there is no such %s: write "
		    "[\"COMMAND\",\"ARG\"], not [\"COMMAND ARG\"]",
		    strchr(name, '/') != NULL ? "file" : "word in PATH");
}

/*
 * If the file exists, -ENOENT means that its interpreter or loader is missing.
 * So the first file that exists is the one to explain. dinit may see files that
 * COMMAND's user cannot reach, but the error is -EACCES for those. For all
 * other errors, DIRECTORY says where in PATH the file is.
 */
void
program_explain(const char *name, int error, int directory,
    char text[EXECUTABLE_HINT_MAX])
{
	const char *search = search_path();
	char path[PATH_MAX];

	text[0] = '\0';
	if (strchr(name, '/') != NULL) {
		executable_explain(name, -error, text);
		explain_blank(name, error, text);
		return;
	}
	for (int i = 0; name[0] != '\0' && search != NULL; i++) {
		if (!take_directory(&search, name, path) || i < directory ||
		    access(path, F_OK) < 0)
			continue;
		executable_explain(path, -error, text);
		return;
	}
	explain_blank(name, error, text);
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
