/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter as the kernel takes it, and what it says of a system call.
 * It knows nothing of profiles and of libseccomp.
 */
#ifndef DINIT_SECCOMP_FILTER_H
#define DINIT_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

struct seccomp_data;

/* The kernel takes no longer ones (BPF_MAXINSNS). */
#define SECCOMP_FILTER_MAX 4096

/* What goes to seccomp(2), SECCOMP_SET_MODE_FILTER. */
struct seccomp_filter {
	unsigned int flags;
	unsigned short length; /* 0: none */
	struct sock_filter code[SECCOMP_FILTER_MAX];
};

/* What a filter says of one call. */
struct seccomp_verdict {
	uint32_t action;    /* SECCOMP_RET_*, with its data */
	bool is_for_number; /* it holds whatever the call's arguments are */
};

/*
 * Runs FILTER on CALL, as the kernel would. A filter with an instruction that
 * libseccomp does not write kills, but not for the number alone.
 */
struct seccomp_verdict
seccomp_filter_evaluate(const struct seccomp_filter *filter,
    const struct seccomp_data *call);

/*
 * True if no execve(2) of this machine can succeed under FILTER. Not so where
 * arguments or a tracer decide: neither can be known beforehand.
 */
bool
seccomp_filter_forbids_exec(const struct seccomp_filter *filter);

#endif
