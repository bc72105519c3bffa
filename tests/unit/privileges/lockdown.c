/* SPDX-License-Identifier: MIT */
/*
 * These tests compare what the filter does to every call with what the list
 * says, and check what the list must never allow. `make check-lockdown` finds
 * out whether the list has what dinit needs, and no more.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges/lockdown.h"
#include "base/array.h"
#include "base/kernel.h"
#include "support.h"

TestSuite(lockdown, .timeout = 30);

/* The kernel and libseccomp have the same numbers for these. */
#define OURS (seccomp_arch_native())
#define FOREIGN                                                               \
	(OURS == SCMP_ARCH_X86 ? SCMP_ARCH_ARM : (uint32_t)SCMP_ARCH_X86)

#ifdef SYS_fcntl64
#define FCNTL SYS_fcntl64
#else
#define FCNTL SYS_fcntl
#endif
#ifndef SYS_mmap
#define SYS_mmap SYS_mmap2
#endif

/* No system call of Linux has a number this high. */
#define NUMBERS_END 2000

/* The calls of the x32 ABI are the 64-bit ones with this bit. */
#define X32 0x40000000

/* gVisor exchanges the meanings of BPF_TAX and BPF_TXA. */
enum reading { AS_LINUX, AS_GVISOR };

struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t memory[16];
};

static uint32_t
load(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t word;

	cr_assert(offset % 4 == 0 && offset + 4 <= sizeof(*data));
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

static void
move(struct machine *m, bool to_x)
{
	if (to_x)
		m->x = m->a;
	else
		m->a = m->x;
}

/* Runs an instruction that is neither a jump nor a return. */
static void
calculate(struct machine *m, const struct sock_filter *i,
    const struct seccomp_data *data, enum reading reading)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		m->a = load(data, i->k);
		break;
	case BPF_LD | BPF_IMM:
		m->a = i->k;
		break;
	case BPF_ST:
		m->memory[i->k] = m->a;
		break;
	case BPF_LDX | BPF_MEM:
		m->x = m->memory[i->k];
		break;
	case BPF_ALU | BPF_AND | BPF_K:
		m->a &= i->k;
		break;
	case BPF_ALU | BPF_RSH | BPF_K:
		m->a >>= i->k;
		break;
	case BPF_ALU | BPF_RSH | BPF_X:
		cr_assert_lt(m->x, 32U);
		m->a >>= m->x;
		break;
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
		move(m, (i->code == (BPF_MISC | BPF_TAX)) ==
		    (reading == AS_LINUX));
		break;
	default:
		cr_assert_fail("no interpreter for instruction %#x", i->code);
	}
}

static bool
holds(const struct machine *m, const struct sock_filter *i)
{
	return BPF_OP(i->code) == BPF_JSET ? (m->a & i->k) != 0 :
	    m->a == i->k;
}

/* Returns what FILTER says about a call. */
static uint32_t
run(const struct lockdown_filter *filter, const struct seccomp_data *data,
    enum reading reading)
{
	struct machine m = { .a = 0 };

	for (size_t at = filter->first;; at++) {
		const struct sock_filter *i = &filter->code[at];

		cr_assert_lt(at, (size_t)LOCKDOWN_FILTER_MAX);
		if (i->code == (BPF_RET | BPF_K))
			return i->k;
		if (i->code == (BPF_JMP | BPF_JA))
			at += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			at += holds(&m, i) ? i->jt : i->jf;
		else
			calculate(&m, i, data, reading);
	}
}

static bool
allows(const struct lockdown_filter *filter, const struct seccomp_data *data)
{
	uint32_t verdict = run(filter, data, AS_LINUX);

	cr_assert_eq(verdict, run(filter, data, AS_GVISOR));
	cr_assert(verdict == SECCOMP_RET_ALLOW ||
	    verdict == (SECCOMP_RET_ERRNO | EPERM), "%#x", verdict);
	return verdict == SECCOMP_RET_ALLOW;
}

static bool
rule_holds(const struct lockdown_rule *rule, const struct seccomp_data *data)
{
	uint32_t found = (uint32_t)data->args[rule->argument] & rule->mask;

	for (size_t i = 0; i < rule->count; i++)
		if (found == rule->values[i])
			return true;
	return false;
}

