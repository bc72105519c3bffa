/* SPDX-License-Identifier: MIT */
/*
 * Each in a child of its own, which stands for dinit in a container: with an
 * /etc of its own where it looks up users.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "array.h"
#include "support.h"

TestSuite(privileges, .timeout = 60);

#define BIT(capability) (UINT64_C(1) << (capability))

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

/* Root of a mount namespace whose /etc is empty. */
static void
enter_etc(void)
{
	must(unshare(CLONE_NEWNS) == 0, "unshare: %s", strerror(errno));
	must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("etc", "/etc", "tmpfs", 0, NULL) == 0, "mount: %s",
	    strerror(errno));
}

static void
skip_without_root(void)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
}

/* --- Users --- */

struct user_sample {
	const char *spec;
	uid_t uid;
	gid_t gid;
	const char *home;
	const char *groups; /* supplementary, each with a space before it */
};

static void
expect_user(const struct user_sample *sample)
{
	const struct privileges_request request = { .user = sample->spec };
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;
	char groups[256] = "";

	must(privileges_prepare(&request, &found, &problem) == 0, "%s: %s",
	    sample->spec, problem.text);
	must(found->changes_user && found->uid == sample->uid &&
	    found->gid == sample->gid, "%s: %u:%u", sample->spec, found->uid,
	    found->gid);
	must(strncmp(found->home, "HOME=", 5) == 0 &&
	    strcmp(found->home + 5, sample->home) == 0, "%s: %s",
	    sample->spec, found->home);
	for (size_t i = 0; i < found->group_count; i++)
		snprintf(groups + strlen(groups),
		    sizeof(groups) - strlen(groups), " %u", found->groups[i]);
	must(strcmp(groups, sample->groups) == 0, "%s: groups%s",
	    sample->spec, groups);
	privileges_release(found);
}

static void
expect_users(const struct user_sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_user(&samples[i]);
}

/* What must not be had, and what the problem says. */
struct refusal {
	struct privileges_request request;
	const char *option;
	const char *text;
};

static void
expect_refusal(const struct refusal *refusal)
{
	const struct privileges *found = NULL;
	struct privileges_problem problem = { .option = "", .text = "" };
	const struct privileges_request *request = &refusal->request;
	const char *what = request->user != NULL ? request->user :
	    request->keep_caps != NULL ? request->keep_caps :
	    request->drop_caps;

	must(privileges_prepare(request, &found, &problem) == -EINVAL,
	    "'%s': accepted", what);
	must(found == NULL, "'%s': filled in all the same", what);
	must(strcmp(problem.option, refusal->option) == 0, "'%s': --%s",
	    what, problem.option);
	must(strstr(problem.text, refusal->text) != NULL, "'%s': %s", what,
	    problem.text);
	must(strchr(problem.text, '\n') == NULL, "'%s': two lines", what);
}

static void
resolve_users(void *argument)
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
		/* Digits are an id, whoever is called so. */
		{ "4000", 4000, 0, "/", "" },
		{ "app:4000", 1000, 4000, "/srv/app", "" },
	};

	(void)argument;
	enter_etc();
	write_file("/etc/passwd", passwd);
	write_file("/etc/group", group);
	expect_users(samples, ARRAY_SIZE(samples));
}

Test(privileges, resolves_users_as_docker_does)
{
	skip_without_root();
	in_child(resolve_users, NULL);
}

static void
resolve_numbers(void *argument)
{
	static const struct user_sample samples[] = {
		{ "0", 0, 0, "/", "" },
		{ "1000", 1000, 0, "/", "" },
		{ "1000:100", 1000, 100, "/", "" },
	};

	(void)argument;
	enter_etc();
	expect_users(samples, ARRAY_SIZE(samples));
	write_file("/etc/passwd", "");
	write_file("/etc/group", "");
	expect_users(samples, ARRAY_SIZE(samples));
	unlink("/etc/passwd");
	unlink("/etc/group");
	must(mkdir("/etc/passwd", 0755) == 0 && mkdir("/etc/group", 0755) == 0,
	    "mkdir");
	expect_users(samples, ARRAY_SIZE(samples));
}

Test(privileges, resolve_numbers_without_files)
{
	skip_without_root();
	in_child(resolve_numbers, NULL);
}

