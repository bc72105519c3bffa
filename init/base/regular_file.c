/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/regular_file.h"
#include "base/problem.h"

static const char *
describe_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	default:
		return "a device";
	}
}

static int
set_errno_problem(int error, struct problem *problem)
{
	problem_set(problem, "%s", strerror(error));
	return -error;
}

static int
check_type(int fd, struct problem *problem)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return set_errno_problem(errno, problem);
	if (S_ISREG(status.st_mode))
		return 0;
	return problem_set(problem, "it is %s, not a regular file",
	    describe_type(status.st_mode));
}

/*
 * O_NONBLOCK keeps the open of a FIFO from waiting for a writer (fifo(7)). It
 * makes no difference for a regular file.
 */
int
regular_file_open(const char *path, FILE **out, struct problem *problem)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	FILE *file = NULL;
	int error;

	if (fd < 0)
		return set_errno_problem(errno, problem);
	error = check_type(fd, problem);
	if (error == 0 && (file = fdopen(fd, "r")) == NULL)
		error = set_errno_problem(ENOMEM, problem);
	if (error < 0)
		close(fd);
	else
		*out = file;
	return error;
}
