/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "readiness/readiness.h"
#include "base/array.h"
#include "readiness/asker.h"
#include "support.h"

TestSuite(readiness, .timeout = 60, .init = scratch_make,
    .fini = scratch_remove);

static const struct readiness_facts facts = {
	.pid = 42,
	.since = 1700000000,
	.ready_after_ms = 812,
	.checks = 4,
};

/* The path of the file aside, under which it is written. */
static const char *
aside_path(void)
{
	char name[64];

	snprintf(name, sizeof(name), ".ready.%d", getpid());
	return scratch_path(name);
}

static bool
exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

static mode_t
mode_of(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

/* Does what dinit does before a start. 0 or the first -errno. */
static int
prepare_and_prove(struct readiness *readiness, const char *path)
{
	int error = readiness_prepare(readiness, path);

	return error < 0 ? error : readiness_prove(readiness);
}

static struct readiness
prepare(const char *path)
{
	struct readiness readiness;

	cr_assert_eq(prepare_and_prove(&readiness, path), 0);
	return readiness;
}

/* --- The file --- */

Test(readiness, publishes_all_facts)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_expect(!exists(path), "there before it is published");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_str_eq(read_file(path),
	    "pid=42\n"
	    "since=2023-11-14T22:13:20Z\n"
	    "ready_after_ms=812\n"
	    "checks=4\n");
	cr_expect(!exists(aside_path()), "the file aside is left");
}

/* A container that is monitored each 10 ms is past 2^31 within a year. */
Test(readiness, publishes_counts_of_64_bits)
{
	const struct readiness_facts largest = {
		.pid = INT_MAX,
		.since = 1700000000,
		.ready_after_ms = INT64_MAX,
		.checks = INT64_MAX,
	};
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &largest), 0);
	cr_expect_str_eq(read_file(path),
	    "pid=2147483647\n"
	    "since=2023-11-14T22:13:20Z\n"
	    "ready_after_ms=9223372036854775807\n"
	    "checks=9223372036854775807\n");
}

Test(readiness, writes_every_time_as_rfc_3339_has_it)
{
	static const struct {
		time_t since;
		const char *text;
	} samples[] = {
		{ 0, "\nsince=1970-01-01T00:00:00Z\n" },
		{ 951782400, "\nsince=2000-02-29T00:00:00Z\n" },
		{ 4102444799, "\nsince=2099-12-31T23:59:59Z\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const char *path = scratch_path("ready");
		struct readiness readiness = prepare(path);
		struct readiness_facts changed = facts;

		changed.since = samples[i].since;
		cr_assert_eq(readiness_publish(&readiness, &changed), 0);
		cr_expect_not_null(strstr(read_file(path), samples[i].text),
		    "%s", read_file(path));
		cr_assert_eq(readiness_withdraw(&readiness), 0);
		readiness_end(&readiness);
	}
}

Test(readiness, is_withdrawn_and_published_again)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(readiness_publish(&readiness, &facts), 0);
		cr_expect(exists(path));
		cr_expect_eq(asker_is_ready(path), 1);
		cr_assert_eq(readiness_withdraw(&readiness), 0);
		cr_expect(!exists(path));
		cr_expect_eq(asker_is_ready(path), 0);
		cr_expect_eq(readiness.file_fd, -1);
	}
}

Test(readiness, is_withdrawn_where_it_was_never_published)
{
	struct readiness readiness = prepare(scratch_path("ready"));

	cr_expect_eq(readiness_withdraw(&readiness), 0);
}

Test(readiness, is_withdrawn_where_the_app_has_deleted_it)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(readiness_withdraw(&readiness), 0);
	cr_expect_eq(readiness.file_fd, -1);
}

Test(readiness, keeps_its_descriptors_from_the_app)
{
	struct readiness readiness = prepare(scratch_path("ready"));

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect(fcntl(readiness.file_fd, F_GETFD) & FD_CLOEXEC);
	cr_expect(fcntl(readiness.directory_fd, F_GETFD) & FD_CLOEXEC);
}

