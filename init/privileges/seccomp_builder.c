/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "privileges/seccomp_builder.h"
#include "base/array.h"
#include "base/log.h"
#include "base/problem.h"
#include "privileges/seccomp_filter.h"

/* An ABI of the machine. Each has its own numbers for system calls. */
struct abi {
	uint32_t token;        /* its number in libseccomp */
	uint32_t architecture; /* its number in struct seccomp_data */
	uint32_t end;          /* its system calls have lower numbers */
};

/* Linux for ARM has calls of its own from this number on: set_tls and others. */
#define ARM_PRIVATE 0x0f0000

/* The first ABI is the one that dinit is built for. */
#if defined(__x86_64__)
static const struct abi abis[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0x40000000 },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, UINT32_MAX },
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX },
};
#elif defined(__i386__)
static const struct abi abis[] = {
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX },
};
#elif defined(__aarch64__)
static const struct abi abis[] = {
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, UINT32_MAX },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, ARM_PRIVATE },
};
#elif defined(__arm__)
static const struct abi abis[] = {
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, ARM_PRIVATE },
};
#elif defined(__powerpc64__)
static const struct abi abis[] = {
	{ SCMP_ARCH_PPC64LE, AUDIT_ARCH_PPC64LE, UINT32_MAX },
};
#elif defined(__s390x__)
static const struct abi abis[] = {
	{ SCMP_ARCH_S390X, AUDIT_ARCH_S390X, UINT32_MAX },
	{ SCMP_ARCH_S390, AUDIT_ARCH_S390, UINT32_MAX },
};
#elif defined(__riscv)
static const struct abi abis[] = {
	{ SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, UINT32_MAX },
};
#endif

/* A rule for one system call, with no alternatives. */
struct entry {
	struct seccomp_rule rule;
	const char *name;
	int number; /* in libseccomp: the same for two names of one call */
};

struct seccomp_builder {
	scmp_filter_ctx context;
	uint32_t default_action;
	uint32_t newest[ARRAY_SIZE(abis)]; /* highest number noted; 0: none */
	bool clashes; /* libseccomp has refused a rule because of another */
	size_t count;
	struct entry *entries;
};

struct seccomp_builder *
seccomp_builder_new(uint32_t default_action)
{
	struct seccomp_builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL)
		return NULL;
	builder->default_action = default_action;
	builder->context = seccomp_init(default_action);
	if (builder->context != NULL)
		return builder;
	free(builder);
	return NULL;
}

void
seccomp_builder_free(struct seccomp_builder *builder)
{
	seccomp_release(builder->context);
	free(builder->entries);
	free(builder);
}

static uint32_t
find_architecture(const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char lower[32] = "";

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return 0;
	name += strlen(prefix);
	for (size_t i = 0; i < sizeof(lower) - 1 && name[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	return seccomp_arch_resolve_name(lower);
}

int
seccomp_builder_add_architecture(struct seccomp_builder *builder,
    const char *name, struct problem *problem)
{
	uint32_t token = find_architecture(name);
	int error;

	/* The name in containers-common for what every filter has anyway. */
	if (strcmp(name, "SCMP_ARCH_NATIVE") == 0)
		return 0;
	if (token == 0)
		return problem_set(problem, "%.64s is not an architecture",
		    name);
	error = seccomp_arch_add(builder->context, token);
	if (error < 0 && error != -EEXIST)
		return problem_set(problem, "cannot add architecture %s: %s",
		    name, strerror(-error));
	return 0;
}

void
seccomp_builder_note_call(struct seccomp_builder *builder, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		int number = seccomp_syscall_resolve_name_arch(abis[i].token,
		    name);

		if (number > 0 && (uint32_t)number < abis[i].end &&
		    (uint32_t)number > builder->newest[i])
			builder->newest[i] = (uint32_t)number;
	}
}

/* --- Rules --- */

static int
append_entry(struct seccomp_builder *builder, const struct entry *entry,
    struct problem *problem)
{
	size_t count = builder->count;
	struct entry *grown = builder->entries;

	/* The array grows when COUNT has reached a power of two. */
	if ((count & (count - 1)) == 0)
		grown = realloc(grown,
		    (count == 0 ? 1 : 2 * count) * sizeof(*grown));
	if (grown == NULL)
		return problem_set(problem, "out of memory");
	grown[count] = *entry;
	builder->entries = grown;
	builder->count++;
	return 0;
}

/*
 * Passes a rule to libseccomp, unless its action is the default action, which
 * libseccomp would refuse. If libseccomp refuses a rule because of another one
 * (EEXIST), check_entries finds out which, when all of them are known.
 */
static int
add_entry(struct seccomp_builder *builder, const struct entry *entry,
    struct problem *problem)
{
	const struct seccomp_rule *rule = &entry->rule;
	int error = 0;

	if (rule->action != builder->default_action)
		error = seccomp_rule_add_array(builder->context, rule->action,
		    entry->number, rule->count, rule->comparisons);
	if (error < 0 && error != -EEXIST)
		return problem_set(problem, "cannot add a rule for %.64s: %s",
		    entry->name, strerror(-error));
	if (error == -EEXIST)
		builder->clashes = true;
	return append_entry(builder, entry, problem);
}

/* True if two comparisons are of the same argument. */
static bool
has_alternatives(const struct seccomp_rule *rule)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < rule->count; i++) {
		if (seen >> rule->comparisons[i].arg & 1)
			return true;
		seen |= 1U << rule->comparisons[i].arg;
	}
	return false;
}

