/* SPDX-License-Identifier: MIT */
/*
 * Whether the kernel's OOM killer has been at work in this container.
 */
#ifndef DINIT_MEMORY_KILLS_H
#define DINIT_MEMORY_KILLS_H

#include <stdint.h>

/* Where a container with a cgroup namespace of its own sees its cgroup. */
#define MEMORY_KILLS_PATH "/sys/fs/cgroup/memory.events"

/*
 * Returns how many processes the kernel has killed in a cgroup because memory
 * was short, as PATH, its memory.events, says (Linux,
 * Documentation/admin-guide/cgroup-v2.rst, oom_kill); or -errno: -ENODATA if
 * PATH does not say so.
 */
int64_t
memory_kills_count(const char *path);

#endif
