/* SPDX-License-Identifier: MIT */
/*
 * Both halves of privileges.h: privileges.c and privileges_apply.c. Each test
 * runs in a child of its own, which stands for dinit in a container.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/privileges.h"
#include "base/array.h"
#include "support.h"

TestSuite(privileges, .timeout = 60);

#define BIT(capability) (UINT64_C(1) << (capability))

static void
skip_without_root(void)
{
	if (geteuid() != 0)
		cr_skip("skipped: needs root");
}

/* A request that must be refused, and what the problem must say. */
struct refusal {
	struct privileges_request request;
	const char *option;
	const char *text;
};

static void
expect_refusal(const struct refusal *refusal)
{
	const struct privileges *found = NULL;
	struct problem problem = { .option = "", .text = "" };
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

/* What comes of REQUEST, which must be granted. */
static const struct privileges *
prepare(const struct privileges_request *request)
{
	const struct privileges *found;
	struct problem problem = { .text = "" };

	must(privileges_prepare(request, &found, &problem) == 0, "%s",
	    problem.text);
	return found;
}

/* --- Capabilities --- */

static uint64_t
status_field(const char *name, int base)
{
	const char *line = strstr(read_file("/proc/self/status"), name);

	must(line != NULL, "no %s", name);
	return strtoull(line + strlen(name), NULL, base);
}

/* All capabilities of these tests: two, and those that dinit needs. */
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
take_lists(void *argument)
{
	static const struct {
		const char *list;
		uint64_t kept;
	} samples[] = {
		{ "Cap_Chown,10", BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_CHOWN) },
		{ "none", 0 },
		{ "all", own },
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
		struct problem problem = { .text = "" };
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

Test(privileges, keep_or_drop_lists_of_capabilities)
{
	skip_without_root();
	in_child(take_lists, NULL);
}

static void
refuse_lists(void *argument)
{
	(void)argument;
	reduce_to(own);
	expect_refusal(&(struct refusal){ { .keep_caps = "chown," },
	    "keep-caps", "is not a capability such as" });
	expect_refusal(&(struct refusal){ { .drop_caps = "chown," },
	    "drop-caps", "is not a capability such as" });
	expect_refusal(&(struct refusal){ { .keep_caps = "chown,sys_admin" },
	    "keep-caps", "cap_sys_admin: not in the container's bounding set: "
	    "add it with --cap-add" });
	expect_refusal(&(struct refusal){ { .keep_caps = "sys_time,12" },
	    "keep-caps", "cap_net_admin,cap_sys_time: not in" });
}

Test(privileges, refuse_lists_with_unknown_or_missing_capabilities)
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
	const struct privileges *found;

	(void)argument;
	reduce_to(own);
	found = prepare(&request);
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

/* A user namespace may deny setgroups(2) to root. */
static void
have_groups_for_good(void *argument)
{
	const gid_t more[] = { 1, 65534 };

	(void)argument;
	must(setgroups(ARRAY_SIZE(more), more) == 0, "setgroups");
#ifdef SYS_setgroups32
	deny_system_call(SYS_setgroups32, EPERM);
#else
	deny_system_call(SYS_setgroups, EPERM);
#endif
	expect_refusal(&(struct refusal){ { .user = "0:0" }, "user",
	    "cannot drop its group 65534 " });
	must(setresgid(1, 1, 1) == 0, "setresgid");
	expect_refusal(&(struct refusal){ { .user = "0:1" }, "user",
	    "cannot drop its group 65534 " });
}

Test(privileges, refuse_a_group_that_cannot_be_dropped)
{
	skip_without_root();
	in_child(have_groups_for_good, NULL);
}

/* gVisor has no ambient capabilities. */
static void
lack_ambient(void *argument)
{
	const struct privileges_request root = { .keep_caps = "chown" };
	const struct privileges_request none = {
		.user = "1000",
		.keep_caps = "none",
	};
	const struct privileges *found;
	const char *step = "";

	(void)argument;
	deny_prctl(PR_CAP_AMBIENT, EINVAL);
	expect_refusal(&(struct refusal){ { .user = "1000",
	    .keep_caps = "chown,net_bind_service" }, "keep-caps",
	    "cap_chown,cap_net_bind_service: only root can keep them here" });
	found = prepare(&none);
	found = prepare(&root);
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
	must(status_field("CapPrm:", 16) == BIT(CAP_CHOWN), "%s",
	    read_file("/proc/self/status"));
}

Test(privileges, keep_capabilities_without_ambient_ones_for_root_alone)
{
	skip_without_root();
	in_child(lack_ambient, NULL);
}

static void
start_as_nobody(void *argument)
{
	const struct privileges_request same = { .user = "65534:65534" };
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
	/* To become the user that it is already takes no capability. */
	found = prepare(&same);
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
	struct problem problem;

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

static void
apply_all(void *argument)
{
	const struct privileges_request request = {
		.user = "1234:4321",
		.keep_caps = "net_bind_service",
		.no_new_privs = true,
	};
	const struct privileges *found;
	const char *step = "";
	const gid_t groups[] = { 1, 2, 3 };

	(void)argument;
	must(setgroups(ARRAY_SIZE(groups), groups) == 0, "setgroups");
	found = prepare(&request);
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
	must(privileges_apply_filter(found) == 0, "no filter, no error");
	for (const char *const *name = (const char *const[]){ "CapInh:",
	    "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:", NULL };
	    *name != NULL; name++)
		must(status_field(*name, 16) == BIT(CAP_NET_BIND_SERVICE),
		    "%s %jx", *name, (uintmax_t)status_field(*name, 16));
	must(status_field("NoNewPrivs:", 10) == 1, "new privileges");
	must(getuid() == 1234 && getgid() == 4321 &&
	    getgroups(0, NULL) == 3, "%s", read_file("/proc/self/status"));
	must(strcmp(getenv("HOME"), "/") == 0, "HOME=%s", getenv("HOME"));
	must(setuid(0) < 0 && setresuid(-1, 0, -1) < 0 && setgid(0) < 0 &&
	    setgroups(0, NULL) < 0, "a way back");
}

Test(privileges, become_the_user_with_only_what_is_kept)
{
	skip_without_root();
	in_child(apply_all, NULL);
}

static void
refuse_new_groups(void *argument)
{
	const struct privileges_request request = { .user = "1234" };
	const struct privileges *found;
	const char *step = "";

	(void)argument;
	found = prepare(&request);
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

/* With these securebits capabilities stay although the uid changes. */
static void
keep_a_way_back(void *argument)
{
	const struct privileges_request request = { .user = "1234" };
	const struct privileges *found;
	const char *step = "";

	(void)argument;
	found = prepare(&request);
	must(prctl(PR_SET_SECUREBITS, (long)SECBIT_NO_SETUID_FIXUP) == 0,
	    "securebits");
	must(privileges_apply(found, &step) == 0, "cannot %s", step);
	must(setuid(0) < 0, "a way back");
	must(status_field("CapPrm:", 16) == 0, "capabilities are left");
}

Test(privileges, leave_no_way_back_whatever_the_securebits)
{
	skip_without_root();
	in_child(keep_a_way_back, NULL);
}