/* Lines that are none are passed over; a last one needs no newline. */
static void
resolve_odd_files(void *argument)
{
	static const struct user_sample samples[] = {
		{ "app", 1000, 1001, "/srv/app", " 33 34" },
		{ "app:log", 1000, 34, "/srv/app", "" },
	};

	(void)argument;
	enter_etc();
	write_file("/etc/passwd",
	    "\n# a comment\n:\n::::::\napp\napp:x\napp:x:0x0:0:::\n"
	    "app:x:-1:0:::\napp:x:x:0:::\napp:x:4294967296:0:::\n"
	    "+::::::\n+app::::::\n"
	    "app:x:1000:1001::/srv/app:/bin/sh");
	write_file("/etc/group",
	    "\n# a comment\n:\nwww\nwww:x:y:app\nwww:x:-1:app\n"
	    "www:x:33:app,app,,\nlog:x:34:other,app");
	expect_users(samples, ARRAY_SIZE(samples));
}

/* As in Docker, what is missing at the end of a line is empty. */
static void
resolve_short_lines(void *argument)
{
	static const struct user_sample samples[] = {
		{ "app", 1000, 1001, "/", "" },
		{ "home", 1002, 1002, "/home", "" },
		{ "1:www", 1, 33, "/", "" },
	};

	(void)argument;
	enter_etc();
	write_file("/etc/passwd", "app:x:1000:1001\n"
	    "bad:x:1003:-1::/:/bin/sh\nhome:x:1002:1002::/home");
	write_file("/etc/group", "www:x:33");
	expect_users(samples, ARRAY_SIZE(samples));
	expect_refusal(&(struct refusal){ { .user = "bad" }, "user",
	    "'bad' has no valid group in /etc/passwd" });
}

Test(privileges, pass_over_lines_that_are_none)
{
	skip_without_root();
	in_child(resolve_odd_files, NULL);
	in_child(resolve_short_lines, NULL);
}

static void
refuse_users(void *argument)
{
	static const char *const unknown[] = { "nobody-at-all", "0x0", "+1",
		"-1", "1000x", "1e3", "1 ", " 1", "1.0", "4294967295",
		"4294967296", "2147483648", "18446744073709551616", "App",
		"ap", "app ", "other", "x", "*" };
	static const char *const malformed[] = { ":", "", "a:", ":a", "a:b:c",
		"::", ":0", "0:" };
	char text[64];

	(void)argument;
	enter_etc();
	write_file("/etc/passwd", passwd);
	write_file("/etc/group", group);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		snprintf(text, sizeof(text), "no user '%s' in /etc/passwd",
		    unknown[i]);
		expect_refusal(&(struct refusal){ { .user = unknown[i] },
		    "user", text });
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		char spec[64];

		if (strcmp(unknown[i], "other") == 0)
			continue;
		snprintf(spec, sizeof(spec), "app:%s", unknown[i]);
		snprintf(text, sizeof(text), "no group '%s' in /etc/group",
		    unknown[i]);
		expect_refusal(&(struct refusal){ { .user = spec }, "user",
		    text });
	}
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		expect_refusal(&(struct refusal){ { .user = malformed[i] },
		    "user", "is not USER or USER:GROUP" });
}

Test(privileges, refuse_whatever_is_no_user)
{
	skip_without_root();
	in_child(refuse_users, NULL);
}

static void
refuse_names_without_files(void *argument)
{
	(void)argument;
	enter_etc();
	for (int i = 0; i < 2; i++) {
		expect_refusal(&(struct refusal){ { .user = "app" }, "user",
		    "no user 'app' in /etc/passwd" });
		expect_refusal(&(struct refusal){ { .user = "1:www" }, "user",
		    "no group 'www' in /etc/group" });
		mkdir("/etc/passwd", 0755);
		mkdir("/etc/group", 0755);
	}
}

Test(privileges, refuse_names_without_files)
{
	skip_without_root();
	in_child(refuse_names_without_files, NULL);
}

/* A MIB of C between BEFORE and AFTER, in the file PATH. */
static void
write_long_line(const char *path, const char *before, char c,
    const char *after)
{
	FILE *file = fopen(path, "w");

	must(file != NULL, "%s: %s", path, strerror(errno));
	fputs(before, file);
	for (size_t i = 0; i < 1 << 20; i++)
		fputc(c, file);
	fputs(after, file);
	fclose(file);
}

