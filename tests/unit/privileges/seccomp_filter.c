/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "privileges/seccomp_filter.h"
#include "base/architecture.h"
#include "base/array.h"

TestSuite(seccomp_filter, .timeout = 30);

/* Offsets in struct seccomp_data. */
#define NUMBER offsetof(struct seccomp_data, nr)
#define ARCH offsetof(struct seccomp_data, arch)
/* The lower half of the first argument. */
#define ARGUMENT                                                              \
	(offsetof(struct seccomp_data, args) +                                \
	    (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0))

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define JUMP(operator, value, yes, no)                                        \
	BPF_JUMP(BPF_JMP | (operator) | BPF_K, (value), (yes), (no))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))

static const struct seccomp_filter *
filter_of(const struct sock_filter *code, size_t length)
{
	static struct seccomp_filter filter;

	memcpy(filter.code, code, length * sizeof(*code));
	filter.length = (unsigned short)length;
	return &filter;
}

static void
expect_jump(unsigned short operator, const bool *jumps)
{
	const struct sock_filter code[] = {
		LOAD(NUMBER),
		JUMP(operator, 4, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_LOG),
	};

	for (int number = 3; number <= 5; number++) {
		const struct seccomp_data call = { .nr = number };
		uint32_t got = seccomp_filter_evaluate(
		    filter_of(code, ARRAY_SIZE(code)), &call).action;

		cr_expect_eq(got == SECCOMP_RET_LOG, jumps[number - 3],
		    "operator %#x, %d", operator, number);
	}
}

Test(seccomp_filter, runs_as_in_the_kernel)
{
	expect_jump(BPF_JEQ, (bool[]){ false, true, false });
	expect_jump(BPF_JGT, (bool[]){ false, false, true });
	expect_jump(BPF_JGE, (bool[]){ false, true, true });
	expect_jump(BPF_JSET, (bool[]){ false, true, true });
}

Test(seccomp_filter, masks_and_jumps_ahead)
{
	const struct sock_filter code[] = {
		LOAD(ARGUMENT),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		JUMP(BPF_JEQ, 0x20, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | 7),
		RETURN(SECCOMP_RET_ALLOW),
	};
	const struct seccomp_filter *filter =
	    filter_of(code, ARRAY_SIZE(code));
	const struct seccomp_data masked = { .args = { 0x2f } };
	const struct seccomp_data other = { .args = { 0x3f } };

	cr_assert_eq(seccomp_filter_evaluate(filter, &masked).action,
	    SECCOMP_RET_ERRNO | 7);
	cr_assert_eq(seccomp_filter_evaluate(filter, &other).action,
	    SECCOMP_RET_ALLOW);
}

/* The interpreter must not read outside of the code and of the call. */
Test(seccomp_filter, kills_on_what_the_interpreter_does_not_know)
{
	static const struct sock_filter odd[][1] = {
		{ BPF_STMT(BPF_MISC | BPF_TAX, 0) },
		{ BPF_STMT(BPF_RET | BPF_A, 0) },
		{ BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX) },
		{ JUMP(BPF_JEQ, 0, 255, 255) },
		{ LOAD(sizeof(struct seccomp_data)) },
		{ LOAD(UINT32_MAX) },
	};
	const struct seccomp_data call = { .nr = 0 };

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		struct seccomp_verdict verdict =
		    seccomp_filter_evaluate(filter_of(odd[i], 1), &call);

		cr_expect_eq(verdict.action, SECCOMP_RET_KILL_PROCESS);
		cr_expect(!verdict.is_for_number);
	}
}

/* A filter with ACTION for execve(2), which may look at an argument first. */
static bool
forbids(uint32_t action, bool asks_argument)
{
	const struct sock_filter code[] = {
		LOAD(ARCH),
		JUMP(BPF_JEQ, ARCHITECTURE_AUDIT, 0, 6),
		LOAD(NUMBER),
		JUMP(BPF_JEQ, SYS_execve, 0, 4),
		JUMP(BPF_JEQ, SYS_execve, !asks_argument, 0),
		LOAD(ARGUMENT),
		JUMP(BPF_JGE, 0, 0, 1),
		RETURN(action),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return seccomp_filter_forbids_exec(filter_of(code, ARRAY_SIZE(code)));
}

Test(seccomp_filter, tells_whether_anything_can_be_executed)
{
	static const uint32_t forbidding[] = { SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO,
		SECCOMP_RET_USER_NOTIF };
	static const uint32_t allowing[] = { SECCOMP_RET_ALLOW,
		SECCOMP_RET_LOG, SECCOMP_RET_TRACE | 1 };

	for (size_t i = 0; i < ARRAY_SIZE(forbidding); i++) {
		cr_expect(forbids(forbidding[i], false), "%#x",
		    forbidding[i]);
		/* The address of the path is not known beforehand. */
		cr_expect(!forbids(forbidding[i], true), "%#x",
		    forbidding[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(allowing); i++)
		cr_expect(!forbids(allowing[i], false), "%#x", allowing[i]);
}