/* True if LIST allows the call, found out without a filter. */
static bool
is_listed(const struct lockdown_list *list, const struct seccomp_data *data)
{
	bool has_rules = false;

	if (data->arch != OURS)
		return false;
	for (size_t i = 0; i < list->calls_count; i++)
		if (list->calls[i] == (uint32_t)data->nr)
			return true;
	for (size_t i = 0; i < list->rules_count; i++) {
		if (list->rules[i].call != (uint32_t)data->nr)
			continue;
		if (!rule_holds(&list->rules[i], data))
			return false;
		has_rules = true;
	}
	return has_rules;
}

static struct lockdown_filter
build(void)
{
	struct lockdown_filter filter;

	lockdown_build_filter(&lockdown_list, &filter);
	return filter;
}

static void
compare(const struct lockdown_filter *filter, const struct seccomp_data *data)
{
	cr_assert_eq(allows(filter, data), is_listed(&lockdown_list, data),
	    "call %#x of architecture %#x (%#llx, %#llx, %#llx, %#llx)",
	    data->nr, data->arch, (unsigned long long)data->args[0],
	    (unsigned long long)data->args[1],
	    (unsigned long long)data->args[2],
	    (unsigned long long)data->args[3]);
}

Test(lockdown, verdict_on_every_number_is_what_the_list_says)
{
	static const uint32_t bits[] = { 0, X32, UINT32_C(1) << 31 };
	struct lockdown_filter filter = build();
	int allowed = 0;

	for (uint32_t number = 0; number < NUMBERS_END; number++) {
		for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
			struct seccomp_data data = {
				.nr = (int)(number | bits[i]),
				.arch = OURS,
			};

			compare(&filter, &data);
			allowed += allows(&filter, &data);
			data.arch = FOREIGN;
			compare(&filter, &data);
		}
	}
	cr_assert_gt(allowed, (int)lockdown_list.calls_count - 1);
	compare(&filter, &(struct seccomp_data){ .nr = -1, .arch = OURS });
}

Test(lockdown, filter_of_the_helper_that_answers_is_what_its_list_says)
{
	static const int never[] = { SYS_execve, SYS_kill, SYS_socket,
		SYS_write, SYS_unlinkat, SYS_clone, SYS_connect };
	struct lockdown_filter filter;
	struct seccomp_data data = { .arch = OURS };

	lockdown_build_filter(&lockdown_answer_list, &filter);
	for (data.nr = 0; data.nr < NUMBERS_END; data.nr++)
		cr_assert_eq(allows(&filter, &data),
		    is_listed(&lockdown_answer_list, &data), "call %d",
		    data.nr);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		data.nr = never[i];
		cr_expect_not(allows(&filter, &data), "call %d", data.nr);
	}
	data.nr = SYS_openat;
	cr_expect(allows(&filter, &data));
	data.args[2] = O_WRONLY | O_CREAT | O_EXCL;
	cr_expect_not(allows(&filter, &data));
}

Test(lockdown, every_number_in_the_list_is_below_its_end)
{
	for (size_t i = 0; i < lockdown_list.calls_count; i++)
		cr_assert_lt(lockdown_list.calls[i], LOCKDOWN_CALLS_END);
}

Test(lockdown, list_of_the_last_number_allows_only_this_call)
{
	const uint16_t last = LOCKDOWN_CALLS_END - 1;
	const struct lockdown_list list = { .calls = &last, .calls_count = 1 };
	struct lockdown_filter filter;

	lockdown_build_filter(&list, &filter);
	for (int number = 0; number < NUMBERS_END; number++)
		cr_assert_eq(allows(&filter, &(struct seccomp_data){
			.nr = number,
			.arch = OURS,
		    }), number == last, "call %d", number);
}

/* These numbers are the same in each run, so that a failure repeats. */
static uint64_t
next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state ^ *state >> 33;
}

