/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges/own.h"
#include "base/array.h"
#include "base/problem.h"
#include "privileges/user.h"
#include "support.h"

TestSuite(own, .timeout = 30, .init = scratch_make, .fini = scratch_remove);

Test(own, takes_lists_of_absolute_paths)
{
	static const char *const good[] = { "/a", "/a,/b", "/a/", "//a//b/",
		"/a b", "/." };
	static const char *const bad[] = { "", "a", "/", "//", "/a,", ",/a",
		"/a,,/b", "/a,b", "/a,/", "./a" };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		cr_expect(own_is_valid(good[i]), "'%s'", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		cr_expect_not(own_is_valid(bad[i]), "'%s'", bad[i]);
}

struct attempt {
	const char *const *lists;
	const struct user *user;
	const char *problem; /* NULL: there is none */
};

/* In a child, as it changes the umask. */
static void
give_and_prove(void *argument)
{
	const struct attempt *attempt = argument;
	struct problem problem = { .text = "" };
	struct own_folders folders;
	int error = own_give(attempt->lists, attempt->user, &folders, &problem);

	if (error == 0)
		error = own_prove(&folders, &problem);
	must(error == (attempt->problem != NULL ? -EINVAL : 0), "%d: %s", error,
	    problem.text);
	must(attempt->problem == NULL ||
	    strstr(problem.text, attempt->problem) != NULL, "%s",
	    problem.text);
}

static void
expect_problem(const char *list, const char *problem)
{
	const char *const lists[] = { list, NULL };
	struct attempt attempt = { .lists = lists, .problem = problem };

	in_child(give_and_prove, &attempt);
}

Test(own, makes_all_folders_of_all_lists)
{
	char first[256], second[128];
	const char *const lists[] = { first, second, NULL };
	struct attempt attempt = { .lists = lists };
	struct stat found;

	snprintf(first, sizeof(first), "%s,%s", scratch_path("one"),
	    scratch_path("two/three/"));
	snprintf(second, sizeof(second), "%s", scratch_path("two/./../four"));
	in_child(give_and_prove, &attempt);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = { "one", "two/three",
			"four" };

		cr_assert_eq(stat(scratch_path(names[i]), &found), 0);
		cr_expect_eq(found.st_mode, (mode_t)(S_IFDIR | 0755), "%o",
		    found.st_mode);
	}
}

Test(own, says_what_a_path_is_instead_of_a_folder)
{
	write_file(scratch_path("file"), "");
	cr_assert_eq(symlink("file", scratch_path("link")), 0);
	expect_problem(scratch_path("file"), "/file is no folder");
	expect_problem(scratch_path("file/below/it"), "/file is no folder");
	expect_problem(scratch_path("link"), "is a symbolic link");
	expect_problem(scratch_path("link/below"), "/link is no folder");
	expect_problem("/tmp/../.", "/tmp/../. is the root of the container");
}

Test(own, refuses_what_is_too_long_or_too_much)
{
	static char text[PATH_MAX + 64];

	text[0] = '/';
	memset(text + 1, 'x', NAME_MAX + 1);
	expect_problem(text, strerror(ENAMETOOLONG));
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 == 0 ? '/' : 'x';
	expect_problem(text, strerror(ENAMETOOLONG));
	text[0] = '\0';
	for (int i = 0; i < OWN_FOLDERS_MAX; i++)
		strcat(text, "/tmp,");
	strcat(text, "/tmp");
	expect_problem(text, "more than 16 folders");
}

/* The owner stays with the problem, as the user may not even see the folder. */
static void
prove_as_another(void *argument)
{
	const char *const lists[] = { argument, NULL };
	struct user user = { .uid = 1000, .gid = 1001 };
	struct problem problem = { .text = "" };
	struct own_folders folders;
	struct stat found;

	must(own_give(lists, &user, &folders, &problem) == 0, "%s",
	    problem.text);
	must(stat(argument, &found) == 0 && found.st_uid == 1000 &&
	    found.st_gid == 1001, "%u:%u", found.st_uid, found.st_gid);
	must(setgid(1002) == 0 && setuid(1002) == 0, "setuid");
	must(own_prove(&folders, &problem) == -EINVAL, "proved");
	must(strstr(problem.text, "uid 1002 cannot write there: Permission "
	    "denied; it belongs to uid 1000 and gid 1001, with the mode "
	    "0755") != NULL, "%s", problem.text);
}

Test(own, proves_nothing_to_another_user)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
	cr_assert_eq(chmod(scratch_path(""), 0755), 0);
	in_child(prove_as_another, (void *)scratch_path("given"));
}
