/* SPDX-License-Identifier: MIT */
/*
 * A test runs the end-to-end suite under strace and holds what it saw against
 * the list, so that the list is neither too short nor too long. Another one
 * holds the filter's verdicts against the list.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privileges/lockdown.h"
#include "base/architecture.h"
#include "base/array.h"
#include "base/kernel.h"
#include "base/signals.h"

/* A test makes it deadly, so that no call is denied without being noticed. */
#ifndef LOCKDOWN_DENIAL
#define LOCKDOWN_DENIAL (SECCOMP_RET_ERRNO | EPERM)
#endif

/*
 * Allowed whatever the arguments. Where there are older calls, musl's wrappers
 * make those.
 */
static const uint16_t calls[] = {
#if defined(__x86_64__)
	SYS_poll,
	SYS_readlink,
#else
	SYS_readlinkat,
	SYS_renameat2,
#endif
	/* the loop: wait, read what came, reap, relay */
	SYS_ppoll,
	SYS_read,
	SYS_waitid,
	SYS_kill,
	SYS_getpgid,
	SYS_pidfd_send_signal,
	SYS_rt_sigaction,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_restart_syscall,
	SYS_getpid,
	SYS_exit_group,
	SYS_exit,
	/* the log */
	SYS_write,
	SYS_writev,
	SYS_pwritev2,
	/* the state file beside the readiness file */
	SYS_pwrite64,
	SYS_ftruncate,
	/* reports of the health helper, news for the engine */
	SYS_recvmsg,
	SYS_sendto,
	SYS_connect,
	/* the readiness file, and what /proc says of descendants */
	SYS_close,
	SYS_fstat,
	SYS_newfstatat,
	SYS_renameat,
	SYS_unlinkat,
	SYS_umask,
	SYS_lseek,
	SYS_getdents64,
	SYS_pidfd_open,
	/* job control */
	SYS_rt_sigprocmask,
	SYS_rt_sigpending,
	/* an assertion of ours that fails */
	SYS_gettid,
	SYS_tgkill,
};

/*
 * Flags of open(2) that neither make nor empty a file, nor open it for writing.
 * With those of NEW_FILE one is made and opened, but only where there was none.
 */
#define HARMLESS                                                               \
	(0U | O_CLOEXEC | O_DIRECTORY | O_LARGEFILE | O_NOCTTY | O_NOFOLLOW |  \
	    O_NONBLOCK | O_PATH)
#define NEW_FILE (O_WRONLY | O_CREAT | O_EXCL)

/*
 * Allowed with these arguments only: were PID 1 itself taken over, it shall
 * neither make a setuid file nor write to a file that is there.
 */
static const struct lockdown_rule rules[] = {
#if defined(__x86_64__)
	{ SYS_open, 1, 1, ~HARMLESS, { O_RDONLY } },
#endif
	{ SYS_openat, 2, 2, ~HARMLESS, { O_RDONLY, NEW_FILE } },
	{ SYS_openat, 3, 1, S_ISUID | S_ISGID, { 0 } },
	{ SYS_fchmod, 1, 1, UINT32_MAX, { 0644 } },
	{ SYS_mkdirat, 2, 1, UINT32_MAX, { 0755 } },
	{ SYS_fcntl, 1, 5, UINT32_MAX,
	    { F_OFD_SETLK, F_OFD_GETLK, F_SETLK, F_GETLK, F_SETFD } },
	{ SYS_ioctl, 1, 3, UINT32_MAX,
	    { TIOCGPGRP, TIOCSPGRP, KERNEL_PIDFD_GET_INFO } },
};

const struct lockdown_list lockdown_list = {
	.calls = calls,
	.calls_count = ARRAY_SIZE(calls),
	.rules = rules,
	.rules_count = ARRAY_SIZE(rules),
};

/*
 * The program is written from its end to its beginning: every jump goes
 * forward, and so its target is known.
 */
static void
put_instruction(struct lockdown_filter *filter, struct sock_filter instruction)
{
	assert(filter->first > 0);
	filter->code[--filter->first] = instruction;
}

static void
put(struct lockdown_filter *filter, uint16_t operation, uint32_t operand)
{
	put_instruction(filter,
	    (struct sock_filter)BPF_STMT(operation, operand));
}

