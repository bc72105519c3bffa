/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seccomp_profile.h"
#include "array.h"
#include "kernel.h"
#include "log.h"
#include "problem.h"
#include "regular_file.h"

/* The largest number of comparisons a rule may have: one an argument. */
#define ARGUMENTS_MAX 6

/* Engines' own profiles have some 20 KiB. */
#define PROFILE_MAX (1 << 20)

/* Not in "syscalls". */
#define NO_RULE SIZE_MAX

/* What names of capabilities are made of. */
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

/* One of the machine's ABIs: each has numbers of its own for system calls. */
struct abi {
	uint32_t token;        /* libseccomp's name */
	uint32_t architecture; /* in struct seccomp_data */
	uint32_t end;          /* its numbers are smaller */
};

/* This machine's names: libseccomp's, and Go's as in "includes". */
#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE "SCMP_ARCH_X86_64"
#define NATIVE_GO_NAME "amd64"
static const struct abi abis[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0x40000000 },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, UINT32_MAX },
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX },
};
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE "SCMP_ARCH_AARCH64"
#define NATIVE_GO_NAME "arm64"
static const struct abi abis[] = {
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, UINT32_MAX },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, UINT32_MAX },
};
#else
#error "which architecture is this?"
#endif

struct compiler {
	const struct seccomp_circumstances *circumstances;
	scmp_filter_ctx filter;
	uint32_t default_action;
	unsigned int flags;
	uint32_t newest[ARRAY_SIZE(abis)]; /* highest number named; 0: none */
	size_t rule; /* its place in "syscalls", or NO_RULE */
	struct problem *problem;
};

struct named_number {
	const char *name;
	uint32_t number;
};

static int __attribute__((format(printf, 2, 3)))
refuse(struct compiler *compiler, const char *format, ...)
{
	char text[sizeof(compiler->problem->text) - 32];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (compiler->rule == NO_RULE)
		return problem_set(compiler->problem, "%s", text);
	return problem_set(compiler->problem, "syscalls[%zu]: %s",
	    compiler->rule, text);
}

/* What the value of a key may be. null is as good as nothing, as in Go. */
enum shape {
	SHAPE_TEXT,
	SHAPE_NUMBER,
	SHAPE_OBJECT,
	SHAPE_LIST,
	SHAPE_TEXTS,
};

struct key {
	const char *name; /* NULL: the last one */
	enum shape shape;
};

static bool
is_list_of_texts(const json_t *value)
{
	size_t i;
	const json_t *item;

	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(value);
}

static bool
has_shape(const json_t *value, enum shape shape)
{
	switch (shape) {
	case SHAPE_TEXT:
		return json_is_string(value);
	case SHAPE_NUMBER:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case SHAPE_OBJECT:
		return json_is_object(value);
	case SHAPE_LIST:
		return json_is_array(value);
	case SHAPE_TEXTS:
		return is_list_of_texts(value);
	}
	return false;
}

/*
 * A key that this compiler does not know might mean "not here", and one of
 * another type would be as good as absent: both would change the filter.
 */
static int
check_object(struct compiler *compiler, const json_t *object,
    const struct key *keys, const char *where)
{
	static const char *const shapes[] = {
		[SHAPE_TEXT] = "a string",
		[SHAPE_NUMBER] = "a number from 0 to 2^63-1",
		[SHAPE_OBJECT] = "an object",
		[SHAPE_LIST] = "a list",
		[SHAPE_TEXTS] = "a list of strings",
	};
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return refuse(compiler, "%s is not a JSON object", where);
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		const struct key *key = keys;

		while (key->name != NULL && strcmp(key->name, name) != 0)
			key++;
		if (key->name == NULL)
			return refuse(compiler,
			    "%s has an unknown key \"%.64s\"", where, name);
		if (!json_is_null(value) && !has_shape(value, key->shape))
			return refuse(compiler, "%s: \"%s\" is not %s", where,
			    name, shapes[key->shape]);
	}
	return 0;
}