static void
read_long_lines(void *argument)
{
	static const struct user_sample app =
	    { "app", 1000, 1001, "/srv/app", " 33 34 36" };
	static char name[1 << 16];

	(void)argument;
	enter_etc();
	write_file("/etc/group", group);
	write_long_line("/etc/passwd", "", 'x', "\n"
	    "app:x:1000:1001::/srv/app:\n");
	expect_user(&app);
	write_long_line("/etc/passwd", "app:x:1000:1001::/", 'x', ":\n");
	expect_refusal(&(struct refusal){ { .user = "app" }, "user",
	    "the home of 'app' is too long" });
	write_file("/etc/passwd", passwd);
	write_long_line("/etc/group", group, ',', "\n");
	expect_user(&app);
	memset(name, 'n', sizeof(name) - 1);
	expect_refusal(&(struct refusal){ { .user = name }, "user",
	    "is not USER or USER:GROUP" });
	memcpy(name, "app:", 4);
	expect_refusal(&(struct refusal){ { .user = name }, "user",
	    "is not USER or USER:GROUP" });
}

Test(privileges, stand_long_lines)
{
	skip_without_root();
	in_child(read_long_lines, NULL);
}

static void
resolve_many_groups(void *argument)
{
	static const struct user_sample last =
	    { "app", 1000, 1001, "/srv/app", " 33" };
	FILE *file;

	(void)argument;
	enter_etc();
	write_file("/etc/passwd", passwd);
	file = fopen("/etc/group", "w");
	fputs("www:x:33:", file);
	for (int i = 0; i < 300; i++)
		fprintf(file, "member%d,", i);
	fputs("app\n", file);
	fclose(file);
	expect_user(&last);
	file = fopen("/etc/group", "w");
	for (int i = 0; i < 300; i++)
		fprintf(file, "group%d:x:%d:app\n", i, i);
	fclose(file);
	expect_refusal(&(struct refusal){ { .user = "app" }, "user",
	    "'app' is in more than 256 groups" });
}

Test(privileges, resolve_many_members_and_refuse_too_many_groups)
{
	skip_without_root();
	in_child(resolve_many_groups, NULL);
}

/* --- Capabilities --- */

/* Permitted, effective and bounding set: just these two and what it takes. */
static const uint64_t own = BIT(CAP_CHOWN) | BIT(CAP_NET_BIND_SERVICE) |
    BIT(CAP_SETUID) | BIT(CAP_SETGID) | BIT(CAP_KILL) | BIT(CAP_SETPCAP);

static void
reduce_to(uint64_t set)
{
	cap_t reduced = cap_init();

	for (cap_value_t value = 0; value < cap_max_bits(); value++) {
		if (!(set >> value & 1)) {
			must(cap_drop_bound(value) == 0, "drop: %s",
			    strerror(errno));
			continue;
		}
		cap_set_flag(reduced, CAP_PERMITTED, 1, &value, CAP_SET);
		cap_set_flag(reduced, CAP_EFFECTIVE, 1, &value, CAP_SET);
	}
	must(cap_set_proc(reduced) == 0, "cap_set_proc: %s", strerror(errno));
	cap_free(reduced);
}

static void
parse_lists(void *argument)
{
	static const struct {
		const char *list;
		uint64_t kept;
	} samples[] = {
		{ "net_bind_service", BIT(CAP_NET_BIND_SERVICE) },
		{ "NET_BIND_SERVICE", BIT(CAP_NET_BIND_SERVICE) },
		{ "cap_net_bind_service", BIT(CAP_NET_BIND_SERVICE) },
		{ "CAP_NET_BIND_SERVICE", BIT(CAP_NET_BIND_SERVICE) },
		{ "Cap_Chown,10", BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN) },
		{ "0", BIT(CAP_CHOWN) },
		{ "chown,chown,CHOWN", BIT(CAP_CHOWN) },
		{ "none", 0 },
		{ "NONE", 0 },
		{ "all", own },
		{ "All", own },
	};

	(void)argument;
	reduce_to(own);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct privileges_request keep = {
			.keep_caps = samples[i].list,
		};
		const struct privileges_request drop = {
			.drop_caps = samples[i].list,
		};
		struct privileges_problem problem = { .text = "" };
		const struct privileges *found;

		must(privileges_prepare(&keep, &found, &problem) == 0,
		    "%s: %s", samples[i].list, problem.text);
		must(found->keeps_capabilities && found->kept ==
		    samples[i].kept && found->dropped == (own & ~found->kept),
		    "keep %s: %jx, %jx", samples[i].list,
		    (uintmax_t)found->kept, (uintmax_t)found->dropped);
		privileges_release(found);
		must(privileges_prepare(&drop, &found, &problem) == 0,
		    "%s: %s", samples[i].list, problem.text);
		must(!found->keeps_capabilities && found->dropped ==
		    samples[i].kept && found->kept == (own & ~found->dropped),
		    "drop %s: %jx, %jx", samples[i].list,
		    (uintmax_t)found->kept, (uintmax_t)found->dropped);
		privileges_release(found);
	}
}