static void
put_load(struct lockdown_filter *filter, size_t offset)
{
	put(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

/* Goes on at YES if OPERATION with OPERAND finds A so, and at NO if not. */
static void
put_jump(struct lockdown_filter *filter, uint16_t operation, uint32_t operand,
    size_t yes, size_t no)
{
	size_t here = filter->first;

	assert(yes >= here && yes - here <= UINT8_MAX);
	assert(no >= here && no - here <= UINT8_MAX);
	put_instruction(filter,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | operation | BPF_K, operand,
		(uint8_t)(yes - here), (uint8_t)(no - here)));
}

/* Where the last two instructions are. */
#define ALLOW (LOCKDOWN_FILTER_MAX - 1)
#define DENY (LOCKDOWN_FILTER_MAX - 2)

/*
 * The lower half of an argument, which is 64 bits wide. All arguments in RULES
 * are an int or less to the kernel: it does not see the upper half, in which
 * the C libraries put different things.
 */
static size_t
lower_half(unsigned int argument)
{
	bool is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return offsetof(struct seccomp_data, args) +
	    sizeof(uint64_t) * argument +
	    (is_big_endian ? sizeof(uint32_t) : 0);
}

/* Goes on at HOLDS if the argument is as RULE says, or else denies the call. */
static void
put_rule(struct lockdown_filter *filter, const struct lockdown_rule *rule,
    size_t holds)
{
	size_t otherwise = DENY;

	for (size_t i = rule->count; i-- > 0; otherwise = filter->first)
		put_jump(filter, BPF_JEQ, rule->values[i], holds, otherwise);
	if (rule->mask != UINT32_MAX)
		put(filter, BPF_ALU | BPF_AND | BPF_K, rule->mask);
	put_load(filter, lower_half(rule->argument));
}

/* A call with several rules has them side by side: all of them must hold. */
static void
put_rules(struct lockdown_filter *filter, const struct lockdown_list *list)
{
	size_t holds = ALLOW;
	size_t next_call = DENY;

	for (size_t i = list->rules_count; i-- > 0;) {
		const struct lockdown_rule *rule = &list->rules[i];

		put_rule(filter, rule, holds);
		holds = filter->first;
		if (i > 0 && rule[-1].call == rule->call)
			continue;
		put_jump(filter, BPF_JEQ, rule->call, filter->first, next_call);
		put_load(filter, offsetof(struct seccomp_data, nr));
		next_call = filter->first;
		holds = ALLOW;
	}
}

/*
 * A call is allowed whose number is a bit of WORDS. To compare with each number
 * in turn would be four times as much work when the filter is installed: the
 * kernel goes through it for every system call there is, up to the first
 * instruction that is not among the few it expects there, which is BPF_ST.
 */
static void
put_words(struct lockdown_filter *filter,
    const uint32_t words[LOCKDOWN_CALLS_END / 32])
{
	size_t otherwise = filter->first;
	size_t found;

	put_jump(filter, BPF_JSET, 1, ALLOW, otherwise);
	put(filter, BPF_ALU | BPF_RSH | BPF_X, 0);
	found = filter->first;
	for (uint32_t i = LOCKDOWN_CALLS_END / 32; i-- > 0;) {
		if (words[i] == 0)
			continue;
		put(filter, BPF_JMP | BPF_JA,
		    (uint32_t)(found - filter->first));
		put(filter, BPF_LD | BPF_IMM, words[i]);
		put_jump(filter, BPF_JEQ, i, filter->first, otherwise);
		otherwise = filter->first;
	}
}

/*
 * For this machine's calls alone: which word a number is in goes to A, which
 * bit of it to X. BPF_TAX would do in one instruction what BPF_ST and BPF_LDX
 * do here, but gVisor takes it for BPF_TXA.
 */
static void
put_start(struct lockdown_filter *filter)
{
	put(filter, BPF_ALU | BPF_RSH | BPF_K, 5);
	put_load(filter, offsetof(struct seccomp_data, nr));
	put_jump(filter, BPF_JEQ, ARCHITECTURE_AUDIT, filter->first, DENY);
	put_load(filter, offsetof(struct seccomp_data, arch));
	put(filter, BPF_LDX | BPF_MEM, 0);
	put(filter, BPF_ST, 0);
	put(filter, BPF_ALU | BPF_AND | BPF_K, 31);
	put_load(filter, offsetof(struct seccomp_data, nr));
}

void
lockdown_build_filter(const struct lockdown_list *list,
    struct lockdown_filter *out)
{
	uint32_t words[LOCKDOWN_CALLS_END / 32] = { 0 };

	for (size_t i = 0; i < list->calls_count; i++) {
		uint16_t call = list->calls[i];

		assert(call < LOCKDOWN_CALLS_END);
		words[call / 32] |= UINT32_C(1) << call % 32;
	}
	out->first = LOCKDOWN_FILTER_MAX;
	put(out, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	put(out, BPF_RET | BPF_K, LOCKDOWN_DENIAL);
	put_rules(out, list);
	put_words(out, words);
	put_start(out);
}

/* libcap would take a page of heap for two system calls. */
static int
read_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

static int
write_capabilities(const struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};

	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

/*
 * Without CAP_DAC_OVERRIDE root may not write what belongs to the app's user.
 * The ids for file access alone (setfsuid(2)) can be that user's: signals and
 * all else go by the others. With them the kernel forgets which signal to send
 * when the parent dies (PR_SET_PDEATHSIG(2const)), and makes the process not
 * dumpable, so that others cannot open its /proc/PID/fd any more
 * (PR_SET_DUMPABLE(2const)): both are put back.
 *
 * False: the ids are not that user's. setfsuid(2) does not fail otherwise than
 * by changing nothing, and there is none in gVisor; of an invalid id it only
 * tells what is.
 */
static bool
take_file_ids(uid_t uid, gid_t gid)
{
	pid_t parent = getppid();
	int death_signal = 0;
	int dumpable;

	if (geteuid() != 0)
		return true;
	dumpable = prctl(PR_GET_DUMPABLE);
	prctl(PR_GET_PDEATHSIG, &death_signal);
	setfsgid(gid);
	setfsuid(uid);
	prctl(PR_SET_DUMPABLE, dumpable == 1 ? 1L : 0L);
	signals_follow_parent(death_signal, parent);
	return uid == 0 || setfsuid((uid_t)-1) == (int)uid;
}

/* What dinit keeps; where OWNER cannot lend its rights on files, those too. */
static uint32_t
needed_capabilities(const struct lockdown_owner *owner)
{
	uint32_t needed = UINT32_C(1) << CAP_KILL;

	if (owner != NULL && !take_file_ids(owner->uid, owner->gid))
		needed |= UINT32_C(1) << CAP_DAC_OVERRIDE;
	return needed;
}

int
lockdown_begin_rehearsal(const struct lockdown_owner *owner,
    struct lockdown_rehearsal *rehearsal)
{
	struct __user_cap_data_struct reduced[2];
	int error = read_capabilities(rehearsal->capabilities);

	if (error < 0)
		return error;
	memcpy(reduced, rehearsal->capabilities, sizeof(reduced));
	reduced[0].effective &= needed_capabilities(owner);
	reduced[1].effective = 0;
	error = write_capabilities(reduced);
	if (error < 0)
		take_file_ids(geteuid(), getegid());
	return error;
}

void
lockdown_end_rehearsal(const struct lockdown_rehearsal *rehearsal)
{
	take_file_ids(geteuid(), getegid());
	write_capabilities(rehearsal->capabilities);
}

int
lockdown_drop_capabilities(const struct lockdown_owner *owner)
{
	struct __user_cap_data_struct data[2];
	int error = read_capabilities(data);

	if (error < 0)
		return error;
	data[0].permitted &= needed_capabilities(owner);
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	error = write_capabilities(data);
	if (error < 0)
		return error;
	return (data[0].effective & UINT32_C(1) << CAP_DAC_OVERRIDE) != 0;
}

int
lockdown_filter_calls(void)
{
	struct lockdown_filter filter;
	struct sock_fprog program;

	lockdown_build_filter(&lockdown_list, &filter);
	program.filter = filter.code + filter.first;
	program.len = (unsigned short)(LOCKDOWN_FILTER_MAX - filter.first);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &program) < 0)
		return -errno;
	return 0;
}
