/* SPDX-License-Identifier: MIT */
/* Each test runs in a child, which becomes the program and must exit with 0. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/program.h"
#include "base/array.h"
#include "support.h"

/* Makes the scratch folder with "first", "second" and "third" in it. */
static void
make_folders(void)
{
	scratch_make();
	cr_assert_eq(mkdir(scratch_path("first"), 0755), 0);
	cr_assert_eq(mkdir(scratch_path("second"), 0755), 0);
	cr_assert_eq(mkdir(scratch_path("third"), 0755), 0);
}

TestSuite(program, .timeout = 60, .init = make_folders,
    .fini = scratch_remove);

/* Writes an executable file NAME in the scratch folder. */
static void
write_script(const char *name, const char *text)
{
	write_file(scratch_path(name), text);
	cr_assert_eq(chmod(scratch_path(name), 0755), 0);
}

/* Does the same with LENGTH bytes. */
static void
write_bytes(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "we");

	cr_assert_eq(fwrite(bytes, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
	cr_assert_eq(chmod(path, 0755), 0);
}

/* Sets PATH to the three folders and to one where the shell finds its tools. */
static void
set_path(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s:%s:%s:/usr/bin:/bin",
	    scratch_path("first"), scratch_path("second"),
	    scratch_path("third"));
	setenv("PATH", path, 1);
}

/* ARGUMENT is a NULL-terminated list of words. */
static void
execute(void *argument)
{
	int error;
	int directory;

	set_path();
	error = program_execute(argument, &directory);
	must(false, "%s: %s", *(char **)argument, strerror(-error));
}

/* The error of program_execute for COMMAND, as an ordinary user. */
struct refusal {
	const char *command;
	int error;
};

static void
expect_refusal(void *argument)
{
	const struct refusal *refusal = argument;
	const char *const argv[] = { refusal->command, NULL };
	int error;
	int directory;

	become_nobody();
	set_path();
	must(chdir(scratch_path("")) == 0, "chdir");
	error = program_execute((char *const *)argv, &directory);
	must(error == refusal->error, "'%s': %s", refusal->command,
	    strerror(-error));
}

/* Calls program_execute in a child that is an ordinary user (--user). */
static int
execute_as_nobody(char *const *argv, int *directory)
{
	int ends[2];
	int result[2] = { 0, 0 };

	must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
	if (fork() == 0) {
		become_nobody();
		result[0] = program_execute(argv, &result[1]);
		_exit(write(ends[1], result, sizeof(result)) < 0);
	}
	close(ends[1]);
	if (read(ends[0], result, sizeof(result)) == sizeof(result))
		*directory = result[1];
	return result[0];
}

Test(program, is_executed_with_its_arguments)
{
	const char *const argv[] = {
		"sh", "-c", "[ $# = 2 ] && [ \"$0$1$2\" = 'a b c' ]", "a",
		" b", " c", NULL,
	};

	in_child(execute, (void *)argv);
}

Test(program, is_the_first_of_its_name_in_path)
{
	const char *const argv[] = { "app", NULL };

	write_script("second/app", "#!/bin/sh\nexit 0\n");
	write_script("third/app", "#!/bin/sh\nexit 1\n");
	in_child(execute, (void *)argv);
}

Test(program, is_the_first_of_its_name_that_can_be_executed)
{
	const char *const argv[] = { "app", NULL };

	write_file(scratch_path("first/app"), "#!/bin/sh\nexit 1\n");
	cr_assert_eq(mkdir(scratch_path("second/app"), 0755), 0);
	write_script("third/app", "#!/bin/sh\nexit 0\n");
	in_child(execute, (void *)argv);
}

Test(program, is_not_searched_for_with_a_slash_in_its_name)
{
	write_script("first/app", "#!/bin/sh\nexit 1\n");
	in_child(expect_refusal, &(struct refusal){ "./app", -ENOENT });
	in_child(expect_refusal, &(struct refusal){ "no/app", -ENOENT });
}

static void
execute_with_path(void *argument)
{
	static const char *const argv[] = { "app", NULL };
	const char *path = argument;
	int error;
	int directory;

	must(chdir(scratch_path("first")) == 0, "chdir");
	setenv("PATH", path, 1);
	error = program_execute((char *const *)argv, &directory);
	must(false, "PATH=%s: %s", path, strerror(-error));
}

Test(program, is_searched_for_in_the_working_directory_for_an_empty_entry)
{
	static const char *const paths[] = {
		"", ":/no", "/no:", "/no::/none", ":",
	};

	write_script("first/app", "#!/bin/sh\nexit 0\n");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		in_child(execute_with_path, (void *)paths[i]);
}

static void
execute_without_path(void *argument)
{
	const char *const argv[] = { "sh", "-c", "exit 0", NULL };
	int error;
	int directory;

	(void)argument;
	unsetenv("PATH");
	error = program_execute((char *const *)argv, &directory);
	must(false, "%s", strerror(-error));
}

Test(program, is_found_without_a_path)
{
	in_child(execute_without_path, NULL);
}

static void
execute_behind_long_entry(void *argument)
{
	static char path[20000];
	size_t length = 15000;

	memset(path, 'x', length);
	snprintf(path + length, sizeof(path) - length, ":%s",
	    scratch_path("first"));
	execute_with_path(path);
	(void)argument;
}

Test(program, is_found_behind_an_entry_longer_than_the_kernel_takes)
{
	write_script("first/app", "#!/bin/sh\nexit 0\n");
	in_child(execute_behind_long_entry, NULL);
}