/* Returns VALUE, or a number that differs from it in some bits. */
static uint64_t
near(uint64_t value, uint64_t *state)
{
	uint64_t bits = next_random(state) & next_random(state) &
	    next_random(state);

	switch (next_random(state) % 4) {
	case 0:
		return value;
	case 1:
		return value ^ (bits & UINT32_MAX);
	case 2:
		return value ^ UINT64_C(1) << next_random(state) % 64;
	default:
		return value ^ bits << 32;
	}
}

/* Takes arguments from other rules too, as a call may have several rules. */
Test(lockdown, verdict_on_arguments_is_what_the_list_says)
{
	struct lockdown_filter filter = build();
	uint64_t state = 1;
	int allowed = 0;

	for (int round = 0; round < 100000; round++) {
		size_t chosen = next_random(&state) % lockdown_list.rules_count;
		struct seccomp_data data = {
			.nr = lockdown_list.rules[chosen].call,
			.arch = OURS,
		};

		for (size_t i = 0; i < lockdown_list.rules_count; i++) {
			const struct lockdown_rule *rule =
			    &lockdown_list.rules[i];

			if (rule->call == (uint32_t)data.nr)
				data.args[rule->argument] = near(rule->values[
				    next_random(&state) % rule->count], &state);
		}
		compare(&filter, &data);
		allowed += allows(&filter, &data);
	}
	cr_assert(allowed > 1000 && allowed < 99000, "%d", allowed);
}

/* --- What a PID 1 that was taken over could do ---------------------------- */

struct attempt {
	long call;
	uint64_t arguments[4];
	bool allowed;
};

#define CREATE (O_WRONLY | O_CREAT | O_EXCL)

static const struct attempt attempts[] = {
	{ SYS_openat, { 3, 0, O_RDONLY | O_CLOEXEC, 0 }, true },
	{ SYS_openat, { 3, 0, CREATE | O_NOFOLLOW | O_CLOEXEC, 0644 }, true },
	{ SYS_openat, { 3, 0, O_PATH | O_DIRECTORY | O_CLOEXEC, 0 }, true },
	{ SYS_openat, { 3, 0, CREATE | O_CLOEXEC, 04755 }, false },
	{ SYS_openat, { 3, 0, CREATE | O_CLOEXEC, 02755 }, false },
	{ SYS_openat, { 3, 0, O_WRONLY, 0 }, false },
	{ SYS_openat, { 3, 0, O_RDWR, 0 }, false },
	{ SYS_openat, { 3, 0, O_ACCMODE, 0 }, false },
	{ SYS_openat, { 3, 0, O_RDONLY | O_TRUNC, 0 }, false },
	{ SYS_openat, { 3, 0, O_WRONLY | O_CREAT, 0644 }, false },
	{ SYS_openat, { 3, 0, O_WRONLY | O_CREAT | O_TRUNC, 0644 }, false },
	{ SYS_openat, { 3, 0, O_RDWR | O_CREAT | O_EXCL, 0644 }, false },
	{ SYS_openat, { 3, 0, O_WRONLY | O_EXCL, 0 }, false },
	{ SYS_openat, { 3, 0, O_WRONLY | O_TMPFILE, 0644 }, false },
#ifdef SYS_open
	{ SYS_open, { 0, O_RDONLY | O_CLOEXEC, 0 }, true },
	{ SYS_open, { 0, O_RDONLY | O_TRUNC, 0 }, false },
	{ SYS_open, { 0, O_WRONLY, 0 }, false },
	{ SYS_open, { 0, CREATE, 0644 }, false },
	{ SYS_chmod, { 0, 04755 }, false },
	{ SYS_creat, { 0, 0644 }, false },
#endif
	{ SYS_fchmod, { 3, 0644 }, true },
	{ SYS_fchmod, { 3, 04755 }, false },
	{ SYS_fchmod, { 3, 02644 }, false },
	{ SYS_fchmod, { 3, 0666 }, false },
	{ SYS_fchmodat, { 3, 0, 04755 }, false },
	{ SYS_mkdirat, { 3, 0, 0755 }, true },
	{ SYS_mkdirat, { 3, 0, 02777 }, false },
	{ FCNTL, { 3, F_OFD_SETLK }, true },
	{ FCNTL, { 3, F_OFD_GETLK }, true },
	{ FCNTL, { 3, F_SETOWN }, false },
	{ FCNTL, { 3, F_DUPFD }, false },
	{ SYS_ioctl, { 3, TIOCSPGRP }, true },
	{ SYS_ioctl, { 3, KERNEL_PIDFD_GET_INFO }, true },
	/* sign-extended, as one C library does it */
	{ SYS_ioctl, { 3, ~UINT64_C(0) << 32 | KERNEL_PIDFD_GET_INFO }, true },
	{ SYS_ioctl, { 3, TIOCSTI }, false },
	{ SYS_ioctl, { 3, TIOCLINUX }, false },
	{ SYS_truncate, { 0, 0 }, false },
	{ SYS_execve, { 0 }, false },
	{ SYS_clone, { 0 }, false },
	{ SYS_socket, { 0 }, false },
#ifdef SYS_socketcall
	{ SYS_socketcall, { 1 /* socket */, 0 }, false },
#ifdef __GLIBC__
	{ SYS_socketcall, { 9 /* send */, 0 }, true },
#endif
#endif
#if defined(SYS_send) && defined(__GLIBC__)
	{ SYS_send, { 3 }, true },
#endif
	{ SYS_ptrace, { 0 }, false },
	{ SYS_mmap, { 0 }, false },
	{ SYS_mprotect, { 0 }, false },
	{ SYS_prctl, { 0 }, false },
	{ SYS_setuid, { 0 }, false },
	{ SYS_fchown, { 0 }, false },
	{ SYS_linkat, { 0 }, false },
	{ SYS_mount, { 0 }, false },
};

