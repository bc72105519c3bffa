/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "base/kernel.h"
#include "base/number.h"

/*
 * An O_PATH descriptor needs no device such as /dev/null, and every read or
 * write on it fails. The system call is made directly, because musl's open(3)
 * sets FD_CLOEXEC by a second system call.
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
 * Does what close_range(2) does, for kernels before Linux 5.9 and filters that
 * deny the call. This does not count up to RLIMIT_NOFILE, which may be a
 * thousand million (Docker), or lower than the number of an open descriptor.
 */
static void
close_listed(unsigned int first, unsigned int last)
{
	DIR *list = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (list == NULL)
		return;
	while ((entry = readdir(list)) != NULL) {
		uint64_t fd;

		if (number_read(entry->d_name, &fd) > 0 && fd >= first &&
		    fd <= last && fd != (uint64_t)dirfd(list))
			close((int)fd);
	}
	closedir(list);
}

/* Closes the descriptors from FIRST up to, but not including, END. */
static void
close_between(unsigned int first, unsigned int end)
{
	if (first < end && syscall(SYS_close_range, first, end - 1, 0) < 0)
		close_listed(first, end - 1);
}

/*
 * Returns the lowest descriptor in KEPT that is not below FROM, or UINT_MAX,
 * which no descriptor can be, if there is none.
 */
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
