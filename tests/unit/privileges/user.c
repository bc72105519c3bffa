/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "privileges/user.h"
#include "base/array.h"
#include "base/problem.h"
#include "support.h"

/* Each test has its files in its working directory. */
static void
enter_scratch(void)
{
	scratch_make();
	cr_assert_eq(chdir(scratch_path(".")), 0);
}

TestSuite(user, .timeout = 30, .init = enter_scratch, .fini = scratch_remove);

static const char passwd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "app:x:1000:1001:App:/srv/app:/bin/sh\n"
    "homeless:x:1002:1002:::\n"
    "app:x:2000:2000:second:/second:/bin/sh\n"
    "double:x:1000:3000:same id:/third:/bin/sh\n"
    "4000:x:5:5:a number for a name:/five:/bin/sh\n";

static const char group[] =
    "root:x:0:\n"
    "app:x:1001:\n"
    "www:x:33:other,app\n"
    "log:x:34:app\n"
    "not:x:35:apple,xapp\n"
    "www:x:99:second\n"
    "4000:x:6:\n"
    "last:x:36:app\n";

struct user_sample {
	const char *spec;
	uid_t uid;
	gid_t gid;
	const char *home;
	const char *groups; /* supplementary, each with a space before it */
};

static const struct user_files files = { "passwd", "group" };

static void
expect_user(const struct user_sample *sample)
{
	struct problem problem = { .text = "" };
	struct user found;
	char groups[256] = "";

	cr_assert_eq(user_resolve(sample->spec, &files, &found, &problem), 0,
	    "%s: %s", sample->spec, problem.text);
	cr_assert(found.uid == sample->uid && found.gid == sample->gid,
	    "%s: %u:%u", sample->spec, found.uid, found.gid);
	cr_assert(strncmp(found.home, "HOME=", 5) == 0 &&
	    strcmp(found.home + 5, sample->home) == 0, "%s: %s",
	    sample->spec, found.home);
	for (size_t i = 0; i < found.group_count; i++)
		snprintf(groups + strlen(groups),
		    sizeof(groups) - strlen(groups), " %u", found.groups[i]);
	cr_assert_str_eq(groups, sample->groups, "%s: groups%s",
	    sample->spec, groups);
}

static void
expect_refusal(const char *spec, const char *text)
{
	struct problem problem = { .text = "" };
	struct user found;

	cr_assert_eq(user_resolve(spec, &files, &found, &problem), -EINVAL,
	    "'%s': accepted", spec);
	cr_assert_not_null(strstr(problem.text, text), "'%s': %s", spec,
	    problem.text);
	cr_assert_null(strchr(problem.text, '\n'), "'%s': two lines", spec);
}

static void
expect_users(const struct user_sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_user(&samples[i]);
}

Test(user, resolves_users_as_docker_does)
{
	static const struct user_sample samples[] = {
		{ "app", 1000, 1001, "/srv/app", " 33 34 36" },
		{ "1000", 1000, 1001, "/srv/app", " 33 34 36" },
		{ "root", 0, 0, "/root", "" },
		{ "0", 0, 0, "/root", "" },
		{ "app:www", 1000, 33, "/srv/app", "" },
		{ "app:33", 1000, 33, "/srv/app", "" },
		{ "app:77", 1000, 77, "/srv/app", "" },
		{ "1000:www", 1000, 33, "/srv/app", "" },
		{ "1000:0", 1000, 0, "/srv/app", "" },
		{ "12345", 12345, 0, "/", "" },
		{ "12345:www", 12345, 33, "/", "" },
		{ "12345:54321", 12345, 54321, "/", "" },
		{ "01000", 1000, 1001, "/srv/app", " 33 34 36" },
		{ "2147483647:2147483647", 2147483647, 2147483647, "/", "" },
		{ "homeless", 1002, 1002, "/", "" },
		/* Digits are an id, even if a user has that name. */
		{ "4000", 4000, 0, "/", "" },
		{ "app:4000", 1000, 4000, "/srv/app", "" },
	};

	write_file("passwd", passwd);
	write_file("group", group);
	expect_users(samples, ARRAY_SIZE(samples));
}

Test(user, resolves_numbers_without_files)
{
	static const struct user_sample samples[] = {
		{ "0", 0, 0, "/", "" },
		{ "1000", 1000, 0, "/", "" },
		{ "1000:100", 1000, 100, "/", "" },
	};

	expect_users(samples, ARRAY_SIZE(samples));
	write_file("passwd", "");
	write_file("group", "");
	expect_users(samples, ARRAY_SIZE(samples));
}