static void
publish_under_strict_umask(void *argument)
{
	struct readiness readiness;

	umask(0777);
	must(prepare_and_prove(&readiness, argument) == 0, "prepare");
	must(readiness_publish(&readiness, &facts) == 0, "publish");
}

Test(readiness, is_readable_to_all_whatever_the_umask)
{
	const char *path = scratch_path("a/b/ready");

	in_child(publish_under_strict_umask, (void *)path);
	cr_expect_eq(mode_of(path), 0644, "%o", mode_of(path));
	cr_expect_eq(mode_of(scratch_path("a")), 0755);
	cr_expect_eq(mode_of(scratch_path("a/b")), 0755);
}

Test(readiness, leaves_directories_that_exist_as_they_are)
{
	cr_assert_eq(mkdir(scratch_path("a"), 0700), 0);
	prepare(scratch_path("a/b/ready"));
	cr_expect_eq(mode_of(scratch_path("a")), 0700);
}

static void
publish_and_look_at_umask(void *argument)
{
	struct readiness readiness;

	umask(0137);
	must(prepare_and_prove(&readiness, argument) == 0, "prepare");
	must(readiness_publish(&readiness, &facts) == 0, "publish");
	must(umask(0) == 0137, "it is changed");
}

Test(readiness, leaves_the_umask_to_the_app)
{
	in_child(publish_and_look_at_umask,
	    (void *)scratch_path("a/b/ready"));
}

