/* SPDX-License-Identifier: MIT */
/*
 * Two tests guard the lists in this file. `make check-lockdown` compares them
 * with the calls that dinit makes, so that they are neither too short nor too
 * long. tests/unit/privileges/lockdown.c compares what the filter does to every
 * call with what the lists say.
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

/*
 * What the filter does to all other calls. `make check-lockdown` builds dinit
 * with SECCOMP_RET_KILL_PROCESS, so that a denied call cannot stay unnoticed.
 */
#ifndef LOCKDOWN_DENIAL
#define LOCKDOWN_DENIAL (SECCOMP_RET_ERRNO | EPERM)
#endif

/* --- What is allowed --- */

/* musl's name on machines of 32 bits, where it takes a time of 32 bits. */
#ifdef SYS_clock_gettime32
#define SYS_clock_gettime SYS_clock_gettime32
#define SYS_clock_nanosleep SYS_clock_nanosleep_time32
#endif

/*
 * These are allowed with any arguments. Of two similar calls, musl makes the
 * older one on machines that have it. For send(2) it makes sendto(2) always,
 * but glibc makes a call of its own on ARM and PowerPC.
 */
static const uint16_t calls[] = {
#ifdef SYS_poll
	SYS_poll,
#else
	SYS_ppoll,
#endif
#ifdef SYS_readlink
	SYS_readlink,
#else
	SYS_readlinkat,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#else
	SYS_renameat2,
#endif
#ifdef SYS__llseek
	SYS__llseek,
#else
	SYS_lseek,
#endif
/*
 * On machines of 32 bits the C libraries make other calls for times, sizes and
 * what a file is, and older ones where the kernel has not got these.
 */
#ifdef SYS_newfstatat
	SYS_fstat,
	SYS_newfstatat,
	SYS_ftruncate,
#else
	SYS_clock_gettime64,
	SYS_statx,
	SYS_fstat64,
	SYS_fstatat64,
	SYS_ftruncate64,
#endif
	/* the event loop: wait, read, reap, relay signals */
	SYS_rt_sigtimedwait,
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
	/* messages from the helpers, and to the engine */
	SYS_recvmsg,
	SYS_sendto,
#if defined(SYS_send) && defined(__GLIBC__)
	SYS_send,
#endif
	SYS_connect,
	/* the readiness file, and the search of /proc for descendants */
	SYS_close,
	SYS_unlinkat,
	SYS_umask,
	SYS_getdents64,
	SYS_pidfd_open,
	/* job control */
	SYS_rt_sigprocmask,
	SYS_rt_sigpending,
	/* a failed assertion: abort(3) */
	SYS_gettid,
	SYS_tgkill,
};

/*
 * HARMLESS are flags of open(2) that do not create, truncate or open a file for
 * writing. The flags NEW_FILE create a file, and fail if it exists.
 */
#define HARMLESS                                                               \
	(0U | O_CLOEXEC | O_DIRECTORY | O_LARGEFILE | O_NOCTTY | O_NOFOLLOW |  \
	    O_NONBLOCK | O_PATH)
#define NEW_FILE (O_WRONLY | O_CREAT | O_EXCL)

/*
 * glibc makes one call for all that is done with sockets where that is the
 * older way (i386, s390x). These are its first arguments (linux/net.h). send(2)
 * has one of its own.
 */
enum socket_call {
	CONNECT = 3,
	SEND = 9,
	SENDTO = 11,
	SHUTDOWN = 13,
	RECVMSG = 17,
	ACCEPT4 = 18,
};

/*
 * These are allowed with certain arguments only, so that an attacker who has
 * taken over dinit can neither make a setuid file nor write to a file that
 * exists.
 */
