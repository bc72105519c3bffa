/* SPDX-License-Identifier: MIT */
/*
 * The floor: as little as an init can be, without a C library. It starts one
 * program in a process group of its own, relays signals, reaps, and ends with
 * the program's status. No options, no readiness, no grace, no message.
 *
 * With FILTERED, under a filter for system calls that lets all pass: what the
 * kernel takes for having one at all.
 */
#include <asm/unistd.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdint.h>

#define BLOCK_ALL 2 /* SIG_SETMASK */
#define CHLD 17

static long
call(long number, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a),
	    "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return result;
}

static void
set_mask(uint64_t mask)
{
	call(__NR_rt_sigprocmask, BLOCK_ALL, (long)&mask, 0, sizeof(mask));
}

static void
filter_calls(void)
{
#ifdef FILTERED
	struct sock_filter all = BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &all };

	call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	call(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (long)&program,
	    0);
#endif
}

/* Reaps all there is; ends with the app. */
static void
reap(long app)
{
	int status;
	long pid;

	while ((pid = call(__NR_wait4, -1, (long)&status, 1, 0)) > 0)
		if (pid == app)
			call(__NR_exit_group, status & 0x7f ?
			    128 + (status & 0x7f) : status >> 8 & 0xff, 0, 0,
			    0);
}

static void __attribute__((noreturn, used))
run(const long *stack)
{
	const uint64_t all = UINT64_MAX;
	char **argv = (char **)(stack + 1);
	long app;

	set_mask(all);
	app = call(__NR_fork, 0, 0, 0, 0);
	if (app == 0) {
		call(__NR_setpgid, 0, 0, 0, 0);
		set_mask(0);
		call(__NR_execve, (long)argv[1], (long)(argv + 1),
		    (long)(stack + 1 + stack[0] + 1), 0);
		call(__NR_exit_group, 127, 0, 0, 0);
	}
	filter_calls();
	for (;;) {
		long signo = call(__NR_rt_sigtimedwait, (long)&all, 0, 0,
		    sizeof(all));

		if (signo == CHLD)
			reap(app);
		else if (signo > 0)
			call(__NR_kill, -app, signo, 0, 0);
	}
}

__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call run");