Test(readiness, takes_a_path_with_dots_and_more_slashes_than_needed)
{
	const char *path = scratch_path("a//./b/../c///ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect(exists(scratch_path("a/c/ready")));
	cr_expect(exists(scratch_path("a/b")));
	cr_expect_eq(asker_is_ready(path), 1);
}

Test(readiness, takes_a_path_through_a_symbolic_link)
{
	cr_assert_eq(mkdir(scratch_path("var"), 0755), 0);
	cr_assert_eq(symlink("var", scratch_path("link")), 0);
	prepare(scratch_path("link/ready"));
}

/* The app puts another directory in its place, which is not ours. */
Test(readiness, stays_in_the_directory_it_was_prepared_in)
{
	const char *path = scratch_path("a/ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(rename(scratch_path("a"), scratch_path("b")), 0);
	cr_assert_eq(mkdir(scratch_path("a"), 0755), 0);
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect(exists(scratch_path("b/ready")));
	cr_expect(!exists(path));
}

/* --- What is in the way --- */

Test(readiness, deletes_what_an_earlier_run_left)
{
	const char *path = scratch_path("ready");

	write_file(path, "pid=1\n");
	prepare(path);
	cr_expect(!exists(path));
}

Test(readiness, replaces_a_symbolic_link_and_does_not_follow_it)
{
	const char *path = scratch_path("ready");
	const char *victim = scratch_path("victim");
	struct readiness readiness;

	write_file(victim, "precious");
	cr_assert_eq(symlink(victim, path), 0);
	readiness = prepare(path);
	cr_expect(!exists(path), "left there at the start");
	cr_assert_eq(symlink(victim, path), 0);
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(mode_of(path), 0644);
	cr_expect_eq(asker_is_ready(path), 1);
	cr_expect_str_eq(read_file(victim), "precious");
	cr_assert_eq(readiness_withdraw(&readiness), 0);
	cr_expect(exists(victim));
}

Test(readiness, replaces_a_file_aside_that_a_dead_dinit_left)
{
	const char *victim = scratch_path("victim");
	struct readiness readiness;

	write_file(victim, "precious");
	write_file(aside_path(), "");
	readiness = prepare(scratch_path("ready"));
	cr_assert_eq(symlink(victim, aside_path()), 0);
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(asker_is_ready(scratch_path("ready")), 1);
	cr_expect(!exists(aside_path()));
	cr_expect_str_eq(read_file(victim), "precious");
}

Test(readiness, refuses_a_path_it_cannot_write)
{
	struct readiness readiness = { .directory_fd = -2, .file_fd = -2 };

	write_file(scratch_path("file"), "");
	cr_assert_eq(mkdir(scratch_path("directory"), 0755), 0);
	cr_expect_eq(prepare_and_prove(&readiness,
	    scratch_path("file/ready")), -ENOTDIR);
	cr_expect_eq(prepare_and_prove(&readiness,
	    scratch_path("directory")), -EISDIR);
	cr_expect_eq(prepare_and_prove(&readiness,
	    scratch_path("directory/")), -EISDIR);
	cr_expect_eq(readiness.directory_fd, -2, "filled in all the same");
	cr_expect_eq(readiness.file_fd, -2, "filled in all the same");
}

Test(readiness, refuses_a_path_longer_than_the_kernel_takes)
{
	static char path[2 * 4096 + 16];
	struct readiness readiness;

	for (size_t i = 0; i < 4096; i++)
		memcpy(path + 2 * i, "/.", 2);
	strcpy(path + 2 * 4096, "/ready");
	cr_expect_eq(prepare_and_prove(&readiness, path), -ENAMETOOLONG);
}

static void
prepare_unprivileged(void *argument)
{
	struct readiness readiness;

	become_nobody();
	must(prepare_and_prove(&readiness, argument) == -EACCES,
	    "prepared in a read-only directory");
}

Test(readiness, proves_at_the_start_that_it_can_be_written)
{
	cr_assert_eq(mkdir(scratch_path("closed"), 0555), 0);
	in_child(prepare_unprivileged,
	    (void *)scratch_path("closed/ready"));
	in_child(prepare_unprivileged,
	    (void *)scratch_path("closed/a/ready"));
}

static void
publish_where_it_is_closed_later(void *argument)
{
	const char *path = argument;
	struct readiness readiness;

	become_nobody();
	must(mkdir(scratch_path("own"), 0755) == 0, "mkdir");
	must(prepare_and_prove(&readiness, path) == 0, "prepare");
	must(chmod(scratch_path("own"), 0555) == 0, "chmod");
	must(readiness_publish(&readiness, &facts) == -EACCES, "published");
	must(readiness.file_fd == -1, "it says it is published");
	must(asker_is_ready(path) == 0, "ready without a file");
	must(chmod(scratch_path("own"), 0755) == 0, "chmod");
	must(readiness_publish(&readiness, &facts) == 0, "not published");
	must(chmod(scratch_path("own"), 0555) == 0, "chmod");
	must(readiness_withdraw(&readiness) == -EACCES, "withdrawn");
	must(exists(path), "it is gone");
	must(asker_is_ready(path) == 0, "ready though withdrawn");
	chmod(scratch_path("own"), 0755);
}

Test(readiness, reads_as_not_ready_where_the_file_cannot_be_deleted)
{
	in_child(publish_where_it_is_closed_later,
	    (void *)scratch_path("own/ready"));
}

/* Removes the state file of "ready", and then the directory NAME. */
static void
remove_directory(const char *name)
{
	char state[PATH_MAX];

	snprintf(state, sizeof(state), "%s/.ready.state", scratch_path(name));
	cr_assert_eq(unlink(state), 0);
	cr_assert_eq(rmdir(scratch_path(name)), 0);
}

Test(readiness, is_not_led_elsewhere_by_a_link_in_place_of_its_directory)
{
	struct readiness readiness = prepare(scratch_path("a/b/ready"));

	cr_assert_eq(mkdir(scratch_path("secret"), 0755), 0);
	remove_directory("a/b");
	cr_assert_eq(symlink(scratch_path("secret"), scratch_path("a/b")), 0);
	cr_expect_eq(readiness_publish(&readiness, &facts), -ENOENT);
	cr_expect(!exists(scratch_path("secret/ready")));
}

Test(readiness, makes_its_directory_once_more_when_that_was_deleted)
{
	const char *path = scratch_path("a/b/ready");
	struct readiness readiness = prepare(path);

	remove_directory("a/b");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(asker_is_ready(path), 1);
	cr_assert_eq(readiness_withdraw(&readiness), 0);
	cr_expect(!exists(path));
}

Test(readiness, is_not_published_over_a_directory)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(mkdir(path, 0755), 0);
	cr_expect_eq(readiness_publish(&readiness, &facts), -EISDIR);
	cr_expect_eq(readiness.file_fd, -1);
	cr_expect(!exists(aside_path()), "the file aside is left");
}

static void
publish_to_full_disk(void *argument)
{
	const struct rlimit limit = { *(rlim_t *)argument, RLIM_INFINITY };
	const char *path = scratch_path("ready");
	struct readiness readiness;
	int error;

	must(prepare_and_prove(&readiness, path) == 0, "prepare");
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	error = readiness_publish(&readiness, &facts);
	must(error == (limit.rlim_cur == 0 ? -EFBIG : -ENOSPC), "%s",
	    strerror(-error));
	must(readiness.file_fd == -1, "it says it is published");
	must(!exists(path) && !exists(aside_path()), "half a file is left");
}

Test(readiness, is_not_published_in_part)
{
	in_child(publish_to_full_disk, &(rlim_t){ 0 });
	in_child(publish_to_full_disk, &(rlim_t){ 20 });
}

Test(readiness, is_not_published_at_a_time_beyond_the_calendar)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);
	struct readiness_facts changed = facts;

	changed.since = INT64_MAX;
	cr_expect_eq(readiness_publish(&readiness, &changed), -EOVERFLOW);
	cr_expect(!exists(path));
	cr_expect(!exists(aside_path()));
}