/* Number of NAME in LIST, or -1. */
static int64_t
find_number(const struct named_number *list, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return list[i].number;
	return -1;
}

/*
 * The errno that OBJECT gives by number or, as containers-common has it, by
 * name, which then counts.
 */
static int
parse_errno(struct compiler *compiler, const json_t *object,
    const char *number_key, const char *name_key)
{
	static const struct named_number known[] = {
		{ "EACCES", EACCES },
		{ "EAFNOSUPPORT", EAFNOSUPPORT },
		{ "EINVAL", EINVAL },
		{ "ENOENT", ENOENT },
		{ "ENOSYS", ENOSYS },
		{ "ENOTSUP", ENOTSUP },
		{ "EOPNOTSUPP", EOPNOTSUPP },
		{ "EPERM", EPERM },
	};
	const json_t *number = json_object_get(object, number_key);
	const char *name = json_string_value(json_object_get(object, name_key));
	int64_t found = find_number(known, ARRAY_SIZE(known), name);

	if (found >= 0)
		return (int)found;
	if (!json_is_integer(number) && name != NULL && *name != '\0')
		return refuse(compiler,
		    "\"%s\": %.64s is not known by name; give its number as "
		    "\"%s\"",
		    name_key, name, number_key);
	if (!json_is_integer(number))
		return EPERM;
	if (json_integer_value(number) > 4095)
		return refuse(compiler, "\"%s\" is not an errno", number_key);
	return (int)json_integer_value(number);
}

/* The action of that name; ERROR_NUMBER goes with ERRNO and TRACE. */
static int
parse_action(struct compiler *compiler, const char *name, int error_number,
    uint32_t *action)
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
	int64_t found = find_number(known, ARRAY_SIZE(known), name);
	const char *key = compiler->rule == NO_RULE ? "defaultAction"
						    : "action";

	if (error_number < 0)
		return error_number;
	if (name != NULL && strcmp(name, "SCMP_ACT_NOTIFY") == 0)
		return refuse(compiler,
		    "SCMP_ACT_NOTIFY needs an agent outside of the container "
		    "to answer, which dinit is not");
	if (name == NULL)
		return refuse(compiler, "it has no \"%s\"", key);
	if (found < 0)
		return refuse(compiler,
		    "\"%s\": %.64s is not an action such as SCMP_ACT_ERRNO",
		    key, name);
	*action = (uint32_t)found;
	if (found == SCMP_ACT_ERRNO(0) || found == SCMP_ACT_TRACE(0))
		*action |= (uint32_t)error_number;
	return 0;
}

static int
add_architecture(struct compiler *compiler, const char *name)
{
	char lower[32] = "";
	uint32_t token;
	int error;

	if (strncmp(name, "SCMP_ARCH_", 10) != 0)
		return refuse(compiler, "%.64s is not an architecture", name);
	for (size_t i = 0; name[10 + i] != '\0' && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)name[10 + i]);
	token = seccomp_arch_resolve_name(lower);
	if (token == 0)
		return refuse(compiler, "%.64s is not an architecture", name);
	error = seccomp_arch_add(compiler->filter, token);
	if (error < 0 && error != -EEXIST)
		return refuse(compiler, "cannot add architecture %s: %s", name,
		    strerror(-error));
	return 0;
}

static int
add_architectures(struct compiler *compiler, const json_t *names)
{
	size_t i;
	const json_t *name;

	json_array_foreach(names, i, name)
		if (add_architecture(compiler, json_string_value(name)) < 0)
			return -EINVAL;
	return 0;
}

