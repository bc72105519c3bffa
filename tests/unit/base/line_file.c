/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/line_file.h"
#include "base/array.h"
#include "support.h"

TestSuite(line_file, .timeout = 30, .init = scratch_make,
    .fini = scratch_remove);

static int
open_file(void)
{
	int fd = line_file_open(scratch_path("file"), true);

	cr_assert_geq(fd, 0, "%s", strerror(-fd));
	return fd;
}

static void
expect_file(const char *expected)
{
	cr_expect_str_eq(read_file(scratch_path("file")), expected);
}

/* Writes as > of the shell does, or as >> does if FLAG is O_APPEND. */
static void
write_as_app(int flag, const char *text)
{
	int fd = open(scratch_path("file"), O_WRONLY | O_CLOEXEC | flag);

	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

Test(line_file, is_emptied_when_asked_and_not_before)
{
	int fd;

	write_file(scratch_path("file"), "of an earlier run\n");
	fd = open_file();
	expect_file("of an earlier run\n");
	line_file_empty(fd);
	expect_file("");
	close(fd);
}

Test(line_file, takes_line_after_line)
{
	int fd = open_file();

	line_file_append(fd, "the first, and the longer one");
	line_file_append(fd, "");
	line_file_append(fd, "tab\tand\nline\xc2\x9b");
	expect_file("the first, and the longer one\n\ntab and line  \n");
	close(fd);
}

Test(line_file, keeps_what_others_have_written_and_goes_on_behind_it)
{
	int fd = open_file();

	line_file_append(fd, "a start");
	write_as_app(O_TRUNC, "of the app\n");
	line_file_append(fd, "an end");
	expect_file("of the app\nan end\n");
	write_as_app(O_APPEND, "more");
	line_file_append(fd, "the very end");
	expect_file("of the app\nan end\nmore\nthe very end\n");
	close(fd);
}

/* The app's file position is not the end of the file when it writes again. */
Test(line_file, is_not_overwritten_by_an_app_that_appends)
{
	int fd = open_file();
	int other = open(scratch_path("file"), O_WRONLY | O_APPEND | O_CLOEXEC);

	cr_assert_eq(write(other, "app", 3), 3);
	line_file_append(fd, "dinit");
	cr_assert_eq(write(other, "app\n", 4), 4);
	expect_file("app\ndinit\napp\n");
	close(other);
	close(fd);
}

static void
append_without_reading(void *argument)
{
	int fd;

	(void)argument;
	become_nobody();
	fd = line_file_open(scratch_path("file"), true);
	must(fd >= 0, "%s", strerror(-fd));
	must(write(fd, "app", 3) == 3, "%m");
	line_file_append(fd, "dinit");
}

Test(line_file, needs_no_permission_to_read)
{
	write_file(scratch_path("file"), "");
	cr_assert_eq(chmod(scratch_path(""), 0755), 0);
	cr_assert_eq(chmod(scratch_path("file"), 0222), 0);
	in_child(append_without_reading, NULL);
	cr_assert_eq(chmod(scratch_path("file"), 0644), 0);
	expect_file("app\ndinit\n");
}

Test(line_file, is_one_line_when_replaced)
{
	int fd = open(scratch_path("file"), O_WRONLY | O_CREAT | O_CLOEXEC,
	    0644);

	line_file_replace(fd, "the first, and the longer one");
	line_file_replace(fd, "the\nsecond");
	expect_file("the second\n");
	close(fd);
}

Test(line_file, has_lines_of_at_most_2048_bytes)
{
	char text[3 * LINE_FILE_MAX];
	struct stat status;
	int fd = open_file();

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	line_file_append(fd, text);
	cr_assert_eq(fstat(fd, &status), 0);
	cr_expect_eq(status.st_size, 2048);
	cr_expect_str_eq(strchr(read_file(scratch_path("file")), '\n'), "\n");
	line_file_append(fd, text);
	cr_assert_eq(fstat(fd, &status), 0);
	cr_expect_eq(status.st_size, 2 * 2048);
	close(fd);
}

/* A restarted container still has the link that its app has made. */
Test(line_file, follows_no_symbolic_link)
{
	write_file(scratch_path("precious"), "kept\n");
	cr_assert_eq(symlink("precious", scratch_path("file")), 0);
	cr_expect_eq(line_file_open(scratch_path("file"), true), -ELOOP);
	cr_expect_str_eq(read_file(scratch_path("precious")), "kept\n");
}

Test(line_file, does_not_wait_for_a_reader_of_a_fifo)
{
	cr_assert_eq(mkfifo(scratch_path("file"), 0600), 0);
	cr_expect_eq(line_file_open(scratch_path("file"), true), -ENXIO);
	cr_expect_eq(line_file_open("/no/such/folder/file", true), -ENOENT);
}

Test(line_file, is_not_made_unless_asked)
{
	int fd;

	cr_expect_eq(line_file_open(scratch_path("file"), false), -ENOENT);
	write_file(scratch_path("file"), "there\n");
	fd = line_file_open(scratch_path("file"), false);
	line_file_append(fd, "more");
	expect_file("there\nmore\n");
	close(fd);
}

Test(line_file, loses_what_cannot_be_written)
{
	static const char *const devices[] = { "/dev/full", "/dev/null" };

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		int fd = line_file_open(devices[i], true);

		cr_assert_geq(fd, 0, "%s", devices[i]);
		line_file_append(fd, "lost");
		line_file_replace(fd, "lost");
		close(fd);
	}
}

Test(line_file, may_be_a_fifo_that_somebody_reads)
{
	char text[64] = "";
	int reader;
	int fd;

	cr_assert_eq(mkfifo(scratch_path("file"), 0600), 0);
	reader = open(scratch_path("file"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fd = open_file();
	line_file_append(fd, "said");
	cr_assert_gt(read(reader, text, sizeof(text) - 1), 0);
	cr_expect_str_eq(text, "said\n");
	close(fd);
	/* There is no writer any more, and dinit has not been a reader. */
	cr_expect_eq(read(reader, text, sizeof(text)), 0);
	close(reader);
}
