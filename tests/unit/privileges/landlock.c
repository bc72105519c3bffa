/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/landlock.h"
#include "support.h"

TestSuite(landlock, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

static void
skip_without_landlock(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(landlock_allow_reading_only("/proc") != 0);
	waitpid(pid, &status, 0);
	if (status != 0)
		cr_skip("skipped: the kernel has no Landlock");
}

static void
expect_denied(long result, const char *what)
{
	must(result < 0 && errno == EACCES, "%s: %s", what,
	    result < 0 ? strerror(errno) : "allowed");
}

static void
leave_nothing_but_reading(void *argument)
{
	const char *before = scratch_path("before");
	int fd = open(before, O_RDWR | O_CREAT, 0644);
	pid_t child = fork();

	(void)argument;
	if (child == 0) {
		pause();
		_exit(0);
	}
	must(landlock_allow_reading_only("/proc") == 0, "cannot restrict");
	must(open("/proc/self/stat", O_RDONLY) >= 0, "/proc is denied");
	must(open("/proc", O_RDONLY | O_DIRECTORY) >= 0, "/proc is denied");
	expect_denied(open("/proc/self/comm", O_WRONLY), "write to /proc");
	expect_denied(open("/etc/passwd", O_RDONLY), "read");
	expect_denied(open("/", O_RDONLY | O_DIRECTORY), "list");
	expect_denied(open(before, O_WRONLY), "write");
	expect_denied(open(scratch_path("new"), O_WRONLY | O_CREAT, 0644),
	    "create");
	expect_denied(mkdir(scratch_path("folder"), 0755), "mkdir");
	expect_denied(unlink(before), "unlink");
	must(write(fd, "x", 1) == 1, "what was open is closed");
	must(kill(child, SIGKILL) == 0, "nobody can be signalled");
	must(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1,
	    "privileges can be gained");
}

Test(landlock, leaves_nothing_but_reading_below_one_folder)
{
	skip_without_landlock();
	in_child(leave_nothing_but_reading, NULL);
}

static void
fail_without_folder(void *argument)
{
	int files = count_descriptors();

	(void)argument;
	must(landlock_allow_reading_only(scratch_path("missing")) == -ENOENT,
	    "it is not said");
	must(open("/etc/passwd", O_RDONLY) >= 0, "something has changed");
	must(count_descriptors() == files + 1, "a descriptor is left open");
}

Test(landlock, changes_nothing_where_that_folder_cannot_be_opened)
{
	skip_without_landlock();
	in_child(fail_without_folder, NULL);
}

static void
be_denied(void *argument)
{
	int files = count_descriptors();

	deny_system_call(*(int *)argument, ENOSYS);
	must(landlock_allow_reading_only("/proc") == -ENOSYS, "it is not said");
	must(open("/etc/passwd", O_RDONLY) >= 0, "something has changed");
	must(count_descriptors() == files + 1, "a descriptor is left open");
}

Test(landlock, changes_nothing_where_a_part_of_it_is_missing)
{
	skip_without_landlock();
	for (int call = 444; call <= 446; call++)
		in_child(be_denied, &call);
}
