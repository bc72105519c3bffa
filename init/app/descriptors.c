/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/descriptors.h"

/*
 * An O_PATH descriptor needs no device, and every read or write fails. By the
 * system call itself: after it musl's open(3) sets the flag once more.
 */
int
descriptors_hold_standard(void)
{
	int fd;

	do
		fd = (int)syscall(SYS_openat, AT_FDCWD, "/",
		    O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd < STDERR_FILENO);
	return fd > STDERR_FILENO && close(fd) < 0 ? -errno : 0;
}

/*
 * Before Linux 5.9, or under a filter that does not know the call. The limit
 * is no bound to count up to: it may be a thousand million (Docker), or lower
 * than what is open.
 */
static void
close_listed(unsigned int first, unsigned int last)
{
	DIR *list = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (list == NULL)
		return;
	while ((entry = readdir(list)) != NULL) {
		char *end;
		unsigned long fd = strtoul(entry->d_name, &end, 10);

		if (end != entry->d_name && fd >= first && fd <= last &&
		    fd != (unsigned long)dirfd(list))
			close((int)fd);
	}
	closedir(list);
}

/* Closes from FIRST to just before END. */
static void
close_between(unsigned int first, unsigned int end)
{
	if (first < end && syscall(SYS_close_range, first, end - 1, 0) < 0)
		close_listed(first, end - 1);
}

/* The least of KEPT from FROM on; if there is none, what no file can have. */
static unsigned int
find_next(const int *kept, size_t count, unsigned int from)
{
	unsigned int next = UINT_MAX;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= 0 && (unsigned int)kept[i] >= from &&
		    (unsigned int)kept[i] < next)
			next = (unsigned int)kept[i];
	return next;
}

void
descriptors_close_others(const int *kept, size_t count)
{
	unsigned int from = 0;
	unsigned int next;

	do {
		next = find_next(kept, count, from);
		close_between(from, next);
		from = next + 1;
	} while (next != UINT_MAX);
}
