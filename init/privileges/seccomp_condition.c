/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "privileges/seccomp_condition.h"
#include "base/architecture.h"
#include "base/kernel.h"
#include "base/problem.h"
#include "privileges/capabilities.h"
#include "privileges/profile_json.h"

static bool
has_string(const json_t *list, const char *wanted)
{
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);

		if (text != NULL && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

/* Returns how many of the capabilities in LIST are in the set HELD. */
static size_t
count_held(const json_t *list, uint64_t held)
{
	size_t count = 0;
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item) {
		int value = capabilities_find(json_string_value(item));

		/* The app has no capability that libcap does not know. */
		if (value >= 0 && capabilities_contain(held, value))
			count++;
	}
	return count;
}

/* Returns 1 if KERNEL is VERSION or newer, 0 if it is older, or -EINVAL. */
static int
is_kernel_at_least(int kernel, const json_t *version, struct problem *problem)
{
	const char *rest = "";
	int least = kernel_parse(json_string_value(version), &rest);

	if (least < 0 || *rest != '\0')
		return problem_set(problem,
		    "\"minKernel\" is not like \"4.8\"");
	return kernel >= least;
}

/* What a condition, the includes or the excludes of a rule, has in it. */
struct evaluation {
	bool has_arches;   /* it lists machines, */
	bool names_arch;   /* and this one is among them */
	size_t caps;       /* how many capabilities it lists, */
	size_t held;       /* and how many of these the app has */
	bool has_kernel;   /* it gives a version of the kernel, */
	bool meets_kernel; /* and this kernel is not older */
};

/* Checks the shape of CONDITION, which is called WHERE and may be absent. */
static int
check_condition(const json_t *condition, const char *where,
    json_t *unknown_keys, struct problem *problem)
{
	static const struct profile_key keys[] = {
		{ "caps", PROFILE_TEXTS },
		{ "arches", PROFILE_TEXTS },
		{ "minKernel", PROFILE_TEXT },
		{ NULL, PROFILE_TEXT },
	};

	return condition == NULL
	    ? 0
	    : profile_json_check(condition, keys, where, unknown_keys, problem);
}

static int
evaluate(const json_t *condition, const struct seccomp_circumstances *here,
    struct evaluation *out, struct problem *problem)
{
	const json_t *arches = profile_json_get(condition, "arches");
	const json_t *caps = profile_json_get(condition, "caps");
	const json_t *kernel = profile_json_get(condition, "minKernel");
	int is_met = 0;

	if (json_is_string(kernel))
		is_met = is_kernel_at_least(here->kernel, kernel, problem);
	if (is_met < 0)
		return is_met;
	*out = (struct evaluation){
		.has_arches = json_array_size(arches) > 0,
		.names_arch = has_string(arches, ARCHITECTURE_IN_CONDITIONS),
		.caps = json_array_size(caps),
		.held = count_held(caps, here->capabilities),
		.has_kernel = json_is_string(kernel),
		.meets_kernel = is_met,
	};
	return 0;
}

bool
seccomp_condition_exists(const json_t *rule)
{
	return json_object_size(profile_json_get(rule, "includes")) > 0 ||
	    json_object_size(profile_json_get(rule, "excludes")) > 0;
}

int
seccomp_condition_holds(const json_t *rule,
    const struct seccomp_circumstances *here, json_t *unknown_keys,
    struct problem *problem)
{
	const json_t *includes = profile_json_get(rule, "includes");
	const json_t *excludes = profile_json_get(rule, "excludes");
	struct evaluation in;
	struct evaluation out;

	if (check_condition(includes, "includes", unknown_keys, problem) < 0 ||
	    evaluate(includes, here, &in, problem) < 0 ||
	    check_condition(excludes, "excludes", unknown_keys, problem) < 0 ||
	    evaluate(excludes, here, &out, problem) < 0)
		return -EINVAL;
	if (out.names_arch || out.held > 0 || out.meets_kernel)
		return 0;
	return (in.names_arch || !in.has_arches) && in.held == in.caps &&
	    (in.meets_kernel || !in.has_kernel);
}
