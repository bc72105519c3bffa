/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter as the kernel takes it, and an interpreter that finds out
 * what a filter does to a system call. This is independent of profiles and of
 * libseccomp.
 */
#ifndef DINIT_SECCOMP_FILTER_H
#define DINIT_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

struct seccomp_data;

/* The most instructions that the kernel takes (BPF_MAXINSNS). */
#define SECCOMP_FILTER_MAX 4096

/* What SECCOMP_SET_MODE_FILTER of seccomp(2) takes. */
struct seccomp_filter {
	unsigned int flags;
	unsigned short length; /* of CODE; 0: there is no filter */
	struct sock_filter code[SECCOMP_FILTER_MAX];
};

/* What a filter does to one call. */
struct seccomp_verdict {
	uint32_t action;    /* one of SECCOMP_RET_*, with its data */
	bool is_for_number; /* the arguments of the call do not matter */
};

/*
 * Runs FILTER on CALL as the kernel would. Only instructions that libseccomp
 * writes are known. For any other, the verdict is SECCOMP_RET_KILL_PROCESS, and
 * is_for_number is false.
 */
struct seccomp_verdict
seccomp_filter_evaluate(const struct seccomp_filter *filter,
    const struct seccomp_data *call);

/*
 * True if no execve(2) can succeed under FILTER. False if that depends on the
 * arguments or on a tracer, which are not known beforehand.
 */
bool
seccomp_filter_forbids_exec(const struct seccomp_filter *filter);

#endif