Test(readiness, takes_the_longest_name_that_leaves_room_for_one_aside)
{
	char name[256];
	struct readiness readiness;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(prepare_and_prove(&readiness, scratch_path(name)),
	    -ENAMETOOLONG);
	name[200] = '\0';
	prepare(scratch_path(name));
}

Test(readiness, takes_directories_with_the_longest_names)
{
	char path[300] = "a/";

	memset(path + 2, 'x', 255);
	strcpy(path + 2 + 255, "/ready");
	prepare(scratch_path(path));
}

Test(readiness, refuses_directories_with_longer_names)
{
	char path[300] = "a/";
	struct readiness readiness;

	memset(path + 2, 'x', 256);
	strcpy(path + 2 + 256, "/ready");
	cr_expect_eq(prepare_and_prove(&readiness, scratch_path(path)),
	    -ENAMETOOLONG);
}

static void
publish_where_nobody_may_look(void *argument)
{
	struct readiness readiness;

	become_nobody();
	must(mkdir(scratch_path("own"), 0300) == 0, "mkdir: %m");
	must(prepare_and_prove(&readiness, argument) == 0, "prepare");
	must(readiness_publish(&readiness, &facts) == 0, "publish");
	must(asker_is_ready(argument) == 1, "not ready");
	chmod(scratch_path("own"), 0700);
}

Test(readiness, needs_no_permission_to_list_its_directory)
{
	in_child(publish_where_nobody_may_look,
	    (void *)scratch_path("own/ready"));
}

/* --- Descriptors --- */

Test(readiness, leaves_no_descriptor_open)
{
	const char *path = scratch_path("a/b/ready");
	int before = count_descriptors();
	struct readiness readiness = prepare(path);

	/* The directory, its parent and the state file; later the file too. */
	cr_expect_eq(count_descriptors(), before + 3);
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(count_descriptors(), before + 4);
	cr_assert_eq(readiness_withdraw(&readiness), 0);
	cr_expect_eq(count_descriptors(), before + 3);
	remove_directory("a/b");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(count_descriptors(), before + 4, "after a new directory");
	cr_expect_eq(asker_is_ready(path), 1);
	cr_expect_eq(count_descriptors(), before + 4, "after a check");
	readiness_end(&readiness);
	cr_expect_eq(count_descriptors(), before + 3, "after the end");
}

Test(readiness, leaves_no_descriptor_open_when_it_fails)
{
	const char *path = scratch_path("ready");
	int before = count_descriptors();
	struct readiness readiness;

	cr_assert_eq(mkdir(scratch_path("directory"), 0755), 0);
	cr_expect_eq(prepare_and_prove(&readiness,
	    scratch_path("directory")), -EISDIR);
	cr_expect_eq(count_descriptors(), before, "after prepare");
	readiness = prepare(path);
	cr_assert_eq(mkdir(path, 0755), 0);
	cr_expect_eq(readiness_publish(&readiness, &facts), -EISDIR);
	cr_expect_eq(count_descriptors(), before + 3, "after publish");
}

