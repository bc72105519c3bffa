/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/memory_kills.h"

int64_t
memory_kills_count(const char *path)
{
	static const char key[] = "\noom_kill ";
	char text[512];
	const char *line;
	ssize_t length;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	line = strstr(text, key);
	return line == NULL ? -ENODATA : strtoll(line + strlen(key), NULL, 10);
}
