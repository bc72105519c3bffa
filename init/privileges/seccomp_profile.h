/* SPDX-License-Identifier: MIT */
/*
 * A seccomp profile of Docker, containerd, CRI-O and Podman (JSON, OCI
 * runtime-spec with Docker's includes and excludes) to a filter. What engines
 * take is taken. A value that is not understood is refused, as a hole is worse
 * than an error; keys that nobody knows are passed over with a warning.
 */
#ifndef DINIT_SECCOMP_PROFILE_H
#define DINIT_SECCOMP_PROFILE_H

#include <stdint.h>

struct problem;
struct seccomp_filter;

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