static const struct lockdown_rule rules[] = {
#ifdef SYS_open
	{ SYS_open, 1, 1, ~HARMLESS, { O_RDONLY } },
#endif
	{ SYS_openat, 2, 2, ~HARMLESS, { O_RDONLY, NEW_FILE } },
	{ SYS_openat, 3, 1, S_ISUID | S_ISGID, { 0 } },
	{ SYS_fchmod, 1, 1, UINT32_MAX, { 0644 } },
	{ SYS_mkdirat, 2, 1, UINT32_MAX, { 0755 } },
#ifdef SYS_fcntl64
	{ SYS_fcntl64, 1, 5, UINT32_MAX,
	    { F_OFD_SETLK, F_OFD_GETLK, F_SETLK, F_GETLK, F_SETFD } },
#else
	{ SYS_fcntl, 1, 5, UINT32_MAX,
	    { F_OFD_SETLK, F_OFD_GETLK, F_SETLK, F_GETLK, F_SETFD } },
#endif
#if defined(SYS_socketcall) && defined(__GLIBC__)
	{ SYS_socketcall, 0, 4, UINT32_MAX,
	    { CONNECT, SEND, SENDTO, RECVMSG } },
#endif
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
 * The helper that answers talks to the network. It accepts, reads, answers and
 * closes, and opens the readiness file and the state file for reading.
 */
static const uint16_t answer_calls[] = {
#ifdef SYS_poll
	SYS_poll,
#else
	SYS_ppoll,
#endif
	SYS_accept4,
	SYS_read,
	SYS_sendto,
#if defined(SYS_send) && defined(__GLIBC__)
	SYS_send,
#endif
	SYS_shutdown,
	SYS_close,
	SYS_pread64, /* the state file */
	SYS_clock_gettime,
#ifdef SYS_clock_gettime64
	SYS_clock_gettime64,
#endif
	SYS_restart_syscall,
	SYS_exit_group,
	SYS_exit,
};

static const struct lockdown_rule answer_rules[] = {
#ifdef SYS_open
	{ SYS_open, 1, 1, ~HARMLESS, { O_RDONLY } },
#endif
	{ SYS_openat, 2, 1, ~HARMLESS, { O_RDONLY } },
#ifdef SYS_fcntl64
	{ SYS_fcntl64, 1, 2, UINT32_MAX, { F_GETLK, F_SETFD } },
#else
	{ SYS_fcntl, 1, 2, UINT32_MAX, { F_GETLK, F_SETFD } },
#endif
#if defined(SYS_socketcall) && defined(__GLIBC__)
	{ SYS_socketcall, 0, 3, UINT32_MAX, { ACCEPT4, SEND, SHUTDOWN } },
#endif
};

const struct lockdown_list lockdown_answer_list = {
	.calls = answer_calls,
	.calls_count = ARRAY_SIZE(answer_calls),
	.rules = answer_rules,
	.rules_count = ARRAY_SIZE(answer_rules),
};

/* --- The filter --- */

/*
 * The filter is written from its last instruction to its first. Every jump in a
 * filter goes forward, so its target is written, and known, before the jump.
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

/*
 * Puts a jump that compares A with OPERAND by OPERATION, and goes on at YES if
 * the comparison holds or at NO otherwise.
 */
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

/* The last two instructions of every filter, where jumps may go. */
#define ALLOW (LOCKDOWN_FILTER_MAX - 1)
#define DENY (LOCKDOWN_FILTER_MAX - 2)

/*
 * Returns the offset of the lower 32 bits of an argument. All arguments in
 * RULES are 32 bits or less to the kernel, which ignores the upper half; the C
 * libraries pass different values there.
 */
static size_t
lower_half(unsigned int argument)
{
	bool is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return offsetof(struct seccomp_data, args) +
	    sizeof(uint64_t) * argument +
	    (is_big_endian ? sizeof(uint32_t) : 0);
}

/* Puts a check that goes on at HOLDS if RULE holds, or denies the call. */
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

/*
 * Puts the checks of all rules. Those for the same call stand side by side: a
 * rule that holds leads to the next one for the call, and the last to ALLOW.
 */
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
 * Puts a check that allows the calls whose numbers are bits in WORDS: bit N of
 * WORDS[I] stands for call 32 * I + N.
 *
 * Comparing the number with each of the calls in turn would make it four times
 * as expensive to install the filter. For every system call there is, the
 * kernel runs a new filter to find out whether it allows the call whatever the
 * arguments are (seccomp_is_const_allow() in kernel/seccomp.c). It gives up at
 * the first instruction that it does not expect there, and BPF_ST is one.
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
 * Puts the beginning of the filter. It denies the calls of other architectures.
 * For put_words it sets A to the number of the word that the call is in, and X
 * to the bit in that word. BPF_TAX could replace BPF_ST and BPF_LDX, but gVisor
 * confuses BPF_TAX with BPF_TXA.
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

/* --- Capabilities and access to files --- */

/*
 * These make the system calls directly, because libcap allocates a page of heap
 * for them, which PID 1 would keep.
 */
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
 * Makes this process access files as UID and GID, by setfsuid(2). Without
 * CAP_DAC_OVERRIDE, root cannot write in a directory of the app's user. All
 * other checks, such as that for kill(2), still use the effective ids.
 *
 * When the ids change, the kernel clears the signal for the death of the parent
 * (PR_SET_PDEATHSIG(2const)) and the dumpable attribute, without which other
 * processes cannot open /proc/PID/fd (PR_SET_DUMPABLE(2const)). Both are put
 * back here.
 *
 * Returns false if the id for file access is not UID afterwards. setfsuid(2)
 * reports no errors and returns the id before the call. An invalid id changes
 * nothing, so that a second call shows what the first one did. In gVisor the
 * call does nothing.
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

/*
 * Makes this process access files as OWNER, and returns the capabilities that
 * dinit needs after that.
 */
static uint32_t
become_owner(const struct lockdown_owner *owner)
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
	reduced[0].effective &= become_owner(owner);
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
	data[0].permitted &= become_owner(owner);
	data[0].effective = data[0].permitted;
	data[0].inheritable = 0;
	data[1] = (struct __user_cap_data_struct){ 0 };
	error = write_capabilities(data);
	if (error < 0)
		return error;
	return (data[0].effective & UINT32_C(1) << CAP_DAC_OVERRIDE) != 0;
}

int
lockdown_filter_calls(const struct lockdown_list *list)
{
	struct lockdown_filter filter;
	struct sock_fprog program;

	lockdown_build_filter(list, &filter);
	program.filter = filter.code + filter.first;
	program.len = (unsigned short)(LOCKDOWN_FILTER_MAX - filter.first);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0L, &program) < 0)
		return -errno;
	return 0;
}
