/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/regular_file.h"
#include "base/problem.h"
#include "support.h"

/* Each test has its files in its working directory. */
static void
enter_scratch(void)
{
	scratch_make();
	cr_assert_eq(chdir(scratch_path(".")), 0);
}

TestSuite(regular_file, .timeout = 30, .init = enter_scratch,
    .fini = scratch_remove);

static void
expect_refusal(const char *path, int error, const char *why)
{
	struct problem problem = { .text = "" };
	int before = count_descriptors();
	FILE *file = NULL;

	cr_assert_eq(regular_file_open(path, &file, &problem), error, "%s: %s",
	    path, problem.text);
	cr_assert_null(file);
	cr_assert_str_eq(problem.text, why, "%s: %s", path, problem.text);
	cr_assert_eq(count_descriptors(), before);
}

Test(regular_file, opens_what_can_be_read_to_its_end)
{
	struct problem problem;
	char line[16];
	FILE *file;

	write_file("text", "one\n");
	cr_assert_eq(symlink("text", "link"), 0);
	cr_assert_eq(regular_file_open("link", &file, &problem), 0);
	cr_assert_neq(fcntl(fileno(file), F_GETFD) & FD_CLOEXEC, 0);
	cr_assert_str_eq(fgets(line, sizeof(line), file), "one\n");
	cr_assert_null(fgets(line, sizeof(line), file));
	fclose(file);
}

Test(regular_file, refuses_at_once_what_could_wait_or_has_no_end)
{
	const struct sockaddr_un address = { AF_UNIX, "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	mkfifo("fifo", 0644);
	bind(fd, (const struct sockaddr *)&address, sizeof(address));
	close(fd);
	expect_refusal("none", -ENOENT, strerror(ENOENT));
	expect_refusal("fifo/none", -ENOTDIR, strerror(ENOTDIR));
	expect_refusal("socket", -ENXIO, strerror(ENXIO));
	expect_refusal("fifo", -EINVAL, "it is a FIFO, not a regular file");
	expect_refusal("/", -EINVAL, "it is a directory, not a regular file");
	expect_refusal("/dev/zero", -EINVAL, "it is a device, not a regular "
	    "file");
}
