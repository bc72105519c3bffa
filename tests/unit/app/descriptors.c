/* SPDX-License-Identifier: MIT */
/* Each test runs in a child, so that it can close any descriptor. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "base/array.h"
#include "base/kernel.h"
#include "support.h"

TestSuite(descriptors, .timeout = 60);

#define LOOKED_AT 64

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* --- descriptors_close_others --- */

struct selection {
	int kept[16];
	size_t count;
};

/* Lists that are empty or full, not in order, or with negative numbers. */
static const struct selection selections[] = {
	{ { 0 }, 0 },
	{ { 0 }, 1 },
	{ { -1 }, 1 },
	{ { -1, -1, 5, -1 }, 4 },
	{ { 0, 1, 2 }, 3 },
	{ { 2, 7, 9 }, 3 },
	{ { 9, 2, 7 }, 3 },
	{ { 63, 31, 0, 32, 1 }, 5 },
	{ { 5, 5, 4, 4, 5 }, 5 },
	{ { 40, -1, 3, 20, -1, 0, 60, 2, 10, 12, 14, 16, 18, 30, 33, 50 },
	    16 },
};

static bool
is_selected(const struct selection *selection, int fd)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->kept[i] == fd)
			return true;
	return false;
}

static void
close_all_but(void *argument)
{
	const struct selection *selection = argument;
	int null = open("/dev/null", O_RDONLY);

	for (int fd = 0; fd < LOOKED_AT; fd++)
		dup2(null, fd);
	dup2(null, 1000);
	descriptors_close_others(selection->kept, selection->count);
	for (int fd = 0; fd < LOOKED_AT; fd++)
		must(is_open(fd) == is_selected(selection, fd),
		    "selection %zu: %d is %s",
		    (size_t)(selection - selections), fd,
		    is_open(fd) ? "open" : "closed");
	must(!is_open(1000), "1000 is open");
}

static void
close_all_but_on_old_kernel(void *argument)
{
	deny_system_call(SYS_close_range, ENOSYS);
	close_all_but(argument);
}

static void
close_all_but_under_filter(void *argument)
{
	deny_system_call(SYS_close_range, EPERM);
	close_all_but(argument);
}

Test(descriptors, are_closed_but_for_those_kept)
{
	for (size_t i = 0; i < ARRAY_SIZE(selections); i++)
		in_child(close_all_but, (void *)&selections[i]);
}

Test(descriptors, are_closed_but_for_those_kept_before_linux_5_9_too)
{
	for (size_t i = 0; i < ARRAY_SIZE(selections); i++)
		in_child(close_all_but_on_old_kernel,
		    (void *)&selections[i]);
}

Test(descriptors, are_closed_but_for_those_kept_under_a_filter_too)
{
	for (size_t i = 0; i < ARRAY_SIZE(selections); i++)
		in_child(close_all_but_under_filter,
		    (void *)&selections[i]);
}

static void
keep_what_is_closed(void *argument)
{
	const int kept[] = { 2, 40, 50 };

	(void)argument;
	close(40);
	close(50);
	descriptors_close_others(kept, ARRAY_SIZE(kept));
	must(is_open(2), "2 is closed");
	must(!is_open(40) && !is_open(50), "kept ones are opened");
}

Test(descriptors, may_be_kept_without_being_open)
{
	in_child(keep_what_is_closed, NULL);
}

/* --- descriptors_hold_standard --- */

static void
hold_closed_ones(void *argument)
{
	unsigned int closed = *(unsigned int *)argument;
	int pipe_end[2];
	const int kept[] = { 0, 1, 2 };

	/* Pipes at 0 to 2 can be distinguished from what is put in their place. */
	must(pipe(pipe_end) == 0, "pipe");
	for (int fd = 0; fd <= 2; fd++)
		dup2(pipe_end[1], fd);
	descriptors_close_others(kept, ARRAY_SIZE(kept));
	for (int fd = 0; fd <= 2; fd++)
		if (closed >> fd & 1)
			close(fd);
	descriptors_hold_standard();
	for (int fd = 0; fd <= 2; fd++) {
		bool held = closed >> fd & 1;
		int status = fcntl(fd, F_GETFL);
		char byte;

		must(is_open(fd), "%u: %d is closed", closed, fd);
		must(((status & O_PATH) != 0) == held, "%u: %d is %s",
		    closed, fd, held ? "not held" : "taken away");
		must(((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) == held,
		    "%u: close-on-exec of %d", closed, fd);
		must(read(fd, &byte, 1) < 0 && errno == EBADF,
		    "%u: %d can be read", closed, fd);
	}
	must(!is_open(3), "%u: one too many is open", closed);
}

Test(descriptors, hold_the_place_of_closed_standard_ones)
{
	for (unsigned int closed = 0; closed < 8; closed++)
		in_child(hold_closed_ones, &closed);
}