/* Docker lists all its machines; only the entry of this one counts. */
static int
take_architectures(struct compiler *compiler, const json_t *profile)
{
	static const struct key keys[] = {
		{ "architecture", SHAPE_TEXT },
		{ "subArchitectures", SHAPE_TEXTS },
		{ NULL, SHAPE_TEXT },
	};
	const char *where = "an entry of archMap";
	const json_t *map = json_object_get(profile, "archMap");
	const json_t *list = json_object_get(profile, "architectures");
	size_t i;
	const json_t *entry;

	if (json_array_size(map) > 0 && json_array_size(list) > 0)
		return refuse(compiler,
		    "it has both archMap and architectures: only one can hold");
	if (add_architectures(compiler, list) < 0)
		return -EINVAL;
	json_array_foreach(map, i, entry) {
		const char *name = json_string_value(json_object_get(entry,
		    "architecture"));

		if (check_object(compiler, entry, keys, where) < 0)
			return -EINVAL;
		if (name == NULL)
			return refuse(compiler,
			    "an entry of archMap has no architecture");
		if (strcmp(name, NATIVE_ARCHITECTURE) != 0)
			continue;
		if (add_architectures(compiler,
			json_object_get(entry, "subArchitectures")) < 0)
			return -EINVAL;
	}
	return 0;
}