/* The last line needs no newline. */
Test(user, skips_invalid_lines)
{
	static const struct user_sample samples[] = {
		{ "app", 1000, 1001, "/srv/app", " 33 34" },
		{ "app:log", 1000, 34, "/srv/app", "" },
	};

	write_file("passwd",
	    "\n# a comment\n:\n::::::\napp\napp:x\napp:x:0x0:0:::\n"
	    "app:x:-1:0:::\napp:x:x:0:::\napp:x:4294967296:0:::\n"
	    "+::::::\n+app::::::\n"
	    "app:x:1000:1001::/srv/app:/bin/sh");
	write_file("group",
	    "\n# a comment\n:\nwww\nwww:x:y:app\nwww:x:-1:app\n"
	    "www:x:33:app,app,,\nlog:x:34:other,app");
	expect_users(samples, ARRAY_SIZE(samples));
}

/* Docker does so, too. */
Test(user, takes_what_is_missing_at_the_end_of_a_line_as_empty)
{
	static const struct user_sample samples[] = {
		{ "app", 1000, 1001, "/", "" },
		{ "home", 1002, 1002, "/home", "" },
		{ "1:www", 1, 33, "/", "" },
	};

	write_file("passwd", "app:x:1000:1001\n"
	    "bad:x:1003:-1::/:/bin/sh\nhome:x:1002:1002::/home");
	write_file("group", "www:x:33");
	expect_users(samples, ARRAY_SIZE(samples));
	expect_refusal("bad", "'bad' has no valid group in passwd: the "
	    "fourth field of its line is no number");
}

