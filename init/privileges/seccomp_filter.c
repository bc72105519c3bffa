/* SPDX-License-Identifier: MIT */
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

#include "privileges/seccomp_filter.h"
#include "base/architecture.h"

/* Returns how many instructions JUMP skips. */
static uint32_t
measure_jump(const struct sock_filter *jump, uint32_t accumulator)
{
	bool holds = false;

	switch (BPF_OP(jump->code)) {
	case BPF_JA:
		return jump->k;
	case BPF_JEQ:
		holds = accumulator == jump->k;
		break;
	case BPF_JGT:
		holds = accumulator > jump->k;
		break;
	case BPF_JGE:
		holds = accumulator >= jump->k;
		break;
	case BPF_JSET:
		holds = (accumulator & jump->k) != 0;
		break;
	}
	return holds ? jump->jt : jump->jf;
}

/* Returns 32 bits of CALL at OFFSET, or 0 if that is beyond its end. */
static uint32_t
load(const struct seccomp_data *call, uint32_t offset)
{
	uint32_t word = 0;

	if (offset <= sizeof(*call) - sizeof(word))
		memcpy(&word, (const char *)call + offset, sizeof(word));
	return word;
}

struct seccomp_verdict
seccomp_filter_evaluate(const struct seccomp_filter *filter,
    const struct seccomp_data *call)
{
	const struct seccomp_verdict unknown = { SECCOMP_RET_KILL_PROCESS,
		false };
	bool is_for_number = true;
	uint32_t accumulator = 0;

	for (uint64_t i = 0; i < filter->length; i++) {
		const struct sock_filter *instruction = &filter->code[i];

		if (instruction->code == (BPF_RET | BPF_K))
			return (struct seccomp_verdict){ instruction->k,
				is_for_number };
		if (instruction->code == (BPF_ALU | BPF_AND | BPF_K)) {
			accumulator &= instruction->k;
		} else if (instruction->code == (BPF_LD | BPF_W | BPF_ABS)) {
			accumulator = load(call, instruction->k);
			if (instruction->k >=
			    offsetof(struct seccomp_data, args))
				is_for_number = false;
		} else if (BPF_CLASS(instruction->code) == BPF_JMP &&
		    BPF_SRC(instruction->code) == BPF_K) {
			i += measure_jump(instruction, accumulator);
		} else {
			return unknown;
		}
	}
	return unknown;
}

bool
seccomp_filter_forbids_exec(const struct seccomp_filter *filter)
{
	const struct seccomp_data call = {
		.nr = SYS_execve,
		.arch = ARCHITECTURE_AUDIT,
	};
	struct seccomp_verdict verdict = seccomp_filter_evaluate(filter, &call);

	switch (verdict.action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return false;
	default:
		return verdict.is_for_number;
	}
}
