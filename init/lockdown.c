/* SPDX-License-Identifier: MIT */
/*
 * The filter is a constant: nothing is computed when the container starts.
 * A test runs the end-to-end suite under strace and holds what it saw against
 * the list, so that this is neither too short nor too long.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lockdown.h"
#include "array.h"

#include "signals.h"
#if defined(__x86_64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture is this?"
#endif

/* A test makes it deadly, so that no call is denied without being noticed. */
#ifndef LOCKDOWN_DENIAL
#define LOCKDOWN_DENIAL (SECCOMP_RET_ERRNO | EPERM)
#endif

#define ALLOW(number)                                                         \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                  \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, LOCKDOWN_DENIAL),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	/* the loop: wait, read what came, reap, relay */
	ALLOW(SYS_ppoll),
	ALLOW(SYS_read),
	ALLOW(SYS_waitid),
	ALLOW(SYS_kill),
	ALLOW(SYS_getpgid),
	ALLOW(SYS_pidfd_send_signal),
	ALLOW(SYS_rt_sigaction),
	ALLOW(SYS_clock_gettime),
	ALLOW(SYS_restart_syscall),
	ALLOW(SYS_getpid),
	ALLOW(SYS_exit_group),
	/* the log */
	ALLOW(SYS_write),
	ALLOW(SYS_writev),
	ALLOW(SYS_pwritev2),
	/* the report */
	ALLOW(SYS_pwrite64),
	ALLOW(SYS_ftruncate),
	/* reports of the health helper, news for the engine */
	ALLOW(SYS_recvmsg),
	ALLOW(SYS_sendto),
	ALLOW(SYS_connect),
	/* the readiness file, and what /proc says of descendants */
	ALLOW(SYS_openat),
	ALLOW(SYS_close),
	ALLOW(SYS_fcntl),
	ALLOW(SYS_fchmod),
	ALLOW(SYS_renameat),
	ALLOW(SYS_unlinkat),
	ALLOW(SYS_mkdirat),
	ALLOW(SYS_umask),
	ALLOW(SYS_lseek),
	ALLOW(SYS_getdents64),
	ALLOW(SYS_pidfd_open),
	/* job control, and how COMMAND ended */
	ALLOW(SYS_ioctl),
	ALLOW(SYS_rt_sigprocmask),
	ALLOW(SYS_rt_sigpending),
	/* an assertion of ours that fails */
	ALLOW(SYS_gettid),
	ALLOW(SYS_tgkill),
#if defined(__x86_64__)
	/* musl's wrappers take the older calls where there are any */
	ALLOW(SYS_open),
	ALLOW(SYS_poll),
	ALLOW(SYS_readlink),
#else
	ALLOW(SYS_readlinkat),
	ALLOW(SYS_renameat2),
#endif
	BPF_STMT(BPF_RET | BPF_K, LOCKDOWN_DENIAL),
};

/* libcap would take a page of heap for two system calls. */
static int
get_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

static int
set_capabilities(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/*
 * Without CAP_DAC_OVERRIDE root may not write what belongs to the app's user.
 * The ids for file access alone (setfsuid(2)) can be that user's: signals and
 * all else go by the others. They cannot fail here but by not changing. With
 * them the kernel forgets which signal to send when the parent dies
 * (PR_SET_PDEATHSIG(2const)).
 */
static void
take_file_ids(uid_t uid, gid_t gid)
{
	if (geteuid() != 0)
		return;
	setfsgid(gid);
	setfsuid(uid);
}

int
lockdown_begin_rehearsal(const struct lockdown_owner *owner,
    struct lockdown_rehearsal *rehearsal)
{
	struct __user_cap_data_struct reduced[2];
	int error = get_capabilities(rehearsal->capabilities);

	if (error < 0)
		return error;
	take_file_ids(owner->uid, owner->gid);
	memcpy(reduced, rehearsal->capabilities, sizeof(reduced));
	reduced[0].effective &= 1U << CAP_KILL;
	reduced[1].effective = 0;
	error = set_capabilities(reduced);
	if (error < 0)
		take_file_ids(geteuid(), getegid());
	return error;
}

void
lockdown_end_rehearsal(const struct lockdown_rehearsal *rehearsal)
{
	take_file_ids(geteuid(), getegid());
	set_capabilities(rehearsal->capabilities);
}

int
	pid_t parent = getppid();
	int death_signal = 0;

lockdown_drop_capabilities(const struct lockdown_owner *owner)
{
	prctl(PR_GET_PDEATHSIG, &death_signal);
	struct __user_cap_data_struct data[2];
	int error = get_capabilities(data);
	signals_follow_parent(death_signal, parent);

	if (error < 0)
		return error;
	if (owner != NULL)
		take_file_ids(owner->uid, owner->gid);
	data[0].permitted &= 1U << CAP_KILL;
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	return set_capabilities(data);
}

int
lockdown_filter_calls(void)
{
	/* The kernel only reads it. */
	const struct sock_fprog program = {
		.len = ARRAY_SIZE(filter),
		.filter = (struct sock_filter *)(uintptr_t)filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &program) < 0)
		return -errno;
	return 0;
}
