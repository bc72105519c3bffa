/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "readiness/notify_socket.h"
#include "support.h"

TestSuite(notify_socket, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

static int
open_scratch(void)
{
	int fd = open(scratch_path("."), O_PATH | O_DIRECTORY);

	cr_assert(fd >= 0);
	return fd;
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	cr_assert_eq(lstat(path, &status), 0, "%s: %s", path, strerror(errno));
	return status.st_mode;
}

Test(notify_socket, lies_beside_the_readiness_file)
{
	struct notify_socket socket = { .fd = -1 };
	int directory = open_scratch();
	mode_t found = umask(0);

	cr_assert_eq(notify_socket_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_str_eq(socket.path, scratch_path(".ready.notify"));
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0600);
	cr_expect_eq(umask(found), 0, "the umask is another one");
	notify_socket_remove(directory, &socket);
	cr_expect_lt(access(socket.path, F_OK), 0);
}

Test(notify_socket, of_root_is_open_to_all)
{
	struct notify_socket socket = { .fd = -1 };

	umask(077);
	cr_assert_eq(notify_socket_bind(open_scratch(), scratch_path("ready"),
	    true, &socket), 0);
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0666);
}

Test(notify_socket, can_be_given_to_another_user)
{
	struct notify_socket socket = { .fd = -1 };
	int directory = open_scratch();
	struct stat status;

	if (geteuid() != 0)
		cr_skip("skipped: it takes root to give something away");
	cr_assert_eq(notify_socket_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_eq(notify_socket_give(directory, &socket, 65534), 0);
	cr_assert_eq(stat(socket.path, &status), 0);
	cr_expect_eq(status.st_uid, 65534);
	cr_expect_eq(status.st_mode, S_IFSOCK | 0600);
}

Test(notify_socket, of_a_dead_dinit_is_replaced)
{
	struct notify_socket dead = { .fd = -1 };
	struct notify_socket socket = { .fd = -1 };
	int directory = open_scratch();

	cr_assert_eq(notify_socket_bind(directory, scratch_path("ready"), true,
	    &dead), 0);
	close(dead.fd);
	cr_assert_eq(notify_socket_bind(directory, scratch_path("ready"), false,
	    &socket), 0);
	cr_expect_eq(mode_of(socket.path), S_IFSOCK | 0600);
}

Test(notify_socket, leaves_alone_what_is_no_socket)
{
	struct notify_socket socket = { .fd = -1 };

	write_file(scratch_path(".ready.notify"), "mine");
	cr_expect_eq(notify_socket_bind(open_scratch(), scratch_path("ready"),
	    true, &socket), -EEXIST);
	cr_expect_eq(socket.fd, -1);
	cr_expect_str_eq(read_file(scratch_path(".ready.notify")), "mine");
}

/* Returns a path of LENGTH bytes in the scratch folder. */
static const char *
path_of_length(size_t length)
{
	static char path[256];
	int used = snprintf(path, sizeof(path), "%s/", scratch_path("."));

	memset(path + used, 'x', sizeof(path) - (size_t)used);
	path[length] = '\0';
	return path;
}

Test(notify_socket, takes_the_longest_path_and_not_one_byte_more)
{
	const size_t longest = NOTIFY_SOCKET_READY_FILE_MAX;
	struct notify_socket socket = { .fd = -1 };
	int directory = open_scratch();

	cr_expect_eq(notify_socket_bind(directory, path_of_length(longest + 1),
	    true, &socket), -ENAMETOOLONG);
	cr_assert_eq(notify_socket_bind(directory, path_of_length(longest),
	    true, &socket), 0);
	cr_expect_eq(strlen(socket.path),
	    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	cr_expect_eq(access(socket.path, F_OK), 0);
}