Test(user, refuses_unknown_and_malformed_names)
{
	static const char *const unknown[] = { "nobody-at-all", "0x0", "+1",
		"-1", "1000x", "1e3", "1 ", " 1", "1.0", "4294967295",
		"4294967296", "2147483648", "18446744073709551616", "App",
		"ap", "app ", "other", "x", "*" };
	static const char *const malformed[] = { ":", "", "a:", ":a", "a:b:c",
		"::", ":0", "0:" };
	char text[64];

	write_file("passwd", passwd);
	write_file("group", group);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		snprintf(text, sizeof(text), "no user '%s' in passwd",
		    unknown[i]);
		expect_refusal(unknown[i], text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		char spec[64];

		if (strcmp(unknown[i], "other") == 0)
			continue;
		snprintf(spec, sizeof(spec), "app:%s", unknown[i]);
		snprintf(text, sizeof(text), "no group '%s' in group",
		    unknown[i]);
		expect_refusal(spec, text);
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		expect_refusal(malformed[i], "is not USER or USER:GROUP");
}

Test(user, refuses_names_without_files)
{
	expect_refusal("app", "no user 'app' in passwd");
	expect_refusal("1:www", "no group 'www' in group");
}

/* What user SPEC gets in a container whose engine has started ORIGIN. */
static void
expect_inheritance(const char *spec, const struct user_origin *origin,
    const char *home, const char *expected)
{
	struct problem problem = { .text = "" };
	struct user found;
	char groups[256] = "";

	cr_assert_eq(user_resolve(spec, &files, &found, &problem), 0);
	cr_assert_eq(user_inherit(origin, &files, &found, &problem), 0, "%s",
	    problem.text);
	for (size_t i = 0; i < found.group_count; i++)
		snprintf(groups + strlen(groups),
		    sizeof(groups) - strlen(groups), " %u", found.groups[i]);
	cr_expect_str_eq(found.home, home);
	cr_expect_str_eq(groups, expected, "%s: groups%s", spec, groups);
}

Test(user, inherits_what_the_engine_and_the_image_add)
{
	/* the main group, one of root's entry, one without a number, www */
	const gid_t added[] = { 0, 7, 65534, 33, 2000, 5 };
	struct user_origin origin = { .gid = 5, .group_count = 6,
		.groups = added, .home = "/root" };

	write_file("passwd", passwd);
	write_file("group", "own:x:7:root\nwww:x:33:app\nlog:x:34:app\n");
	expect_inheritance("app", &origin, "HOME=/srv/app", " 33 34 2000");
	expect_inheritance("app:34", &origin, "HOME=/srv/app", " 33 2000");
	expect_inheritance("5000:2000", &origin, "HOME=/", " 33");
	origin.group_count = 0;
	origin.home = "/image";
	expect_inheritance("app", &origin, "", " 33 34");
	origin.uid = 1000;
	origin.home = "/srv/app";
	expect_inheritance("app", &origin, "HOME=/srv/app", " 33 34");
	origin.home = NULL;
	expect_inheritance("root", &origin, "HOME=/root", " 7");
}

Test(user, refuses_too_many_groups_of_the_engine)
{
	struct problem problem = { .text = "" };
	gid_t added[USER_GROUPS_MAX + 1];
	struct user_origin origin = { .group_count = USER_GROUPS_MAX + 1,
		.groups = added };
	struct user found = { .uid = 1 };

	for (gid_t i = 0; i <= USER_GROUPS_MAX; i++)
		added[i] = 1000 + i;
	cr_expect_eq(user_inherit(&origin, &files, &found, &problem), -EINVAL);
	cr_expect_str_eq(problem.text, "more than 256 groups, with those that "
	    "the engine has added");
}

/* A FIFO without a writer would hold up the start for ever. */
Test(user, refuses_files_that_are_not_regular_at_once)
{
	mkfifo("passwd", 0644);
	expect_refusal("1", "cannot read passwd: it is a FIFO, not a regular "
	    "file");
	unlink("passwd");
	mkfifo("group", 0644);
	expect_refusal("1:2", "cannot read group: it is a FIFO, not a regular "
	    "file");
	unlink("group");
	mkdir("group", 0755);
	expect_refusal("1", "cannot read group: it is a directory, not a "
	    "regular file");
	symlink("/dev/zero", "passwd");
	expect_refusal("1", "cannot read passwd: it is a device, not a "
	    "regular file");
}

/* In the words of the C library. */
static void
expect_unreadable(const char *spec, const char *file, int error)
{
	char text[128];

	snprintf(text, sizeof(text), "cannot read %s: %s", file,
	    strerror(error));
	expect_refusal(spec, text);
}

/* If reading stops early, the groups of the user are not known. */
Test(user, refuses_files_that_cannot_be_read)
{
	symlink("passwd", "passwd");
	expect_unreadable("1", "passwd", ELOOP);
	unlink("passwd");
	write_file("passwd", passwd);
	/* Reading this file fails, as nothing is mapped at its beginning. */
	symlink("/proc/self/mem", "group");
	expect_unreadable("app", "group", EIO);
	unlink("passwd");
	symlink("/proc/self/mem", "passwd");
	expect_unreadable("app", "passwd", EIO);
	expect_unreadable("1", "passwd", EIO);
}

/* Writes the file PATH, with a MiB of C between BEFORE and AFTER. */
static void
write_long_line(const char *path, const char *before, char c,
    const char *after)
{
	FILE *file = fopen(path, "w");

	cr_assert(file != NULL, "%s: %s", path, strerror(errno));
	fputs(before, file);
	for (size_t i = 0; i < 1 << 20; i++)
		fputc(c, file);
	fputs(after, file);
	fclose(file);
}

Test(user, accepts_long_lines)
{
	static const struct user_sample app =
	    { "app", 1000, 1001, "/srv/app", " 33 34 36" };
	static char name[1 << 16];

	write_file("group", group);
	write_long_line("passwd", "", 'x', "\n"
	    "app:x:1000:1001::/srv/app:\n");
	expect_user(&app);
	write_long_line("passwd", "app:x:1000:1001::/", 'x', ":\n");
	expect_refusal("app", "the home of 'app' is too long: more than 256 "
	    "bytes");
	write_file("passwd", passwd);
	write_long_line("group", group, ',', "\n");
	expect_user(&app);
	memset(name, 'n', sizeof(name) - 1);
	expect_refusal(name, "is not USER or USER:GROUP");
	memcpy(name, "app:", 4);
	expect_refusal(name, "is not USER or USER:GROUP");
}

Test(user, resolves_many_members_and_refuses_too_many_groups)
{
	static const struct user_sample last =
	    { "app", 1000, 1001, "/srv/app", " 33" };
	FILE *file;

	write_file("passwd", passwd);
	file = fopen("group", "w");
	fputs("www:x:33:", file);
	for (int i = 0; i < 300; i++)
		fprintf(file, "member%d,", i);
	fputs("app\n", file);
	fclose(file);
	expect_user(&last);
	file = fopen("group", "w");
	for (int i = 0; i < 300; i++)
		fprintf(file, "group%d:x:%d:app\n", i, i);
	fclose(file);
	expect_refusal("app", "'app' is in more than 256 groups; name one, "
	    "as USER:GROUP");
}
