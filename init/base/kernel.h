/* SPDX-License-Identifier: MIT */
/*
 * Versions of Linux, as numbers that can be compared, and constants of the
 * kernel that installed headers may be too old to have.
 */
#ifndef DINIT_KERNEL_H
#define DINIT_KERNEL_H

#include <sys/ioctl.h>
#include <sys/syscall.h>

/* On all architectures the same (asm-generic/unistd.h). */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* PIDFD_GET_INFO of linux/pidfd.h, with the 64 bytes of Linux 6.15. */
#define KERNEL_PIDFD_GET_INFO _IOWR(0xFF, 11, char[64])

/* Returns the number for version MAJOR.MINOR. */
static inline int
kernel_of(int major, int minor)
{
	return major << 16 | minor;
}

/*
 * Reads the two numbers at the beginning of TEXT, as in "6.15.4-generic", which
 * have at most five digits each. Returns the version, and in *REST the text
 * after it; or -EINVAL.
 */
int
kernel_parse(const char *text, const char **rest);

/* Returns the version of the running kernel, or 0 if uname(2) fails. */
int
kernel_version(void);

#endif