Test(program, is_run_by_the_shell_if_its_format_is_unknown)
{
	static const char script[] =
	    "[ $# = 2 ] && [ \"$1\" = a ] && [ \"$2\" = 'b c' ] && "
	    "[ -x \"$0\" ] && [ \"${0##*/}\" = app ]\n";
	const char *const found[] = { "app", "a", "b c", NULL };
	const char *named[] = { NULL, "a", "b c", NULL };

	write_script("second/app", script);
	in_child(execute, (void *)found);
	named[0] = scratch_path("second/app");
	in_child(execute, (void *)named);
}

static void
execute_without_shell(void *argument)
{
	const char *const argv[] = { "/app", NULL };
	int error;
	int directory;

	if (chroot(argument) < 0 && (unshare(CLONE_NEWUSER) < 0 ||
	    chroot(argument) < 0))
		return;
	error = program_execute((char *const *)argv, &directory);
	must(error == -ENOEXEC, "%s", strerror(-error));
}

Test(program, is_refused_as_a_script_where_there_is_no_shell)
{
	write_script("first/app", "exit 0\n");
	in_child(execute_without_shell, (void *)scratch_path("first"));
}

/* The shell does not run binary files, in whichever folder they are. */
Test(program, is_run_by_the_shell_only_if_it_is_a_script)
{
	struct refusal samples[] = {
		{ "./elf", -ENOEXEC }, { "elf", -ENOEXEC },
		{ "./unreadable", -ENOEXEC },
		{ "./foreign-interpreter", -ENOEXEC },
	};
	char script[256];

	write_bytes(scratch_path("elf"), "\177ELFx\nexit 0\n", 14);
	write_bytes(scratch_path("second/elf"), "\177ELFx\nexit 0\n", 14);
	/* The folders have no file with another name. */
	write_script("third/elf", "#!/bin/sh\nexit 0\n");
	write_script("unreadable", "exit 0\n");
	cr_assert_eq(chmod(scratch_path("unreadable"), 0711), 0);
	snprintf(script, sizeof(script), "#!%s\nexit 0\n",
	    scratch_path("elf"));
	write_script("foreign-interpreter", script);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		in_child(expect_refusal, &samples[i]);
}

/*
 * The explanation for COMMAND. The first folder in PATH may be one that only
 * root can search.
 */
struct explanation {
	const char *command;
	bool has_closed_folder;
	const char *text;
};

static void
expect_explanation(void *argument)
{
	const struct explanation *sample = argument;
	const char *const argv[] = { sample->command, NULL };
	char text[EXECUTABLE_HINT_MAX];
	char path[512];
	int directory = -1;
	int error;

	snprintf(path, sizeof(path), "%s:%s:%s", sample->has_closed_folder ?
	    scratch_path("first") : "/no/such", scratch_path("second"),
	    scratch_path("third"));
	setenv("PATH", path, 1);
	must(chdir(scratch_path("")) == 0, "chdir");
	error = execute_as_nobody((char *const *)argv, &directory);
	must(error < 0, "'%s': it could be executed", sample->command);
	program_explain(sample->command, error, directory, text);
	must(strcmp(text, sample->text) == 0, "'%s': '%s'", sample->command,
	    text);
}

Test(program, has_its_failure_explained_wherever_it_was_found)
{
	struct explanation samples[] = {
		{ "./no-interpreter", false,
		    "; its interpreter /no/sh is not there" },
		{ "no-interpreter", false,
		    "; its interpreter /no/sh is not there" },
		{ "elf", false, "; it is damaged or incomplete" },
		/* The closed folder has a file of this name as well. */
		{ "elf", true, "; it is damaged or incomplete" },
		{ "no-interpreter", true, "" },
		{ "./no/such", false, "" },
		{ "no-such-command", false, "" },
		{ "", false, "" },
	};

	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	write_script("no-interpreter", "#!/no/sh\n");
	write_script("third/no-interpreter", "#!/no/sh\n");
	write_script("first/elf", "#!/no/sh\n");
	write_bytes(scratch_path("second/elf"), "\177ELFx\nexit 0\n", 14);
	cr_assert_eq(chmod(scratch_path("first"), 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		in_child(expect_explanation, &samples[i]);
}

Test(program, is_refused_with_the_reason)
{
	struct refusal samples[] = {
		{ "no-such-command", -ENOENT },
		{ "", -ENOENT },
		{ "./no-such-file", -ENOENT },
		{ "./plain/app", -ENOTDIR },
		{ "./plain", -EACCES },
		{ "plain", -EACCES },
		{ "./first", -EACCES },
		{ "./loop", -ELOOP },
		{ "loop", -ELOOP },
		{ "./no-interpreter", -ENOENT },
	};

	write_file(scratch_path("plain"), "");
	write_file(scratch_path("second/plain"), "");
	write_script("no-interpreter", "#!/no/such/shell\n");
	cr_assert_eq(symlink("loop", scratch_path("loop")), 0);
	cr_assert_eq(symlink("loop", scratch_path("first/loop")), 0);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		in_child(expect_refusal, &samples[i]);
}

Test(program, has_the_exit_status_of_shells_when_refused)
{
	cr_expect_eq(program_exit_status(-ENOENT), 127);
	cr_expect_eq(program_exit_status(-ENOTDIR), 127);
	cr_expect_eq(program_exit_status(-EACCES), 126);
	cr_expect_eq(program_exit_status(-ENOEXEC), 126);
	cr_expect_eq(program_exit_status(-ELOOP), 126);
	cr_expect_eq(program_exit_status(-E2BIG), 126);
}
