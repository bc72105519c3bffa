/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "readiness/readiness_wire.h"
#include "support.h"

TestSuite(readiness_wire, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

Test(readiness_wire, names_the_state_file_after_the_readiness_file)
{
	char name[NAME_MAX + 1];

	cr_expect_str_eq(readiness_wire_file_name("/run/dinit/ready"), "ready");
	cr_expect_str_eq(readiness_wire_file_name("ready"), "ready");
	cr_expect_str_eq(readiness_wire_file_name("/run/dinit/"), "");
	cr_assert_eq(readiness_wire_name_state("/run/dinit/ready", name), 0);
	cr_expect_str_eq(name, ".ready.state");
}

Test(readiness_wire, refuses_a_name_that_leaves_no_room_for_the_state_file)
{
	const size_t longest = NAME_MAX - strlen("..state");
	char path[1 + NAME_MAX] = "/";
	char name[NAME_MAX + 1];

	memset(path + 1, 'x', NAME_MAX - 1);
	path[1 + longest + 1] = '\0';
	cr_expect_eq(readiness_wire_name_state(path, name), -ENAMETOOLONG);
	path[1 + longest] = '\0';
	cr_assert_eq(readiness_wire_name_state(path, name), 0);
	cr_expect_eq(strlen(name), NAME_MAX);
}

/* Locks LENGTH bytes from START of a file, and asks as another process. */
static int
ask_about_lock(off_t start, off_t length)
{
	struct flock range = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = start,
		.l_len = length,
	};
	const char *path = scratch_path("file");
	int holder = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int asker = open(path, O_RDONLY | O_CLOEXEC);
	int answer;

	cr_assert_eq(fcntl(holder, F_OFD_SETLK, &range), 0);
	answer = readiness_wire_is_locked(asker);
	close(asker);
	close(holder);
	return answer;
}

Test(readiness_wire, takes_the_lock_of_the_whole_file_for_a_sign_of_life)
{
	int fd;

	write_file(scratch_path("file"), "");
	fd = open(scratch_path("file"), O_RDONLY | O_CLOEXEC);
	cr_expect_eq(readiness_wire_is_locked(fd), 0, "nobody has a lock");
	close(fd);
	cr_expect_eq(ask_about_lock(0, 0), 1, "a living dinit has it");
	cr_expect_eq(ask_about_lock(1, 1), 0, "one that deletes has it");
	cr_expect_eq(readiness_wire_is_locked(-1), -EBADF);
}