/* Adds ENTRY: as one rule, or if it has alternatives, as a rule for each. */
static int
add_alternatives(struct seccomp_builder *builder, const struct entry *entry,
    struct problem *problem)
{
	struct entry single = *entry;

	if (!has_alternatives(&entry->rule))
		return add_entry(builder, entry, problem);
	single.rule.count = 1;
	for (unsigned int i = 0; i < entry->rule.count; i++) {
		single.rule.comparisons[0] = entry->rule.comparisons[i];
		if (add_entry(builder, &single, problem) < 0)
			return -EINVAL;
	}
	return 0;
}

static bool
is_permissive(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG;
}

/*
 * A call that this libseccomp does not know gets the default action. A rule is
 * refused if it forbids such an unknown call and the default action permits it.
 */
int
seccomp_builder_add(struct seccomp_builder *builder,
    const struct seccomp_rule *rule, const char *name, struct problem *problem)
{
	const struct entry entry = {
		.rule = *rule,
		.name = name,
		.number = seccomp_syscall_resolve_name(name),
	};

	if (entry.number != __NR_SCMP_ERROR)
		return add_alternatives(builder, &entry, problem);
	if (!is_permissive(rule->action) &&
	    is_permissive(builder->default_action))
		return problem_set(problem,
		    "system call %.64s is unknown to this libseccomp, so it "
		    "cannot be forbidden",
		    name);
	log_line(LOG_LEVEL_DEBUG,
	    "system call %.64s is unknown to this libseccomp: the profile's "
	    "default action holds",
	    name);
	return 0;
}

/* --- Rules that make each other ineffective --- */

/* The least and the greatest value that meet a comparison. */
struct range {
	uint64_t least;
	uint64_t greatest; /* less than LEAST: no value meets it */
};

static struct range
range_of(const struct scmp_arg_cmp *comparison)
{
	uint64_t value = comparison->datum_a;
	struct range range = { 0, UINT64_MAX };

	switch (comparison->op) {
	case SCMP_CMP_NE:
		range.least = value == 0;
		range.greatest = UINT64_MAX - (value == UINT64_MAX);
		break;
	case SCMP_CMP_LT:
		range.least = value == 0;
		range.greatest = value == 0 ? 0 : value - 1;
		break;
	case SCMP_CMP_LE:
		range.greatest = value;
		break;
	case SCMP_CMP_EQ:
		range.least = range.greatest = value;
		break;
	case SCMP_CMP_GE:
		range.least = value;
		break;
	case SCMP_CMP_GT:
		range.least = value == UINT64_MAX ? value : value + 1;
		range.greatest = UINT64_MAX - (value == UINT64_MAX);
		break;
	case SCMP_CMP_MASKED_EQ:
		range.least = comparison->datum_b;
		range.greatest = comparison->datum_b | ~value;
		break;
	case _SCMP_CMP_MIN:
	case _SCMP_CMP_MAX:
		break;
	}
	return range;
}

