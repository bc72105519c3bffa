/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/landlock.h"
#include "base/kernel.h"

/* From linux/landlock.h, which may be missing or older than the kernel. */
#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH 1
#define ACCESS_FS_READ_FILE (1U << 2)
#define ACCESS_FS_READ_DIR (1U << 3)

struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scope;
};

struct path_beneath {
	uint64_t access;
	int32_t parent_fd;
} __attribute__((packed));

/* Everything that a kernel with this version of Landlock can deny. */
static struct ruleset
everything(long version)
{
	struct ruleset ruleset = { .fs = (1U << 13) - 1 };

	if (version >= 2) /* moving and linking to another folder */
		ruleset.fs |= 1U << 13;
	if (version >= 3) /* truncate(2) */
		ruleset.fs |= 1U << 14;
	if (version >= 4) /* binding and connecting TCP sockets */
		ruleset.net = 3;
	if (version >= 5) /* ioctl(2) on devices */
		ruleset.fs |= 1U << 15;
	if (version >= 6) /* abstract sockets of others; signals stay allowed */
		ruleset.scope = 1;
	return ruleset;
}

/* How much of it the kernel knows; it takes no more. */
static size_t
size_of(long version)
{
	if (version >= 6)
		return sizeof(struct ruleset);
	return version >= 4 ? offsetof(struct ruleset, scope)
			    : offsetof(struct ruleset, net);
}

/* A descriptor of a ruleset that denies everything, or -errno. */
static int
create_ruleset(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
	    CREATE_RULESET_VERSION);
	struct ruleset ruleset = everything(version);
	long fd = version < 0 ? -1
			      : syscall(SYS_landlock_create_ruleset, &ruleset,
				    size_of(version), 0U);

	return fd < 0 ? -errno : (int)fd;
}

static int
add_reading(int ruleset_fd, const char *path)
{
	struct path_beneath rule = {
		.access = ACCESS_FS_READ_FILE | ACCESS_FS_READ_DIR,
		.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	int error = 0;

	if (rule.parent_fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH_BENEATH, &rule,
		0U) < 0)
		error = -errno;
	close(rule.parent_fd);
	return error;
}

static int
restrict_to(int ruleset_fd)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset_fd, 0U) < 0)
		return -errno;
	return 0;
}

int
landlock_allow_reading_only(const char *path)
{
	int ruleset_fd = create_ruleset();
	int error;

	if (ruleset_fd < 0)
		return ruleset_fd;
	error = add_reading(ruleset_fd, path);
	if (error == 0)
		error = restrict_to(ruleset_fd);
	close(ruleset_fd);
	return error;
}