Test(privileges, parse_lists_of_capabilities)
{
	skip_without_root();
	in_child(parse_lists, NULL);
}

static void
refuse_lists(void *argument)
{
	static const char *const malformed[] = { "", ",", "chown,", ",chown",
		"chown,,kill", "chown kill", "cap_", "cap_cap_chown", "-1",
		"+0", "64", "4294967296", "0x1", "1x", "everything",
		"chown,all", "none,chown", "=ep", "cap_chown=ep", "cap_chown+ep",
		"net_bind_service_", "cap_10" };

	(void)argument;
	reduce_to(own);
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		expect_refusal(&(struct refusal){
			{ .keep_caps = malformed[i] }, "keep-caps",
			"is not a capability such as" });
		expect_refusal(&(struct refusal){
			{ .drop_caps = malformed[i] }, "drop-caps",
			"is not a capability such as" });
	}
	expect_refusal(&(struct refusal){ { .keep_caps = "chown,sys_admin" },
	    "keep-caps", "cap_sys_admin: not in the container's bounding set: "
	    "add it with --cap-add" });
	expect_refusal(&(struct refusal){ { .keep_caps = "sys_time,12" },
	    "keep-caps", "cap_net_admin,cap_sys_time: not in" });
}

Test(privileges, refuse_whatever_is_no_list_of_capabilities)
{
	skip_without_root();
	in_child(refuse_lists, NULL);
}

static void
drop_what_is_not_there(void *argument)
{
	const struct privileges_request request = {
		.keep_caps = "chown,kill",
		.drop_caps = "sys_admin,kill",
	};
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;

	(void)argument;
	reduce_to(own);
	must(privileges_prepare(&request, &found, &problem) == 0, "%s",
	    problem.text);
	must(found->kept == BIT(CAP_CHOWN), "%jx", (uintmax_t)found->kept);
}

Test(privileges, drop_from_what_is_kept)
{
	skip_without_root();
	in_child(drop_what_is_not_there, NULL);
}

static void
lack_capabilities(void *argument)
{
	(void)argument;
	reduce_to(own & ~BIT(CAP_SETPCAP) & ~BIT(CAP_KILL));
	expect_refusal(&(struct refusal){ { .user = "1000" }, "user",
	    "without CAP_KILL dinit could never stop COMMAND as uid 1000" });
	expect_refusal(&(struct refusal){ { .drop_caps = "chown" },
	    "drop-caps", "only with CAP_SETPCAP" });
	expect_refusal(&(struct refusal){ { .keep_caps = "chown" },
	    "keep-caps", "only with CAP_SETPCAP" });
}

static void
lack_setgid(void *argument)
{
	(void)argument;
	reduce_to(own & ~BIT(CAP_SETGID));
	expect_refusal(&(struct refusal){ { .user = "1000" }, "user",
	    "takes CAP_SETUID and CAP_SETGID" });
}

Test(privileges, say_which_capability_is_missing)
{
	skip_without_root();
	in_child(lack_capabilities, NULL);
	in_child(lack_setgid, NULL);
}