static bool
meets(uint64_t argument, const struct scmp_arg_cmp *comparison)
{
	struct range range = range_of(comparison);

	if (comparison->op == SCMP_CMP_NE)
		return argument != comparison->datum_a;
	if (comparison->op == SCMP_CMP_MASKED_EQ)
		return (argument & comparison->datum_a) == comparison->datum_b;
	return argument >= range.least && argument <= range.greatest;
}

/*
 * True if every value that meets NARROW also meets WIDE, as far as this can be
 * seen from their ranges or from the bits that both compare. False does not
 * mean the opposite.
 */
static bool
implies(const struct scmp_arg_cmp *narrow, const struct scmp_arg_cmp *wide)
{
	struct range inner = range_of(narrow);
	struct range outer = range_of(wide);

	if (narrow->arg != wide->arg)
		return false;
	if (inner.least == inner.greatest)
		return meets(inner.least, wide);
	if (wide->op == SCMP_CMP_MASKED_EQ)
		return narrow->op == SCMP_CMP_MASKED_EQ &&
		    (wide->datum_a & ~narrow->datum_a) == 0 &&
		    meets(narrow->datum_b, wide);
	if (wide->op != SCMP_CMP_NE)
		return inner.least >= outer.least &&
		    inner.greatest <= outer.greatest;
	if (narrow->op == SCMP_CMP_NE)
		return narrow->datum_a == wide->datum_a;
	return !meets(wide->datum_a, narrow);
}

/* True if WIDE applies to every call that NARROW applies to. */
static bool
is_covered(const struct seccomp_rule *narrow, const struct seccomp_rule *wide)
{
	for (unsigned int i = 0; i < wide->count; i++) {
		bool is_implied = false;

		for (unsigned int j = 0; j < narrow->count; j++)
			is_implied = is_implied ||
			    implies(&narrow->comparisons[j],
				&wide->comparisons[i]);
		if (!is_implied)
			return false;
	}
	return true;
}

/*
 * Sets the arguments of CALL. Those that RULE compares get the least or the
 * greatest value that meets the comparison, and the others get OTHER. Returns
 * false if the values do not meet RULE after all.
 */
static bool
fill_arguments(const struct seccomp_rule *rule, bool takes_greatest,
    uint64_t other, struct seccomp_data *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(call->args); i++)
		call->args[i] = other;
	for (unsigned int i = 0; i < rule->count; i++) {
		const struct scmp_arg_cmp *comparison = &rule->comparisons[i];
		struct range range = range_of(comparison);

		call->args[comparison->arg] = takes_greatest ? range.greatest
							     : range.least;
		if (!meets(call->args[comparison->arg], comparison))
			return false;
	}
	return true;
}

/*
 * Tries FILTER on some calls that RULE applies to. Returns the action of RULE
 * if the filter has it for one of them, or else the action that it has instead.
 */
static uint32_t
find_effect(const struct seccomp_rule *rule,
    const struct seccomp_filter *filter, struct seccomp_data *call)
{
	static const uint64_t others[] = { 0, UINT64_MAX, 0x5a5a5a5a5a5a5a5a };
	uint32_t effect = rule->action;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(others); i++) {
		if (!fill_arguments(rule, i % 2 == 1, others[i / 2], call))
			continue;
		effect = seccomp_filter_evaluate(filter, call).action;
		if (effect == rule->action)
			break;
	}
	return effect;
}

/* Finds the system call NAME in the first ABI of the filter that has it. */
static bool
find_call(const struct seccomp_builder *builder, const char *name,
    struct seccomp_data *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		int number = seccomp_syscall_resolve_name_arch(abis[i].token,
		    name);

		if (number < 0 ||
		    seccomp_arch_exist(builder->context, abis[i].token) < 0)
			continue;
		out->nr = number;
		out->arch = abis[i].architecture;
		return true;
	}
	return false;
}

/*
 * Writes that ENTRY has no effect because OTHER decides on every call that it
 * applies to. Always returns -EINVAL.
 */
static int
set_ineffective(const struct entry *entry, const struct entry *other,
    struct problem *problem)
{
	return problem_set(problem,
	    "syscalls[%zu] has no effect on %.64s, for which syscalls[%zu] has "
	    "another action: only one can hold",
	    entry->rule.index, entry->name, other->rule.index);
}