/* --- The lock --- */

static void
publish_without_locks(void *argument)
{
	struct readiness readiness;

	deny_fcntl(F_OFD_SETLK, ENOLCK);
	must(prepare_and_prove(&readiness, argument) == -ENOLCK,
	    "prepared without locks");
	must(!exists(argument) && !exists(aside_path()), "a file is left");
}

Test(readiness, proves_at_the_start_that_it_can_be_locked)
{
	in_child(publish_without_locks, (void *)scratch_path("ready"));
}

static void
look_from_child(const char *path)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(asker_is_ready(path));
	must(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 1, "wait status %#x", status);
}

static void
publish_with_process_locks(void *argument)
{
	struct readiness readiness;

	deny_fcntl(F_OFD_SETLK, EINVAL);
	must(prepare_and_prove(&readiness, argument) == 0, "prepare");
	must(readiness_publish(&readiness, &facts) == 0, "publish");
	look_from_child(argument);
}

Test(readiness, is_locked_where_only_processes_have_locks)
{
	in_child(publish_with_process_locks, (void *)scratch_path("ready"));
}

static void
check_from_elsewhere(void *argument)
{
	must(asker_is_ready(argument) == 1, "not ready");
}

Test(readiness, is_seen_by_another_process)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	in_child(check_from_elsewhere, (void *)path);
	/* That this process opens and closes the file keeps the lock. */
	cr_expect_eq(asker_is_ready(path), 1);
	in_child(check_from_elsewhere, (void *)path);
}

static void
publish_and_be_killed(void *argument)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct readiness readiness;

		must(prepare_and_prove(&readiness, argument) == 0, "prepare");
		must(readiness_publish(&readiness, &facts) == 0, "publish");
		kill(getpid(), SIGKILL);
	}
	must(waitpid(child, &status, 0) == child && WIFSIGNALED(status),
	    "wait status %#x", status);
	must(exists(argument), "the file is gone");
	must(asker_is_ready(argument) == 0, "ready after sudden death");
}

Test(readiness, ends_with_the_life_of_dinit)
{
	in_child(publish_and_be_killed, (void *)scratch_path("ready"));
}

/* --- The state file --- */

/* The readiness file is published, and the state file is a living dinit's. */
static void
expect_published(const char *path)
{
	struct asker_view view = { .state_fd = -1 };

	cr_assert_eq(asker_look(path, &view), 0);
	cr_expect(view.is_ready && view.is_alive);
	close(view.state_fd);
}

Test(readiness, makes_the_state_file_once_more_with_its_directory)
{
	const char *path = scratch_path("a/b/ready");
	struct readiness readiness = prepare(path);

	remove_directory("a/b");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	expect_published(path);
}

Test(readiness, needs_room_for_the_name_of_its_state_file)
{
	char path[PATH_MAX];
	struct readiness readiness;
	size_t used = (size_t)snprintf(path, sizeof(path), "%s/",
	    scratch_path("."));

	memset(path + used, 'x', NAME_MAX);
	path[used + NAME_MAX - 6] = '\0';
	cr_expect_eq(prepare_and_prove(&readiness, path), -ENAMETOOLONG);
}

/* --- Which dinit a path belongs to --- */

static ino_t
inode_of(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 ? status.st_ino : 0;
}

Test(readiness, refuses_a_path_where_another_dinit_publishes)
{
	const char *path = scratch_path("ready");
	const char *state = scratch_path(".ready.state");
	struct readiness first = prepare(path);
	struct readiness second = { .directory_fd = -2, .state.fd = -2 };
	int before = count_descriptors();
	ino_t inode = inode_of(state);

	cr_expect_eq(readiness_prepare(&second, path), -EADDRINUSE);
	cr_assert_eq(readiness_publish(&first, &facts), 0);
	cr_expect_eq(readiness_prepare(&second, path), -EADDRINUSE);
	cr_expect_eq(second.directory_fd, -2, "filled in all the same");
	cr_expect_eq(second.state.fd, -2, "filled in all the same");
	cr_expect_eq(count_descriptors(), before + 1, "more than the file");
	cr_expect_eq(inode_of(state), inode, "another state file");
	expect_published(path);
	cr_assert_eq(readiness_withdraw(&first), 0);
	readiness_end(&first);
	cr_expect(!exists(path) && !exists(state));
	cr_expect_eq(readiness_prepare(&second, path), 0);
}

