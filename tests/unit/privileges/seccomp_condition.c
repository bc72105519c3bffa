/* SPDX-License-Identifier: MIT */
/* Whether rules apply. In the texts ' stands for ". */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <sys/capability.h>

#include "privileges/seccomp_condition.h"
#include "base/architecture.h"
#include "base/array.h"
#include "base/kernel.h"
#include "base/problem.h"

TestSuite(seccomp_condition, .timeout = 30);

#define OURS ARCHITECTURE_IN_CONDITIONS
#define FOREIGN "mips64"

/* Returns what seccomp_condition_holds returns for the rule {CONDITIONS}. */
static int
evaluate(const char *conditions, json_t *unknown_keys, struct problem *problem)
{
	const struct seccomp_circumstances here = {
		.capabilities = UINT64_C(1) << CAP_CHOWN |
		    UINT64_C(1) << CAP_SYS_TIME,
		.kernel = kernel_of(5, 10),
	};
	char text[256];
	json_t *rule;
	int result;

	snprintf(text, sizeof(text), "{%s}", conditions);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	rule = json_loads(text, 0, NULL);
	cr_assert_neq(rule, NULL, "%s", text);
	problem->text[0] = '\0';
	result = seccomp_condition_holds(rule, &here, unknown_keys, problem);
	json_decref(rule);
	return result;
}

static void
expect(const char *conditions, int expected)
{
	json_t *unknown_keys = json_object();
	struct problem problem;

	cr_expect_eq(evaluate(conditions, unknown_keys, &problem), expected,
	    "%s: %s", conditions, problem.text);
	cr_expect_eq(json_object_size(unknown_keys), 0, "%s", conditions);
	json_decref(unknown_keys);
}

Test(seccomp_condition, holds_where_all_of_includes_does)
{
	expect("'includes': {}", 1);
	expect("'includes': null", 1);
	expect("'includes': {'caps': ['CAP_CHOWN']}", 1);
	expect("'includes': {'caps': ['CAP_CHOWN', 'CAP_SYS_TIME']}", 1);
	expect("'includes': {'caps': ['CAP_CHOWN', 'CAP_KILL']}", 0);
	expect("'includes': {'caps': ['CAP_FUTURE']}", 0);
	expect("'includes': {'caps': ['0']}", 0);
	expect("'includes': {'arches': ['" OURS "']}", 1);
	expect("'includes': {'arches': ['" FOREIGN "', '" OURS "']}", 1);
	expect("'includes': {'arches': ['" FOREIGN "']}", 0);
	expect("'includes': {'minKernel': '4.18'}", 1);
	expect("'includes': {'minKernel': '5.9'}", 1);
	expect("'includes': {'minKernel': '5.10'}", 1);
	expect("'includes': {'minKernel': '5.11'}", 0);
	expect("'includes': {'minKernel': '6.0'}", 0);
	expect("'includes': {'caps': ['CAP_CHOWN'], 'arches': ['" OURS
	    "'], 'minKernel': '6.0'}", 0);
}

Test(seccomp_condition, holds_where_none_of_excludes_does)
{
	expect("'excludes': {}", 1);
	expect("'excludes': {'caps': ['CAP_KILL']}", 1);
	expect("'excludes': {'caps': ['CAP_KILL', 'CAP_CHOWN']}", 0);
	expect("'excludes': {'caps': ['CAP_FUTURE']}", 1);
	expect("'excludes': {'arches': ['" OURS "']}", 0);
	expect("'excludes': {'arches': ['" FOREIGN "']}", 1);
	expect("'excludes': {'minKernel': '5.10'}", 0);
	expect("'excludes': {'minKernel': '5.11'}", 1);
	expect("'includes': {'caps': ['CAP_CHOWN']}, "
	    "'excludes': {'caps': ['CAP_SYS_TIME']}", 0);
}

Test(seccomp_condition, refuses_texts_that_are_no_kernel_version)
{
	static const char *const versions[] = { "", "5", "5.", ".5", "5.10.1",
		"-5.10", "+5.10", "5.10x", " 5.10", "5.10 ", "a.b" };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct problem problem;
		char conditions[64];

		snprintf(conditions, sizeof(conditions),
		    "'includes': {'minKernel': '%s'}", versions[i]);
		cr_expect_eq(evaluate(conditions, NULL, &problem), -EINVAL);
		cr_expect_str_eq(problem.text,
		    "\"minKernel\" is not like \"4.8\"");
	}
}

Test(seccomp_condition, checks_the_shape_and_collects_unknown_keys)
{
	json_t *unknown_keys = json_object();
	struct problem problem;

	cr_assert_eq(evaluate("'excludes': {'caps': 'CAP_CHOWN'}",
	    unknown_keys, &problem), -EINVAL);
	cr_assert_str_eq(problem.text,
	    "excludes: \"caps\" is not a list of strings");
	cr_assert_eq(evaluate("'includes': {'when': 1}", unknown_keys,
	    &problem), 1);
	cr_assert_neq(json_object_get(unknown_keys, "when"), NULL);
	json_decref(unknown_keys);
}

Test(seccomp_condition, exists_where_includes_or_excludes_have_a_key)
{
	json_t *none = json_pack("{s:{}, s:n}", "includes", "excludes");
	json_t *one = json_pack("{s:{s:[s]}}", "Excludes", "caps", "CAP_KILL");

	cr_assert(!seccomp_condition_exists(none));
	cr_assert(seccomp_condition_exists(one));
	json_decref(none);
	json_decref(one);
}
