/* SPDX-License-Identifier: MIT */
/*
 * Builds a seccomp filter from rules, with libseccomp. Rules are refused if one
 * of them would make another one ineffective.
 */
#ifndef DINIT_SECCOMP_BUILDER_H
#define DINIT_SECCOMP_BUILDER_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;
struct seccomp_filter;

/* The most comparisons in a rule: one for each argument of a system call. */
#define SECCOMP_COMPARISONS_MAX 6

/* What happens to a call whose arguments meet all of the comparisons. */
struct seccomp_rule {
	size_t index;        /* in the list "syscalls" of the profile */
	bool is_conditional; /* it has includes or excludes */
	uint32_t action;     /* one of SCMP_ACT_* */
	unsigned int count;  /* of the comparisons */
	struct scmp_arg_cmp comparisons[SECCOMP_COMPARISONS_MAX];
};

struct seccomp_builder;

/* Returns NULL if there is no memory. */
struct seccomp_builder *
seccomp_builder_new(uint32_t default_action);

void
seccomp_builder_free(struct seccomp_builder *builder);

/*
 * Makes the filter decide on the calls of architecture NAME (SCMP_ARCH_X86, for
 * example) as well as on those of the machine's own. 0, or -EINVAL and PROBLEM.
 */
int
seccomp_builder_add_architecture(struct seccomp_builder *builder,
    const char *name, struct problem *problem);

/*
 * Notes that the profile names the system call NAME. A call that is newer than
 * all of those noted fails with ENOSYS, unless the default action suits it.
 */
void
seccomp_builder_note_call(struct seccomp_builder *builder, const char *name);

/*
 * Adds RULE for the system call NAME; the string must exist as long as BUILDER.
 * As in runc, comparisons are alternatives if two of them are of the same
 * argument. 0, or -EINVAL and PROBLEM.
 */
int
seccomp_builder_add(struct seccomp_builder *builder,
    const struct seccomp_rule *rule, const char *name, struct problem *problem);

/*
 * Makes a filter, without flags, of all that was added. 0 and OUT, or -EINVAL
 * and PROBLEM.
 */
int
seccomp_builder_finish(struct seccomp_builder *builder,
    struct seccomp_filter *out, struct problem *problem);

#endif
