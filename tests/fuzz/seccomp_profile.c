/* SPDX-License-Identifier: MIT */
/* A filter that comes out is one that the kernel would take. */
#include <errno.h>
#include <linux/seccomp.h>

#include "fuzz.h"
#include "base/architecture.h"
#include "base/kernel.h"
#include "base/problem.h"
#include "privileges/seccomp_condition.h"
#include "privileges/seccomp_filter.h"
#include "privileges/seccomp_profile.h"

/* As in bpf_check_classic of the kernel: ends, and jumps nowhere else. */
static void
check(const struct seccomp_filter *filter)
{
	unsigned int length = filter->length;

	fuzz_require(length > 0 && length <= SECCOMP_FILTER_MAX);
	for (unsigned int i = 0; i < length; i++) {
		const struct sock_filter *code = &filter->code[i];

		if (BPF_CLASS(code->code) != BPF_JMP)
			continue;
		if (BPF_OP(code->code) == BPF_JA)
			fuzz_require(code->k < length - i - 1);
		else
			fuzz_require(i + code->jt + 1 < length &&
			    i + code->jf + 1 < length);
	}
	fuzz_require(BPF_CLASS(filter->code[length - 1].code) == BPF_RET);
}

/* It is made of what the judge of calls knows. */
static void
judge(const struct seccomp_filter *filter)
{
	struct seccomp_data call = { .nr = 0 };

	for (; call.nr < 500; call.nr++) {
		struct seccomp_verdict verdict =
		    seccomp_filter_evaluate(filter, &call);

		/* All of another architecture. */
		fuzz_require(verdict.is_for_number);
		fuzz_require(verdict.action == SECCOMP_RET_KILL_THREAD);
	}
	call.arch = ARCHITECTURE_AUDIT;
	for (call.nr = 0; call.nr < 500; call.nr++)
		seccomp_filter_evaluate(filter, &call);
	seccomp_filter_forbids_exec(filter);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct seccomp_filter filter;
	const struct seccomp_circumstances here = {
		.capabilities = 0xa80425fb, /* Docker's */
		.kernel = kernel_of(5, 10),
	};
	struct problem problem = { .text = "" };
	int error = seccomp_profile_compile(fuzz_file(0, data, size), &here,
	    &filter, &problem);

	fuzz_require(error == 0 || error == -EINVAL);
	fuzz_require((error == 0) == (problem.text[0] == '\0'));
	if (error == 0) {
		check(&filter);
		judge(&filter);
	}
	return 0;
}
