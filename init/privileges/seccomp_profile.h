/* SPDX-License-Identifier: MIT */
/*
 * Compiles a seccomp profile to a filter: what the keys of a profile mean. It
 * has the format of Docker, containerd, CRI-O and Podman: JSON as in the OCI
 * runtime-spec, with Docker's includes and excludes. What these engines accept
 * is accepted. A value that is not understood is refused, because an error is
 * better than a hole in the filter. There is a warning about unknown keys.
 */
#ifndef DINIT_SECCOMP_PROFILE_H
#define DINIT_SECCOMP_PROFILE_H

struct problem;
struct seccomp_circumstances;
struct seccomp_filter;

/* Compiles the profile in the file PATH. 0 and OUT, or -EINVAL and PROBLEM. */
int
seccomp_profile_compile(const char *path,
    const struct seccomp_circumstances *circumstances,
    struct seccomp_filter *out, struct problem *problem);

#endif
