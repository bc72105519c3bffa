/* SPDX-License-Identifier: MIT */
/*
 * The names of the machine that dinit is built for: in the kernel's audit and
 * seccomp interfaces, and in seccomp profiles. The conditions in these have
 * names of their own: those of Go, but "x86" for what Go calls "386"
 * (containers/common, pkg/seccomp).
 */
#ifndef DINIT_ARCHITECTURE_H
#define DINIT_ARCHITECTURE_H

#include <linux/audit.h>

#if defined(__x86_64__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_X86_64
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_X86_64"
#define ARCHITECTURE_IN_CONDITIONS "amd64"
#elif defined(__i386__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_I386
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_X86"
#define ARCHITECTURE_IN_CONDITIONS "x86"
#elif defined(__aarch64__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_AARCH64
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_AARCH64"
#define ARCHITECTURE_IN_CONDITIONS "arm64"
#elif defined(__ARM_EABI__) && !defined(__ARMEB__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_ARM
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_ARM"
#define ARCHITECTURE_IN_CONDITIONS "arm"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_PPC64LE
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_PPC64LE"
#define ARCHITECTURE_IN_CONDITIONS "ppc64le"
#elif defined(__s390x__)
#define ARCHITECTURE_AUDIT AUDIT_ARCH_S390X
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_S390X"
#define ARCHITECTURE_IN_CONDITIONS "s390x"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE_AUDIT AUDIT_ARCH_RISCV64
#define ARCHITECTURE_IN_PROFILES "SCMP_ARCH_RISCV64"
#define ARCHITECTURE_IN_CONDITIONS "riscv64"
#else
#error "which architecture is this?"
#endif

#endif
