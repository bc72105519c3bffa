/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "readiness/readiness_wire.h"

const char *
readiness_wire_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
readiness_wire_name_state(const char *path, char name[NAME_MAX + 1])
{
	int length = snprintf(name, NAME_MAX + 1, ".%s.state",
	    readiness_wire_file_name(path));

	return length > NAME_MAX ? -ENAMETOOLONG : 0;
}

/*
 * A living dinit has locked the whole file. A dinit that is about to delete the
 * file of a dead dinit has locked the second byte only, so the first byte tells
 * them apart. F_GETLK also sees the locks of open file descriptions, on every
 * kernel (fcntl(2)).
 */
int
readiness_wire_is_locked(int fd)
{
	struct flock first_byte = {
		.l_type = F_RDLCK,
		.l_whence = SEEK_SET,
		.l_len = 1,
	};

	if (fcntl(fd, F_GETLK, &first_byte) < 0)
		return -errno;
	return first_byte.l_type != F_UNLCK;
}