static void
refuse_from_elsewhere(void *argument)
{
	struct readiness readiness;

	must(readiness_prepare(&readiness, argument) == -EADDRINUSE,
	    "not refused");
}

static void
prepare_with_process_locks(void *argument)
{
	struct readiness readiness;

	deny_fcntl(F_OFD_SETLK, EINVAL);
	deny_fcntl(F_OFD_GETLK, EINVAL);
	must(prepare_and_prove(&readiness, argument) == 0, "prepare");
	in_child(refuse_from_elsewhere, argument);
	must(readiness_publish(&readiness, &facts) == 0, "publish");
	in_child(refuse_from_elsewhere, argument);
	look_from_child(argument);
}

Test(readiness, refuses_another_dinit_where_only_processes_have_locks)
{
	in_child(prepare_with_process_locks, (void *)scratch_path("ready"));
}

Test(readiness, takes_over_from_a_dinit_that_was_killed)
{
	const char *path = scratch_path("ready");

	in_child(publish_and_be_killed, (void *)path);
	cr_assert(exists(path) && exists(scratch_path(".ready.state")));
	prepare(path);
	cr_expect(!exists(path), "the dead one's file is left");
}

/* A user who may write to a folder may delete other users' files there. */
static void
take_over_unprivileged(void *argument)
{
	struct readiness readiness;

	become_nobody();
	must(prepare_and_prove(&readiness, argument) == 0, "not taken over");
	must(readiness_publish(&readiness, &facts) == 0, "publish");
}

static void
refuse_unprivileged(void *argument)
{
	become_nobody();
	refuse_from_elsewhere(argument);
}

Test(readiness, takes_over_from_a_dead_dinit_of_another_user)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);

	in_child(refuse_unprivileged, (void *)path);
	cr_assert_eq(close(readiness.state.fd), 0);
	cr_assert_eq(chmod(scratch_path(".ready.state"), 0444), 0);
	in_child(take_over_unprivileged, (void *)path);
}

Test(readiness, replaces_what_is_no_state_file_at_all)
{
	const char *state = scratch_path(".ready.state");
	const char *victim = scratch_path("victim");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct readiness readiness;

	write_file(victim, "precious");
	cr_assert_eq(symlink(victim, state), 0);
	readiness = prepare(scratch_path("ready"));
	cr_expect_str_eq(read_file(victim), "precious");
	readiness_end(&readiness);
	cr_assert_eq(mkfifo(state, 0600), 0);
	readiness = prepare(scratch_path("ready"));
	readiness_end(&readiness);
	strcpy(address.sun_path, state);
	cr_assert_eq(bind(fd, (const struct sockaddr *)&address,
	    sizeof(address)), 0);
	prepare(scratch_path("ready"));
	cr_assert_eq(mkdir(scratch_path(".other.state"), 0755), 0);
	cr_expect_eq(readiness_prepare(&readiness, scratch_path("other")),
	    -EISDIR);
	close(fd);
}

Test(readiness, is_published_with_a_state_file_that_was_deleted)
{
	const char *path = scratch_path("ready");
	struct readiness readiness = prepare(path);
	int before = count_descriptors();

	cr_assert_eq(unlink(scratch_path(".ready.state")), 0);
	/* The state file of a dead dinit is in the way. */
	write_file(scratch_path(".ready.state"), "");
	cr_assert_eq(readiness_publish(&readiness, &facts), 0);
	cr_expect_eq(count_descriptors(), before + 1);
	expect_published(path);
	readiness_end(&readiness);
	cr_expect(!exists(scratch_path(".ready.state")));
}

