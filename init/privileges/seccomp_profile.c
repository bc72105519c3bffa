/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "privileges/seccomp_profile.h"
#include "base/architecture.h"
#include "base/array.h"
#include "base/errno_name.h"
#include "base/log.h"
#include "base/number.h"
#include "base/problem.h"
#include "privileges/profile_json.h"
#include "privileges/seccomp_builder.h"
#include "privileges/seccomp_condition.h"
#include "privileges/seccomp_filter.h"

/* The highest errno that the kernel returns (MAX_ERRNO). */
#define ERRNO_MAX 4095

struct compiler {
	const struct seccomp_circumstances *circumstances;
	struct seccomp_builder *builder;
	json_t *unknown_keys; /* an object with the ignored keys */
	struct problem *problem;
};

struct named_number {
	const char *name;
	uint32_t number;
};

/* Returns the number of NAME in LIST, or -1. */
static int64_t
find_number(const struct named_number *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].number;
	return -1;
}

static int
check(struct compiler *compiler, const json_t *object,
    const struct profile_key *keys, const char *where)
{
	return profile_json_check(object, keys, where, compiler->unknown_keys,
	    compiler->problem);
}

/* --- Actions --- */

/* The keys for an action and its errno: in the whole profile, or in a rule. */
struct action_keys {
	const char *action;
	const char *errno_number;
	const char *errno_name;
};

static const struct action_keys default_keys = { "defaultAction",
	"defaultErrnoRet", "defaultErrno" };
static const struct action_keys rule_keys = { "action", "errnoRet", "errno" };

/*
 * Returns the errno that OBJECT gives: as a text with its name or its digits
 * (containers-common), otherwise as a number, otherwise EPERM. Or -EINVAL and a
 * problem.
 */
static int
parse_errno(struct compiler *compiler, const json_t *object,
    const struct action_keys *keys)
{
	const char *name = profile_json_text(object, keys->errno_name);
	bool has_number = profile_json_get(object, keys->errno_number) != NULL;
	uint64_t number = profile_json_number(object, keys->errno_number);
	int found = (int)number_parse(name, ERRNO_MAX);

	if (found < 0)
		found = errno_of_name(name);
	if (found >= 0)
		return found;
	if (*name != '\0' && !has_number)
		return problem_set(compiler->problem,
		    "\"%s\": %.64s is not an errno such as EPERM",
		    keys->errno_name, name);
	if (!has_number)
		return EPERM;
	if (number > ERRNO_MAX)
		return problem_set(compiler->problem, "\"%s\" is not an errno",
		    keys->errno_number);
	return (int)number;
}

/*
 * Reads the action that OBJECT gives. The errno is a part of SCMP_ACT_ERRNO and
 * SCMP_ACT_TRACE. 0 and ACTION, or -EINVAL and a problem.
 */
