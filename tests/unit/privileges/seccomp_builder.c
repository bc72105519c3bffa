/* SPDX-License-Identifier: MIT */
/*
 * What the filter of some rules does, by seccomp_filter_evaluate. How rules are
 * read, and that the kernel agrees, is tested in seccomp_profile.c. Each test
 * runs in a child, because libseccomp loses memory when it refuses a rule.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>

#include "privileges/seccomp_builder.h"
#include "base/architecture.h"
#include "base/problem.h"
#include "privileges/seccomp_filter.h"
#include "support.h"

TestSuite(seccomp_builder, .timeout = 30);

#define DENIED (SCMP_ACT_ERRNO(EPERM))
#define NEWER (SECCOMP_RET_ERRNO | ENOSYS)

/* A rule on the first argument. */
static struct seccomp_rule
rule_on(uint32_t action, enum scmp_compare op, uint64_t value)
{
	return (struct seccomp_rule){
		.action = action,
		.count = 1,
		.comparisons = { { .arg = 0, .op = op, .datum_a = value } },
	};
}

static void
add(struct seccomp_builder *builder, const struct seccomp_rule *rule,
    const char *name)
{
	struct problem problem = { .text = "" };

	seccomp_builder_note_call(builder, name);
	must(seccomp_builder_add(builder, rule, name, &problem) == 0,
	    "%s: %s", name, problem.text);
}

static const struct seccomp_filter *
finish(struct seccomp_builder *builder)
{
	static struct seccomp_filter filter;
	struct problem problem = { .text = "" };

	must(seccomp_builder_finish(builder, &filter, &problem) == 0, "%s",
	    problem.text);
	must(filter.flags == 0, "flags %#x", filter.flags);
	seccomp_builder_free(builder);
	return &filter;
}

static void
expect_action(const struct seccomp_filter *filter, int number,
    uint64_t argument, uint32_t action)
{
	const struct seccomp_data call = {
		.nr = number,
		.arch = ARCHITECTURE_AUDIT,
		.args = { argument },
	};
	uint32_t found = seccomp_filter_evaluate(filter, &call).action;

	must(found == action, "call %d (%llu): %#x instead of %#x", number,
	    (unsigned long long)argument, found, action);
}

static void
deny_one(void *argument)
{
	const struct seccomp_rule denied = { .action = DENIED };
	const struct seccomp_rule allowed = { .action = SCMP_ACT_ALLOW };
	struct seccomp_builder *builder = seccomp_builder_new(SCMP_ACT_ALLOW);
	const struct seccomp_filter *filter;

	(void)argument;
	add(builder, &denied, "getppid");
	/* This rule has the default action. */
	add(builder, &allowed, "getpid");
	filter = finish(builder);
	expect_action(filter, SYS_getppid, 0, DENIED);
	expect_action(filter, SYS_getpid, 0, SCMP_ACT_ALLOW);
	/* A default action that permits calls is for newer ones too. */
	expect_action(filter, 4000, 0, SCMP_ACT_ALLOW);
}

Test(seccomp_builder, rule_is_for_its_call_and_the_default_for_the_others)
{
	in_child(deny_one, NULL);
}

static void
allow_one(void *argument)
{
	const struct seccomp_rule allowed = { .action = SCMP_ACT_ALLOW };
	struct seccomp_builder *builder = seccomp_builder_new(DENIED);
	const struct seccomp_filter *filter;

	(void)argument;
	add(builder, &allowed, "getpid");
	/* The author knows this call, although no rule for it applies. */
	seccomp_builder_note_call(builder, "pidfd_open");
	filter = finish(builder);
	expect_action(filter, SYS_getpid, 0, SCMP_ACT_ALLOW);
	expect_action(filter, SYS_pidfd_open, 0, DENIED);
	expect_action(filter, SYS_pidfd_open + 1, 0, NEWER);
}

Test(seccomp_builder, calls_newer_than_those_noted_do_not_exist)
{
	in_child(allow_one, NULL);
}

#if defined(__arm__) || defined(__aarch64__)
#define ARM_SET_TLS 0x0f0005

static void
deny_private_calls(void *argument)
{
	const struct seccomp_rule allowed = { .action = SCMP_ACT_ALLOW };
	struct seccomp_builder *builder = seccomp_builder_new(DENIED);
	struct seccomp_data call = { .nr = ARM_SET_TLS,
		.arch = AUDIT_ARCH_ARM };
	struct problem problem = { .text = "" };
	const struct seccomp_filter *filter;

	(void)argument;
	must(seccomp_builder_add_architecture(builder, "SCMP_ARCH_ARM",
	    &problem) == 0, "%s", problem.text);
	add(builder, &allowed, "getpid");
	add(builder, &allowed, "set_tls");
	filter = finish(builder);
	must(seccomp_filter_evaluate(filter, &call).action == SCMP_ACT_ALLOW,
	    "set_tls is denied");
	call.nr = ARM_SET_TLS + 1;
	must(seccomp_filter_evaluate(filter, &call).action == DENIED,
	    "a private call that is not named counts as newer");
	call.nr = 400;
	must(seccomp_filter_evaluate(filter, &call).action == NEWER,
	    "with set_tls named, no call counts as newer");
}

