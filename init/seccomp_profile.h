/* SPDX-License-Identifier: MIT */
/*
 * A seccomp profile of Docker, containerd, CRI-O and Podman (JSON, OCI
 * runtime-spec with Docker's includes and excludes) to a filter. Whatever in
 * it is not understood is refused: a hole is worse than an error.
 */
#ifndef DINIT_SECCOMP_PROFILE_H
#define DINIT_SECCOMP_PROFILE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

/* The kernel takes no longer ones (BPF_MAXINSNS). */
#define SECCOMP_FILTER_MAX 4096

/* What goes to seccomp(2), SECCOMP_SET_MODE_FILTER. */
struct seccomp_filter {
	unsigned int flags;
	unsigned short length; /* 0: none */
	struct sock_filter code[SECCOMP_FILTER_MAX];
};

/* What a profile's includes and excludes are judged by. */
struct seccomp_circumstances {
	uint64_t capabilities; /* the app's bounding set */
	int kernel;            /* its version: kernel_of */
};

/*
 * Compiles the profile in the file PATH. 0 and OUT, or -EINVAL and PROBLEM.
 */
int
seccomp_profile_compile(const char *path,
    const struct seccomp_circumstances *circumstances,
    struct seccomp_filter *out, struct problem *problem);

#endif