static int
take_flags(struct compiler *compiler, const json_t *flags)
{
	static const struct named_number known[] = {
		/* of no effect on a process with one thread */
		{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
		{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
		{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		    SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	};
	size_t i;
	const json_t *flag;

	json_array_foreach(flags, i, flag) {
		const char *name = json_string_value(flag);
		int64_t number = find_number(known, ARRAY_SIZE(known), name);

		if (number < 0)
			return refuse(compiler, "flag %.64s is not supported",
			    name);
		compiler->flags |= (unsigned int)number;
	}
	return 0;
}

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

/* How many of LIST's capabilities the app has. */
static size_t
count_capabilities(const struct compiler *compiler, const json_t *list)
{
	uint64_t held = compiler->circumstances->capabilities;
	size_t count = 0;
	size_t i;
	const json_t *item;

	json_array_foreach(list, i, item) {
		const char *text = json_string_value(item);
		char name[64] = "";
		cap_value_t value;

		/* cap_from_name(3) takes a word's beginning, and numbers. */
		if (strspn(text, LETTERS) != strlen(text))
			continue;
		for (size_t j = 0; j < sizeof(name) - 1 && text[j] != '\0'; j++)
			name[j] = (char)tolower((unsigned char)text[j]);
		/* One that this library does not know, the app lacks. */
		if (cap_from_name(name, &value) == 0 && value >= 0 &&
		    value < 64 && (held >> value & 1))
			count++;
	}
	return count;
}

/* 1: the kernel is at least what the condition says; 0: it is older. */
static int
is_kernel_at_least(struct compiler *compiler, const json_t *version)
{
	const char *rest = "";
	int least = kernel_parse(json_string_value(version), &rest);

	if (least < 0 || *rest != '\0')
		return refuse(compiler, "\"minKernel\" is not like \"4.8\"");
	return compiler->circumstances->kernel >= least;
}

/* What a condition says of here. Absent members say nothing. */
struct verdict {
	bool has_arches;
	bool names_arch;
	size_t caps; /* listed */
	size_t held; /* of these, the app's own */
	bool has_kernel;
	bool meets_kernel;
};

static int
judge(struct compiler *compiler, const json_t *condition, const char *where,
    struct verdict *out)
{
	static const struct key keys[] = {
		{ "caps", SHAPE_TEXTS },
		{ "arches", SHAPE_TEXTS },
		{ "minKernel", SHAPE_TEXT },
		{ NULL, SHAPE_TEXT },
	};
	const json_t *arches = json_object_get(condition, "arches");
	const json_t *caps = json_object_get(condition, "caps");
	const json_t *kernel = json_object_get(condition, "minKernel");
	int is_met = 0;

	if (json_is_object(condition) &&
	    check_object(compiler, condition, keys, where) < 0)
		return -EINVAL;
	if (json_is_string(kernel))
		is_met = is_kernel_at_least(compiler, kernel);
	if (is_met < 0)
		return is_met;
	*out = (struct verdict){
		.has_arches = json_array_size(arches) > 0,
		.names_arch = has_string(arches, NATIVE_GO_NAME),
		.caps = json_array_size(caps),
		.held = count_capabilities(compiler, caps),
		.has_kernel = json_is_string(kernel),
		.meets_kernel = is_met,
	};
	return 0;
}

/* 1: the rule counts here; 0: not. All of includes, none of excludes. */
static int
does_apply(struct compiler *compiler, const json_t *rule)
{
	struct verdict in;
	struct verdict out;

	if (judge(compiler, json_object_get(rule, "includes"), "includes",
		&in) < 0 ||
	    judge(compiler, json_object_get(rule, "excludes"), "excludes",
		&out) < 0)
		return -EINVAL;
	if (out.names_arch || out.held > 0 || out.meets_kernel)
		return 0;
	return (in.names_arch || !in.has_arches) && in.held == in.caps &&
	    (in.meets_kernel || !in.has_kernel);
}

/* An enum scmp_compare, or -1. */
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
	static const struct key keys[] = {
		{ "index", SHAPE_NUMBER },
		{ "value", SHAPE_NUMBER },
		{ "valueTwo", SHAPE_NUMBER },
		{ "op", SHAPE_TEXT },
		{ NULL, SHAPE_TEXT },
	};
	const json_t *index = json_object_get(argument, "index");
	const json_t *value = json_object_get(argument, "value");
	int64_t comparison =
	    find_comparison(json_string_value(json_object_get(argument, "op")));

	if (check_object(compiler, argument, keys, "an entry of args") < 0)
		return -EINVAL;
	if (!json_is_integer(index) ||
	    json_integer_value(index) >= ARGUMENTS_MAX)
		return refuse(compiler, "an argument's index is not 0 to 5");
	if (!json_is_integer(value))
		return refuse(compiler, "an argument has no value");
	if (comparison < 0)
		return refuse(compiler,
		    "an argument's op is missing or unknown");
	out->arg = (unsigned int)json_integer_value(index);
	out->op = (enum scmp_compare)comparison;
	out->datum_a = (scmp_datum_t)json_integer_value(value);
	/* What the masked argument is compared with. */
	out->datum_b = (scmp_datum_t)
	    json_integer_value(json_object_get(argument, "valueTwo"));
	return 0;
}

/* A rule to add for each system call it names. */
struct rule {
	uint32_t action;
	unsigned int count;
	struct scmp_arg_cmp arguments[ARGUMENTS_MAX];
};

static int
add_to_filter(struct compiler *compiler, const struct rule *rule, int number,
    const char *name)
{
	int error = seccomp_rule_add_array(compiler->filter, rule->action,
	    number, rule->count, rule->arguments);

	if (error == -EEXIST)
		return refuse(compiler,
		    "another rule has another action for the same arguments of "
		    "%s",
		    name);
	if (error < 0)
		return refuse(compiler, "cannot add a rule for %s: %s", name,
		    strerror(-error));
	return 0;
}

/* As in runc: comparisons of one argument twice are alternatives. */
static bool
has_alternatives(const struct rule *rule)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < rule->count; i++) {
		if (seen >> rule->arguments[i].arg & 1)
			return true;
		seen |= 1U << rule->arguments[i].arg;
	}
	return false;
}

static bool
is_permissive(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

/*
 * A name that this library does not know stays under the default action.
 * That is a hole where its rule forbids and the default does not.
 */
static int
add_rule(struct compiler *compiler, const struct rule *rule, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR) {
		if (!is_permissive(rule->action) &&
		    is_permissive(compiler->default_action))
			return refuse(compiler,
			    "system call %.64s is unknown to this libseccomp, "
			    "so it cannot be forbidden",
			    name);
		log_line(LOG_LEVEL_DEBUG,
		    "system call %.64s is unknown to this libseccomp: the "
		    "profile's default action holds",
		    name);
		return 0;
	}
	if (!has_alternatives(rule))
		return add_to_filter(compiler, rule, number, name);
	for (unsigned int i = 0; i < rule->count; i++) {
		struct rule single = { rule->action, 1,
			{ rule->arguments[i] } };

		if (add_to_filter(compiler, &single, number, name) < 0)
			return -EINVAL;
	}
	return 0;
}

