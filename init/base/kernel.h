/* SPDX-License-Identifier: MIT */
/*
 * Versions of Linux, as numbers that can be compared, and what the headers at
 * hand may be too old to name.
 */
#ifndef DINIT_KERNEL_H
#define DINIT_KERNEL_H

#include <sys/ioctl.h>

/* PIDFD_GET_INFO (linux/pidfd.h), of Linux 6.15's 64 bytes. */
#define KERNEL_PIDFD_GET_INFO _IOWR(0xFF, 11, char[64])

/* Version MAJOR.MINOR. */
static inline int
kernel_of(int major, int minor)
{
	return major << 16 | minor;
}

/*
 * The version that TEXT begins with, as in "6.15.4-generic", two numbers of at
 * most five digits each, and where it ends in *REST; or -EINVAL.
 */
int
kernel_parse(const char *text, const char **rest);

/* That of the kernel we run on, as uname(2) has it; 0: unknown. */
int
kernel_version(void);

#endif
