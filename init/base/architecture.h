/* SPDX-License-Identifier: MIT */
/*
 * The names of the machine that dinit is built for: in the kernel's audit and
 * seccomp interfaces, in seccomp profiles, and in Go.
 */
#ifndef DINIT_ARCHITECTURE_H
#define DINIT_ARCHITECTURE_H

#include <linux/audit.h>

#if defined(__x86_64__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_X86_64
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_X86_64"
#define ARCHITECTURE_IN_GO "amd64"
#elif defined(__aarch64__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_AARCH64
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_AARCH64"
#define ARCHITECTURE_IN_GO "arm64"
#else
#error "which architecture is this?"
#endif

#endif
