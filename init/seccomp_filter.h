/* SPDX-License-Identifier: MIT */
/*
 * A seccomp filter as the kernel takes it. It knows nothing of profiles and of
 * libseccomp.
 */
#ifndef DINIT_SECCOMP_FILTER_H
#define DINIT_SECCOMP_FILTER_H

#include <linux/filter.h>

/* The kernel takes no longer ones (BPF_MAXINSNS). */
#define SECCOMP_FILTER_MAX 4096

/* What goes to seccomp(2), SECCOMP_SET_MODE_FILTER. */
struct seccomp_filter {
	unsigned int flags;
	unsigned short length; /* 0: none */
	struct sock_filter code[SECCOMP_FILTER_MAX];
};

#endif
