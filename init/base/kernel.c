/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <sys/utsname.h>

#include "base/kernel.h"

#define DIGITS_MAX 5

/* What is behind the digits at TEXT; NULL: there are none, or too many. */
static const char *
read_number(const char *text, int *number)
{
	const char *begin = text;

	for (*number = 0; *text >= '0' && *text <= '9'; text++) {
		if (text - begin == DIGITS_MAX)
			return NULL;
		*number = *number * 10 + (*text - '0');
	}
	return text == begin ? NULL : text;
}

int
kernel_parse(const char *text, const char **rest)
{
	int major;
	int minor;

	text = read_number(text, &major);
	if (text == NULL || *text != '.' || major > 0x7fff)
		return -EINVAL;
	text = read_number(text + 1, &minor);
	if (text == NULL || minor > 0xffff)
		return -EINVAL;
	*rest = text;
	return kernel_of(major, minor);
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