static void
note_name(struct compiler *compiler, const char *name)
{
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(abis); i++) {
		int number = seccomp_syscall_resolve_name_arch(abis[i].token,
		    name);

		if (number > 0 && (uint32_t)number > compiler->newest[i])
			compiler->newest[i] = (uint32_t)number;
	}
}

static int
parse_rule(struct compiler *compiler, const json_t *object, struct rule *out)
{
	static const struct key keys[] = {
		{ "names", SHAPE_TEXTS },
		{ "name", SHAPE_TEXT },
		{ "action", SHAPE_TEXT },
		{ "errnoRet", SHAPE_NUMBER },
		{ "errno", SHAPE_TEXT },
		{ "args", SHAPE_LIST },
		{ "comment", SHAPE_TEXT },
		{ "includes", SHAPE_OBJECT },
		{ "excludes", SHAPE_OBJECT },
		{ NULL, SHAPE_TEXT },
	};
	const json_t *arguments = json_object_get(object, "args");
	size_t i;
	const json_t *argument;

	if (check_object(compiler, object, keys, "the rule") < 0 ||
	    parse_action(compiler,
		json_string_value(json_object_get(object, "action")),
		parse_errno(compiler, object, "errnoRet", "errno"),
		&out->action) < 0)
		return -EINVAL;
	if (json_array_size(arguments) > ARGUMENTS_MAX)
		return refuse(compiler, "there are more than %d args",
		    ARGUMENTS_MAX);
	out->count = 0;
	json_array_foreach(arguments, i, argument)
		if (parse_comparison(compiler, argument,
			&out->arguments[out->count++]) < 0)
			return -EINVAL;
	return 0;
}

static int
take_rule(struct compiler *compiler, const json_t *object)
{
	const json_t *names = json_object_get(object, "names");
	const char *name = json_string_value(json_object_get(object, "name"));
	struct rule rule = { .count = 0 };
	int applies;
	size_t i;
	const json_t *item;

	if (parse_rule(compiler, object, &rule) < 0)
		return -EINVAL;
	if ((name != NULL) == (json_array_size(names) > 0))
		return refuse(compiler,
		    name != NULL
			? "it has both name and names: only one can hold"
			: "it names no system call");
	applies = does_apply(compiler, object);
	if (applies <= 0)
		return applies;
	note_name(compiler, name);
	json_array_foreach(names, i, item)
		note_name(compiler, json_string_value(item));
	/* libseccomp refuses a rule that says what the default does. */
	if (rule.action == compiler->default_action)
		return 0;
	if (name != NULL && add_rule(compiler, &rule, name) < 0)
		return -EINVAL;
	json_array_foreach(names, i, item)
		if (add_rule(compiler, &rule, json_string_value(item)) < 0)
			return -EINVAL;
	return 0;
}

static int
take_profile(struct compiler *compiler, const json_t *profile)
{
	static const struct key keys[] = {
		{ "defaultAction", SHAPE_TEXT },
		{ "defaultErrnoRet", SHAPE_NUMBER },
		{ "defaultErrno", SHAPE_TEXT },
		{ "archMap", SHAPE_LIST },
		{ "architectures", SHAPE_TEXTS },
		{ "flags", SHAPE_TEXTS },
		{ "syscalls", SHAPE_LIST },
		{ "comment", SHAPE_TEXT },
		{ NULL, SHAPE_TEXT },
	};
	const json_t *rules = json_object_get(profile, "syscalls");

	if (check_object(compiler, profile, keys, "it") < 0 ||
	    parse_action(compiler,
		json_string_value(json_object_get(profile, "defaultAction")),
		parse_errno(compiler, profile, "defaultErrnoRet",
		    "defaultErrno"),
		&compiler->default_action) < 0)
		return -EINVAL;
	compiler->filter = seccomp_init(compiler->default_action);
	if (compiler->filter == NULL)
		return refuse(compiler, "out of memory");
	if (take_architectures(compiler, profile) < 0 ||
	    take_flags(compiler, json_object_get(profile, "flags")) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(rules); i++) {
		compiler->rule = i;
		if (take_rule(compiler, json_array_get(rules, i)) < 0)
			return -EINVAL;
	}
	compiler->rule = NO_RULE;
	return 0;
}

