/* SPDX-License-Identifier: MIT */
/*
 * Versions of Linux, as numbers that can be compared, and a constant of the
 * kernel that installed headers may be too old to have.
 */
#ifndef DINIT_KERNEL_H
#define DINIT_KERNEL_H

#include <sys/ioctl.h>

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
