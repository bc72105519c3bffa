/* SPDX-License-Identifier: MIT */
/*
 * Rules on system calls to a filter, by libseccomp. It knows nothing of JSON,
 * and refuses rules of which one would make another ineffective.
 */
#ifndef DINIT_SECCOMP_BUILDER_H
#define DINIT_SECCOMP_BUILDER_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;
struct seccomp_filter;

/* One comparison an argument of a system call. */
#define SECCOMP_COMPARISONS_MAX 6

/* What becomes of a call whose arguments meet all comparisons. */
struct seccomp_rule {
	size_t place;        /* in the profile's "syscalls" */
	bool is_conditional; /* by its includes or excludes */
	uint32_t action;
	unsigned int count;
	struct scmp_arg_cmp comparisons[SECCOMP_COMPARISONS_MAX];
};

struct seccomp_builder;

/* NULL: no memory. */
struct seccomp_builder *
seccomp_builder_new(uint32_t default_action);

void
seccomp_builder_free(struct seccomp_builder *builder);

/* NAME is like SCMP_ARCH_X86. 0, or -EINVAL and PROBLEM. */
int
seccomp_builder_add_architecture(struct seccomp_builder *builder,
    const char *name, struct problem *problem);

/*
 * The author of the profile knows the system call NAME: only what is newer
 * than all these does not exist in the eyes of the app.
 */
void
seccomp_builder_note_call(struct seccomp_builder *builder, const char *name);

/*
 * Adds RULE for the system call NAME, which must live as long as BUILDER. As in
 * runc, comparisons of the same argument are alternatives. 0, or -EINVAL and
 * PROBLEM.
 */
int
seccomp_builder_add(struct seccomp_builder *builder,
    const struct seccomp_rule *rule, const char *name, struct problem *problem);

/* The filter of what was added, with no flags. 0, or -EINVAL and PROBLEM. */
int
seccomp_builder_finish(struct seccomp_builder *builder,
    struct seccomp_filter *out, struct problem *problem);

#endif
