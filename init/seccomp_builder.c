/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seccomp_builder.h"
#include "architecture.h"
#include "array.h"
#include "log.h"
#include "problem.h"
#include "seccomp_filter.h"

/* One of the machine's ABIs: each has numbers of its own for system calls. */
struct abi {
	uint32_t token;        /* libseccomp's name */
	uint32_t architecture; /* in struct seccomp_data */
	uint32_t end;          /* its numbers are smaller */
};

/* The machine's own is the first one. */
#if defined(__x86_64__)
static const struct abi abis[] = {
	{ SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, 0x40000000 },
	{ SCMP_ARCH_X32, AUDIT_ARCH_X86_64, UINT32_MAX },
	{ SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX },
};
#elif defined(__aarch64__)
static const struct abi abis[] = {
	{ SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, UINT32_MAX },
	{ SCMP_ARCH_ARM, AUDIT_ARCH_ARM, UINT32_MAX },
};
#endif

struct seccomp_builder {
	scmp_filter_ctx context;
	uint32_t default_action;
	uint32_t newest[ARRAY_SIZE(abis)]; /* highest number named; 0: none */
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

	/* As containers-common calls what is in every filter anyway. */
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
seccomp_builder_note(struct seccomp_builder *builder, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(abis); i++) {
		int number = seccomp_syscall_resolve_name_arch(abis[i].token,
		    name);

		if (number > 0 && (uint32_t)number > builder->newest[i])
			builder->newest[i] = (uint32_t)number;
	}
}

/* --- Rules --- */

static int
add_to_filter(const struct seccomp_builder *builder,
    const struct seccomp_rule *rule, int number, const char *name,
    struct problem *problem)
{
	int error = 0;

	/* libseccomp refuses a rule that says what the default does. */
	if (rule->action != builder->default_action)
		error = seccomp_rule_add_array(builder->context, rule->action,
		    number, rule->count, rule->comparisons);
	if (error == -EEXIST)
		return problem_set(problem,
		    "another rule has another action for the same arguments of "
		    "%.64s",
		    name);
	if (error < 0)
		return problem_set(problem, "cannot add a rule for %.64s: %s",
		    name, strerror(-error));
	return 0;
}

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

static int
add_known(const struct seccomp_builder *builder,
    const struct seccomp_rule *rule, int number, const char *name,
    struct problem *problem)
{
	struct seccomp_rule single = *rule;

	if (!has_alternatives(rule))
		return add_to_filter(builder, rule, number, name, problem);
	single.count = 1;
	for (unsigned int i = 0; i < rule->count; i++) {
		single.comparisons[0] = rule->comparisons[i];
		if (add_to_filter(builder, &single, number, name, problem) < 0)
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
 * A name that this library does not know stays under the default action.
 * That is a hole where its rule forbids and the default does not.
 */
int
seccomp_builder_add(struct seccomp_builder *builder,
    const struct seccomp_rule *rule, const char *name, struct problem *problem)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number != __NR_SCMP_ERROR)
		return add_known(builder, rule, number, name, problem);
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

/* --- To a filter --- */

/*
 * As in runc: what is newer than all that the profile names was not known to
 * its author. C libraries try such a call and, where it does not exist, an
 * older one; told that it is forbidden they give up. The length of the code.
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

/* A tracer, as what is allowed, can tell for itself what does not exist. */
static bool
knows_newer_calls(const struct seccomp_builder *builder)
{
	uint32_t action = builder->default_action & SECCOMP_RET_ACTION_FULL;

	return is_permissive(builder->default_action) ||
	    action == SECCOMP_RET_TRACE;
}

/* The filter's code, by way of a file that only this process sees. */
static int
export_code(const struct seccomp_builder *builder, struct seccomp_filter *out,
    struct problem *problem)
{
	size_t begun = knows_newer_calls(builder)
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
	return export_code(builder, out, problem);
}
