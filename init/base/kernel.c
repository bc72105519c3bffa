/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <sys/utsname.h>

#include "base/kernel.h"
#include "base/number.h"

#define DIGITS_MAX 5

int
kernel_parse(const char *text, const char **rest)
{
	uint64_t major;
	uint64_t minor;
	size_t length = number_read(text, &major);

	if (length == 0 || length > DIGITS_MAX || text[length] != '.' ||
	    major > 0x7fff)
		return -EINVAL;
	text += length + 1;
	length = number_read(text, &minor);
	if (length == 0 || length > DIGITS_MAX || minor > 0xffff)
		return -EINVAL;
	*rest = text + length;
	return kernel_of((int)major, (int)minor);
}

int
kernel_version(void)
{
	struct utsname system;
	const char *rest;
	int version;

	if (uname(&system) < 0)
		return 0;
	version = kernel_parse(system.release, &rest);
	return version < 0 ? 0 : version;
}