/* Somebody deletes the files with a dot, or empties the folder. */
Test(readiness, leaves_a_path_to_the_dinit_that_has_it_by_now)
{
	const char *path = scratch_path("ready");
	const char *state = scratch_path(".ready.state");
	struct readiness first = prepare(path);
	struct readiness second;

	cr_assert_eq(unlink(state), 0);
	second = prepare(path);
	cr_expect_eq(readiness_publish(&first, &facts), -EADDRINUSE);
	cr_assert_eq(readiness_publish(&second, &facts), 0);
	cr_expect_eq(readiness_publish(&first, &facts), -EADDRINUSE);
	cr_expect_eq(readiness_withdraw(&first), 0);
	readiness_end(&first);
	cr_expect_eq(asker_is_ready(path), 1, "it has lost its file");
	cr_expect(exists(state), "it has lost its state");
}

Test(readiness, deletes_no_file_but_its_own)
{
	const char *path = scratch_path("ready");
	struct readiness first = prepare(path);
	struct readiness second;

	cr_assert_eq(readiness_publish(&first, &facts), 0);
	cr_assert_eq(unlink(scratch_path(".ready.state")), 0);
	/* The first dinit has no state file, but a locked readiness file. */
	cr_expect_eq(readiness_prepare(&second, path), -EADDRINUSE);
	cr_expect(!exists(scratch_path(".ready.state")), "the second one's");
	cr_assert_eq(unlink(path), 0);
	second = prepare(path);
	cr_assert_eq(readiness_publish(&second, &facts), 0);
	cr_expect_eq(readiness_withdraw(&first), 0);
	readiness_end(&first);
	cr_expect_eq(asker_is_ready(path), 1, "it has lost its file");
	cr_expect(exists(scratch_path(".ready.state")));
}

/* So many dinits start at the same moment, and that so many times. */
#define CONTENDERS 4
#define CONTESTS 200

/* Three pipes. START and END give their sign by being closed. */
struct contest {
	const char *path;
	bool is_killed; /* the winner ends without tidying up */
	int start[2];
	int result[2];
	int end[2];
};

static void
await_close(const int ends[2])
{
	char byte;

	close(ends[1]);
	while (read(ends[0], &byte, 1) < 0)
		continue;
}

/* Writes its result, and keeps the path until all have written theirs. */
static void __attribute__((noreturn))
contend(const struct contest *contest)
{
	struct readiness readiness;
	int error;

	await_close(contest->start);
	error = readiness_prepare(&readiness, contest->path);
	if (error == 0)
		error = readiness_publish(&readiness, &facts);
	if (write(contest->result[1], error == 0 ? "w" :
	    error == -EADDRINUSE ? "l" : "e", 1) != 1)
		_exit(1);
	close(contest->result[1]);
	await_close(contest->end);
	if (error == 0 && !contest->is_killed) {
		readiness_withdraw(&readiness);
		readiness_end(&readiness);
	}
	_exit(0);
}

static void
hold_contest(const char *path, bool is_killed)
{
	struct contest contest = { .path = path, .is_killed = is_killed };
	char results[CONTENDERS + 1] = "";

	must(pipe2(contest.start, O_CLOEXEC) == 0 &&
	    pipe2(contest.result, O_CLOEXEC) == 0 &&
	    pipe2(contest.end, O_CLOEXEC) == 0, "pipe2: %m");
	for (int i = 0; i < CONTENDERS; i++)
		if (fork() == 0)
			contend(&contest);
	close(contest.start[0]);
	close(contest.start[1]);
	close(contest.result[1]);
	read_to_end(contest.result[0], results, sizeof(results));
	close(contest.end[0]);
	close(contest.end[1]);
	while (wait(NULL) > 0)
		continue;
	must(strlen(results) == CONTENDERS &&
	    strspn(results, "lw") == CONTENDERS &&
	    strchr(results, 'w') != NULL &&
	    strchr(results, 'w') == strrchr(results, 'w'), "'%s'", results);
}

/* In every other contest there are the files of a dead dinit. */
static void
hold_contests(void *argument)
{
	for (int i = 0; i < CONTESTS; i++)
		hold_contest(argument, i % 2 == 0);
}

Test(readiness, has_one_winner_when_many_start_at_the_same_moment)
{
	in_child(hold_contests, (void *)scratch_path("ready"));
	cr_expect(!exists(scratch_path(".ready.state")));
}