/*
 * As in runc: what is newer than all that the profile names was not known to
 * its author. C libraries try such a call and, where it does not exist, an
 * older one; told that it is forbidden they give up. The length of the code.
 */
static size_t
deny_newer_calls(const struct compiler *compiler, struct sock_filter *code)
{
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		const struct sock_filter check[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			    offsetof(struct seccomp_data, arch)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			    abis[i].architecture, 0, 4),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			    offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, compiler->newest[i],
			    0, 2),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, abis[i].end, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		};

		if (compiler->newest[i] == 0 ||
		    seccomp_arch_exist(compiler->filter, abis[i].token) < 0)
			continue;
		memcpy(code + length, check, sizeof(check));
		length += ARRAY_SIZE(check);
	}
	return length;
}

/* A tracer, as what is allowed, can tell for itself what does not exist. */
static bool
knows_newer_calls(const struct compiler *compiler)
{
	uint32_t action = compiler->default_action & SECCOMP_RET_ACTION_FULL;

	return is_permissive(compiler->default_action) ||
	    action == SECCOMP_RET_TRACE;
}

/* The filter's code, by way of a file that only this process sees. */
static int
export_code(struct compiler *compiler, struct seccomp_filter *out)
{
	size_t begun = knows_newer_calls(compiler)
	    ? 0
	    : deny_newer_calls(compiler, out->code);
	size_t room = sizeof(out->code) - begun * sizeof(out->code[0]);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t length;
	int error;

	if (fd < 0)
		return refuse(compiler, "cannot make a memory file: %s",
		    strerror(errno));
	error = seccomp_export_bpf(compiler->filter, fd);
	length = error < 0 ? -1 : pread(fd, out->code + begun, room, 0);
	if (length > 0 && lseek(fd, 0, SEEK_END) != length)
		length = -1;
	close(fd);
	if (length <= 0)
		return refuse(compiler, "its filter is too long or empty");
	out->length = (unsigned short)(begun +
	    (size_t)length / sizeof(out->code[0]));
	out->flags = compiler->flags;
	return 0;
}

/* NULL: refused. */
static FILE *
open_profile(struct compiler *compiler, const char *path)
{
	FILE *file = NULL;
	struct stat status;

	if (regular_file_open(path, &file, compiler->problem) < 0)
		return NULL;
	if (fstat(fileno(file), &status) == 0 && status.st_size <= PROFILE_MAX)
		return file;
	refuse(compiler, "it is larger than 1 MiB");
	fclose(file);
	return NULL;
}

/* NULL: refused. Of a stream, for json_loadfd(3) reads each byte by itself. */
static json_t *
read_profile(struct compiler *compiler, const char *path)
{
	FILE *file = open_profile(compiler, path);
	json_error_t where;
	json_t *profile;

	if (file == NULL)
		return NULL;
	profile = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
	fclose(file);
	if (profile == NULL)
		refuse(compiler, "line %d: %s", where.line, where.text);
	return profile;
}

int
seccomp_profile_compile(const char *path,
    const struct seccomp_circumstances *circumstances,
    struct seccomp_filter *out, struct problem *problem)
{
	struct compiler compiler = {
		.circumstances = circumstances,
		.rule = NO_RULE,
		.problem = problem,
	};
	json_t *profile = read_profile(&compiler, path);
	int error;

	if (profile == NULL)
		return -EINVAL;
	error = take_profile(&compiler, profile);
	if (error == 0)
		error = export_code(&compiler, out);
	if (compiler.filter != NULL)
		seccomp_release(compiler.filter);
	json_decref(profile);
	return error;
}