static int
parse_action(struct compiler *compiler, const json_t *object,
    const struct action_keys *keys, uint32_t *action)
{
	static const struct named_number known[] = {
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
		{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
		{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	};
	const char *name = profile_json_text(object, keys->action);
	int64_t found = find_number(known, ARRAY_SIZE(known), name);
	int error_number = parse_errno(compiler, object, keys);

	if (error_number < 0)
		return error_number;
	if (strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return problem_set(compiler->problem,
		    "SCMP_ACT_NOTIFY needs an agent outside of the container "
		    "to answer, which dinit is not");
	if (*name == '\0')
		return problem_set(compiler->problem, "it has no \"%s\"",
		    keys->action);
	if (found < 0)
		return problem_set(compiler->problem,
		    "\"%s\": %.64s is not an action such as SCMP_ACT_ERRNO",
		    keys->action, name);
	*action = (uint32_t)found;
	if (found == SCMP_ACT_ERRNO(0) || found == SCMP_ACT_TRACE(0))
		*action |= (uint32_t)error_number;
	return 0;
}

/* --- Architectures and flags --- */

static int
add_architectures(struct compiler *compiler, const json_t *names)
{
	size_t i;
	const json_t *name;

	json_array_foreach(names, i, name)
		if (seccomp_builder_add_architecture(compiler->builder,
			json_string_value(name), compiler->problem) < 0)
			return -EINVAL;
	return 0;
}

/*
 * Docker's profile has an entry for every machine. Only that of the machine
 * that dinit is built for counts.
 */
static int
compile_map_entry(struct compiler *compiler, const json_t *entry)
{
	static const struct profile_key keys[] = {
		{ "architecture", PROFILE_TEXT },
		{ "subArchitectures", PROFILE_TEXTS },
		{ NULL, PROFILE_TEXT },
	};
	const char *where = "an entry of archMap";

	if (check(compiler, entry, keys, where) < 0)
		return -EINVAL;
	if (profile_json_get(entry, "architecture") == NULL)
		return problem_set(compiler->problem, "%s has no architecture",
		    where);
	if (strcmp(profile_json_text(entry, "architecture"),
		ARCHITECTURE_IN_PROFILES) != 0)
		return 0;
	return add_architectures(compiler,
	    profile_json_get(entry, "subArchitectures"));
}

static int
compile_architectures(struct compiler *compiler, const json_t *profile)
{
	const json_t *map = profile_json_get(profile, "archMap");
	const json_t *list = profile_json_get(profile, "architectures");
	size_t i;
	const json_t *entry;

	if (json_array_size(map) > 0 && json_array_size(list) > 0)
		return problem_set(compiler->problem,
		    "it has both archMap and architectures: only one can hold");
	json_array_foreach(map, i, entry)
		if (compile_map_entry(compiler, entry) < 0)
			return -EINVAL;
	return add_architectures(compiler, list);
}

static int
parse_flags(struct compiler *compiler, const json_t *profile,
    unsigned int *flags)
{
	static const struct named_number known[] = {
		/* It has no effect on a process with one thread. */
		{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
		{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
		{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	};
	const json_t *list = profile_json_get(profile, "flags");
	unsigned int all = 0;
	size_t i;
	const json_t *flag;

	json_array_foreach(list, i, flag) {
		const char *name = json_string_value(flag);
		int64_t number = find_number(known, ARRAY_SIZE(known), name);

		if (number < 0)
			return problem_set(compiler->problem,
			    "flag %.64s is not supported", name);
		all |= (unsigned int)number;
	}
	*flags = all;
	return 0;
}

/* --- Rules --- */

/* Returns an enum scmp_compare, or -1. */
static int64_t
find_comparison(const char *name)
{
	static const struct named_number known[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	return find_number(known, ARRAY_SIZE(known), name);
}

static int
parse_comparison(struct compiler *compiler, const json_t *argument,
    struct scmp_arg_cmp *out)
{
	static const struct profile_key keys[] = {
		{ "index", PROFILE_NUMBER },
		{ "value", PROFILE_NUMBER },
		{ "valueTwo", PROFILE_NUMBER },
		{ "op", PROFILE_TEXT },
		{ NULL, PROFILE_TEXT },
	};
	uint64_t index;
	int64_t comparison;

	if (check(compiler, argument, keys, "an entry of args") < 0)
		return -EINVAL;
	index = profile_json_number(argument, "index");
	comparison = find_comparison(profile_json_text(argument, "op"));
	if (index >= SECCOMP_COMPARISONS_MAX)
		return problem_set(compiler->problem,
		    "an argument's index is not 0 to 5");
	if (comparison < 0)
		return problem_set(compiler->problem,
		    "an argument's op is missing or unknown");
	out->arg = (unsigned int)index;
	out->op = (enum scmp_compare)comparison;
	out->datum_a = profile_json_number(argument, "value");
	/* For SCMP_CMP_MASKED_EQ, "value" is the mask, "valueTwo" the value. */
	out->datum_b = profile_json_number(argument, "valueTwo");
	return 0;
}

static int
parse_comparisons(struct compiler *compiler, const json_t *arguments,
    struct seccomp_rule *out)
{
	size_t i;
	const json_t *argument;

	if (json_array_size(arguments) > SECCOMP_COMPARISONS_MAX)
		return problem_set(compiler->problem,
		    "there are more than %d args", SECCOMP_COMPARISONS_MAX);
	json_array_foreach(arguments, i, argument)
		if (parse_comparison(compiler, argument,
			&out->comparisons[out->count++]) < 0)
			return -EINVAL;
	return 0;
}

/*
 * Engines accept a rule with an empty list of names. But a rule with neither
 * "name" nor "names" probably has a misspelt key.
 */
static int
check_names(struct compiler *compiler, const json_t *object)
{
	bool has_name = *profile_json_text(object, "name") != '\0';
	const json_t *names = profile_json_get(object, "names");

	if (has_name && json_array_size(names) > 0)
		return problem_set(compiler->problem,
		    "it has both name and names: only one can hold");
	if (!profile_json_has(object, "name") &&
	    !profile_json_has(object, "names"))
		return problem_set(compiler->problem,
		    "it names no system call");
	return 0;
}

static int
parse_rule(struct compiler *compiler, const json_t *object,
    struct seccomp_rule *out)
{
	static const struct profile_key keys[] = {
		{ "names", PROFILE_TEXTS },
		{ "name", PROFILE_TEXT },
		{ "action", PROFILE_TEXT },
		{ "errnoRet", PROFILE_NUMBER },
		{ "errno", PROFILE_TEXT },
		{ "args", PROFILE_LIST },
		{ "comment", PROFILE_TEXT },
		{ "includes", PROFILE_OBJECT },
		{ "excludes", PROFILE_OBJECT },
		{ NULL, PROFILE_TEXT },
	};

	if (check(compiler, object, keys, "the rule") < 0 ||
	    parse_action(compiler, object, &rule_keys, &out->action) < 0 ||
	    parse_comparisons(compiler, profile_json_get(object, "args"), out) <
		0)
		return -EINVAL;
	out->is_conditional = seccomp_condition_exists(object);
	return check_names(compiler, object);
}

static int
add_rule(struct compiler *compiler, const struct seccomp_rule *rule,
    const char *name)
{
	seccomp_builder_note_call(compiler->builder, name);
	return seccomp_builder_add(compiler->builder, rule, name,
	    compiler->problem);
}

static int
compile_rule(struct compiler *compiler, const json_t *object, size_t index)
{
	struct seccomp_rule rule = { .index = index };
	const char *name;
	int applies;
	size_t i;
	const json_t *item;

	if (parse_rule(compiler, object, &rule) < 0)
		return -EINVAL;
	applies = seccomp_condition_holds(object, compiler->circumstances,
	    compiler->unknown_keys, compiler->problem);
	if (applies <= 0)
		return applies;
	name = profile_json_text(object, "name");
	if (*name != '\0' && add_rule(compiler, &rule, name) < 0)
		return -EINVAL;
	json_array_foreach(profile_json_get(object, "names"), i, item)
		if (add_rule(compiler, &rule, json_string_value(item)) < 0)
			return -EINVAL;
	return 0;
}

static int
compile_rules(struct compiler *compiler, const json_t *rules)
{
	struct problem why;
	size_t i;
	const json_t *rule;

	json_array_foreach(rules, i, rule) {
		if (compile_rule(compiler, rule, i) == 0)
			continue;
		why = *compiler->problem;
		return problem_set(compiler->problem, "syscalls[%zu]: %.450s",
		    i, why.text);
	}
	return 0;
}

/* --- The profile --- */

/*
 * An engine would send the descriptor of the filter to the agent that listens
 * at this path.
 */
static int
check_listener(struct compiler *compiler, const json_t *profile)
{
	if (*profile_json_text(profile, "listenerPath") == '\0')
		return 0;
	return problem_set(compiler->problem,
	    "\"listenerPath\" names an agent outside of the container, which "
	    "dinit cannot reach: leave it empty");
}

static int
compile_parts(struct compiler *compiler, const json_t *profile,
    struct seccomp_filter *out)
{
	unsigned int flags = 0;

	if (compile_architectures(compiler, profile) < 0 ||
	    parse_flags(compiler, profile, &flags) < 0 ||
	    check_listener(compiler, profile) < 0 ||
	    compile_rules(compiler, profile_json_get(profile, "syscalls")) <
		0 ||
	    seccomp_builder_finish(compiler->builder, out, compiler->problem) <
		0)
		return -EINVAL;
	out->flags = flags;
	return 0;
}

static int
compile(struct compiler *compiler, const json_t *profile,
    struct seccomp_filter *out)
{
	static const struct profile_key keys[] = {
		{ "defaultAction", PROFILE_TEXT },
		{ "defaultErrnoRet", PROFILE_NUMBER },
		{ "defaultErrno", PROFILE_TEXT },
		{ "archMap", PROFILE_LIST },
		{ "architectures", PROFILE_TEXTS },
		{ "flags", PROFILE_TEXTS },
		{ "listenerPath", PROFILE_TEXT },
		{ "listenerMetadata", PROFILE_TEXT },
		{ "syscalls", PROFILE_LIST },
		{ NULL, PROFILE_TEXT },
	};
	uint32_t default_action = 0;
	int error;

	if (check(compiler, profile, keys, "it") < 0 ||
	    parse_action(compiler, profile, &default_keys, &default_action) < 0)
		return -EINVAL;
	compiler->builder = seccomp_builder_new(default_action);
	if (compiler->builder == NULL)
		return problem_set(compiler->problem, "out of memory");
	error = compile_parts(compiler, profile, out);
	seccomp_builder_free(compiler->builder);
	return error;
}

static void
warn_of_unknown_keys(const json_t *unknown_keys, const char *path)
{
	char list[512];

	if (json_object_size(unknown_keys) == 0)
		return;
	profile_json_list_keys(unknown_keys, list, sizeof(list));
	log_doubt("%.100s: keys that dinit does not know have no effect: %s",
	    path, list);
}

int
seccomp_profile_compile(const char *path,
    const struct seccomp_circumstances *circumstances,
    struct seccomp_filter *out, struct problem *problem)
{
	struct compiler compiler = {
		.circumstances = circumstances,
		.problem = problem,
	};
	json_t *profile = profile_json_read(path, problem);
	int error;

	if (profile == NULL)
		return -EINVAL;
	compiler.unknown_keys = json_object();
	error = compile(&compiler, profile, out);
	if (error == 0)
		warn_of_unknown_keys(compiler.unknown_keys, path);
	json_decref(compiler.unknown_keys);
	json_decref(profile);
	return error;
}