Test(seccomp_builder, private_calls_of_arm_are_neither_newer_nor_newest)
{
	in_child(deny_private_calls, NULL);
}
#endif

static const char *
lower_case(const char *text)
{
	static char lower[32];

	for (size_t i = 0; i < sizeof(lower) - 1 && text[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	return lower;
}

Test(seccomp_builder, names_of_this_machine_are_those_of_libseccomp)
{
	const char *name = ARCHITECTURE_IN_PROFILES;

	cr_expect_eq(seccomp_arch_native(), ARCHITECTURE_AUDIT);
	cr_assert_eq(strncmp(name, "SCMP_ARCH_", 10), 0);
	cr_expect_eq(seccomp_arch_resolve_name(lower_case(name + 10)),
	    seccomp_arch_native());
}

static void
compare_twice(void *argument)
{
	struct seccomp_rule either = rule_on(DENIED, SCMP_CMP_EQ, 1);
	struct seccomp_builder *builder = seccomp_builder_new(SCMP_ACT_ALLOW);
	const struct seccomp_filter *filter;

	(void)argument;
	either.count = 2;
	either.comparisons[1] = either.comparisons[0];
	either.comparisons[1].datum_a = 3;
	add(builder, &either, "getppid");
	filter = finish(builder);
	expect_action(filter, SYS_getppid, 1, DENIED);
	expect_action(filter, SYS_getppid, 2, SCMP_ACT_ALLOW);
	expect_action(filter, SYS_getppid, 3, DENIED);
}

Test(seccomp_builder, comparisons_of_one_argument_are_alternatives)
{
	in_child(compare_twice, NULL);
}

/* Expects a problem of two rules for getppid, or "" if both are accepted. */
static void
expect_pair(const struct seccomp_rule *first, const struct seccomp_rule *second,
    const char *expected)
{
	struct seccomp_builder *builder = seccomp_builder_new(SCMP_ACT_ALLOW);
	struct seccomp_rule indexed = *second;
	struct problem problem = { .text = "" };
	static struct seccomp_filter filter;

	indexed.index = 1;
	add(builder, first, "getppid");
	add(builder, &indexed, "getppid");
	seccomp_builder_finish(builder, &filter, &problem);
	must(strcmp(problem.text, expected) == 0, "'%s' instead of '%s'",
	    problem.text, expected);
	seccomp_builder_free(builder);
}

static void
make_ineffective(void *argument)
{
	const struct seccomp_rule always = { .action = DENIED };
	const struct seccomp_rule three =
	    rule_on(SCMP_ACT_ERRNO(EIO), SCMP_CMP_EQ, 3);
	const struct seccomp_rule four =
	    rule_on(SCMP_ACT_ERRNO(ENOENT), SCMP_CMP_EQ, 4);
	struct seccomp_rule here = three;

	(void)argument;
	here.is_conditional = true;
	expect_pair(&always, &three, "syscalls[1] has no effect on getppid, "
	    "for which syscalls[0] has another action: only one can hold");
	expect_pair(&three, &always, "syscalls[0] has no effect on getppid, "
	    "for which syscalls[1] has another action: only one can hold");
	expect_pair(&three, &four, "");
	expect_pair(&three, &three, "");
	/* A conditional rule only causes a warning. */
	expect_pair(&always, &here, "");
}

Test(seccomp_builder, rule_without_any_effect_is_refused)
{
	in_child(make_ineffective, NULL);
}

static void
name_unknown(void *argument)
{
	const struct seccomp_rule denied = { .action = DENIED };
	const struct seccomp_rule allowed = { .action = SCMP_ACT_ALLOW };
	struct seccomp_builder *lax = seccomp_builder_new(SCMP_ACT_ALLOW);
	struct seccomp_builder *strict = seccomp_builder_new(DENIED);
	struct problem problem = { .text = "" };

	(void)argument;
	must(seccomp_builder_add(lax, &denied, "nonesuch", &problem) ==
	    -EINVAL && strstr(problem.text, "so it cannot be forbidden"),
	    "'%s'", problem.text);
	must(seccomp_builder_add(strict, &allowed, "nonesuch", &problem) == 0,
	    "refused, though nothing is lost");
	must(seccomp_builder_add_architecture(lax, "SCMP_ARCH_NONESUCH",
	    &problem) == -EINVAL &&
	    strcmp(problem.text, "SCMP_ARCH_NONESUCH is not an architecture") ==
	    0, "'%s'", problem.text);
	must(seccomp_builder_add_architecture(lax, ARCHITECTURE_IN_PROFILES,
	    &problem) == 0, "its own: %s", problem.text);
	must(seccomp_builder_add_architecture(lax, "SCMP_ARCH_NATIVE",
	    &problem) == 0, "native: %s", problem.text);
}

Test(seccomp_builder, unknown_names_are_refused_where_something_is_lost)
{
	in_child(name_unknown, NULL);
}
