/* SPDX-License-Identifier: MIT */
/*
 * The filter is a constant: nothing is computed when the container starts.
 * A test runs the end-to-end suite under strace and holds what it saw against
 * the list, so that this is neither too short nor too long.
 */
#include <assert.h>
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

/* What bit of that word of 32 NUMBER is, if it is one. */
#define BIT(number, word)                                                      \
	((number) / 32 == (word) ? UINT32_C(1) << (number) % 32 : 0)

/* musl's wrappers take the older calls where there are any. */
/* clang-format off */
#if defined(__x86_64__)
#define CALLS_OF_MACHINE(word)                                                \
	(BIT(SYS_open, word) |                                                \
	BIT(SYS_poll, word) |                                                 \
	BIT(SYS_readlink, word))
#else
#define CALLS_OF_MACHINE(word)                                                \
	(BIT(SYS_readlinkat, word) |                                          \
	BIT(SYS_renameat2, word))
#endif

#define CALLS(word)                                                           \
	(CALLS_OF_MACHINE(word) |                                             \
	/* the loop: wait, read what came, reap, relay */                     \
	BIT(SYS_ppoll, word) |                                                \
	BIT(SYS_read, word) |                                                 \
	BIT(SYS_waitid, word) |                                               \
	BIT(SYS_kill, word) |                                                 \
	BIT(SYS_getpgid, word) |                                              \
	BIT(SYS_pidfd_send_signal, word) |                                    \
	BIT(SYS_rt_sigaction, word) |                                         \
	BIT(SYS_clock_gettime, word) |                                        \
	BIT(SYS_clock_nanosleep, word) |                                      \
	BIT(SYS_restart_syscall, word) |                                      \
	BIT(SYS_getpid, word) |                                               \
	BIT(SYS_exit_group, word) |                                           \
	BIT(SYS_exit, word) |                                                 \
	/* the log */                                                         \
	BIT(SYS_write, word) |                                                \
	BIT(SYS_writev, word) |                                               \
	BIT(SYS_pwritev2, word) |                                             \
	/* the state file beside the readiness file */                        \
	BIT(SYS_pwrite64, word) |                                             \
	BIT(SYS_ftruncate, word) |                                            \
	/* reports of the health helper, news for the engine */               \
	BIT(SYS_recvmsg, word) |                                              \
	BIT(SYS_sendto, word) |                                               \
	BIT(SYS_connect, word) |                                              \
	/* the readiness file, and what /proc says of descendants */          \
	BIT(SYS_openat, word) |                                               \
	BIT(SYS_close, word) |                                                \
	BIT(SYS_fcntl, word) |                                                \
	BIT(SYS_fchmod, word) |                                               \
	BIT(SYS_renameat, word) |                                             \
	BIT(SYS_unlinkat, word) |                                             \
	BIT(SYS_mkdirat, word) |                                              \
	BIT(SYS_umask, word) |                                                \
	BIT(SYS_lseek, word) |                                                \
	BIT(SYS_getdents64, word) |                                           \
	BIT(SYS_pidfd_open, word) |                                           \
	/* job control, and how COMMAND ended */                              \
	BIT(SYS_ioctl, word) |                                                \
	BIT(SYS_rt_sigprocmask, word) |                                       \
	BIT(SYS_rt_sigpending, word) |                                        \
	/* an assertion of ours that fails */                                 \
	BIT(SYS_gettid, word) |                                               \
	BIT(SYS_tgkill, word))

/*
 * Once a word is found its bits are in A, and the bit's number in X. To compare
 * with each number in turn would be four times as much work when the filter is
 * installed: the kernel goes through it for every system call there is.
 */
#define WORDS 14
#define WORD(word)                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (word), 0, 2),                    \
	BPF_STMT(BPF_LD | BPF_IMM, CALLS(word)),                              \
	BPF_JUMP(BPF_JMP | BPF_JA, 3 * (WORDS - 1 - (word)) + 1, 0, 0)

static_assert(SYS_pidfd_open < 32 * WORDS, "no word for the newest call");

static const struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCHITECTURE, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, LOCKDOWN_DENIAL),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 31),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 5),
	WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6),
	WORD(7), WORD(8), WORD(9), WORD(10), WORD(11), WORD(12), WORD(13),
	BPF_STMT(BPF_RET | BPF_K, LOCKDOWN_DENIAL),
	BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, LOCKDOWN_DENIAL),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
/* clang-format on */

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
	pid_t parent = getppid();
	int death_signal = 0;

	if (geteuid() != 0)
		return;
	prctl(PR_GET_PDEATHSIG, &death_signal);
	setfsgid(gid);
	setfsuid(uid);
	signals_follow_parent(death_signal, parent);
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
lockdown_drop_capabilities(const struct lockdown_owner *owner)
{
	struct __user_cap_data_struct data[2];
	int error = get_capabilities(data);

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