/*
 * Checks that no other entry decides on every call that ENTRY applies to. If
 * one of the two is conditional, the author may want that, as in the profile of
 * Podman, and there is only a warning. Returns 0 if ENTRY has an effect, 1
 * after a warning, or -EINVAL and PROBLEM.
 */
static int
check_entry(const struct seccomp_builder *builder, const struct entry *entry,
    const struct seccomp_filter *filter, struct problem *problem)
{
	struct seccomp_data call = { .nr = 0 };
	struct problem warning;
	uint32_t effect;

	if (!find_call(builder, entry->name, &call))
		return 0;
	effect = find_effect(&entry->rule, filter, &call);
	for (size_t i = 0; i < builder->count; i++) {
		const struct entry *other = &builder->entries[i];

		if (effect == entry->rule.action)
			return 0;
		if (other->number != entry->number ||
		    other->rule.action != effect ||
		    !is_covered(&entry->rule, &other->rule))
			continue;
		if (!entry->rule.is_conditional && !other->rule.is_conditional)
			return set_ineffective(entry, other, problem);
		set_ineffective(entry, other, &warning);
		log_doubt("%s", warning.text);
		return 1;
	}
	return 0;
}

static int
check_entries(const struct seccomp_builder *builder,
    const struct seccomp_filter *filter, struct problem *problem)
{
	bool is_explained = false;

	for (size_t i = 0; i < builder->count; i++) {
		int found = check_entry(builder, &builder->entries[i], filter,
		    problem);

		if (found < 0)
			return found;
		is_explained = is_explained || found > 0;
	}
	if (builder->clashes && !is_explained)
		return problem_set(problem,
		    "two rules have different actions for the same calls");
	return 0;
}

/* --- The filter --- */

/*
 * Writes code that makes calls fail with ENOSYS, as in runc, if they are newer
 * than all that the profile names: its author did not know them. C libraries
 * try a new call and fall back to an older one after ENOSYS, but not after
 * EPERM. Returns the length of the code.
 */
static size_t
deny_newer_calls(const struct seccomp_builder *builder,
    struct sock_filter *code)
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
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, builder->newest[i],
			    0, 2),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, abis[i].end, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		};

		if (builder->newest[i] == 0 ||
		    seccomp_arch_exist(builder->context, abis[i].token) < 0)
			continue;
		memcpy(code + length, check, sizeof(check));
		length += ARRAY_SIZE(check);
	}
	return length;
}

/*
 * True if newer calls should get the default action: if it permits them, the
 * kernel tells whether they exist, and if it asks a tracer, the tracer can.
 */
static bool
default_suits_newer_calls(const struct seccomp_builder *builder)
{
	uint32_t action = builder->default_action & SECCOMP_RET_ACTION_FULL;

	return is_permissive(builder->default_action) ||
	    action == SECCOMP_RET_TRACE;
}

/* Copies the filter's code out of libseccomp, which only writes to a file. */
static int
export_code(const struct seccomp_builder *builder, struct seccomp_filter *out,
    struct problem *problem)
{
	size_t begun = default_suits_newer_calls(builder)
	    ? 0
	    : deny_newer_calls(builder, out->code);
	size_t room = sizeof(out->code) - begun * sizeof(out->code[0]);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t length;
	int error;

	if (fd < 0)
		return problem_set(problem, "cannot make a memory file: %s",
		    strerror(errno));
	error = seccomp_export_bpf(builder->context, fd);
	length = error < 0 ? -1 : pread(fd, out->code + begun, room, 0);
	if (length > 0 && lseek(fd, 0, SEEK_END) != length)
		length = -1;
	close(fd);
	if (length <= 0)
		return problem_set(problem, "its filter is too long or empty");
	out->length = (unsigned short)(begun +
	    (size_t)length / sizeof(out->code[0]));
	out->flags = 0;
	return 0;
}

int
seccomp_builder_finish(struct seccomp_builder *builder,
    struct seccomp_filter *out, struct problem *problem)
{
	int error = export_code(builder, out, problem);

	return error < 0 ? error : check_entries(builder, out, problem);
}