Test(lockdown, denies_setuid_files_and_writing_to_existing_ones)
{
	struct lockdown_filter filter = build();

	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		struct seccomp_data data = {
			.nr = (int)attempt->call,
			.arch = OURS,
		};

		memcpy(data.args, attempt->arguments,
		    sizeof(attempt->arguments));
		cr_expect_eq(allows(&filter, &data), attempt->allowed,
		    "attempt %zu: call %ld", i, attempt->call);
	}
}

/* Unless RESULT is WANTED, says what went wrong and exits with 1. */
static void
expect(const char *what, long result, int wanted)
{
	int found = result < 0 ? errno : 0;

	if (found == wanted)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(found));
	_exit(1);
}

static void
try_for_real(const char *directory)
{
	int fd;

	expect("chdir", chdir(directory), 0);
	expect("lock-down", lockdown_filter_calls(&lockdown_list), 0);
	expect("read", open("old", O_RDONLY | O_CLOEXEC), 0);
	expect("write", open("old", O_WRONLY | O_CLOEXEC), EPERM);
	expect("empty", open("old", O_RDONLY | O_TRUNC | O_CLOEXEC), EPERM);
	expect("create", openat(AT_FDCWD, "suid", CREATE | O_CLOEXEC, 04755),
	    EPERM);
	fd = openat(AT_FDCWD, "new", CREATE | O_CLOEXEC, 0644);
	expect("create", fd, 0);
	expect("fchmod", fchmod(fd, 04755), EPERM);
	expect("fchmod", fchmod(fd, 0644), 0);
	expect("dup", fcntl(fd, F_DUPFD, 50), EPERM);
	expect("TIOCSTI", ioctl(fd, TIOCSTI, ""), EPERM);
	expect("TIOCGPGRP", tcgetpgrp(fd), ENOTTY);
	expect("write", write(fd, "x", 1), 0);
	_exit(0);
}

Test(lockdown, filter_is_accepted_by_the_kernel_and_works_there)
{
	char directory[] = "/tmp/dinit-unit.XXXXXX";
	char path[64];
	int status;
	pid_t pid;

	if (is_sanitized())
		cr_skip("skipped: AddressSanitizer gets stuck in a filter");
	if (!has_filters())
		cr_skip("skipped: needs seccomp");
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/old", directory);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	pid = fork();
	if (pid == 0)
		try_for_real(directory);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", directory);
	unlink(path);
	rmdir(directory);
	cr_assert_eq(status, 0);
}