static void
start_as_nobody(void *argument)
{
	const struct privileges_request same = { .user = "65534:65534" };
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;
	const char *step;

	(void)argument;
	must(setgroups(0, NULL) == 0, "setgroups");
	become_nobody();
	expect_refusal(&(struct refusal){ { .user = "1000" }, "user",
	    "it must start as root" });
	expect_refusal(&(struct refusal){ { .user = "0" }, "user",
	    "it must start as root" });
	expect_refusal(&(struct refusal){ { .keep_caps = "chown" },
	    "keep-caps", "not in the container's bounding set" });
	/* What it is already needs nothing. */
	must(privileges_prepare(&same, &found, &problem) == 0, "%s",
	    problem.text);
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
}

Test(privileges, give_nothing_to_a_container_that_is_not_root)
{
	skip_without_root();
	in_child(start_as_nobody, NULL);
}

/* --- All of it --- */

static void
ask_for_nothing(void *argument)
{
	const struct privileges_request nothing = { .user = NULL };
	const struct privileges *found = (const void *)argument;
	struct privileges_problem problem;

	must(privileges_prepare(&nothing, &found, &problem) == 0, "refused");
	must(found == NULL, "something came of it");
	privileges_release(found);
	must(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	    "there is a child");
}

Test(privileges, do_nothing_when_nothing_is_asked_for)
{
	in_child(ask_for_nothing, "");
}

static uint64_t
status_field(const char *name, int base)
{
	const char *line = strstr(read_file("/proc/self/status"), name);

	must(line != NULL, "no %s", name);
	return strtoull(line + strlen(name), NULL, base);
}

static void
apply_all(void *argument)
{
	const struct privileges_request request = {
		.user = "1234:4321",
		.keep_caps = "net_bind_service",
		.no_new_privs = true,
	};
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;
	const char *step = "";
	const gid_t groups[] = { 1, 2, 3 };

	(void)argument;
	must(setgroups(ARRAY_SIZE(groups), groups) == 0, "setgroups");
	must(privileges_prepare(&request, &found, &problem) == 0, "%s",
	    problem.text);
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
	must(privileges_apply_filter(found) == 0, "no filter, no error");
	for (const char *const *name = (const char *const[]){ "CapInh:",
	    "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", NULL };
	    *name != NULL; name++)
		must(status_field(*name, 16) == BIT(CAP_NET_BIND_SERVICE),
		    "%s %jx", *name, (uintmax_t)status_field(*name, 16));
	must(status_field("NoNewPrivs:", 10) == 1, "new privileges");
	must(getuid() == 1234 && getgid() == 4321 &&
	    getgroups(0, NULL) == 0, "%s", read_file("/proc/self/status"));
	must(strcmp(getenv("HOME"), "/") == 0, "HOME=%s", getenv("HOME"));
	must(setuid(0) < 0 && setresuid(-1, 0, -1) < 0 && setgid(0) < 0 &&
	    setgroups(0, NULL) < 0, "a way back");
}

Test(privileges, become_the_user_with_just_what_is_kept)
{
	skip_without_root();
	in_child(apply_all, NULL);
}

static void
refuse_new_groups(void *argument)
{
	const struct privileges_request request = { .user = "1234" };
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;
	const char *step = "";

	(void)argument;
	must(privileges_prepare(&request, &found, &problem) == 0, "%s",
	    problem.text);
	reduce_to(own & ~BIT(CAP_SETGID));
	must(privileges_apply(found, &step) == -EPERM, "applied");
	must(strcmp(step, "set the groups for") == 0, "cannot %s", step);
	must(getuid() == 0, "changed in part");
}

Test(privileges, name_the_step_that_failed)
{
	skip_without_root();
	in_child(refuse_new_groups, NULL);
}

/* A kernel, or a sandbox, that says yes and does not. */
static void
keep_a_way_back(void *argument)
{
	const struct privileges_request request = { .user = "1234" };
	struct privileges_problem problem = { .text = "" };
	const struct privileges *found;
	const char *step = "";

	(void)argument;
	must(privileges_prepare(&request, &found, &problem) == 0, "%s",
	    problem.text);
	/* Capabilities stay when the uid changes. */
	must(prctl(PR_SET_SECUREBITS, 1L << 2) == 0, "securebits");
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
	must(setuid(0) < 0, "a way back");
	must(status_field("CapPrm:", 16) == 0, "capabilities are left");
}

Test(privileges, leave_no_way_back_whatever_the_securebits)
{
	skip_without_root();
	in_child(keep_a_way_back, NULL);
}
